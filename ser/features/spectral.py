"""Spectral features, computed with librosa (McFee et al., 2015).

Conventions: samples at 16 kHz, frames along the first axis, one frame every
16 ms from windows of 32 ms.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ser.audio import SAMPLE_RATE

HOP_LENGTH = 256
N_FFT = 512
N_MELS = 64
F_MIN_HZ = 50.0
F_MAX_HZ = 8_000.0
FLOOR_DB = -60.0
"""Lowest value of the log-mel spectrogram: 60 dB under the clip's mean."""

HOP_S = HOP_LENGTH / SAMPLE_RATE


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Log-mel spectrogram relative to the clip's own level.

    Each value is 10 log10(P / mean(P) + 10^-6), P being the power in a mel
    band. Relative to the mean, so that gain changes nothing; with a soft floor
    60 dB under it, so that digital silence and a quiet room look alike.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]

    Returns
    -------
    np.ndarray [shape=(1 + n // 256, 64), dtype=float32]
        In dB, not below :data:`FLOOR_DB`.
    """
    power = _mel_power(samples)
    relative = power / max(float(power.mean()), 1e-20)
    decibels = 10 * np.log10(relative + 10 ** (FLOOR_DB / 10))
    return decibels.astype(np.float32)


def mel_frequencies() -> np.ndarray:
    """Centre frequency of each mel band in Hz [shape=(64,)]."""
    import librosa

    edges: np.ndarray = librosa.mel_frequencies(n_mels=N_MELS + 2, fmin=F_MIN_HZ, fmax=F_MAX_HZ)
    return edges[1:-1]


def mfcc(samples: np.ndarray, *, n_mfcc: int = 13) -> np.ndarray:
    """Mel-frequency cepstral coefficients of the log-mel spectrogram.

    Returns
    -------
    np.ndarray [shape=(frames, n_mfcc), dtype=float32]
        Orthonormal DCT-II over the bands; coefficient 0 carries the level.
    """
    import librosa

    coefficients: np.ndarray = librosa.feature.mfcc(S=log_mel(samples).T, n_mfcc=n_mfcc)
    return coefficients.T


def chroma(samples: np.ndarray) -> np.ndarray:
    """Share of energy in each pitch class, C first, A = 440 Hz.

    Returns
    -------
    np.ndarray [shape=(frames, 12), dtype=float32]
        Each frame scaled to a maximum of 1. Windows of 128 ms, since at 32 ms
        neighbouring semitones of a speaking voice fall together.
    """
    import librosa

    classes: np.ndarray = librosa.feature.chroma_stft(
        y=np.asarray(samples, dtype=np.float32),
        sr=SAMPLE_RATE,
        n_fft=4 * N_FFT,
        hop_length=HOP_LENGTH,
        tuning=0.0,
    )
    return classes.T


def _mel_power(samples: np.ndarray) -> np.ndarray:
    """Power in each mel band [shape=(frames, 64)]."""
    import librosa

    centred = np.asarray(samples, dtype=np.float32) - np.float32(np.mean(samples))
    spectrum = librosa.stft(
        centred, n_fft=N_FFT, hop_length=HOP_LENGTH, window="hann", pad_mode="constant"
    )
    power: np.ndarray = (np.abs(spectrum) ** 2).T @ _mel_filters().T
    return power


@cache
def _mel_filters() -> np.ndarray:
    """Triangular filters of area 1 (Slaney's scale) [shape=(64, 257)]."""
    import librosa

    filters: np.ndarray = librosa.filters.mel(
        sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, fmin=F_MIN_HZ, fmax=F_MAX_HZ
    )
    return filters
