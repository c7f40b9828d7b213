"""Fit the CNN, then the hybrid that starts from it; each goes on where it was interrupted."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import keras

from ser.features import PROSODIC_FEATURES
from ser.features.scaling import Scaling
from training.batches import TrainingBatches, masked_accuracy, masked_crossentropy
from training.checkpoint import Checkpoint, load_trained, resume
from training.corpora import fingerprint
from training.dataset import Dataset
from training.networks import WEIGHT_DECAY, build_cnn, build_hybrid


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


FRESH = {"cnn": Stage(epochs=26, rate=7e-4), "hybrid": Stage(epochs=4, rate=3e-4)}
"""From random weights; the hybrid starts from its CNN all the same."""

CONTINUED = {"cnn": Stage(epochs=7, rate=3e-4), "hybrid": Stage(epochs=4, rate=2e-4)}
"""From networks that another run has trained, on more clips."""


@dataclass(frozen=True)
class Run:
    """Where a training keeps its state, and what decides it.

    Attributes
    ----------
    folder : Path
        Of checkpoints and logs.
    seed : int
    resume : bool
        Go on from the last checkpoint, if there is one.
    start : Path or None
        Folder of a finished run whose networks are trained further.
    """

    folder: Path
    seed: int
    resume: bool
    start: Path | None = None


def train_models(
    dataset: Dataset, scaling: Scaling, *, stages: dict[str, Stage], run: Run
) -> dict[str, keras.Model]:
    """Train the CNN, then the hybrid on top of it; both by name.

    Raises
    ------
    TrainingError
        A run to start from or to resume does not fit.
    """
    keras.utils.set_random_seed(run.seed)
    cnn = build_cnn()
    _fit(cnn, dataset, scaling, stage=stages["cnn"], run=run)
    hybrid = build_hybrid(cnn, features=len(PROSODIC_FEATURES))
    _fit(hybrid, dataset, scaling, stage=stages["hybrid"], run=run)
    return {"cnn": cnn, "hybrid": hybrid}


def _fit(model: keras.Model, dataset: Dataset, scaling: Scaling, *, stage: Stage, run: Run) -> None:
    """Train one network, from its last checkpoint if there is one to resume."""
    folder = run.folder / model.name
    if run.start is not None:
        load_trained(model, run.start / model.name)
    settings = {
        "stage": asdict(stage),
        "seed": run.seed,
        "data": fingerprint(dataset.clips),
        "start": run.start and run.start.name,
    }
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


def _compile(model: keras.Model, stage: Stage, steps: int) -> None:
    total = steps * stage.epochs
    warmup = min(steps, total // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.rate / 20, total - warmup, warmup_target=stage.rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
    model.compile(optimizer=optimizer, loss=masked_crossentropy, metrics=[masked_accuracy])
