"""Measure both models on voices they never heard, and write the benchmark.

    python -m training.evaluate --protocol speaker-independent
    python -m training.evaluate --protocol speaker-independent --folds 1 2 --resume
    python -m training.evaluate --protocol leave-one-corpus-out --folds emodb
    python -m training.evaluate --report-only      every figure anew, without training

Each part (a fold, or a corpus) that is not finished is trained, answers the clips
it never heard, and leaves its predictions in reports/predictions/; then
reports/benchmark.json and reports/BENCHMARK.md are computed from all predictions
there are. Parts may be run on several machines: bring the files together, and use
--report-only; a machine with a GPU can train the CNNs from spectrograms alone, see
:mod:`training.spectrograms`. What is trained and tested: :mod:`training.benchmark.protocols`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

import keras
import numpy as np

from training.batches import fit_scaling
from training.benchmark.predictions import (
    FOLDER,
    KNOWN_VOICE,
    Predictions,
    describe,
    is_finished,
    refuse_other_tables,
    without_untrained,
    write_predictions,
)
from training.benchmark.protocols import (
    PROTOCOLS,
    SPEAKER_DEPENDENT,
    Part,
    check_part,
    chosen_parts,
    make_part,
)
from training.benchmark.report import renew_benchmark
from training.checkpoint import trained_with
from training.command import exit_status, not_negative, positive
from training.corpora import Clip, fingerprint, read_table
from training.dataset import Dataset, load_dataset
from training.enrolment import predict_known
from training.fitting import FRESH, Run, Stage, train_models
from training.report import training_facts
from training.score import predict_logits
from training.teacher import NAME, TEACHER_HELP, with_teacher
from training.watching import read_curves


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    if not options.report_only:
        _evaluate(options)
    renew_benchmark(options.out)


def _evaluate(options: argparse.Namespace) -> None:
    if options.protocol in SPEAKER_DEPENDENT:
        print(f"{options.protocol}: speaker-dependent, every tested voice is trained on too")
    (options.out / FOLDER).mkdir(parents=True, exist_ok=True)  # or it is told after hours
    clips = read_table(options.table)
    refuse_other_tables(options.out / FOLDER, fingerprint(clips))
    made_of = {
        "seed": options.seed,
        "stages": {name: asdict(stage) for name, stage in _stages(options).items()},
        "teacher": options.teacher and NAME,
        "calibrate": options.calibrate,
    }
    dataset: Dataset | None = None
    for name in chosen_parts(options.protocol, options.folds, clips):
        file = f"{options.protocol}-{name}"
        if is_finished(options.out / FOLDER, file, made_of):
            continue
        dataset = dataset or _dataset(clips, options)
        predictions = _run_part(dataset, name, options)
        predictions.facts.update(made_of, table=fingerprint(clips))
        print(f"Wrote {write_predictions(options.out / FOLDER, file, predictions)}")


def _stages(options: argparse.Namespace) -> dict[str, Stage]:
    epochs = {
        "cnn": options.epochs,
        "functionals": options.functionals_epochs,
        "known_voice": options.known_voice_epochs,
    }
    return {name: replace(FRESH[name], epochs=count) for name, count in epochs.items()}


def _dataset(clips: list[Clip], options: argparse.Namespace) -> Dataset:
    dataset = load_dataset(clips, cache=options.cache, seed=options.seed)
    return with_teacher(dataset, options.teacher, cache=options.cache)


def _run_part(dataset: Dataset, name: str, options: argparse.Namespace) -> Predictions:
    """Train all networks without the part's clips, and let them answer these."""
    part = make_part(
        dataset.clips, options.protocol, name, seed=options.seed, calibrate=options.calibrate
    )
    check_part(part, dataset.clips)
    training = dataset.subset(part.training)
    scaling = fit_scaling(training)
    stages = _stages(options)
    run = Run(
        options.runs / part.run,
        seed=options.seed,
        resume=options.resume,
        watched=_watched(part, dataset) if options.watch else {},
    )
    models = train_models(training, scaling, stages=stages, run=run)
    facts = training_facts(training, seed=options.seed, stages=stages, models=models)
    heard = dataset.subset(np.concatenate([part.test, part.calibration]))
    answers = {
        name: predict_known(network, heard, scaling, seed=options.seed)
        if name == KNOWN_VOICE
        else predict_logits(network, heard, scaling)
        for name, network in models.items()
    }
    logits = {n: without_untrained(values, facts["emotions"]) for n, values in answers.items()}
    facts["trained_with"] = {name: trained_with(run.folder / name) for name in models}
    facts["curves"] = read_curves(run.folder)
    keras.backend.clear_session()  # the next part's networks need the memory
    return _predictions(part, dataset, logits, facts)


def _watched(part: Part, dataset: Dataset) -> dict[str, Dataset]:
    """Name what a part does not learn from as :data:`ser.training_log.SETS` does."""
    sets = {"val_": part.calibration, "test_": part.test}
    return {start: dataset.subset(rows) for start, rows in sets.items() if len(rows)}


def _predictions(
    part: Part, dataset: Dataset, logits: dict[str, np.ndarray], facts: dict[str, Any]
) -> Predictions:
    """Put all together; the test's logits come first."""
    test, calibration = dataset.subset(part.test), dataset.subset(part.calibration)
    return Predictions(
        facts={
            "protocol": part.protocol,
            "part": part.name,
            "models": list(logits),
            "kept_apart": {
                "speakers": sorted({clip.speaker for clip in calibration.clips}),
                "clips": len(calibration),
            },
            **facts,
            "data": fingerprint(dataset.clips),
        },
        clips=describe(
            [*test.clips, *calibration.clips],
            role=["test"] * len(test) + ["calibration"] * len(calibration),
        ),
        logits=logits,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0])
    parser.add_argument(
        "--folds",
        nargs="+",
        metavar="PART",
        help="folds by number, or corpora by name (default: all)",
    )
    for option, default, what in (
        ("--table", "cleaned_data.csv", "clips, from training.prepare"),
        ("--cache", "runs/cache", "where features are kept"),
        ("--runs", "runs", "where checkpoints and logs go"),
        ("--out", ".", "where reports/ is"),
    ):
        parser.add_argument(
            option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
        )
    parser.add_argument("--epochs", type=positive, default=FRESH["cnn"].epochs, help="of the CNN")
    for network in ("functionals", "known_voice"):
        option = f"--{network.replace('_', '-')}-epochs"
        parser.add_argument(option, type=positive, default=FRESH[network].epochs)
    parser.add_argument("--seed", type=not_negative, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--teacher", type=Path, metavar="ONNX", help=TEACHER_HELP)
    parser.add_argument(
        "--no-calibration",
        dest="calibrate",
        action="store_false",
        help="keep no speakers apart: all train, and what is fitted afterwards (temperature, the "
        "hybrid's shares, thresholds) is fitted on what other parts test",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="measure unheard clips after every epoch, for the curves alone",
    )
    parser.add_argument(
        "--report-only", action="store_true", help="train nothing, compute all figures anew"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
