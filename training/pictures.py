"""The pictures that belong to a project like this, each as a page of its own in runs/pictures.

    python -m training.pictures                all of them
    python -m training.pictures data voices    only these

training      loss and right answers by epoch, of every log in runs/
confidence    how sure each emotion is named, rightly and wrongly
corpora       how often each model is right, by corpus
architecture  the networks, with shapes and weights; those of recipes in bundles/ too
data          recordings by corpus and emotion
voices        waveform, mel spectrogram, MFCC and chroma of one clip of each emotion

The last two need the table of clips, cleaned_data.csv, and show up on the page "Train
your own" as well, at this computer. What shows a piece of a recording should not be
passed on where its licence forbids it; git ignores the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

from ser import reports
from ser.architecture import Block, layers_of, read_blocks
from ser.bundle import SHIPPED
from ser.errors import SerError
from ser.labels import INNER_LABELS
from ser.prediction import MODELS
from ser.reports import Example
from ser.reports.reading import OWN_DATA, OWN_VOICES
from ser.training_log import pictures_folder, read_trainings
from training.balance import write_counts
from training.corpora import Clip, read_table

if TYPE_CHECKING:
    import plotly.graph_objects as go

NETWORKS = "bundles/*/models/network.keras"


class PictureError(SerError):
    """There is nothing to draw; its text says how to come by it."""


@dataclass(frozen=True)
class Picture:
    """A chart, the name of its file, its heading, and in words what it shows."""

    name: str
    title: str
    words: str
    figure: go.Figure


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status: 1 where one of the pictures has no data."""
    options = _parser().parse_args(arguments)
    status = 0
    for kind in options.kinds or PICTURES:
        try:
            for picture in PICTURES[kind](options):
                print(f"Wrote {write_picture(options.out, picture)}")
        except (SerError, OSError) as error:
            print(f"error: {kind}: {error}", file=sys.stderr)
            status = 1
    return status


def write_picture(folder: Path, picture: Picture) -> Path:
    """Write a page with one chart; plotly's own code lies beside it, once for all."""
    from plotly.offline import get_plotlyjs

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{picture.name}.html"
    chart = picture.figure.to_html(
        full_html=False, include_plotlyjs="directory", config={"displayModeBar": False}
    )
    code = folder / "plotly.min.js"
    if not code.exists():
        code.write_text(get_plotlyjs(), encoding="utf-8")
    title, words = escape(picture.title), escape(picture.words)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        '<body style="max-width:60rem;margin:2rem auto;padding:0 1rem;font-family:sans-serif">'
        f'<h1>{title}</h1><div role="img" aria-label="{words}">{chart}</div><p>{words}</p>\n'
    )
    path.write_text(page, encoding="utf-8")
    return path


# One function a kind ----------------------------------------------------------


def training(_: argparse.Namespace) -> Iterator[Picture]:
    """Draw every log of a training that has an epoch behind it."""
    from ser.charts import training_chart

    logs = [log for log in read_trainings() if log.epochs]
    if not logs:
        raise PictureError("no training has an epoch behind it; python -m training.train begins.")
    for log in logs:
        title = f"Training {log.run}, {log.network}"
        name = f"training-{log.run}-{log.network}"
        words = f"After {log.done} epochs: {log.in_words()}."
        yield Picture(name, title, words, training_chart(log))


def confidence(options: argparse.Namespace) -> Iterator[Picture]:
    """Draw how sure each emotion is named, model by model."""
    from ser.charts.confidence import confidence_chart

    benchmark = reports.read_benchmark(options.bundle)
    if not benchmark.confidence:
        raise PictureError("make it with python -m training.evaluate --report-only first.")
    protocol = benchmark.confidence[0].protocol
    for model in MODELS:
        entries = benchmark.confidences(protocol, model)
        words = "; ".join(map(reports.confidence_words, entries))
        yield Picture(
            f"confidence-{model}",
            f"How sure the {model} is of each emotion",
            f"Above the line right answers, below it wrong ones: {words}.",
            confidence_chart(entries),
        )


def corpora(options: argparse.Namespace) -> Iterator[Picture]:
    """Draw how often each model is right, beside people and others."""
    from ser.charts.benchmark import corpora_chart

    benchmark = reports.read_benchmark(options.bundle)
    if not benchmark.protocols:
        raise PictureError("nothing was measured yet; python -m training.evaluate does.")
    rows = benchmark.widest(benchmark.protocols[0].name)
    listeners = [row for row in benchmark.rows if row.model == reports.PEOPLE]
    figure = corpora_chart(rows, listeners, reports.read_peers(SHIPPED))
    words = "; ".join(map(reports.row_words, rows))
    yield Picture("corpora", "Right answers by corpus", f"{words}.", figure)


