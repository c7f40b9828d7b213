"""Trimming: silence goes, speech stays."""

from __future__ import annotations

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE
from ser.features import trim
from ser.features.speech import MARGIN_S


def _room(seconds: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * SAMPLE_RATE))
    return (1e-4 * noise).astype(np.float32)


def test_silence_at_both_ends_is_cut_to_the_margin(speech: np.ndarray) -> None:
    voice = trim(speech)
    padded = np.concatenate([_room(1.0), voice, _room(0.7, 1)])
    assert len(trim(padded)) == pytest.approx(len(voice), abs=3 * MARGIN_S * SAMPLE_RATE)


def test_a_pause_inside_stays(speech: np.ndarray) -> None:
    voice = trim(speech)
    with_pause = np.concatenate([voice, _room(1.0), voice])
    assert len(trim(with_pause)) == pytest.approx(len(with_pause), abs=0.05 * SAMPLE_RATE)


def test_a_click_does_not_turn_speech_into_silence(speech: np.ndarray) -> None:
    clicked = 0.02 * speech
    clicked[100] = 1.0
    assert len(trim(clicked)) > 0.9 * len(trim(speech))


def test_an_offset_of_the_sound_card_is_no_sound(speech: np.ndarray) -> None:
    padded = np.concatenate([_room(1.0), trim(speech), _room(1.0, 1)])
    assert len(trim(padded + 0.1)) == len(trim(padded))


@pytest.mark.parametrize("count", [1, 10, 511, 512, 600])
def test_the_shortest_sounds_survive(count: int) -> None:
    assert 0 < len(trim(np.random.default_rng(0).standard_normal(count))) <= count
