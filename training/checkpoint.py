"""A training's state after each epoch, so that an interrupted one goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from training.dataset import TrainingError
from training.teaching import foretelling

FORETOLD = "foretold"
"""In a run's settings: how much of what a teacher hears was foretold."""


class Checkpoint(keras.callbacks.Callback):
    """Save weights, optimizer and epoch after each epoch; only the newest is kept.

    Beside them stand how many epochs it will be and how long the last one took, for those
    who watch: see :mod:`ser.training_log`.
    """

    def __init__(
        self, folder: Path, *, settings: dict[str, Any], facts: Mapping[str, Any] | None = None
    ) -> None:
        """Save to ``folder``; ``settings`` must be equal for a training to go on.

        ``facts`` stand beside what it was trained with; see :func:`trained_with`.
        """
        super().__init__()
        self._folder = folder
        self._settings = settings
        self._trained_with = {**_libraries(), **(facts or {})}
        self._epoch_began_s = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Say that a training has begun, and how long it will be."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "begun.json").write_text(json.dumps({"epochs": self.params["epochs"]}))

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at the clock."""
        self._epoch_began_s = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write beside the last state, then point to the new one: never half a state."""
        weights = self._folder / f"epoch-{epoch + 1}.weights.h5"
        self.model.save_weights(weights)
        state = {
            "epoch": epoch + 1,
            "weights": weights.name,
            "settings": self._settings,
            "trained_with": self._trained_with,
            "epoch_s": round(time.monotonic() - self._epoch_began_s, 1),
        }
        partial = self._folder / "state.json.part"
        partial.write_text(json.dumps(state))
        partial.replace(self._folder / "state.json")
        for old in self._folder.glob("epoch-*.weights.h5"):
            if old != weights:
                old.unlink()


def resume(model: keras.Model, folder: Path, *, settings: dict[str, Any]) -> int:
    """Bring a compiled model to its last saved state; answer how many epochs are done.

    Raises
    ------
    TrainingError
        The saved training had other settings or data, its network is another, or it is damaged.
    """
    path = folder / "state.json"
    if not path.exists():
        return 0
    try:
        state = json.loads(path.read_text())
        before, weights, done = state["settings"], folder / state["weights"], int(state["epoch"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, path) from error
    differing = [
        name for name in sorted({*before, *settings}) if before.get(name) != settings.get(name)
    ]
    named = f" ({', '.join(differing)})" if differing else ""
    other = TrainingError(
        f"The training in {folder} had other settings or data, or another network{named}: leave "
        "out --resume to start anew, or give the same as before."
    )
    if differing:
        raise other
    model.optimizer.build(model.trainable_variables)
    try:
        model.load_weights(weights)
    except ValueError as error:
        raise other from error
    except (OSError, KeyError) as error:
        raise _damaged(folder, weights) from error
    return done


def _damaged(folder: Path, path: Path) -> TrainingError:
    return TrainingError(
        f"{path} is missing or damaged, so this training cannot go on: leave out --resume to start "
        f"anew, or remove {folder} to train this network alone anew."
    )


def forget(folder: Path) -> None:
    """Let a training that lies here begin anew: what is left of it is not gone on from."""
    (folder / "state.json").unlink(missing_ok=True)


def trained_on(folder: Path) -> str | None:
    """Tell the fingerprint of the clips that a network was trained on; None if none is known."""
    try:
        return str(json.loads((folder / "state.json").read_text())["settings"]["data"])
    except (OSError, ValueError, KeyError):  # load_trained tells
        return None


def is_newer(folder: Path, than: Path) -> bool:
    """Tell whether one training took its last epoch after another did."""
    own, other = (path / "state.json" for path in (folder, than))
    return own.exists() and other.exists() and own.stat().st_mtime > other.stat().st_mtime


def trained_with(folder: Path) -> dict[str, Any]:
    """Tell which Keras, and which backend of it, took the last epoch; empty if none did."""
    path = folder / "state.json"
    if not path.exists():
        return {}
    told: dict[str, Any] = json.loads(path.read_text()).get("trained_with", {})
    return told


def load_trained(model: keras.Model, folder: Path) -> None:
    """Give a model the weights of another run that is finished, with a teacher or without.

    Raises
    ------
    TrainingError
        There is no such run, it is not finished, or its network is another.
    """
    try:
        state = json.loads((folder / "state.json").read_text())
        if state["epoch"] < state["settings"]["stage"]["epochs"]:
            raise ValueError("epochs are missing")
        foretold = state["settings"].get(FORETOLD, 0)
        learner = foretelling(model, foretold) if foretold else model
        learner.load_weights(folder / state["weights"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{folder} holds no {model.name} to start from: finish that training first."
        ) from error


def _libraries() -> dict[str, str]:
    backend = keras.backend.backend()
    return {"keras": keras.version(), "backend": f"{backend} {version(backend)}"}
