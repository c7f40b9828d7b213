"""Hear with a speech recogniser whether RAVDESS's clips say what their names say.

    python -m training.transcripts
    python -m training.transcripts --table cleaned_data.csv --limit 200

A RAVDESS name tells which of two sentences is spoken. PocketSphinx, which works offline,
is given each clip and both sentences, and answers which one it hears, or neither. A clip
under another's name, cut off or without a voice would show here. The model knows calm American
speech, so that the acting counts too: a low agreement on one emotion need not be a fault
of the clips. Song is left out. Writes reports/transcripts.json, with names and figures only.
"""

from __future__ import annotations

import argparse
import platform
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed, parallel_config

from ser.audio import SAMPLE_RATE, load
from ser.errors import AudioError
from training.benchmark.writing import as_json, percent, table
from training.command import exit_status, positive
from training.corpora import Clip, fingerprint, read_table
from training.corpora.ravdess import SPEECH
from training.dataset import TrainingError

FILE = Path("reports/transcripts.json")
LIBRARIES = ("pocketsphinx", "numpy", "soxr", "soundfile")

SENTENCES = {
    "01": "kids are talking by the door",
    "02": "dogs are sitting by the door",
}
"""What is spoken, by the fifth number of a RAVDESS name."""

Listener = Callable[[np.ndarray], str | None]
"""From samples [shape=(n,), float32, 16 kHz] to a key of :data:`SENTENCES`; None for neither."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Hearing:
    """What was heard in one clip.

    Attributes
    ----------
    clip : Clip
    heard : str or None
        Key of :data:`SENTENCES`, or None for neither.
    unusable : str
        Why the sound cannot be heard; ``""`` where it can.
    """

    clip: Clip
    heard: str | None
    unusable: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the recogniser heard the sentence that the name tells."""
        return self.heard == self.clip.sentence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options), again="The same command starts again.")


def _run(options: argparse.Namespace) -> None:
    every = spoken_clips(read_table(options.table))
    clips = drawn_evenly(every, options.limit)
    print(f"Listening to {len(clips)} clips …", flush=True)
    hearings = listen(clips, pocketsphinx_listener, jobs=options.jobs)
    for hearing in hearings:
        if hearing.unusable:
            print(f"left out: {hearing.clip.path}: {hearing.unusable}", file=sys.stderr)
    figures = compare(hearings)
    facts = {
        "sampled": len(clips) < len(every),
        "data": fingerprint([hearing.clip for hearing in hearings if not hearing.unusable]),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }
    print(describe(figures))
    _write(options.out / FILE, {**figures, **facts})
    print(f"Wrote {options.out / FILE}")


def spoken_clips(clips: Sequence[Clip]) -> list[Clip]:
    """Keep RAVDESS's spoken clips.

    Raises
    ------
    TrainingError
        There are none, or a name tells a sentence that RAVDESS does not have.
    """
    spoken = [clip for clip in clips if clip.corpus == SPEECH.name]
    if not spoken:
        raise TrainingError(
            f"The table has no clip of {SPEECH.title}: fetch the corpus, then run "
            "python -m training.prepare."
        )
    for clip in spoken:
        if clip.sentence not in SENTENCES:
            raise TrainingError(
                f"{clip.path} says sentence {clip.sentence!r} by its name; {SPEECH.title} has "
                f"{' and '.join(SENTENCES)}. Take it away or correct its name."
            )
    return spoken


