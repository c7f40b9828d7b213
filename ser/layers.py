"""The one layer that Keras does not bring; saved networks name it, so it lives here."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_SMALLEST_VARIANCE = 1e-5


@keras.saving.register_keras_serializable(package="ser")
class StatisticsPooling(keras.layers.Layer):
    """Mean and standard deviation over time.

    From [shape=(batch, time, channels)] to [shape=(batch, 2 * channels)], after
    Snyder et al. (2018), "X-vectors".
    """

    def call(self, x: Any) -> Any:
        """Pool one batch."""
        mean = ops.mean(x, axis=1)
        variance = ops.mean(ops.square(x), axis=1) - ops.square(mean)
        deviation = ops.sqrt(ops.maximum(variance, _SMALLEST_VARIANCE))
        return ops.concatenate([mean, deviation], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """Give the shape of what :meth:`call` answers."""
        channels = input_shape[-1]
        assert channels is not None
        return input_shape[0], 2 * channels
