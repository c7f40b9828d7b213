"""Keras networks that learn a recipe's features, in scikit-learn's manner.

Each carries its own scaling in its first layer and answers probabilities, so that its
file is all that is needed later. Pure Keras: any backend trains it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from ser.architecture import layers_of
from ser.layers import StatisticsPooling
from training.recipes.data import Watched

VALIDATION_SHARE = 0.1
"""Of the training clips, kept out of training to see when to stop."""

LEAST_GAIN = 1e-3
"""A validation loss that falls by less has stopped falling."""

Build = Callable[[tuple[int, ...]], list[keras.Layer]]


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Attributes
    ----------
    epochs : int
        At most so many.
    batch_size : int
    rate : float
        Highest learning rate; it falls to zero as a cosine.
    patience : int or None
        Stop when the validation loss has not fallen by :data:`LEAST_GAIN` for so many
        epochs, and go back to the best; None trains to the end.
    """

    epochs: int
    batch_size: int
    rate: float
    patience: int | None = None


class NetworkClassifier:
    """A Keras network with ``fit``, ``predict_proba`` and ``classes_``.

    Classes weigh alike, however many clips they have.

    Attributes
    ----------
    classes_ : np.ndarray [shape=(classes,), dtype=str]
    network : keras.Model
        From features to probabilities, once fitted.
    learnt : dict of str to float
        Accuracy on training and on validation clips, and how many epochs it took.
    curves : dict of str to list of float
        By epoch, as ``network.csv`` has them, where somebody watched.
    """

    def __init__(self, build: Build, schedule: Schedule, *, seed: int) -> None:
        """Choose a design.

        Parameters
        ----------
        build : callable
            The shape of one clip's features to the layers between scaling and softmax.
        """
        self._build = build
        self._schedule = schedule
        self._seed = seed
        self.learnt: dict[str, float] = {}
        self.curves: dict[str, list[float]] = {}

    def fit(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        copies: np.ndarray | None = None,
        watched: Watched | None = None,
    ) -> NetworkClassifier:
        """Learn clips.

        Parameters
        ----------
        x : np.ndarray [shape=(clips, ...)]
        y : np.ndarray [shape=(clips,), dtype=str]
        copies : np.ndarray [shape=(clips, copies, ...)], optional
            Varied copies; those of validation clips are left alone.
        watched : Watched, optional
        """
        keras.utils.set_random_seed(self._seed)
        self.classes_, target = np.unique(y, return_inverse=True)
        training, validation = self._split(target)
        x_training, y_training = _with_copies(x, target, copies, training)
        self.network = self._compiled(x[training], steps=-(-len(x_training) // self._batch))
        batches = _Batches(x_training, y_training, self._batch, seed=self._seed)
        self.network.fit(
            batches,
            epochs=self._schedule.epochs,
            validation_data=(x[validation], target[validation]),
            class_weight=_weights(y_training),
            callbacks=self._callbacks(watched),
            verbose=1 if sys.stdout.isatty() else 2,
        )
        epochs = len(self.network.history.epoch)
        if watched is not None:
            _tell_length(watched.folder, epochs)  # it may have stopped early
            self.curves = self.network.history.history
        self.learnt = {
            "training_accuracy": self._accuracy(x[training], target[training]),
            "validation_accuracy": self._accuracy(x[validation], target[validation]),
            "epochs": float(epochs),
        }
        return self

    @property
    def layers(self) -> list[dict[str, Any]]:
        """What the network is made of: ``key``, ``shape`` and ``parameters`` of each layer."""
        return [asdict(block) for block in layers_of(self.network)]

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Give each class's probability [shape=(clips, classes)]."""
        probabilities: np.ndarray = self.network.predict(x, batch_size=256, verbose=0)
        return probabilities

    @property
    def _batch(self) -> int:
        return self._schedule.batch_size

    def _split(self, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Part training clips from validation clips, each class evenly."""
        from sklearn.model_selection import train_test_split

        held_out = max(round(VALIDATION_SHARE * len(target)), len(np.unique(target)))
        training, validation = train_test_split(
            np.arange(len(target)), test_size=held_out, stratify=target, random_state=self._seed
        )
        return training, validation

    def _compiled(self, x: np.ndarray, *, steps: int) -> keras.Model:
        axes = tuple(range(x.ndim - 1))
        scaling = layers.Normalization(
            mean=x.mean(axis=axes, dtype=np.float64),
            variance=x.var(axis=axes, dtype=np.float64) + 1e-6,
            name="scaling",
        )
        inner = self._build(x.shape[1:])
        answer = layers.Dense(len(self.classes_), activation="softmax", name="answer")
        network = keras.Sequential([keras.Input(x.shape[1:]), scaling, *inner, answer])
        rate = keras.optimizers.schedules.CosineDecay(
            self._schedule.rate, steps * self._schedule.epochs
        )
        network.compile(
            optimizer=keras.optimizers.AdamW(rate, weight_decay=1e-4, clipnorm=1.0),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return network

    def _callbacks(self, watched: Watched | None) -> list[keras.callbacks.Callback]:
        callbacks: list[keras.callbacks.Callback] = []
        if watched is not None:
            _tell_length(watched.folder, self._schedule.epochs)
            target = np.searchsorted(self.classes_, watched.y)
            log = keras.callbacks.CSVLogger(watched.folder / "network.csv")
            callbacks += [_Test(watched.x, target), log]
        if self._schedule.patience is not None:
            stopping = keras.callbacks.EarlyStopping(
                patience=self._schedule.patience,
                min_delta=LEAST_GAIN,
                restore_best_weights=True,
            )
            callbacks.append(stopping)
        return callbacks

    def _accuracy(self, x: np.ndarray, target: np.ndarray) -> float:
        return float((self.predict_proba(x).argmax(axis=1) == target).mean())


class _Test(keras.callbacks.Callback):
    """Add the test clips' loss and accuracy to the log of each epoch."""

    def __init__(self, x: np.ndarray, target: np.ndarray) -> None:
        super().__init__()
        self._x, self._target = x, target

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the test clips; nothing is decided by them."""
        loss, accuracy = self.model.evaluate(self._x, self._target, batch_size=256, verbose=0)
        if logs is not None:
            logs |= {"test_loss": loss, "test_accuracy": accuracy}


class _Batches(keras.utils.PyDataset):
    """Clips in a new order in every epoch, in single precision only when they are asked for."""

    def __init__(self, x: np.ndarray, y: np.ndarray, size: int, *, seed: int) -> None:
        super().__init__()
        self._x, self._y, self._size = x, y, size
        self._rng = np.random.default_rng(seed)
        self._order = self._rng.permutation(len(x))

    def __len__(self) -> int:
        return -(-len(self._x) // self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._size : (index + 1) * self._size]
        return self._x[chosen].astype(np.float32), self._y[chosen]

    def on_epoch_end(self) -> None:
        """Shuffle."""
        self._order = self._rng.permutation(len(self._x))


def _tell_length(folder: Path, epochs: int) -> None:
    """Say how many epochs it will be, for those who watch: see :mod:`ser.training_log`."""
    (folder / "network").mkdir(parents=True, exist_ok=True)
    (folder / "network/begun.json").write_text(json.dumps({"epochs": epochs}))


def _with_copies(
    x: np.ndarray, target: np.ndarray, copies: np.ndarray | None, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lay chosen clips and their copies behind each other."""
    if copies is None:
        return x[rows], target[rows]
    stacked = np.concatenate([x[rows, None].astype(copies.dtype), copies[rows]], axis=1)
    return stacked.reshape(-1, *x.shape[1:]), np.repeat(target[rows], stacked.shape[1])


def _weights(target: np.ndarray) -> dict[int, float]:
    """Weigh each class by how rare it is."""
    counts = np.bincount(target)
    return dict(enumerate((counts.mean() / np.maximum(counts, 1)).tolist()))


def cnn_lstm(shape: Sequence[int]) -> list[keras.Layer]:
    """Two convolutions over time, then an LSTM over what they find."""
    del shape  # takes any
    return [
        layers.GaussianNoise(0.1),
        *_over_time(64),
        *_over_time(128),
        layers.LSTM(128),
        layers.Dropout(0.4),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.3),
    ]


def cnn(shape: Sequence[int]) -> list[keras.Layer]:
    """Convolutions over time and frequency that halve both; mean and deviation over time."""
    frames = shape[0]
    for _ in range(4):
        frames = -(-frames // 2)
    return [
        layers.Reshape((*shape, 1)),
        *_over_both(32, size=5),
        *_over_both(64),
        *_over_both(96),
        *_over_both(128),
        layers.Reshape((frames, -1)),
        layers.Dropout(0.2),
        StatisticsPooling(),
        layers.Dropout(0.4),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.4),
    ]


def _over_time(filters: int) -> list[keras.Layer]:
    return [
        layers.Conv1D(filters, 5, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling1D(2),
        layers.Dropout(0.2),
    ]


def _over_both(filters: int, *, size: int = 3) -> list[keras.Layer]:
    return [
        layers.Conv2D(filters, size, strides=2, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ]
