"""A recording as a table of fixed size, for networks that read it frame by frame.

The voice, its silence cut off at both ends, is set in the middle of a fixed number of
frames of 16 ms; what is longer is cut on both sides alike, what is shorter is filled up
with silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ser.features.schema import feature_schema
from ser.features.spectral import FLOOR_DB, N_MELS, log_mel, mfcc
from ser.features.speech import trim

Measure = Callable[[np.ndarray], np.ndarray]
"""Samples at 16 kHz [shape=(n,)] to a table of fixed size."""

MFCC_FRAMES = 144
"""2.3 s: TESS's sentences are 1.2 to 3 s long."""

N_MFCC = 40

LOG_MEL_FRAMES = 192
"""3.1 s: most of RAVDESS's spoken and sung sentences."""


def mfcc_sequence(samples: np.ndarray) -> np.ndarray:
    """Forty MFCC in each frame of 2.3 s.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(144, 40), dtype=float32]
        Frames of silence around the voice are those of an empty spectrum.
    """
    coefficients = mfcc(trim(samples), n_mfcc=N_MFCC)
    silence = np.zeros(N_MFCC, dtype=np.float32)
    # The orthonormal DCT of a constant: all of it is in the first coefficient.
    silence[0] = FLOOR_DB * np.sqrt(N_MELS)
    return _centred(coefficients, MFCC_FRAMES, silence)


def log_mel_sequence(samples: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram of 3.1 s, in dB relative to the clip's own level.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(192, 64), dtype=float32]
        See :func:`ser.features.spectral.log_mel`.
    """
    return _centred(log_mel(trim(samples)), LOG_MEL_FRAMES, np.full(N_MELS, FLOOR_DB))


def mfcc_schema() -> dict[str, Any]:
    """Say how :func:`mfcc_sequence` is made."""
    return {"version": 1, "frames": MFCC_FRAMES, "n_mfcc": N_MFCC, **_shared_schema()}


def log_mel_schema() -> dict[str, Any]:
    """Say how :func:`log_mel_sequence` is made."""
    return {"version": 1, "frames": LOG_MEL_FRAMES, **_shared_schema()}


def _shared_schema() -> dict[str, Any]:
    """Give what these take over from the app's own features."""
    whole = feature_schema()
    return {"of": {name: whole[name] for name in ("version", "sample_rate_hz", "log_mel")}}


def _centred(frames: np.ndarray, wanted: int, silence: np.ndarray) -> np.ndarray:
    """Cut or fill up to so many frames, on both sides alike [shape=(wanted, n)]."""
    spare = len(frames) - wanted
    if spare >= 0:
        return frames[spare // 2 : spare // 2 + wanted].astype(np.float32)
    filled = np.tile(silence.astype(np.float32), (wanted, 1))
    before = -spare // 2
    filled[before : before + len(frames)] = frames
    return filled
