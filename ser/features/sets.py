"""What the systems of :mod:`training.recipes` are fed, each kind under a name.

A trained system is saved with this name and the description of its features, so that
whoever opens it measures the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser.features import classic, sequences


@dataclass(frozen=True)
class FeatureSet:
    """One way to turn a recording into numbers.

    Attributes
    ----------
    name : str
    in_words : str
    clean : callable
        What is done to a recording first; samples at 16 kHz [shape=(n,)] to samples.
    measure : callable
        Cleaned samples to features, of the same shape for every recording.
    schema : callable
        Describes both; a model fits only features of the same description.
    """

    name: str
    in_words: str
    clean: Callable[[np.ndarray], np.ndarray]
    measure: Callable[[np.ndarray], np.ndarray]
    schema: Callable[[], dict[str, Any]]

    def extract(self, samples: np.ndarray) -> np.ndarray:
        """Clean a recording, and measure it."""
        return self.measure(self.clean(samples))


def _as_it_is(samples: np.ndarray) -> np.ndarray:
    return samples


def _denoised(samples: np.ndarray) -> np.ndarray:
    from ser.audio import Sound
    from ser.cleaning import denoise

    return denoise(Sound(samples)).samples


def _denoised_schema() -> dict[str, Any]:
    from ser.cleaning import cleaning_schema

    return {"denoised": cleaning_schema(), **sequences.log_mel_schema()}


FEATURE_SETS = {
    features.name: features
    for features in (
        FeatureSet(
            name="classic",
            in_words=(
                "envelope mask against silence and noise, 16 kHz, means over time of 40 MFCC, "
                "12 chroma and 128 mel bands"
            ),
            clean=classic.remove_silence,
            measure=classic.classic_means,
            schema=classic.classic_schema,
        ),
        FeatureSet(
            name="mfcc-sequence",
            in_words="silence cut off, 40 MFCC in each of 144 frames of 16 ms",
            clean=_as_it_is,
            measure=sequences.mfcc_sequence,
            schema=sequences.mfcc_schema,
        ),
        FeatureSet(
            name="denoised-log-mel",
            in_words="noise reduced, silence cut off, 64 mel bands in each of 192 frames of 16 ms",
            clean=_denoised,
            measure=sequences.log_mel_sequence,
            schema=_denoised_schema,
        ),
    )
}
"""Every kind by its name."""
