"""Train both models and what hears known voices, and save them with all that the page needs.

    python -m training.train --start-from fold-1      go on from the CNN of the benchmark's fold 1
    python -m training.train                          the same from random weights
    python -m training.train --resume                 go on after an interruption
    python -m training.train --out .                  in place of the models that came along

Who is held out and scored is decided in training.evaluate; here all clips train.

First the CNN on spectrograms, then the functionals; both together are the
hybrid, weighted as the benchmark found best. A third network hears voices that
are known (ser.known_voices). A seed decides drawing, variation and initial
weights; on one machine the same seed and data give the same clips in the same
order again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

from training.balance import write_counts
from training.batches import fit_scaling
from training.benchmark.protocols import PROTOCOLS, make_part, part_names
from training.checkpoint import is_newer, trained_on, trained_with
from training.command import exit_status, not_negative, positive
from training.corpora import fingerprint, read_table
from training.dataset import Dataset, TrainingError, load_dataset
from training.export import save_bundle
from training.fitting import CONTINUED, FRESH, Run, Stage, train_models
from training.networks import build_hybrid
from training.report import BENCHMARK, read_fitted, training_facts
from training.teacher import TEACHER_HELP, with_teacher

DATA = Path("reports/data.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _train(options))


def _train(options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)  # or it is told before hours of training
    clips = read_table(options.table)
    dataset = load_dataset(clips, cache=options.cache, seed=options.seed)
    dataset = with_teacher(dataset, options.teacher, cache=options.cache)
    for path, reason in dataset.unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    scaling = fit_scaling(dataset)
    run = _run(options, dataset)
    fitted = read_fitted(options.fitted_from or options.out / BENCHMARK)
    stages = _stages(options, known_voices="known_voice" in fitted)
    trained = train_models(dataset, scaling, stages=stages, run=run)
    cnn, functionals = trained["cnn"], trained["functionals"]
    hybrid = build_hybrid(cnn, functionals, share=fitted["functionals_share"])
    models = trained | {"hybrid": hybrid}
    models.pop("functionals")
    facts = training_facts(dataset, seed=options.seed, stages=stages, models=models) | fitted
    facts["started_from"] = options.start_from
    facts["trained_with"] = {name: trained_with(run.folder / name) for name in trained}
    save_bundle(options.out, models, scaling, facts)
    write_counts(dataset.clips, options.out / DATA)
    print(f"Saved the models and their artifacts in {options.out}")


def _run(options: argparse.Namespace, dataset: Dataset) -> Run:
    """Say what is gone on from.

    Raises
    ------
    TrainingError
        The fold to start from was trained on other clips.
    """
    folder = options.runs / "all"
    if options.start_from is None:
        return Run(folder, options.seed, options.resume)
    start = options.runs / options.start_from
    trained = trained_on(start / "cnn")
    if trained is not None and options.start_from in part_names(PROTOCOLS[0]):
        part = make_part(
            dataset.clips, PROTOCOLS[0], options.start_from, seed=options.seed, calibrate=False
        )
        if trained != fingerprint([dataset.clips[i] for i in part.training]):
            raise TrainingError(
                f"{start} was trained on other recordings: train it anew, with another --out (with "
                "make: OUT=FOLDER)."
            )
    resume = options.resume and not is_newer(start / "cnn", folder / "cnn")
    if resume != options.resume:
        print(f"{folder} is older than {start}, which it starts from: it begins anew.")
    return Run(folder, options.seed, resume, start)


def _stages(options: argparse.Namespace, *, known_voices: bool) -> dict[str, Stage]:
    """Choose how long and how fast, by where the training starts.

    What hears known voices is left out where nobody measured how far to believe it.
    """
    usual = FRESH if options.start_from is None else CONTINUED
    asked = {
        "cnn": options.epochs,
        "functionals": options.functionals_epochs,
        "known_voice": options.known_voice_epochs,
    }
    return {
        name: stage if asked[name] is None else replace(stage, epochs=asked[name])
        for name, stage in usual.items()
        if name != "known_voice" or known_voices
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
        default=Path("bundles/mine"),
        help="where models/, artifacts/ and reports/ go (default: %(default)s)",
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
        "--start-from",
        metavar="RUN",
        help="train the CNN of this finished run further, for example fold-1",
    )
    parser.add_argument("--epochs", type=positive, help="of the CNN")
    parser.add_argument("--functionals-epochs", type=positive)
    parser.add_argument("--known-voice-epochs", type=positive)
    parser.add_argument("--seed", type=not_negative, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--teacher", type=Path, metavar="ONNX", help=TEACHER_HELP)
    parser.add_argument(
        "--fitted-from",
        type=Path,
        metavar="BENCHMARK",
        help="benchmark that says how sure the models may be (default: reports/benchmark.json "
        "below --out, if there is one)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
