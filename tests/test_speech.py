"""Trimming: silence goes, speech stays."""

from __future__ import annotations

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE
from ser.features import trim, trim_silence
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


def test_added_silence_changes_nothing(speech: np.ndarray) -> None:
    heard = np.concatenate([_room(0.5), trim(speech), _room(0.5, 1)])
    added = np.pad(heard, 3 * SAMPLE_RATE)
    assert len(trim(added)) == pytest.approx(len(trim(heard)), abs=0.02 * SAMPLE_RATE)


@pytest.mark.parametrize("offset", [0.0, 0.005, 0.02])
@pytest.mark.parametrize("zeros", [900, 16_000, 16_050])
@pytest.mark.parametrize("quiet_s", [0.0, 0.75])
def test_zeros_around_a_recording_change_nothing_at_all(
    speech: np.ndarray, offset: float, zeros: int, quiet_s: float
) -> None:
    """The margin holds nothing that was added, and an offset is no sound beside zeros."""
    voice = np.concatenate([_room(quiet_s), trim(speech)[1:-1], _room(quiet_s, 1)])
    voice += np.float32(offset)
    np.testing.assert_array_equal(trim(np.pad(voice, zeros)), trim(voice))


def test_silence_alone_is_no_error() -> None:
    assert len(trim(np.zeros(SAMPLE_RATE, np.float32))) > 0


@pytest.mark.parametrize("snr_db", [20.0, 10.0])
def test_a_steady_noise_is_cut_off_like_silence(speech: np.ndarray, snr_db: float) -> None:
    voice = trim(speech)
    padded = np.pad(voice, SAMPLE_RATE)
    noise = np.random.default_rng(5).standard_normal(len(padded))
    noise *= np.sqrt(np.mean(voice**2) / 10 ** (snr_db / 10))
    heard = trim((padded + noise).astype(np.float32))
    assert 0.6 * len(voice) < len(heard) < len(voice) + 3 * MARGIN_S * SAMPLE_RATE


def test_trimming_silence_alone_leaves_a_steady_noise_around_the_voice(
    speech: np.ndarray,
) -> None:
    """Whether anybody speaks is asked of a recording with its noise."""
    rng = np.random.default_rng(0)
    around = np.pad(trim(speech), SAMPLE_RATE)
    noisy = (around + 0.02 * rng.standard_normal(len(around))).astype(np.float32)
    assert len(trim_silence(noisy)) == len(noisy)
    assert len(trim(noisy)) < len(noisy) - 1.5 * SAMPLE_RATE
    assert len(trim_silence(around)) == pytest.approx(len(speech), abs=0.2 * SAMPLE_RATE)
