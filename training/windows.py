"""Windows of varied clips, as the CNN is shown them: one at a time, or many drawn at once.

Without Keras, so that the processes that draw stay small.
"""

from __future__ import annotations

import numpy as np
from joblib import Parallel, delayed

from ser.window import WINDOW_FRAMES, pad
from training.augment import augment
from training.dataset import Dataset

SHARE_COPIED = 0.25
"""How often a clip's copy stands for its spectrogram."""

_TOGETHER = 100


def varied_window(dataset: Dataset, clip: int, rng: np.random.Generator) -> np.ndarray:
    """Vary a clip, or now and then its copy, and cut or place one window at random.

    Returns
    -------
    np.ndarray [shape=(128, mels), dtype=float32]
        In dB.
    """
    chosen = dataset.copies if rng.random() < SHARE_COPIED else dataset.original
    varied = augment(chosen[clip].log_mel.astype(np.float32), rng)
    spare = len(varied) - WINDOW_FRAMES
    if spare > 0:
        start = int(rng.integers(spare + 1))
        return varied[start : start + WINDOW_FRAMES]
    return pad(varied, before=int(rng.integers(-spare + 1)))


def whole_decibels(log_mel: np.ndarray) -> np.ndarray:
    """Round to the nearest, a byte for each; same shape."""
    rounded: np.ndarray = np.clip(np.round(log_mel.astype(np.float32)), -127, 127).astype(np.int8)
    return rounded


def draw_windows(dataset: Dataset, *, count: int, seed: int, jobs: int = -1) -> np.ndarray:
    """Vary and cut windows of each clip [shape=(clips, count, 128, mels), dtype=int8], in dB.

    What is drawn for a clip depends on it, its place among the clips, and the seed.
    """
    starts = range(0, len(dataset), _TOGETHER)
    pieces = [dataset.subset(range(i, min(i + _TOGETHER, len(dataset)))) for i in starts]
    drawn = Parallel(n_jobs=jobs)(
        delayed(_windows_of)(piece, start, count, seed)
        for piece, start in zip(pieces, starts, strict=True)
    )
    return np.concatenate(drawn)


def _windows_of(dataset: Dataset, start: int, count: int, seed: int) -> np.ndarray:
    """Draw for clips of which the first is the ``start``-th."""
    windows = []
    for clip in range(len(dataset)):
        rng = np.random.default_rng([seed, start + clip])
        windows.append([whole_decibels(varied_window(dataset, clip, rng)) for _ in range(count)])
    return np.array(windows)
