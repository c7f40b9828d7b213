"""Well-known designs, one command each, in their own protocol and in ours.

python -m training.recipes                               what there is, and what it claims
python -m training.recipes run mlp-ravdess               train, score, save in bundles/
python -m training.recipes run mlp-ravdess --emotions all
python -m training.recipes clean cnn-ravtess FOLDER      only write its clips, merged and cleaned
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
from training.command import exit_status, not_negative
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
from training.teacher import TEACHER_HELP

BUNDLES = "bundles"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _read(arguments)
    return exit_status(lambda: options.command(options), again="The same command starts again.")


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; files to answer may stand after options too."""
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    # argparse takes files in one place only, and the last of them for emotions.
    if hasattr(options, "files"):
        words = options.emotions or []
        options.emotions = [word for word in words if not _is_file(word)]
        later = [word for word in words if _is_file(word)] + others
        options.files += [Path(word) for word in later if not word.startswith("-")]
        others = [word for word in later if word.startswith("-")]
    if others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    return options


def _is_file(word: str) -> bool:
    """Tell a file's name from an emotion's, which has no suffix and no folder."""
    path = Path(word)
    return path.suffix != "" or len(path.parts) > 1


def _list(_: argparse.Namespace) -> None:
    for recipe in RECIPES.values():
        print(f"{recipe.name}: {recipe.title} ({recipe.in_words})")
        print(f"    on      {', '.join(recipe.corpora)}: {', '.join(recipe.emotions)}")
        print(f"    hears   {recipe.hears}")
        print(f"    claim   {recipe.claim}")


def _run(options: argparse.Namespace) -> None:
    named = RECIPES.get(options.name)
    if isinstance(named, OwnModel):
        _run_own(named, options)
        return
    recipe = _recipe(options)
    if options.report_only:
        raise TrainingError(f"{recipe.name} keeps no predictions: run it without --report-only.")
    data = load_table(recipe, read_table(options.table), cache=options.cache)
    _tell_left_out(data.unusable)
    for protocol in options.protocol:
        # A protocol may take an hour: what is known is kept at once.
        renew_rows(options.out / FILE, [_score(recipe, data, protocol, options)])
        print(f"Wrote {options.out / FILE}")
    _save(recipe, data, options)


def _run_own(own: OwnModel, options: argparse.Namespace) -> None:
    if options.emotions:
        raise TrainingError(f"{own.name} takes no --emotions.")
    bundle = options.out / BUNDLES / OWN_BUNDLE
    # Who has trained it asks for what came of that, not for what came with this code.
    predictions = bundle / FOLDER if (bundle / FOLDER).is_dir() else options.out / FOLDER
    if not options.report_only:
        run_own(
            options.protocol,
            table=options.table,
            cache=options.cache,
            runs=options.runs,
            bundle=bundle,
            seed=options.seed,
            teacher=options.teacher,
        )
        predictions = bundle / FOLDER
    if not options.protocol:
        return
    rows = own_rows(own, predictions, options.protocol)
    if not rows:
        raise TrainingError(f"{predictions} holds no predictions of {own.name}.")
    renew_rows(options.out / FILE, rows)
    print(f"Wrote {options.out / FILE}")


def _clean(options: argparse.Namespace) -> None:
    recipe = _recipe(options)
    _tell_left_out(write_cleaned(recipe, read_table(options.table), options.folder))
    print(f"Wrote {options.folder}")


def _tell_left_out(unusable: dict[str, str]) -> None:
    for path, reason in unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)


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
    root = _bundle(recipe, options)
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
    if options.record is None and not options.files:
        raise TrainingError("Name sound files to answer, or say --record SECONDS.")
    answer = _answerer(options)
    answers = []
    for name, source in _sources(options):
        try:
            answers.append(answer([source]))
        except AudioError as error:
            raise AudioError(f"{name}: {error}") from error
    print(repr(np.concatenate(answers)))


def _answerer(options: argparse.Namespace) -> Callable[[list[Source]], np.ndarray]:
    """Open a trained system: sounds to an array of labels."""
    named = RECIPES.get(options.name)
    if isinstance(named, OwnModel):
        return own_answerer(named, options.out / BUNDLES)
    return open_recipe(_bundle(_recipe(options), options)).answer


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


def _recipe(options: argparse.Namespace) -> Recipe:
    """Find the recipe that is named, with the emotions that are wanted."""
    recipe = RECIPES.get(options.name)
    if recipe is None:
        raise TrainingError(f"There is no recipe {options.name!r}; there are {', '.join(RECIPES)}.")
    if isinstance(recipe, OwnModel):
        raise TrainingError(f"{recipe.name} has no clips of its own to clean.")
    return recipe.with_emotions(options.emotions) if options.emotions else recipe


def _bundle(recipe: Recipe, options: argparse.Namespace) -> Path:
    return options.out / BUNDLES / recipe.bundle(RECIPES[recipe.name].emotions)


def _seconds(text: str) -> float:
    """Read a length of time for argparse."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.5 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds between 0.5 and 60")
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
    run.add_argument("--seed", type=not_negative, default=1)
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
    run.add_argument(
        "--teacher", type=Path, metavar="ONNX", help=f"of the app's own models: {TEACHER_HELP}"
    )
    clean = commands.add_parser("clean", help="write a recipe's clips, cleaned, and nothing else")
    clean.set_defaults(command=_clean)
    clean.add_argument("name", metavar="NAME")
    clean.add_argument("folder", type=Path, metavar="FOLDER", help="a new one")
    answer = commands.add_parser("answer", help="say what sounds are most like")
    answer.set_defaults(command=_answer)
    answer.add_argument("name", metavar="NAME")
    answer.add_argument("files", nargs="*", type=Path, metavar="FILE")
    answer.add_argument("--record", type=_seconds, metavar="SECONDS", help="from the microphone")
    table = commands.add_parser("table", help="print what was measured, as Markdown")
    table.set_defaults(command=_table)
    for command in (run, clean, answer):
        command.add_argument(
            "--emotions", nargs="+", metavar="EMOTION", help="what to tell apart, or: all"
        )
    for command in (run, clean):
        _add_folder(command, "--table", "cleaned_data.csv", "clips, from training.prepare")
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
