"""Too loud for the microphone: found after resampling and softening too, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE, load
from ser.overdrive import is_overdriven
from ser.synthesis import MANNERS, sample_voice


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("gain", [0.01, 0.9])
def test_a_clean_voice_is_none(manner: str, gain: float) -> None:
    assert not is_overdriven(gain * sample_voice(manner))


@pytest.mark.parametrize("level", [1.0, 0.05])
def test_cut_off_peaks_are_found_whatever_became_of_the_level(
    speech: np.ndarray, level: float
) -> None:
    cut_off = np.clip(6 * speech / np.abs(speech).max(), -1, 1)
    assert is_overdriven(level * cut_off)


def test_cut_off_at_another_rate_is_found(speech: np.ndarray) -> None:
    slowly = np.interp(np.arange(0, len(speech), SAMPLE_RATE / 44_100), range(len(speech)), speech)
    cut_off = np.clip(6 * slowly / np.abs(slowly).max(), -1, 1)
    assert is_overdriven(load((cut_off, 44_100)).samples)


NOISE = np.random.default_rng(0).standard_normal(16_000)
STEPS = np.sign(NOISE) / 32_768


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros(16_000), np.full(16_000, 0.01), STEPS, 0.01 + 1e-4 * NOISE],
    ids=["nothing", "zeros", "offset", "dither", "noise on an offset"],
)
def test_silence_is_none(samples: np.ndarray) -> None:
    assert not is_overdriven(samples)
