"""The synthesiser is the ruler of all other tests, so it is measured by arithmetic alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.signal import welch

from ser.synthesis import (
    EDGE_S,
    MANNERS,
    Manner,
    Voice,
    glottal_pulses,
    sample_voice,
    utterance,
    vowel,
)

RATE = 16_000


def relative_step(values: np.ndarray) -> float:
    """Praat's "local" measure: mean absolute step over the mean."""
    return float(np.abs(np.diff(values)).mean() / values.mean())


def level_db(samples: np.ndarray) -> float:
    return 10 * math.log10(float(np.mean(np.asarray(samples, dtype=float) ** 2)))


def centroid_hz(samples: np.ndarray) -> float:
    hertz, power = welch(samples, fs=RATE, nperseg=min(512, len(samples)))
    return float((hertz * power).sum() / power.sum())


@pytest.mark.parametrize("f0_hz", [80.0, 133.7, 500.0])
@pytest.mark.parametrize(("jitter", "shimmer"), [(0.0, 0.0), (0.01, 0.03), (0.05, 0.2)])
def test_jitter_and_shimmer_are_held_exactly(f0_hz: float, jitter: float, shimmer: float) -> None:
    voice = Voice(f0_hz=f0_hz, jitter=jitter, shimmer=shimmer)
    pulses = glottal_pulses(voice, duration_s=1.0)
    assert relative_step(np.diff(pulses.times_s)) == pytest.approx(jitter, abs=1e-9)
    assert relative_step(pulses.amplitudes) == pytest.approx(shimmer, abs=1e-9)
    assert 1 / np.diff(pulses.times_s).mean() == pytest.approx(f0_hz, rel=1e-9)


def test_pulses_follow_the_contour() -> None:
    pulses = glottal_pulses(Voice(f0_hz=(100.0, 300.0, 200.0)), duration_s=2.0)
    middle = (pulses.times_s[1:] + pulses.times_s[:-1]) / 2
    wanted = np.interp(middle, [EDGE_S, 1.0, 2.0 - EDGE_S], [100.0, 300.0, 200.0])
    # A period is the mean over its own length, so the kink at 1 s is rounded a little.
    assert 1 / np.diff(pulses.times_s) == pytest.approx(wanted, rel=2e-3)


def test_pulses_stand_between_samples() -> None:
    """Rounded to samples, 313.7 Hz would be rough: power between its harmonics."""
    f0_hz = 313.7
    samples = vowel(Voice(f0_hz=f0_hz), duration_s=1.2)[1600:17600]
    power = np.abs(np.fft.rfft(samples * np.blackman(len(samples)))) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    away = np.abs((hertz / f0_hz + 0.5) % 1 - 0.5) * f0_hz
    inside = (hertz > 100) & (hertz < 6_000)
    between = power[inside & (away > 10)].sum() / power[inside].sum()
    assert 10 * math.log10(between) < -60  # rounding the instants gives -34


@pytest.mark.parametrize("hnr_db", [0.0, 10.0, 25.0])
def test_noise_is_as_strong_as_stated(hnr_db: float) -> None:
    clean = vowel(Voice(), duration_s=2.0).astype(float)
    noisy = vowel(Voice(hnr_db=hnr_db), duration_s=2.0).astype(float)
    share = clean @ noisy / (clean @ clean)
    noise = noisy - share * clean
    # 32,000 values of noise: their power is known to about 0.03 dB.
    assert level_db(share * clean) - level_db(noise) == pytest.approx(hnr_db, abs=0.2)


@pytest.mark.parametrize("formant_hz", [600.0, 1500.0, 3000.0])
@pytest.mark.parametrize("bandwidth_hz", [100.0, 200.0])
def test_formant_and_bandwidth_show_in_a_whisper(formant_hz: float, bandwidth_hz: float) -> None:
    whisper = Voice(breath=1.0, formants_hz=(formant_hz,), bandwidths_hz=(bandwidth_hz,))
    hertz, power = welch(vowel(whisper, duration_s=8.0), fs=RATE, nperseg=2048)
    half = hertz[power > power.max() / 2]
    # A bandwidth is defined at half power; an estimate of noise's power errs by some 8 %
    # a bin here, so the edges are found within about a fifth of the bandwidth.
    assert half.mean() == pytest.approx(formant_hz, abs=0.2 * bandwidth_hz)
    assert np.ptp(half) == pytest.approx(bandwidth_hz, rel=0.25)


