"""What the speech encoder hears, summed up over a clip; see :mod:`ser.speech_encoder`."""

from __future__ import annotations

import numpy as np

from ser.speech_encoder import CHANNELS, encode

ENCODED = tuple(
    f"encoder {statistic} {channel}"
    for statistic in ("mean", "deviation")
    for channel in range(CHANNELS)
)
"""Names of what :func:`measure_encoded` answers."""


def measure_encoded(samples: np.ndarray) -> np.ndarray:
    """Give mean and deviation over time of each of the encoder's channels.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        Of at least 20 ms.

    Returns
    -------
    np.ndarray [shape=(1024,), dtype=float32]
        In the order of :data:`ENCODED`.
    """
    heard = encode(samples)
    return np.concatenate([heard.mean(axis=0), heard.std(axis=0)])
