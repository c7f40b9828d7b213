"""Windows of fixed length: networks see some two seconds at a time."""

from __future__ import annotations

import numpy as np

from ser.features.spectral import FLOOR_DB

WINDOW_FRAMES = 128
"""Frames of 16 ms in one window: 2 s, not much less than an acted sentence."""


def windows(log_mel: np.ndarray) -> np.ndarray:
    """Cut a spectrogram into windows that overlap by half or more.

    A short clip stands in the middle of one window, with silence around it.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(frames, mels)]

    Returns
    -------
    np.ndarray [shape=(windows, 128, mels)]
    """
    spare = len(log_mel) - WINDOW_FRAMES
    if spare <= 0:
        return pad(log_mel, before=-spare // 2)[None]
    count = 1 + int(np.ceil(spare / (WINDOW_FRAMES / 2)))
    starts = np.linspace(0, spare, count).round().astype(int)
    return np.stack([log_mel[start : start + WINDOW_FRAMES] for start in starts])


def pad(log_mel: np.ndarray, *, before: int) -> np.ndarray:
    """Fill up to one window with silence, ``before`` frames of it in front."""
    after = WINDOW_FRAMES - len(log_mel) - before
    return np.pad(log_mel, ((before, after), (0, 0)), constant_values=FLOOR_DB)
