"""Which clips of an unheard voice tell of it at rest, and what is answered to its others."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from training.corpora import Clip
from training.dataset import Dataset

if TYPE_CHECKING:
    import keras

ENROL_CLIPS = 4
"""Neutral clips that enrol: about ten seconds. One is always left to be scored."""


def voice_of(clip: Clip) -> tuple[str, str]:
    """Name a voice: who sings and speaks has two, for both are recorded otherwise."""
    return clip.corpus, clip.speaker


def neutral_by_voice(clips: Sequence[Clip]) -> dict[tuple[str, str], np.ndarray]:
    """Find the neutral clips (not the calm ones) of each voice that has two or more."""
    found: dict[tuple[str, str], list[int]] = {}
    for index, clip in enumerate(clips):
        if clip.emotion == "neutral":
            found.setdefault(voice_of(clip), []).append(index)
    return {voice: np.array(own) for voice, own in found.items() if len(own) > 1}


def enrolling(clips: Sequence[Clip], *, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Draw, for each voice that was neutral twice or more, the clips that enrol it."""
    chosen = {}
    for voice, neutral in neutral_by_voice(clips).items():
        # By the voice's name: which others are there changes nothing.
        rng = np.random.default_rng([seed, zlib.crc32("/".join(voice).encode())])
        chosen[voice] = rng.choice(neutral, min(ENROL_CLIPS, len(neutral) - 1), replace=False)
    return chosen


def predict_known(
    network: keras.Model, dataset: Dataset, scaling: Scaling, *, seed: int
) -> np.ndarray:
    """Answer every clip of a voice that can be enrolled.

    Returns
    -------
    np.ndarray [shape=(clips, 9)]
        Logits; NaN for the clips that enrolled, and for voices that cannot be.
    """
    values = scaling.functionals(np.stack([item.functionals for item in dataset.original]))
    voices = [voice_of(clip) for clip in dataset.clips]
    answers = np.full((len(dataset), len(INNER_LABELS)), np.nan)
    for voice, enrolled in enrolling(dataset.clips, seed=seed).items():
        own = np.array([each == voice for each in voices])
        own[enrolled] = False
        relative = values[own] - values[enrolled].mean(axis=0)
        answers[own] = network.predict(relative, batch_size=256, verbose=0)
    return answers
