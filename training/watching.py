"""How a training goes: what it learnt, and what it answers to clips that it does not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from ser.features.scaling import Scaling
from ser.training_log import SETS, Curves, read_trainings
from training.batches import asked_of, masked_accuracy, masked_crossentropy
from training.dataset import Dataset
from training.score import predict_logits

EMOTIONS = masked_crossentropy.__name__


class Watch(keras.callbacks.Callback):
    """Add loss and accuracy of clips that are not learnt from to the log of each epoch."""

    def __init__(self, watched: Mapping[str, Dataset], scaling: Scaling) -> None:
        """Watch each set under the beginning of its columns (:data:`ser.training_log.SETS`)."""
        super().__init__()
        self._watched = [(start, clips, asked_of(clips)) for start, clips in watched.items()]
        self._scaling = scaling

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Look at them; nothing is decided by them."""
        if logs is None:
            return
        if EMOTIONS in logs:  # beside what a teacher asks for: the log tells of emotions alone
            logs["loss"] = logs.pop(EMOTIONS)
        for start, clips, asked in self._watched:
            logits = predict_logits(self.model, clips, self._scaling)
            for name, measure in (("loss", masked_crossentropy), ("accuracy", masked_accuracy)):
                values = keras.ops.convert_to_numpy(measure(asked, logits))
                logs[start + name] = float(np.mean(values))


def read_curves(run: Path) -> dict[str, dict[str, list[float]]]:
    """Read how each network of a run learnt.

    Returns
    -------
    dict of str to dict
        By network: ``loss`` and ``accuracy`` by epoch, and the same of what was watched,
        such as ``test_loss``.
    """
    return {
        log.network: {
            **_columns("", Curves(log.loss, log.accuracy)),
            **{
                column: values
                for start, name in SETS.items()
                if name in log.unlearnt
                for column, values in _columns(start, log.unlearnt[name]).items()
            },
        }
        for log in read_trainings(run.parent)
        if log.run == run.name
    }


def _columns(start: str, curves: Curves) -> dict[str, list[float]]:
    return {
        f"{start}loss": [round(value, 4) for value in curves.loss],
        f"{start}accuracy": [round(value, 4) for value in curves.accuracy],
    }
