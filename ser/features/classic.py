"""The vector of 180 that many well-known systems use: means over time, one number a band.

First an envelope mask cuts out everything that is much quieter than the recording's
loud parts, pauses within it included. Then 40 MFCC, 12 chroma and 128 mel bands are
averaged over time, as librosa computes them by default, at 16 kHz.

Unlike :mod:`ser.features.functionals` these keep the level: the mel bands are power,
not decibels, so who sits further from the microphone gets other numbers. The systems
that made this vector known do it so, and it is kept so that figures compare.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ser.audio import SAMPLE_RATE
from ser.features.spectral import chroma

WINDOW_S = 0.1
"""Over how long the envelope takes its maximum, in seconds."""

THRESHOLD = 0.02
"""Quieter than this share of the recording's level counts as silence (34 dB under it)."""

N_MFCC = 40
N_MELS = 128
N_FFT = 2048
HOP_LENGTH = 512

_PITCH_CLASSES = ("c", "cs", "d", "ds", "e", "f", "fs", "g", "gs", "a", "as", "b")

CLASSIC_FEATURES = (
    *(f"mfcc_{i}_mean" for i in range(N_MFCC)),
    *(f"chroma_{name}_mean" for name in _PITCH_CLASSES),
    *(f"mel_{i}_mean" for i in range(N_MELS)),
)
"""Names of the 180, in order."""


def envelope(samples: np.ndarray) -> np.ndarray:
    """Loudest magnitude within 0.1 s around each sample [shape=(n,)].

    An offset, as sound cards add, is taken off first.
    """
    from scipy.ndimage import maximum_filter1d

    magnitude = np.abs(samples - np.mean(samples, dtype=np.float64)).astype(np.float32)
    loudest: np.ndarray = maximum_filter1d(
        magnitude, round(WINDOW_S * SAMPLE_RATE), mode="constant"
    )
    return loudest


def envelope_mask(samples: np.ndarray, *, threshold: float = THRESHOLD) -> np.ndarray:
    """Mark what is loud enough to be the voice.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.
    threshold : float
        Share of the recording's level, which is the 95th percentile of the
        :func:`envelope`: a click must not turn speech into silence.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=bool]
    """
    loudness = envelope(samples)
    mask: np.ndarray = loudness > threshold * np.percentile(loudness, 95)
    return mask


def remove_silence(samples: np.ndarray, *, threshold: float = THRESHOLD) -> np.ndarray:
    """Cut out what :func:`envelope_mask` does not mark [shape=(m,)], m <= n.

    A recording in which nothing stands out, digital silence, comes back whole.
    """
    mask = envelope_mask(samples, threshold=threshold)
    return samples[mask] if mask.any() else samples


def classic_means(samples: np.ndarray) -> np.ndarray:
    """Measure the 180 of what :func:`remove_silence` has left.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(180,), dtype=float32]
        In the order of :data:`CLASSIC_FEATURES`.
    """
    import librosa

    voice = np.asarray(samples, dtype=np.float32)
    if len(voice) < N_FFT:  # less than one window, 0.128 s
        voice = np.pad(voice, (0, N_FFT - len(voice)))
    power = librosa.feature.melspectrogram(
        y=voice, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP_LENGTH, n_mels=N_MELS
    )
    cepstrum = librosa.feature.mfcc(S=librosa.power_to_db(power), n_mfcc=N_MFCC)
    means = (cepstrum.mean(axis=1), chroma(voice).mean(axis=0), power.mean(axis=1))
    return np.concatenate(means).astype(np.float32)


def classic_schema() -> dict[str, Any]:
    """Say how the 180 are made: a model fits only those it was trained on."""
    return {
        "version": 1,
        "sample_rate_hz": SAMPLE_RATE,
        "envelope": {"window_s": WINDOW_S, "threshold": THRESHOLD},
        "n_fft": N_FFT,
        "hop_length": HOP_LENGTH,
        "names": list(CLASSIC_FEATURES),
    }