def drawn_evenly(clips: Sequence[Clip], limit: int | None) -> list[Clip]:
    """Draw so many clips, of each emotion, sentence and sex by its share; None keeps all."""
    if limit is None or limit >= len(clips):
        return list(clips)
    # Within those groups the order is as good as drawn, and the same each time.
    ordered = sorted(
        clips, key=lambda c: (c.emotion, c.sentence, c.sex, zlib.crc32(c.path.stem.encode()))
    )
    return [ordered[i * len(ordered) // limit] for i in range(limit)]


def listen(
    clips: Sequence[Clip], make_listener: Callable[[], Listener], *, jobs: int = 1
) -> list[Hearing]:
    """Hear each clip, in the order of the clips.

    Parameters
    ----------
    clips : sequence of Clip
    make_listener : callable
        Called once in each process: a recogniser can hardly be sent to another.
    jobs : int
        Processes.
    """
    size = -(-len(clips) // jobs)
    parts = [clips[start : start + size] for start in range(0, len(clips), size)]
    with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        heard = Parallel()(delayed(_listen)(part, make_listener) for part in parts)
    return list(chain.from_iterable(heard))


def _listen(clips: Sequence[Clip], make_listener: Callable[[], Listener]) -> list[Hearing]:
    listener = make_listener()
    hearings = []
    for clip in clips:
        try:
            hearings.append(Hearing(clip, listener(load(clip.path).samples)))
        except AudioError as error:
            hearings.append(Hearing(clip, None, unusable=str(error)))
    return hearings


def pocketsphinx_listener() -> Listener:
    """Let PocketSphinx and its own model of US English choose between the sentences.

    Raises
    ------
    TrainingError
        The package is not installed.
    """
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise TrainingError(
            "The check of what is said needs the package pocketsphinx: install it with "
            "pip install -r requirements-extra.txt."
        ) from error
    decoder = Decoder(lm=None, samprate=SAMPLE_RATE, loglevel="FATAL")
    choice = " | ".join(SENTENCES.values())
    decoder.add_jsgf_string("said", f"#JSGF V1.0; grammar said; public <said> = {choice};")
    decoder.activate_search("said")
    # Noise and other words end in no path, or in a path that breaks off: neither is a sentence.
    keys = {sentence: key for key, sentence in SENTENCES.items()}

    def hear(samples: np.ndarray) -> str | None:
        decoder.reinit_feat()  # it adapts to what it hears; no clip may depend on another
        decoder.start_utt()
        decoder.process_raw(_as_pcm(samples), full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        return keys.get(best.hypstr) if best else None

    return hear


def _as_pcm(samples: np.ndarray) -> bytes:
    """Turn samples into 16-bit numbers, lowest byte first."""
    return (np.clip(samples, -1.0, 1.0) * 32_767).astype("<i2").tobytes()


def compare(hearings: Sequence[Hearing]) -> Row:
    """Count how often what is heard is what the name tells.

    Raises
    ------
    TrainingError
        No clip could be heard.
    """
    usable = [hearing for hearing in hearings if not hearing.unusable]
    if not usable:
        raise TrainingError("None of the clips can be read: see what was left out, and why.")
    return {
        "sentences": SENTENCES,
        "speakers": len({hearing.clip.speaker for hearing in usable}),
        **_counts(usable),
        "by_emotion": _by("emotion", usable),
        "by_sex": _by("sex", usable),
        "disagreeing": [
            {"clip": h.clip.path.stem, "emotion": h.clip.emotion, "heard": h.heard or "neither"}
            for h in usable
            if not h.agrees
        ],
        "unusable": [hearing.clip.path.stem for hearing in hearings if hearing.unusable],
    }


def _by(field: str, hearings: Sequence[Hearing]) -> list[Row]:
    groups = dict.fromkeys(getattr(hearing.clip, field) for hearing in hearings)
    return [
        {field: group, **_counts([h for h in hearings if getattr(h.clip, field) == group])}
        for group in groups
    ]


def _counts(hearings: Sequence[Hearing]) -> Row:
    """Count; the agreement is a share of all clips, those with neither sentence included."""
    agreeing = sum(hearing.agrees for hearing in hearings)
    neither = sum(hearing.heard is None for hearing in hearings)
    return {
        "clips": len(hearings),
        "agreement": agreeing / len(hearings),
        "other": len(hearings) - agreeing - neither,
        "neither": neither,
    }


def describe(figures: Row) -> str:
    """Say in a sentence and a table what came out."""
    groups = [("all", figures)]
    groups += [(row["emotion"], row) for row in figures["by_emotion"]]
    groups += [(row["sex"], row) for row in figures["by_sex"]]
    lines = [
        [name, str(row["clips"]), percent(row["agreement"]), str(row["other"]), str(row["neither"])]
        for name, row in groups
    ]
    return (
        f"In {percent(figures['agreement'])} % of {figures['clips']} clips of "
        f"{figures['speakers']} actors PocketSphinx hears the sentence that the name tells, "
        f"in {figures['other']} clips the other one, in {figures['neither']} neither.\n\n"
        + table(["clips of", "clips", "agreement, %", "other", "neither"], lines)
    )


def _write(path: Path, report: Row) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_json(report), encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"{path} cannot be written ({error.strerror}).") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.transcripts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option, default, what in (
        ("--table", "cleaned_data.csv", "clips, from training.prepare"),
        ("--out", ".", "where reports/ is"),
    ):
        parser.add_argument(
            option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
        )
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="N",
        help="so many clips, drawn evenly by emotion, sentence and sex (default: all)",
    )
    parser.add_argument("--jobs", type=positive, default=2, help="processes (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
