"""Train both models, and save them with all that the page needs.

    python -m training.train                          all clips: makes the models to ship
    python -m training.train --hold-out 1             keeps fold 1's speakers apart and scores them
    python -m training.train --resume                 goes on after an interruption

First the CNN on spectrograms, then the hybrid, which starts from that CNN and
adds prosody. A seed decides drawing, variation and initial weights; on one
machine the same seed and data give the same clips in the same order again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

import keras
import numpy as np

from ser.bundle import MODEL_FILES, write_artifacts, write_manifest
from ser.errors import SerError
from ser.features import PROSODIC_FEATURES, extract
from ser.features.scaling import Scaling
from ser.labels import to_public
from ser.network import network_inputs, softmax
from ser.recognizer import known_sound
from training.batches import (
    BATCH,
    TrainingBatches,
    fit_scaling,
    masked_accuracy,
    masked_crossentropy,
)
from training.checkpoint import Checkpoint, resume
from training.corpora import read_table
from training.dataset import Dataset, TrainingError, load_dataset
from training.folds import held_out_speakers, refuse_leakage
from training.networks import WEIGHT_DECAY, build_cnn, build_hybrid
from training.score import fit_temperature, predict_logits, score_corpora

LIBRARIES = ("tensorflow", "keras", "librosa", "praat-parselmouth", "numpy", "soxr", "soundfile")


@dataclass(frozen=True)
class Stage:
    """How one of the two networks is trained.

    Attributes
    ----------
    epochs : int
    rate : float
        Highest learning rate; it rises over the first epoch and falls to zero as a cosine.
    """

    epochs: int
    rate: float


CNN = Stage(epochs=28, rate=2e-3)
HYBRID = Stage(epochs=6, rate=5e-4)


@dataclass(frozen=True)
class Run:
    """Where a training keeps its state, and what decides it."""

    folder: Path
    seed: int
    resume: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    try:
        _train(options)
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Go on with --resume.", file=sys.stderr)
        return 130
    return 0


def train_models(
    dataset: Dataset, scaling: Scaling, *, cnn: Stage, hybrid: Stage, run: Run
) -> dict[str, keras.Model]:
    """Train the CNN, then the hybrid on top of it; both by name."""
    keras.utils.set_random_seed(run.seed)
    trained_cnn = _fit(build_cnn(), dataset, scaling, stage=cnn, run=run)
    model = build_hybrid(trained_cnn, features=len(PROSODIC_FEATURES))
    return {"cnn": trained_cnn, "hybrid": _fit(model, dataset, scaling, stage=hybrid, run=run)}


def save_bundle(
    root: Path, models: dict[str, keras.Model], scaling: Scaling, facts: dict[str, Any]
) -> None:
    """Write networks, artifacts and manifest below ``root``.

    ``facts`` holds ``temperature`` by model and what else the manifest should tell.
    """
    for name, model in models.items():
        path = root / MODEL_FILES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        # Built anew from its weights: a shipped file needs no optimizer and no loss.
        bare = keras.models.clone_model(model)
        bare.set_weights(model.get_weights())
        bare.save(path)
    write_artifacts(root, scaling)
    answers = {
        name: _known_answer(model, scaling, facts["temperature"][name])
        for name, model in models.items()
    }
    write_manifest(root, {**facts, "known_answer": answers})


def _train(options: argparse.Namespace) -> None:
    clips = read_table(options.table)
    dataset = load_dataset(clips, cache=options.cache, seed=options.seed)
    for path, reason in dataset.unusable.items():
        print(f"left out: {path}: {reason}", file=sys.stderr)
    training, test = _split(dataset, options.hold_out)
    scaling = fit_scaling(training)
    name = "all" if options.hold_out is None else f"fold-{options.hold_out}"
    run = Run(folder=options.runs / name, seed=options.seed, resume=options.resume)
    cnn = Stage(options.epochs, CNN.rate)
    hybrid = Stage(options.hybrid_epochs, HYBRID.rate)
    models = train_models(training, scaling, cnn=cnn, hybrid=hybrid, run=run)
    facts = _facts(training, seed=options.seed, cnn=cnn, hybrid=hybrid, models=models)
    if test is None:
        facts["temperature"] = _temperatures(options.temperature_from)
        save_bundle(options.out, models, scaling, facts)
        print(f"Saved the models and their artifacts in {options.out}")
    else:
        report = {"fold": options.hold_out, **facts, **_scores(models, test, scaling, run.folder)}
        _write_report(options.out / "reports" / f"{name}.json", report)


def _split(dataset: Dataset, fold: int | None) -> tuple[Dataset, Dataset | None]:
    """Part the held-out speakers from the rest; nobody is held out where there is no fold."""
    if fold is None:
        return dataset, None
    held_out = np.array([clip.speaker in held_out_speakers(fold) for clip in dataset.clips])
    if held_out.all() or not held_out.any():
        raise TrainingError(
            f"Fold {fold} holds out {'all' if held_out.all() else 'none'} of these speakers: "
            "there would be nothing left to train on or to score."
        )
    training = dataset.subset(np.flatnonzero(~held_out))
    test = dataset.subset(np.flatnonzero(held_out))
    refuse_leakage(training.clips, test.clips)
    return training, test


def _fit(
    model: keras.Model, dataset: Dataset, scaling: Scaling, *, stage: Stage, run: Run
) -> keras.Model:
    """Train one network, from its last checkpoint if there is one to resume."""
    folder = run.folder / model.name
    settings = {"stage": asdict(stage), "seed": run.seed, "data": _fingerprint(dataset)}
    with_prosody = len(model.inputs) > 1
    steps = len(TrainingBatches(dataset, scaling, with_prosody=with_prosody, seed=run.seed))
    _compile(model, stage, steps)
    done = resume(model, folder, settings=settings) if run.resume else 0
    batches = TrainingBatches(
        dataset, scaling, with_prosody=with_prosody, seed=run.seed, epoch=done
    )
    print(
        f"{model.name}: {model.count_params():,} parameters, {len(dataset)} clips, "
        f"epochs {done + 1} to {stage.epochs}"
    )
    run.folder.mkdir(parents=True, exist_ok=True)
    log = keras.callbacks.CSVLogger(run.folder / f"{model.name}.csv", append=done > 0)
    model.fit(
        batches,
        epochs=stage.epochs,
        initial_epoch=done,
        callbacks=[Checkpoint(folder, settings=settings), log],
        verbose=1 if sys.stdout.isatty() else 2,
    )
    return model


def _compile(model: keras.Model, stage: Stage, steps: int) -> None:
    total = steps * stage.epochs
    warmup = min(steps, total // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.rate / 20, total - warmup, warmup_target=stage.rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
    model.compile(optimizer=optimizer, loss=masked_crossentropy, metrics=[masked_accuracy])


def _fingerprint(dataset: Dataset) -> str:
    """Tell one choice of clips from another."""
    names = "\n".join(f"{clip.path} {clip.emotion}" for clip in dataset.clips)
    return hashlib.sha256(names.encode(errors="surrogateescape")).hexdigest()[:16]


def _known_answer(model: keras.Model, scaling: Scaling, temperature: float) -> list[float]:
    """Give the public probabilities of the sound that guards a bundle."""
    inputs = network_inputs(extract(known_sound()), scaling)
    logits = model.predict(inputs if len(model.inputs) > 1 else inputs[0], verbose=0)
    answer: list[float] = to_public(softmax(logits.mean(axis=0), temperature=temperature)).tolist()
    return answer


def _facts(
    training: Dataset, *, seed: int, cnn: Stage, hybrid: Stage, models: dict[str, keras.Model]
) -> dict[str, Any]:
    """Say what a training was made from."""
    return {
        "seed": seed,
        "batch": BATCH,
        "stages": {"cnn": asdict(cnn), "hybrid": asdict(hybrid)},
        "parameters": {name: model.count_params() for name, model in models.items()},
        "clips": dict(Counter(clip.corpus for clip in training.clips)),
        "emotions": dict(Counter(clip.emotion for clip in training.clips)),
        "speakers": len({clip.speaker for clip in training.clips}),
        "data": _fingerprint(training),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def _scores(
    models: dict[str, keras.Model], test: Dataset, scaling: Scaling, folder: Path
) -> dict[str, Any]:
    """Score both models on held-out speakers, and keep their answers."""
    logits = {name: predict_logits(model, test, scaling) for name, model in models.items()}
    paths = np.array([str(clip.path) for clip in test.clips])
    np.savez(folder / "answers.npz", allow_pickle=False, paths=paths, **logits)
    return {
        "temperature": {name: fit_temperature(values, test) for name, values in logits.items()},
        "scores": {
            name: [asdict(score) for score in score_corpora(values, test)]
            for name, values in logits.items()
        },
    }


def _temperatures(report: Path | None) -> dict[str, float]:
    """Take the temperatures that a held-out fold asked for; 1 where there is none."""
    if report is None:
        return dict.fromkeys(MODEL_FILES, 1.0)
    try:
        temperatures: dict[str, float] = json.loads(report.read_text())["temperature"]
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{report} holds no temperatures: make it with python -m training.train --hold-out 1."
        ) from error
    return temperatures


def _write_report(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, scores in report["scores"].items():
        for score in scores:
            print(
                f"{name:7} {score['corpus']:13} UAR {100 * score['uar']:.1f} % of "
                f"{score['classes']} classes, {score['clips']} clips, "
                f"{score['speakers']} unheard speakers"
            )
    print(f"Wrote {path}")


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
    parser.add_argument("--epochs", type=int, default=CNN.epochs, help="of the CNN")
    parser.add_argument("--hybrid-epochs", type=int, default=HYBRID.epochs)
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