def test_whisper_has_no_pitch() -> None:
    whisper = vowel(Voice(f0_hz=200.0, breath=1.0), duration_s=1.0)
    voiced = vowel(Voice(f0_hz=200.0), duration_s=1.0)

    def echo(samples: np.ndarray) -> float:  # similarity of the sound and itself five periods later
        return float(np.corrcoef(samples[:-400], samples[400:])[0, 1])

    assert echo(voiced) > 0.95
    assert abs(echo(whisper)) < 0.1


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 22_050, 44_100])
def test_level_length_and_form(sample_rate: int) -> None:
    noisy = Voice(level_db=-20.0, hnr_db=10.0)
    for samples in (
        vowel(noisy, duration_s=0.5, sample_rate=sample_rate),
        utterance(Manner(noisy), duration_s=0.5, sample_rate=sample_rate),
    ):
        assert samples.dtype == np.float32
        assert samples.shape == (sample_rate // 2,)
        assert level_db(samples) == pytest.approx(-20.0, abs=0.01)
        assert abs(samples[0]) < 1e-4  # faded: a click at the end would be a plosive
        assert abs(samples[-1]) < 1e-4


def test_same_seed_same_samples() -> None:
    assert np.array_equal(sample_voice("lively", seed=3), sample_voice("lively", seed=3))
    assert not np.array_equal(sample_voice("lively", seed=3), sample_voice("lively", seed=4))


@pytest.mark.parametrize("name", MANNERS)
def test_samples_fit_a_sound_file(name: str) -> None:
    samples = sample_voice(name)
    assert np.abs(samples).max() < 0.95
    assert len(samples) == 3 * RATE


def test_manners_differ_as_named() -> None:
    subdued, lively = sample_voice("subdued"), sample_voice("lively")
    assert level_db(lively) - level_db(subdued) > 8
    assert centroid_hz(lively) > 1.2 * centroid_hz(subdued)


def test_shorter_tract_sounds_brighter() -> None:
    long = Manner(Voice(f0_hz=150.0))
    short = replace(long, formant_scale=1.3)
    assert centroid_hz(utterance(short)) > 1.1 * centroid_hz(utterance(long))


def test_every_other_syllable_begins_with_a_hiss() -> None:
    samples = utterance(Manner(Voice(f0_hz=150.0), syllables_per_s=5.0), duration_s=0.8)
    onsets = [samples[start : start + 480] for start in (0, 3200, 6400, 9600)]  # 30 ms of each
    hissing = [centroid_hz(onset) > 3_000 and level_db(onset) > -60 for onset in onsets]
    assert hissing == [True, False, True, False]


def test_utterance_has_its_syllables_and_pauses() -> None:
    """Five syllables a second, every fourth left out."""
    manner = Manner(Voice(f0_hz=200.0), syllables_per_s=5.0, phrase_syllables=3)
    samples = utterance(manner, duration_s=1.6).astype(float)
    power = (samples.reshape(8, -1) ** 2).mean(axis=1)  # a row is a syllable long
    assert (power > 0.1 * power.max()).tolist() == [True, True, True, False] * 2
    within = (samples[: RATE // 5].reshape(10, -1) ** 2).mean(axis=1)
    assert within[-1] < 0.1 * within.max()  # each syllable closes


def test_accent_raises_pitch() -> None:
    """Counted in periods: an accent of 12 semitones on syllables 1 and 4."""
    flat = Manner(Voice(f0_hz=100.0), syllables_per_s=4.0, accent_semitones=0.0)
    lively = replace(flat, accent_semitones=12.0)

    def crossings(manner: Manner) -> int:  # of the low-passed sound in the second syllable's vowel
        samples = utterance(manner, duration_s=1.0)[RATE * 30 // 100 : RATE * 45 // 100]
        smooth = np.convolve(samples, np.hanning(80), mode="valid")
        return int(np.count_nonzero(np.diff(np.signbit(smooth - smooth.mean()))))

    assert crossings(lively) > 1.3 * crossings(flat)


@pytest.mark.parametrize(
    "wrong",
    [
        {"f0_hz": 0.0},
        {"f0_hz": (100.0, -5.0)},
        {"formants_hz": (500.0,)},
        {"bandwidths_hz": (60.0, 90.0, 120.0, 150.0, 0.0)},
        {"jitter": -0.01},
        {"shimmer": 0.5},
        {"breath": 1.5},
    ],
)
def test_impossible_voices_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[0]):
        Voice(**wrong)


def test_too_short_and_unknown_are_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        vowel(Voice(f0_hz=100.0), duration_s=0.025)
    with pytest.raises(ValueError, match="subdued, plain, lively"):
        sample_voice("cheerful")
