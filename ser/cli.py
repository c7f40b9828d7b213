"""The command line: ``python -m ser predict FILE...``, ``timeline FILE``, ``record``, ``enrol``.

Answers go to standard output, one line each; everything else goes to standard
error. The exit status is 0 if every sound was answered, 1 if any was not, and
2 if the command itself was not understood. That no speech is heard is an answer.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser.errors import AudioError, BundleError, MicrophoneError, SerError
from ser.prediction import MODELS
from ser.profile import VoiceProfile
from ser.recognizer import Recognizer
from ser.timeline import PIECE_BY_PIECE_FROM_S
from ser.wording import clock, percent

if TYPE_CHECKING:
    import numpy as np

    from ser.audio import Source
    from ser.prediction import Prediction
    from ser.timeline import Timeline

_DESCRIPTION = """\
Say which emotion a voice sounds like: neutral, happy, sad, angry, fear, disgust
or surprised, each with a probability. The answer is about the sound of the voice,
not about what the person feels.
"""

_EXAMPLES = """\
examples:
  python -m ser predict voice.wav
  python -m ser predict *.wav --model cnn --json
  python -m ser predict *.wav --csv > table.csv
  python -m ser predict street.wav --denoise
  python -m ser timeline talk.mp3 --vtt > talk.vtt
  python -m ser record --seconds 4 --save me.wav
  python -m ser enrol me.wav --out my-voice.json
  python -m ser predict other.wav --profile my-voice.json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : Sequence[str], optional
        What was typed after ``python -m ser``; by default taken from :data:`sys.argv`.

    Returns
    -------
    int
        The exit status: 0, 1 (something could not be answered), 130 (Ctrl-C)
        or 141 (whoever read our output has gone).
    """
    options = _parser().parse_args(arguments)
    if "files" in options:
        options.files = [name for file in options.files for name in _matching(file)]
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name in letters that the terminal lacks is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = options.command(options)
    except SerError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    return status


def _parser() -> argparse.ArgumentParser:
    """Describe the commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m ser",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    predict = commands.add_parser(
        "predict", help="classify sound files", description="Classify sound files."
    )
    predict.add_argument(
        "files", nargs="+", metavar="FILE", help="a recording: WAV, FLAC, OGG, Opus or MP3"
    )
    voice = predict.add_mutually_exclusive_group()
    voice.add_argument(
        "--profile", type=Path, metavar="JSON", help="the speaker's own profile, from enrol"
    )
    voice.add_argument(
        "--same-speaker",
        action="store_true",
        help="all files are one voice, in various emotions: take off what they share",
    )
    form = _add_common_options(predict)
    form.add_argument(
        "--csv",
        action="store_true",
        help="answer with a table, one row a file, at the end; it has no answer to recordings of "
        "more than a minute, which timeline hears piece by piece",
    )
    predict.set_defaults(command=_predict)

    _add_timeline(commands)

    record = commands.add_parser(
        "record",
        help="classify what this computer's microphone hears",
        description="Record this computer's microphone and classify the recording.",
    )
    record.add_argument(
        "--seconds",
        type=_seconds,
        default=4.0,
        metavar="S",
        help="how long to record (default: 4)",
    )
    record.add_argument(
        "--save", type=Path, metavar="WAV", help="also keep the recording as this WAV file"
    )
    _add_common_options(record)
    record.set_defaults(command=_record)

    enrol = commands.add_parser(
        "enrol",
        help="learn a voice, so that its answers get better",
        description="Learn a voice from about ten seconds of its neutral speech.",
    )
    enrol.add_argument(
        "files", nargs="+", metavar="FILE", help="the person speaking as usual, without emotion"
    )
    enrol.add_argument(
        "--out", type=Path, required=True, metavar="JSON", help="where the profile goes"
    )
    _add_bundle_option(enrol)
    enrol.set_defaults(command=_enrol)
    return parser


def _add_timeline(commands: Any) -> None:
    """Describe the command for recordings of minutes."""
    timeline = commands.add_parser(
        "timeline",
        help="tell how a longer recording changes",
        description="Tell how a longer recording changes, stretch by stretch.",
    )
    timeline.add_argument("file", metavar="FILE", help="a recording, up to 20 minutes")
    timeline.add_argument(
        "--profile", type=Path, metavar="JSON", help="the speaker's own profile, from enrol"
    )
    _add_model_option(timeline)
    _add_bundle_option(timeline)
    _add_denoise_option(timeline)
    form = timeline.add_mutually_exclusive_group()
    for name, what in {
        "csv": "one row a window",
        "vtt": "subtitles (WebVTT)",
        "labels": "a label track for Audacity",
        "json": "windows and stretches as JSON",
    }.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=what)
    timeline.set_defaults(command=_timeline)