def architecture(options: argparse.Namespace) -> Iterator[Picture]:
    """Draw the bundle's networks, and those of recipes."""
    from ser.charts.architecture import architecture_chart, describe, layers_chart

    blocks = read_blocks(options.bundle, "hybrid")
    words = "; ".join(f"{block.key}, {describe(block)}" for block in blocks)
    figure = architecture_chart(blocks)
    yield Picture("architecture", "The CNN and the hybrid", f"{words}.", figure)
    for path in sorted(Path().glob(NETWORKS)):
        blocks = _open_layers(path)
        recipe = path.parent.parent.name
        words = "; ".join(f"{block.key}, {describe(block)}" for block in blocks)
        yield Picture(f"architecture-{recipe}", recipe, f"{words}.", layers_chart(blocks))


def _open_layers(path: Path) -> tuple[Block, ...]:
    import keras

    import ser.layers  # noqa: F401  (saved networks may name its layer)

    try:
        return layers_of(keras.saving.load_model(path, compile=False, safe_mode=True))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise PictureError(f"{path} cannot be opened as a network of Keras.") from error


def data(options: argparse.Namespace) -> Iterator[Picture]:
    """Count the recordings, and draw the counts."""
    from ser.charts.balance import balance_chart

    write_counts(_clips(options.table), options.out / OWN_DATA)
    counted = reports.read_own_data(options.out)
    words = reports.balance_words(counted)
    yield Picture("data", "Recordings by corpus and emotion", words, balance_chart(counted))


def voices(options: argparse.Namespace) -> Iterator[Picture]:
    """Draw one clip of each emotion."""
    from ser.charts.voices import KINDS, open_voice, voices_chart

    chosen = choose_examples(_clips(options.table))
    options.out.mkdir(parents=True, exist_ok=True)
    content = {"voices": [asdict(example) for example in chosen]}
    (options.out / OWN_VOICES).write_text(json.dumps(content, indent=1), encoding="utf-8")
    drawn = [open_voice(example) for example in chosen]
    words = "; ".join(f"{one.emotion}, {one.who}" for one in drawn)
    for kind in KINDS:
        name = f"voices-{kind.lower().replace(' ', '-')}"
        yield Picture(name, f"{kind} by emotion", f"{words}.", voices_chart(drawn, kind))


def choose_examples(clips: Sequence[Clip]) -> list[Example]:
    """Choose one clip of each emotion that there is, in the order of the inner labels.

    As many as can be are of one person who says one sentence; the others are of the same
    person, or of the same corpus, where it has them.
    """
    groups: dict[tuple[str, str, str], dict[str, Clip]] = {}
    for clip in clips:
        groups.setdefault((clip.corpus, clip.speaker, clip.sentence), {}).setdefault(
            clip.emotion, clip
        )
    best = max(groups, key=lambda key: len(groups[key]))

    def unlike(clip: Clip) -> tuple[bool, ...]:
        mine = (clip.corpus, clip.speaker, clip.sentence)
        return tuple(a != b for a, b in zip(mine, best, strict=True))

    found = [[clip for clip in clips if clip.emotion == label] for label in INNER_LABELS]
    return [
        Example(clip.emotion, clip.corpus, clip.speaker, str(clip.path))
        for clip in (min(own, key=unlike) for own in found if own)
    ]


def _clips(table: Path) -> list[Clip]:
    clips = read_table(table)
    if not clips:
        raise PictureError(f"{table} has no clips; python -m training.prepare finds some.")
    return clips


PICTURES: dict[str, Callable[[argparse.Namespace], Iterator[Picture]]] = {
    "training": training,
    "confidence": confidence,
    "corpora": corpora,
    "architecture": architecture,
    "data": data,
    "voices": voices,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.pictures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # No `choices`: with nargs="*" argparse would hold the empty list against them.
    parser.add_argument("kinds", nargs="*", type=_kind, metavar="KIND", help="default: all")
    for option, default, what in (
        ("--table", Path("cleaned_data.csv"), "clips, from training.prepare"),
        ("--bundle", SHIPPED, "whose figures and networks are drawn"),
        ("--out", pictures_folder(), "where the pictures go"),
    ):
        parser.add_argument(option, type=Path, default=default, help=f"{what} (%(default)s)")
    return parser


def _kind(name: str) -> str:
    if name not in PICTURES:
        raise argparse.ArgumentTypeError(f"there is no {name!r}, but {', '.join(PICTURES)}")
    return name


if __name__ == "__main__":
    sys.exit(main())
