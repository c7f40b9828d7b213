"""Well-known designs, one command each, in their own protocol and in ours.

python -m training.recipes                               what there is, and what it claims
python -m training.recipes run mlp-ravdess               train, score, save in bundles/
python -m training.recipes run mlp-ravdess --emotions all
python -m training.recipes answer mlp-ravdess a.wav b.wav
python -m training.recipes answer mlp-ravdess --record 4
python -m training.recipes table                         the README's table, from reports/
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ser.audio import Source
from ser.errors import AudioError
from ser.recipe_bundle import open_recipe, save_recipe
from training.benchmark.writing import percent
from training.command import exit_status
from training.corpora import read_table
from training.dataset import TrainingError
from training.recipes import RECIPES, Recipe
from training.recipes.data import Table, load_table, write_cleaned
from training.recipes.results import FILE, Row, as_table, facts, make_row, read_rows, renew_rows
from training.recipes.scoring import PROTOCOLS, Protocol, fit, score

BUNDLES = "bundles"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: options.command(options), again="The same command starts again.")


def _list(_: argparse.Namespace) -> None:
    for recipe in RECIPES.values():
        print(f"{recipe.name}: {recipe.title} ({recipe.classifier_in_words})")
        print(f"    on      {', '.join(recipe.corpora)}: {', '.join(recipe.emotions)}")
        print(f"    hears   {recipe.features_in_words}")
        print(f"    claim   {recipe.claim}")


def _run(options: argparse.Namespace) -> None:
    recipe = _recipe(options.name)
    if options.emotions:
        recipe = recipe.with_emotions(options.emotions)
    data = load_table(recipe, read_table(options.table), cache=options.cache)
    for path, reason in data.unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    if options.cleaned:
        write_cleaned(data, options.cleaned)
    rows = [_score(recipe, data, protocol, options.seed) for protocol in PROTOCOLS]
    _save(recipe, data, options)
    renew_rows(options.out / FILE, rows)
    print(f"Wrote {options.out / FILE}")


def _score(recipe: Recipe, data: Table, protocol: Protocol, seed: int) -> Row:
    figures = score(recipe, data, protocol, seed=seed)
    print(
        f"{recipe.name}, {len(recipe.emotions)} emotions, {protocol}: "
        f"UAR {percent(figures['uar'])}, accuracy {percent(figures['accuracy'])} "
        f"({figures['clips']} clips, "
        f"{figures['speakers']} speakers)"
    )
    return make_row(recipe, protocol, figures, data, seed=seed)


def _save(recipe: Recipe, data: Table, options: argparse.Namespace) -> None:
    """Train on everything, and keep that."""
    root = options.out / BUNDLES / recipe.name
    classifier = fit(recipe, data, np.arange(len(data.clips)), seed=options.seed)
    save_recipe(
        root,
        classifier,
        name=recipe.name,
        words=recipe.words,
        facts=facts(data, seed=options.seed),
    )
    print(f"Saved the model, trained on all {len(data.clips)} clips, in {root}")


def _answer(options: argparse.Namespace) -> None:
    bundle = open_recipe(options.out / BUNDLES / _recipe(options.name).name)
    if options.record is None and not options.files:
        raise TrainingError("Name sound files to answer, or say --record SECONDS.")
    answers = []
    for name, source in _sources(options):
        try:
            answers.append(bundle.answer([source]))
        except AudioError as error:
            raise AudioError(f"{name}: {error}") from error
    print(repr(np.concatenate(answers)))


def _sources(options: argparse.Namespace) -> list[tuple[str, Source]]:
    """Name what is to be answered: files, then a fresh recording."""
    sources: list[tuple[str, Source]] = [(str(path), path) for path in options.files]
    if options.record is not None:
        from ser.microphone import record

        print(f"Speak for {options.record:g} s …", file=sys.stderr)
        sources.append(("the recording", record(options.record)))
    return sources


def _table(options: argparse.Namespace) -> None:
    print(as_table(read_rows(options.out / FILE)))


def _recipe(name: str) -> Recipe:
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}; there are {', '.join(RECIPES)}.")
    return RECIPES[name]


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and 0.5 <= seconds <= 60):
        raise argparse.ArgumentTypeError("between 0.5 and 60 seconds, please")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.recipes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=_list)
    commands = parser.add_subparsers(metavar="COMMAND")
    run = commands.add_parser("run", help="prepare, train, score under both protocols, save")
    run.set_defaults(command=_run)
    run.add_argument("name", metavar="NAME")
    run.add_argument("--emotions", nargs="+", metavar="EMOTION", help="what to tell apart, or: all")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument(
        "--cleaned", type=Path, metavar="FOLDER", help="write the cleaned clips there too"
    )
    answer = commands.add_parser("answer", help="say what sounds are most like")
    answer.set_defaults(command=_answer)
    answer.add_argument("name", metavar="NAME")
    answer.add_argument("files", nargs="*", type=Path, metavar="FILE")
    answer.add_argument("--record", type=_seconds, metavar="SECONDS", help="from the microphone")
    table = commands.add_parser("table", help="print what was measured, as Markdown")
    table.set_defaults(command=_table)
    _add_folder(run, "--table", "cleaned_data.csv", "clips, from training.prepare")
    _add_folder(run, "--cache", "runs/cache", "where features are kept")
    for command in (run, answer, table):
        _add_folder(command, "--out", ".", "where bundles/ and reports/ are")
    return parser


def _add_folder(parser: argparse.ArgumentParser, option: str, default: str, what: str) -> None:
    parser.add_argument(
        option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
    )


if __name__ == "__main__":
    sys.exit(main())
