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
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ser.audio import Source
from ser.errors import AudioError
from ser.recipe_bundle import open_recipe, save_recipe
from training.benchmark.predictions import FOLDER
from training.benchmark.writing import percent
from training.command import exit_status
from training.corpora import read_table
from training.dataset import TrainingError
from training.recipes import RECIPES, OwnModel, Recipe
from training.recipes.data import Table, load_table, write_cleaned
from training.recipes.own import BUNDLE as OWN_BUNDLE
from training.recipes.own import own_answerer, own_rows, run_own
from training.recipes.results import (
    FILE,
    Row,
    as_details,
    as_table,
    facts,
    make_row,
    read_rows,
    renew_rows,
)
from training.recipes.scoring import PROTOCOLS, Protocol, fit, score

BUNDLES = "bundles"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: options.command(options), again="The same command starts again.")


def _list(_: argparse.Namespace) -> None:
    for recipe in RECIPES.values():
        print(f"{recipe.name}: {recipe.title} ({recipe.in_words})")
        print(f"    on      {', '.join(recipe.corpora)}: {', '.join(recipe.emotions)}")
        print(f"    hears   {recipe.hears}")
        print(f"    claim   {recipe.claim}")


def _run(options: argparse.Namespace) -> None:
    recipe = _recipe(options.name)
    if isinstance(recipe, OwnModel):
        _run_own(recipe, options)
        return
    if options.report_only:
        raise TrainingError(f"{recipe.name} keeps no predictions: run it without --report-only.")
    if options.emotions:
        recipe = recipe.with_emotions(options.emotions)
    data = load_table(recipe, read_table(options.table), cache=options.cache)
    for path, reason in data.unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    if options.cleaned:
        write_cleaned(recipe, data, options.cleaned)
    for protocol in options.protocol:
        # A protocol may take an hour: what is known is kept at once.
        renew_rows(options.out / FILE, [_score(recipe, data, protocol, options)])
        print(f"Wrote {options.out / FILE}")
    _save(recipe, data, options)


def _run_own(own: OwnModel, options: argparse.Namespace) -> None:
    if options.emotions or options.cleaned:
        raise TrainingError(f"{own.name} takes neither --emotions nor --cleaned.")
    if options.report_only:
        rows = own_rows(own, options.out)
    else:
        rows = run_own(
            own,
            options.protocol,
            table=options.table,
            cache=options.cache,
            runs=options.runs,
            bundle=options.out / BUNDLES / OWN_BUNDLE,
            seed=options.seed,
        )
    if not rows:
        raise TrainingError(f"{options.out / FOLDER} holds no predictions of {own.name}.")
    renew_rows(options.out / FILE, rows)
    print(f"Wrote {options.out / FILE}")


def _score(recipe: Recipe, data: Table, protocol: Protocol, options: argparse.Namespace) -> Row:
    figures = score(recipe, data, protocol, seed=options.seed, runs=options.runs)
    print(
        f"{recipe.name}, {len(recipe.emotions)} emotions, {protocol}: "
        f"UAR {percent(figures['uar'])}, accuracy {percent(figures['accuracy'])} "
        f"({figures['clips']} clips, "
        f"{figures['speakers']} speakers)"
    )
    return make_row(recipe, protocol, figures, data, seed=options.seed)


def _save(recipe: Recipe, data: Table, options: argparse.Namespace) -> None:
    """Train on everything, and keep that."""
    root = options.out / BUNDLES / recipe.name
    classifier = fit(recipe, data, np.arange(len(data.clips)), seed=options.seed)
    save_recipe(
        root,
        classifier,
        name=recipe.name,
        features=recipe.features,
        words=recipe.words,
        facts={"title": recipe.title, **facts(data, seed=options.seed)},
    )
    print(f"Saved the model, trained anew on all speakers, in {root}")


def _answer(options: argparse.Namespace) -> None:
    recipe = _recipe(options.name)
    if options.record is None and not options.files:
        raise TrainingError("Name sound files to answer, or say --record SECONDS.")
    answer = _answerer(recipe, options.out / BUNDLES)
    answers = []
    for name, source in _sources(options):
        try:
            answers.append(answer([source]))
        except AudioError as error:
            raise AudioError(f"{name}: {error}") from error
    print(repr(np.concatenate(answers)))


def _answerer(recipe: Recipe | OwnModel, bundles: Path) -> Callable[[list[Source]], np.ndarray]:
    """Open a trained system: sounds to an array of labels."""
    if isinstance(recipe, OwnModel):
        return own_answerer(recipe, bundles)
    return open_recipe(bundles / recipe.name).answer


def _sources(options: argparse.Namespace) -> list[tuple[str, Source]]:
    """Name what is to be answered: files, then a fresh recording."""
    sources: list[tuple[str, Source]] = [(str(path), path) for path in options.files]
    if options.record is not None:
        from ser.microphone import record

        print(f"Speak for {options.record:g} s …", file=sys.stderr)
        sources.append(("the recording", record(options.record)))
    return sources


def _table(options: argparse.Namespace) -> None:
    rows = read_rows(options.out / FILE)
    print(as_table(rows))
    print(as_details(rows))


def _recipe(name: str) -> Recipe | OwnModel:
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
    run.add_argument(
        "--protocol",
        nargs="*",
        choices=PROTOCOLS,
        default=PROTOCOLS,
        help="score these alone; none: only train and save",
    )
    run.add_argument(
        "--report-only",
        action="store_true",
        help="of the app's own models: train nothing, measure what reports/predictions/ holds",
    )
    answer = commands.add_parser("answer", help="say what sounds are most like")
    answer.set_defaults(command=_answer)
    answer.add_argument("name", metavar="NAME")
    answer.add_argument("files", nargs="*", type=Path, metavar="FILE")
    answer.add_argument("--record", type=_seconds, metavar="SECONDS", help="from the microphone")
    table = commands.add_parser("table", help="print what was measured, as Markdown")
    table.set_defaults(command=_table)
    _add_folder(run, "--table", "cleaned_data.csv", "clips, from training.prepare")
    _add_folder(run, "--runs", "runs", "where the curves of trainings go")
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
