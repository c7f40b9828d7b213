"""Augmentation: what it changes by how much, and what it must leave alone."""

from __future__ import annotations

import numpy as np
import pytest

from ser.features import log_mel, mel_frequencies, pitch_contour
from ser.features.spectral import FLOOR_DB
from ser.synthesis import Voice, vowel
from training import augment


@pytest.fixture(scope="module")
def held_vowel() -> np.ndarray:
    return vowel(Voice(f0_hz=150.0), duration_s=1.0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("semitones", [-3.0, 2.0])
def test_pitch_shift_moves_f0_and_keeps_the_length(
    held_vowel: np.ndarray, semitones: float
) -> None:
    shifted = augment.pitch_shift(held_vowel, semitones)
    f0_hz = np.nanmedian(pitch_contour(shifted).f0_hz)
    assert 12 * np.log2(f0_hz / 150.0) == pytest.approx(semitones, abs=0.3)
    assert len(shifted) == len(held_vowel)


@pytest.mark.parametrize("rate", [0.85, 1.18])
def test_time_stretch_changes_the_length_and_keeps_f0(held_vowel: np.ndarray, rate: float) -> None:
    stretched = augment.time_stretch(held_vowel, rate)
    assert len(stretched) == pytest.approx(len(held_vowel) / rate, rel=0.01)
    assert np.nanmedian(pitch_contour(stretched).f0_hz) == pytest.approx(150.0, rel=0.01)


@pytest.mark.parametrize("way", augment.SPOILED_BY)
def test_every_way_of_spoiling_changes_a_recording_and_keeps_its_length(
    held_vowel: np.ndarray, rng: np.random.Generator, way: str
) -> None:
    heard = augment._spoil_by(way, held_vowel, rng)
    assert np.isfinite(heard).all()
    # A codec may add or lose a frame or two at the ends.
    assert len(heard) == pytest.approx(len(held_vowel), abs=3000 if way == "codec" else 0)
    kept = heard[: len(held_vowel)]
    assert not np.allclose(kept, held_vowel[: len(kept)], atol=1e-3)


def test_a_recording_is_spoiled_every_time_and_in_every_way(
    held_vowel: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[list[str]] = []

    def told(name: str, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        ways[-1].append(name)
        return samples

    monkeypatch.setattr(augment, "_spoil_by", told)
    for seed in range(300):
        ways.append([])
        augment.spoil(held_vowel, np.random.default_rng(seed))
    assert {len(names) for names in ways} == {1, 2}
    assert {name for names in ways for name in names} == set(augment.SPOILED_BY)
    order = list(augment.SPOILED_BY)
    assert all(names == sorted(names, key=order.index) for names in ways), "as sound meets them"


@pytest.mark.parametrize("way", ["noise", "crowd"])
def test_noise_is_as_loud_however_much_silence_is_around_the_voice(
    held_vowel: np.ndarray, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(augment, "SNR_DB", (10.0, 10.0))
    recording = np.pad(held_vowel, 32_000)
    noise = augment._spoil_by(way, recording, np.random.default_rng(1)) - recording
    ratio = np.mean(held_vowel**2) / np.mean(noise**2)
    assert 10 * np.log10(ratio) == pytest.approx(10.0, abs=0.5)


def test_a_shorter_tract_moves_the_spectrum_up() -> None:
    tone = np.sin(2 * np.pi * 2000 * np.arange(16000) / 16000).astype(np.float32)
    warped = augment.warp(log_mel(tone), tempo=1.0, tract=1.1)
    peak_hz = mel_frequencies()[warped.mean(axis=0).argmax()]
    assert peak_hz == pytest.approx(2200, rel=0.04)


def test_a_quicker_tempo_shortens(held_vowel: np.ndarray) -> None:
    spectrogram = log_mel(held_vowel)
    warped = augment.warp(spectrogram, tempo=1.25, tract=1.0)
    assert warped.shape == (round(len(spectrogram) / 1.25), spectrogram.shape[1])


def test_reverberation_dies_away_at_its_rate() -> None:
    click = np.full((60, 4), -120.0)
    click[5] = 0.0
    wet = augment.smear(click, t60_s=0.5, level_db=0.0)
    fall_db = wet[10, 0] - wet[20, 0]
    assert fall_db == pytest.approx(60 * 10 * 0.016 / 0.5, abs=0.5)
    assert wet[4, 0] < -110


def test_augmenting_leaves_the_original_alone(
    held_vowel: np.ndarray, rng: np.random.Generator
) -> None:
    spectrogram = log_mel(held_vowel)
    before = spectrogram.copy()
    for _ in range(30):
        changed = augment.augment(spectrogram, rng)
        assert np.isfinite(changed).all()
        assert changed.dtype == np.float32
        assert changed.min() >= FLOOR_DB
    np.testing.assert_array_equal(spectrogram, before)


def test_the_same_seed_varies_alike(held_vowel: np.ndarray) -> None:
    first, again, other = (
        augment.augment(log_mel(held_vowel), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)
