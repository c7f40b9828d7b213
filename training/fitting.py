"""Fit the networks; each goes on where it was interrupted."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras

from ser.features import feature_names
from ser.features.scaling import Scaling
from training.adjustment import deaf_logits, take_off
from training.batches import (
    Batches,
    FunctionalBatches,
    RelativeBatches,
    SpectrogramBatches,
    masked_accuracy,
    masked_crossentropy,
)
from training.checkpoint import FORETOLD, Checkpoint, forget, load_trained, resume
from training.corpora import fingerprint
from training.dataset import Dataset, TrainingError
from training.enrolment import neutral_by_voice
from training.networks import WEIGHT_DECAY, build_cnn, build_functionals, build_known_voice
from training.teacher import NAME
from training.teaching import count_foretold, taught_crossentropy, teach
from training.watching import Watch


@dataclass(frozen=True)
class Stage:
    """How one of the networks is trained.

    Attributes
    ----------
    epochs : int
    rate : float
        Highest learning rate; it rises over the first epoch and falls to zero as a cosine.
    """

    epochs: int
    rate: float


FRESH = {
    "cnn": Stage(epochs=40, rate=1.2e-3),
    "functionals": Stage(epochs=30, rate=1e-3),
    "known_voice": Stage(epochs=20, rate=1e-3),
}
"""From random weights."""

CONTINUED = {**FRESH, "cnn": Stage(epochs=5, rate=4e-4)}
"""The CNN goes on from one that another run has trained, on more clips; the others
take minutes, and are trained anew."""


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
        Folder of a finished run whose CNN is trained further.
    watched : dict of str to Dataset
        What is measured after every epoch beside what is learnt; see
        :class:`training.watching.Watch`.
    """

    folder: Path
    seed: int
    resume: bool
    start: Path | None = None
    watched: dict[str, Dataset] = field(default_factory=dict)


def train_models(
    dataset: Dataset, scaling: Scaling, *, stages: dict[str, Stage], run: Run
) -> dict[str, keras.Model]:
    """Train the CNN, the functionals and what hears known voices; answer them by name.

    The last is left out where ``stages`` has none, or fewer than two voices have two
    neutral clips.

    Raises
    ------
    TrainingError
        A run to start from or to resume does not fit, or there is nothing to tell apart.
    """
    emotions = sorted({clip.emotion for clip in dataset.clips})
    if len(emotions) < 2:
        raise TrainingError(
            f"All clips to train on are {' '.join(emotions) or 'missing'}: give recordings of two "
            "emotions at least."
        )
    keras.utils.set_random_seed(run.seed)
    cnn, functionals = build_cnn(), build_functionals(len(feature_names()))
    watch = Watch(run.watched, scaling)
    spectrograms = SpectrogramBatches(dataset, scaling, seed=run.seed)
    fit_cnn(cnn, dataset, spectrograms, stages["cnn"], run, watch)
    batches = FunctionalBatches(dataset, scaling, seed=run.seed)
    fit_network(functionals, dataset, batches, stages["functionals"], run, watch)
    models = {"cnn": cnn, "functionals": functionals}
    if "known_voice" in stages and len(neutral_by_voice(dataset.clips)) > 1:
        known_voice = build_known_voice(len(feature_names()))
        relative = RelativeBatches(dataset, scaling, seed=run.seed)
        # Not watched: it is asked for clips together with their voice at rest.
        fit_network(known_voice, dataset, relative, stages["known_voice"], run, Watch({}, scaling))
        models["known_voice"] = known_voice
    for model in models.values():
        take_off(model, deaf_logits(dataset))
    return models


def fit_cnn(
    cnn: keras.Model, dataset: Dataset, batches: Batches, stage: Stage, run: Run, watch: Watch
) -> None:
    """Train the CNN, with a teacher where one has heard the clips; see :func:`fit_network`.

    It comes first: where nothing is resumed, what a run left of all networks is forgotten, so that
    whoever goes on later never takes up an older one.

    Raises
    ------
    TrainingError
        The run to start from or to resume does not fit.
    """
    if run.start is not None:
        load_trained(cnn, run.start / cnn.name)
    if not run.resume:
        for name in FRESH:
            forget(run.folder / name)
    learner = cnn if dataset.heard is None else teach(cnn, batches, dataset.heard)
    fit_network(learner, dataset, batches, stage, run, watch)


def fit_network(
    model: keras.Model, dataset: Dataset, batches: Batches, stage: Stage, run: Run, watch: Watch
) -> None:
    """Train one network, from its last checkpoint if there is one to resume.

    Raises
    ------
    TrainingError
        The run to resume does not fit.
    """
    folder = run.folder / model.name
    settings = {
        "stage": asdict(stage),
        "seed": run.seed,
        "data": fingerprint(dataset.clips),
        "start": run.start and run.start.name,
    }
    if run.watched:  # the log has other columns
        settings["watched"] = sorted(run.watched)
    if count_foretold(model):
        settings |= {"teacher": NAME, FORETOLD: count_foretold(model)}
    _compile(model, stage, len(batches))
    done = resume(model, folder, settings=settings) if run.resume else 0
    batches.epoch = done
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
        callbacks=[Checkpoint(folder, settings=settings, facts=batches.facts), watch, log],
        verbose=1 if sys.stdout.isatty() else 2,
    )


def _compile(model: keras.Model, stage: Stage, steps: int) -> None:
    total = steps * stage.epochs
    warmup = min(steps, total // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        stage.rate / 20, total - warmup, warmup_target=stage.rate, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
    # Made while the graph is drawn up, its variables would have it drawn up twice.
    optimizer.build(model.trainable_variables)
    if count_foretold(model):
        metrics = [masked_accuracy, masked_crossentropy]
        model.compile(optimizer=optimizer, loss=taught_crossentropy, metrics=metrics)
    else:
        model.compile(optimizer=optimizer, loss=masked_crossentropy, metrics=[masked_accuracy])
