"""What a network in training answers to clips it never heard."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ser.features.scaling import Scaling
from ser.network import network_inputs
from training.dataset import Dataset


def predict_logits(model: keras.Model, dataset: Dataset, scaling: Scaling) -> np.ndarray:
    """Answer for every clip [shape=(clips, 9)], the mean over its windows."""
    answers = [
        _logits_of(model, dataset.original[start : start + 256], scaling)
        for start in range(0, len(dataset), 256)
    ]
    return np.concatenate(answers)


def _logits_of(model: keras.Model, features: list[Any], scaling: Scaling) -> np.ndarray:
    spectrograms, functionals = zip(
        *(network_inputs(item, scaling) for item in features), strict=True
    )
    inputs: Any = np.concatenate(spectrograms)
    if len(model.inputs) > 1:
        inputs = (inputs, np.concatenate(functionals))
    elif model.inputs[0].ndim == 2:
        inputs = np.concatenate(functionals)
    answers = model.predict(inputs, batch_size=64, verbose=0)
    counts = [len(windows) for windows in spectrograms]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means: np.ndarray = np.add.reduceat(answers, starts) / np.array(counts)[:, None]
    return means
