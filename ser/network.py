"""Run a saved network on features: the one place where TensorFlow is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ser.errors import BundleError
from ser.features import Features
from ser.features.scaling import Scaling
from ser.window import windows


def network_inputs(features: Features, scaling: Scaling) -> tuple[np.ndarray, np.ndarray]:
    """Standardise a clip and cut it into windows.

    Returns
    -------
    spectrograms : np.ndarray [shape=(windows, 128, mels, 1), dtype=float32]
    functionals : np.ndarray [shape=(windows, features), dtype=float32]
        The clip's one vector, for each window again.
    """
    spectrograms = scaling.spectrogram(windows(features.log_mel))[..., None]
    functionals = scaling.functionals(features.functionals)[None]
    return spectrograms, np.repeat(functionals, len(spectrograms), axis=0)


def softmax(logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
    """Probabilities [shape=(..., classes)] from logits divided by a temperature."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    probabilities: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


class Network:
    """A saved Keras network, compiled once, that answers for one clip at a time."""

    def __init__(self, path: Path) -> None:
        """Load the network.

        Raises
        ------
        BundleError
            Keras cannot read the file.
        """
        self._call, self._takes_functionals = compiled(path)

    def logits(self, features: Features, scaling: Scaling) -> np.ndarray:
        """Answer [shape=(9,)]: the mean over the windows of a clip."""
        return self.window_logits(*network_inputs(features, scaling)).mean(axis=0)

    def window_logits(self, spectrograms: np.ndarray, functionals: np.ndarray) -> np.ndarray:
        """Answer each window [shape=(windows, 9)]; see :func:`network_inputs`."""
        inputs = (spectrograms, functionals) if self._takes_functionals else (spectrograms,)
        answers: np.ndarray = self._call(*inputs).numpy()
        return answers


def compiled(path: Path) -> tuple[Callable[..., Any], bool]:
    """Open a network and trace it into one graph: called plainly, it takes five times as long.

    Returns
    -------
    callable
        Takes each input, single precision, and answers a tensor.
    bool
        Whether it takes more than one.

    Raises
    ------
    BundleError
        Keras cannot read the file.
    """
    _quieten()
    import keras
    import tensorflow as tf

    import ser.layers  # noqa: F401  (saved networks name its layer)

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        signature = [tf.TensorSpec((None, *inp.shape[1:]), tf.float32) for inp in model.inputs]
    except Exception as error:  # Keras raises whatever the damaged file provokes.
        raise BundleError(f"{path} cannot be opened by Keras {keras.__version__}.") from error

    def call(*inputs: Any) -> Any:
        return model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)

    return tf.function(call, input_signature=signature), len(signature) > 1


def _quieten() -> None:
    """Keep most of TensorFlow's start-up messages off the terminal; what a user set stays."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
