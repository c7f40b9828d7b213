"""Standardisation learnt on training clips: zero mean, unit deviation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LIMIT = 4.0
"""Functionals are cut at this many deviations: an octave error must not shout down the rest."""


@dataclass(frozen=True)
class Scaling:
    """What is taken off and divided by.

    Attributes
    ----------
    spec_mean, spec_std : np.ndarray [shape=(mels,)]
        Of each band of the log-mel spectrogram, in dB.
    pros_mean, pros_std : np.ndarray [shape=(features,)]
        Of each functional, prosody among them, in its own unit.
    """

    spec_mean: np.ndarray
    spec_std: np.ndarray
    pros_mean: np.ndarray
    pros_std: np.ndarray

    def spectrogram(self, log_mel: np.ndarray) -> np.ndarray:
        """Standardise [shape=(..., mels)]."""
        return ((log_mel - self.spec_mean) / self.spec_std).astype(np.float32)

    def functionals(self, values: np.ndarray) -> np.ndarray:
        """Standardise [shape=(..., features)] and cut at ±4."""
        scaled = (values - self.pros_mean) / self.pros_std
        return np.clip(scaled, -LIMIT, LIMIT).astype(np.float32)