def _add_common_options(parser: argparse.ArgumentParser) -> Any:
    """Add what all commands that answer understand; give the group of forms of an answer."""
    _add_model_option(parser)
    _add_bundle_option(parser)
    _add_denoise_option(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="answer with one JSON object a line")
    return form


def _add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        choices=MODELS,
        help="hybrid hears spectrogram and prosody, cnn the spectrogram only (default: hybrid, or "
        "the one model of a recipe's bundle)",
    )


def _add_bundle_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bundle",
        type=Path,
        metavar="DIR",
        help="folder with models/ and artifacts/ (default: the ones that came with this program)",
    )


def _add_denoise_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--denoise",
        action="store_true",
        help="turn down steady noise first; it takes soft parts of the voice too, and answers "
        "seldom get better",
    )


def _matching(file: str) -> list[str]:
    """List the files that a pattern stands for: Windows' terminals leave that to programs."""
    if Path(file).exists():
        return [file]
    return sorted(glob(file)) or [file]


def _seconds(text: str) -> float:
    """Read a length of time for argparse."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST_RECORDING_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds between 0 and {_LONGEST_RECORDING_S}"
        )
    return seconds


_LONGEST_RECORDING_S = 60


def _recognizer(options: argparse.Namespace) -> Recognizer:
    """Open the models, and see that the one asked for is among them."""
    recognizer = Recognizer.load(options.bundle)
    if options.model not in (None, *recognizer.models):
        raise BundleError(
            f"There is no model {options.model!r} in {options.bundle}; there is "
            f"{', '.join(recognizer.models)}."
        )
    return recognizer


def _source(given: Source, options: argparse.Namespace) -> Source:
    """Clean a sound where that is asked for; what cannot be read goes on, to be complained of."""
    if not options.denoise:
        return given
    from ser.audio import SAMPLE_RATE, load
    from ser.cleaning import denoise

    try:
        sound = load(given, empty_too=True)
    except AudioError:
        return given
    return denoise(sound).samples, SAMPLE_RATE


def _predict(options: argparse.Namespace) -> int:
    """Answer each file in turn; one that cannot be used does not stop the others."""
    if options.csv:
        return _predict_table(options)
    status = 0
    for file, result in _results(options):
        if isinstance(result, SerError):
            status = _complain(str(result), about=file)
        else:
            _answer(file, result, as_json=options.json)
    return status


def _predict_table(options: argparse.Namespace) -> int:
    """Answer all files as one table, with duplicates marked."""
    from ser.batch import Batch, Entry
    from ser.table import to_csv

    profile = VoiceProfile.load(options.profile) if options.profile else None
    recognizer = _recognizer(options)
    batch = Batch(
        options.model and [options.model], max_files=len(options.files), cleaned=options.denoise
    )
    batch.add(Entry(file, Path(file)) for file in options.files)
    recognizer.check(options.model, profile=profile, same_speaker=options.same_speaker)
    batch.hear(recognizer, progress=_show_progress)
    rows = batch.rows(
        recognizer, model=options.model, profile=profile, same_speaker=options.same_speaker
    )
    print(to_csv(rows), end="", flush=True)
    return int(any(row.error for row in rows))


def _results(options: argparse.Namespace) -> Iterator[tuple[str, Prediction | SerError]]:
    """Answer file by file; clips of one voice only when all have been heard."""
    profile = VoiceProfile.load(options.profile) if options.profile else None
    recognizer = _recognizer(options)
    if options.same_speaker:
        sources = [_source(file, options) for file in options.files]
        results = recognizer.predict_many(sources, model=options.model, same_speaker=True)
        yield from zip(options.files, results, strict=True)
        return
    for file in options.files:
        try:
            source = _source(file, options)
            yield file, recognizer.predict(source, model=options.model, profile=profile)
        except AudioError as error:
            yield file, error


def _timeline(options: argparse.Namespace) -> int:
    """Tell the stretches of one recording, or write its timeline in the form asked for."""
    from ser import takeaway
    from ser.timeline import timeline

    profile = VoiceProfile.load(options.profile) if options.profile else None
    recognizer = _recognizer(options)
    try:
        heard = timeline(
            recognizer,
            _source(options.file, options),
            model=options.model,
            profile=profile,
            progress=_show_progress,
        )
    except AudioError as error:
        return _complain(str(error), about=options.file)
    forms = {
        "csv": takeaway.timeline_csv,
        "vtt": takeaway.timeline_vtt,
        "labels": takeaway.timeline_labels,
        "json": takeaway.timeline_json,
    }
    print(forms.get(options.form, _timeline_text)(heard), end="", flush=True)
    return 0


def _timeline_text(heard: Timeline) -> str:
    """Write one line a stretch."""
    lines = [
        f"{clock(part.start_s)}-{clock(part.end_s)} {_in_words(part.prediction)}\n"
        for part in heard.stretches()
    ]
    return "".join(lines) or f"{_NO_EMOTION['no_speech']}\n"


def _show_progress(share: float) -> None:
    """Show people, and nobody else, how far it is."""
    if sys.stderr.isatty():
        print(f"\r{share:4.0%}", end="\n" if share == 1 else "", file=sys.stderr, flush=True)


def _enrol(options: argparse.Namespace) -> int:
    """Learn from all files or none: a profile from half of them would pass unnoticed."""
    from ser.audio import load
    from ser.enrolment import MAX_NEUTRAL_S

    for file in options.files:
        try:
            load(file)
        except AudioError as error:
            return _complain(str(error), about=file)
    profile = Recognizer.load(options.bundle).enrol(options.files)
    profile.save(options.out)
    more = " (more is not listened to)" if profile.seconds >= MAX_NEUTRAL_S else ""
    print(f"{_printable(str(options.out))}: learnt from {profile.seconds:.0f} s of speech{more}")
    return 0


def _record(options: argparse.Namespace) -> int:
    """Record first and load models after: who starts to speak at once is heard."""
    from ser import microphone

    notice = f"recording for {options.seconds:g} s, please speak"
    samples, sample_rate = microphone.record(
        options.seconds, on_start=lambda: print(notice, file=sys.stderr, flush=True)
    )
    if options.save:
        _save(options.save, samples, sample_rate)
    recognizer = _recognizer(options)
    given = _source((samples, sample_rate), options)
    prediction = recognizer.predict(given, model=options.model)
    _answer(str(options.save or "microphone"), prediction, as_json=options.json)
    return 0


def _save(path: Path, samples: np.ndarray, sample_rate: int) -> None:
    """Write a recording as 16-bit WAV.

    Raises
    ------
    MicrophoneError
        If the file cannot be written.
    """
    import soundfile

    from ser.audio import openable_name

    try:
        soundfile.write(openable_name(path), samples, sample_rate, subtype="PCM_16", format="WAV")
    except (OSError, soundfile.LibsndfileError) as error:
        raise MicrophoneError(f"{path}: The recording cannot be saved there ({error}).") from error


def _answer(name: str, prediction: Prediction, *, as_json: bool) -> None:
    """Print one line about one sound, at once, so that a reader need not wait for the rest."""
    if as_json:
        answer: dict[str, Any] = {"file": name, **prediction.to_dict()}
        line = json.dumps(answer)
    else:
        line = f"{_printable(name)}: {_in_words(prediction)}"
    print(line, flush=True)


_LONGER = "; over a minute: python -m ser timeline tells how it changes"
_NO_EMOTION = {
    "no_speech": "no speech was heard",
    "too_short": "too little speech to judge: at least 0.4 s is needed",
}


def _in_words(prediction: Prediction) -> str:
    """Put the likeliest label first, then the others from likely to unlikely, in per cent."""
    if prediction.status in _NO_EMOTION:
        return _NO_EMOTION[prediction.status]
    others = sorted(
        (item for item in prediction.probabilities.items() if item[0] != prediction.label),
        key=lambda item: -item[1],
    )
    rest = ", ".join(f"{label} {_percent(share)}" for label, share in others)
    doubt = "not sure, perhaps " if prediction.status == "uncertain" else ""
    more = _LONGER if prediction.duration_s > PIECE_BY_PIECE_FROM_S else ""
    return f"{doubt}{prediction.label} {_percent(prediction.confidence)} % ({rest}){more}"


def _percent(share: float) -> str:
    """Write a probability in per cent, without the sign."""
    return percent(share).removesuffix(" %")


def _complain(reason: str, *, about: str | None = None) -> int:
    """Print one line on standard error, and give the exit status that goes with it."""
    subject = f"{about}: " if about else ""
    print(_printable(f"error: {subject}{reason}"), file=sys.stderr, flush=True)
    return 1


def _printable(text: str) -> str:
    r"""Escape what would break a line or confuse a terminal, as in ``\n`` or ``\x1b``."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
