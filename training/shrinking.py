"""Make saved networks small: their weights are rounded, and packed tightly."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

STEPS = 31
"""At most as many on either side of zero for a weight of a trained network."""


def on_grid(weights: np.ndarray) -> np.ndarray:
    """Round weights to steps that are a power of two for each output, so that they pack well.

    Parameters
    ----------
    weights : np.ndarray [shape=(..., outputs)]
        What has one axis only, such as a bias, is rounded to half precision instead.

    Returns
    -------
    np.ndarray [same shape, dtype=float32]
        Off by at most a 31st of the largest weight of the same output.
    """
    if weights.ndim < 2:
        return weights.astype(np.float16).astype(np.float32)
    largest = np.abs(weights).max(axis=tuple(range(weights.ndim - 1)))
    step = 2.0 ** np.ceil(np.log2(np.maximum(largest, 1e-12) / STEPS))
    rounded: np.ndarray = (np.round(weights / step) * step).astype(np.float32)
    return rounded


def pack(path: Path) -> None:
    """Compress the parts of a zip archive anew, with LZMA: Python opens these as any other."""
    with zipfile.ZipFile(path) as loose:
        parts = {name: loose.read(name) for name in loose.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
