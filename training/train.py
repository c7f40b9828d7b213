"""Train both models, and save them with all that the page needs.

    python -m training.train --hold-out 1             keep fold 1's speakers apart, and score them
    python -m training.train --start-from fold-1      train those networks further, on all clips
    python -m training.train                          the same from random weights
    python -m training.train --resume                 go on after an interruption

First the CNN on spectrograms, then the hybrid, which starts from that CNN and
adds prosody. A seed decides drawing, variation and initial weights; on one
machine the same seed and data give the same clips in the same order again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

from training.batches import fit_scaling
from training.command import exit_status
from training.corpora import read_table
from training.dataset import load_dataset
from training.export import save_bundle
from training.fitting import CONTINUED, FRESH, Run, Stage, train_models
from training.folds import split
from training.report import held_out_scores, read_temperatures, training_facts, write_report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _train(options))


def _train(options: argparse.Namespace) -> None:
    clips = read_table(options.table)
    dataset = load_dataset(clips, cache=options.cache, seed=options.seed)
    for path, reason in dataset.unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    training, test = split(dataset, options.hold_out)
    scaling = fit_scaling(training)
    name = "all" if options.hold_out is None else f"fold-{options.hold_out}"
    start = None if options.start_from is None else options.runs / options.start_from
    run = Run(options.runs / name, options.seed, options.resume, start)
    stages = _stages(options)
    models = train_models(training, scaling, stages=stages, run=run)
    facts = training_facts(training, seed=options.seed, stages=stages, models=models)
    facts["started_from"] = options.start_from
    if test is None:
        facts["temperature"] = read_temperatures(options.temperature_from)
        save_bundle(options.out, models, scaling, facts)
        print(f"Saved the models and their artifacts in {options.out}")
    else:
        scores = held_out_scores(models, test, scaling, run.folder)
        path = options.out / "reports" / f"{name}.json"
        write_report(path, {"fold": options.hold_out, **facts, **scores})


def _stages(options: argparse.Namespace) -> dict[str, Stage]:
    """Choose how long and how fast, by where the training starts."""
    usual = FRESH if options.start_from is None else CONTINUED
    asked = {"cnn": options.epochs, "hybrid": options.hybrid_epochs}
    return {
        name: stage if asked[name] is None else replace(stage, epochs=asked[name])
        for name, stage in usual.items()
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--table",
        type=Path,
        default=Path("cleaned_data.csv"),
        help="clips, from training.prepare (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(),
        help="where models/, artifacts/ and reports/ go (default: here)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("runs"),
        help="where checkpoints and logs go (default: %(default)s)",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path("runs/cache"),
        help="where features are kept (default: %(default)s)",
    )
    parser.add_argument(
        "--hold-out",
        type=int,
        metavar="FOLD",
        help="train without this fold's speakers and score them",
    )
    parser.add_argument(
        "--start-from",
        metavar="RUN",
        help="train the networks of this finished run further, for example fold-1",
    )
    parser.add_argument("--epochs", type=int, help="of the CNN")
    parser.add_argument("--hybrid-epochs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument(
        "--temperature-from",
        type=Path,
        metavar="REPORT",
        help="take the temperatures from the report of a held-out fold",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
