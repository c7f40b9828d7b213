"""What an encoder of others hears in speech, from moment to moment.

It is the lower end of Whisper base (Radford et al., 2023, "Robust Speech Recognition via
Large-Scale Weak Supervision"; OpenAI, MIT): two convolutions on a log-mel spectrogram and
the first three of its six blocks of self-attention, which know how something is said more
than what. It learnt from 680,000 hours of speech; our corpora hold some ten.
``whisper_base.npz`` holds its weights, rounded (:mod:`training.speech_encoder`); they are
never trained here. It learnt from half a minute at a time, filled up with silence; here it
hears what there is, ten seconds at most.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from ser.audio import SAMPLE_RATE

FILE = Path(__file__).with_name("whisper_base.npz")

BLOCKS = 3
"""Of Whisper base's six."""

CHANNELS = 512
WEIGHTS = 10_367_488
"""All that :data:`FILE` holds, but for the scales of its rows."""

N_FFT, HOP_LENGTH, N_MELS = 400, 160, 80
FRAME = 2 * HOP_LENGTH
"""Samples of 16 kHz for each moment: 20 ms."""

_HEADS = 8
_SPAN = 10 * SAMPLE_RATE  # heard at once; attention's cost grows with the square
_RMS = 0.1  # of a whole sound, however loud it comes
_RANGE = 8.0  # in powers of ten: softer than this under the loudest is silence
_SMALLEST = 1e-5

Weights = dict[str, np.ndarray]


def encode(samples: np.ndarray) -> np.ndarray:
    """Hear a sound.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz and at any level, of at least 20 ms. More than ten seconds are heard in
        parts of equal length.

    Returns
    -------
    np.ndarray [shape=(n // 320, 512), dtype=float32]
    """
    centred = samples.astype(np.float32) - np.float32(np.mean(samples, dtype=np.float64))
    level = float(np.sqrt(np.mean(np.square(centred), dtype=np.float64)))
    scaled = centred * np.float32(_RMS / max(level, 1e-9))
    moments = len(scaled) // FRAME
    whole = scaled[: moments * FRAME].reshape(moments, FRAME)
    parts = np.array_split(whole, -(-len(scaled) // _SPAN))
    return np.concatenate([_encode(part.ravel()) for part in parts])


def log_mel(
    samples: np.ndarray, *, pad_mode: Literal["constant", "reflect"] = "constant"
) -> np.ndarray:
    """Log-mel spectrogram as Whisper wants it.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.
    pad_mode : {"constant", "reflect"}
        What is heard before the beginning and after the end; see ``numpy.pad``.

    Returns
    -------
    np.ndarray [shape=(n // 160, 80), dtype=float32]
    """
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples,
        sr=SAMPLE_RATE,
        n_fft=N_FFT,
        hop_length=HOP_LENGTH,
        n_mels=N_MELS,
        pad_mode=pad_mode,
    )[:, : len(samples) // HOP_LENGTH]
    levels = np.log10(np.maximum(power.T, 1e-10))
    spectrogram: np.ndarray = (np.maximum(levels, levels.max() - _RANGE) + 4.0) / 4.0
    return spectrogram.astype(np.float32)


def _encode(samples: np.ndarray) -> np.ndarray:
    weights = _weights()
    x = _gelu(_convolved(log_mel(samples), weights, "conv1", stride=1))
    x = _gelu(_convolved(x, weights, "conv2", stride=2))
    x += _positions(len(x))
    for block in range(BLOCKS):
        x += _attended(_normalised(x, weights, f"{block}/attention_norm"), weights, block)
        hidden = _linear(_normalised(x, weights, f"{block}/mlp_norm"), weights, f"{block}/mlp_in")
        x += _linear(_gelu(hidden), weights, f"{block}/mlp_out")
    return x


def _convolved(x: np.ndarray, weights: Weights, name: str, *, stride: int) -> np.ndarray:
    """Convolve three frames at a time, with one frame of zeros at either end."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=0)[::stride]
    return _linear(seen.reshape(len(seen), -1), weights, name)


def _attended(x: np.ndarray, weights: Weights, block: int) -> np.ndarray:
    """Multi-head self-attention."""
    joined = _linear(x, weights, f"{block}/query_key_value")
    query, key, value = joined.reshape(len(x), 3, _HEADS, -1).transpose(1, 2, 0, 3)
    scores = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1]))
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (scores / scores.sum(axis=-1, keepdims=True)) @ value
    return _linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), weights, f"{block}/attention_out")


def _normalised(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    """Layer normalisation."""
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt(np.mean(np.square(centred), axis=-1, keepdims=True) + _SMALLEST)
    answer: np.ndarray = centred / deviation * weights[f"{name}/gain"] + weights[f"{name}/bias"]
    return answer


def _linear(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    answer: np.ndarray = x @ weights[f"{name}/weight"] + weights[f"{name}/bias"]
    return answer


def _gelu(x: np.ndarray) -> np.ndarray:
    """Gaussian error linear unit (Hendrycks and Gimpel, 2016)."""
    from scipy.special import erf

    answer: np.ndarray = x * (0.5 * (1 + erf(x * np.float32(np.sqrt(0.5)))))
    return answer


def _positions(frames: int) -> np.ndarray:
    """Sinusoids that tell when a frame is [shape=(frames, 512), dtype=float32]."""
    slowness = np.exp(-np.log(10_000.0) / (CHANNELS // 2 - 1) * np.arange(CHANNELS // 2))
    angles = np.arange(frames)[:, None] * slowness
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


@cache
def _weights() -> Weights:
    """Read the weights, matrices as [shape=(inputs, outputs)], in single precision."""
    with np.load(FILE) as saved:
        weights = {name: saved[name].astype(np.float32) for name in saved.files}
    for name in [name for name in weights if name.endswith("/scale")]:
        scale = weights.pop(name)
        matrix = name.removesuffix("/scale") + "/weight"
        weights[matrix] = np.ascontiguousarray(weights[matrix].T * scale)
    return weights
