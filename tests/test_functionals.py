"""Functionals: each says what its name says, of sounds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE, Sound
from ser.features import Features, extract, feature_names, log_mel, trim
from ser.features.contours import CONTOURS, measure_contours
from ser.features.encoded import ENCODED, measure_encoded
from ser.features.functionals import functional_names, measure_functionals
from ser.features.prosody import analyse
from ser.synthesis import Voice, sample_voice, vowel


def _course(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    spectrogram, analysis = log_mel(samples), analyse(samples)
    contours = measure_contours(analysis.pitch, analysis.formant, frames=len(spectrogram))
    return spectrogram, contours


def _measure(samples: np.ndarray) -> dict[str, float]:
    return measure_functionals(*_course(samples))


def test_contours_follow_pitch_and_formants() -> None:
    voice = Voice(f0_hz=200.0)
    spectrogram, contours = _course(vowel(voice, duration_s=1.0))
    assert contours.shape == (len(spectrogram), len(CONTOURS))
    inner = dict(zip(CONTOURS, contours[10:-10].T, strict=True))
    assert inner["f0_st"] == pytest.approx(12.0, abs=0.2), "an octave above 100 Hz"
    for number, hertz in enumerate(voice.formants_hz[:3], start=1):
        assert np.median(inner[f"f{number}_hz"]) == pytest.approx(hertz, rel=0.1)


def test_pitch_height_movement_and_course_are_told_apart() -> None:
    steady = _measure(vowel(Voice(f0_hz=150.0), duration_s=1.2))
    higher = _measure(vowel(Voice(f0_hz=300.0), duration_s=1.2))
    rising = _measure(vowel(Voice(f0_hz=(120.0, 240.0)), duration_s=1.2))
    assert higher["f0_st mean"] - steady["f0_st mean"] == pytest.approx(12.0, abs=0.3)
    assert steady["f0_st range"] < 0.5 < 8 < rising["f0_st range"]
    assert rising["f0_st slope"] > 4
    assert rising["f0_st quarter 0"] < -3 < 3 < rising["f0_st quarter 3"]


def test_a_clip_that_fades_has_a_falling_level() -> None:
    steady = vowel(Voice(f0_hz=150.0), duration_s=1.2)
    fading = steady * 10 ** (np.linspace(0, -20, len(steady)) / 20)
    measured = _measure(fading.astype(np.float32))
    assert measured["level_db slope"] == pytest.approx(-10, abs=1.5), "20 dB from -1 to 1"
    assert abs(_measure(steady)["level_db slope"]) < 1


def test_the_rhythm_of_the_level_is_found() -> None:
    steady = vowel(Voice(f0_hz=150.0), duration_s=2.0)
    times_s = np.arange(len(steady)) / SAMPLE_RATE
    beating = (steady * (1 + 0.8 * np.sin(2 * np.pi * 5 * times_s))).astype(np.float32)
    measured = _measure(beating)
    powers = {name: value for name, value in measured.items() if "level_db modulation" in name}
    assert max(powers, key=powers.__getitem__) == "level_db modulation 4-6 Hz"


def test_what_is_voiced_and_what_is_not_is_summed_up_apart() -> None:
    voiced = vowel(Voice(f0_hz=150.0), duration_s=0.6)
    hiss = np.random.default_rng(0).normal(0, voiced.std() / 2, len(voiced)).astype(np.float32)
    measured = _measure(np.concatenate([voiced, hiss]))
    assert measured["voiced share"] == pytest.approx(0.5, abs=0.06)
    assert measured["centroid unvoiced mean"] > measured["centroid voiced mean"] + 10


def test_gain_changes_nothing() -> None:
    speech = sample_voice("lively")
    first, second = (extract(Sound(gain * speech)).functionals for gain in (1.0, 0.1))
    np.testing.assert_allclose(first, second, rtol=1e-2, atol=0.05)


@pytest.mark.parametrize("frames", [2, 5, 8, 400])
@pytest.mark.parametrize("voiced", [True, False])
def test_every_value_is_finite_and_named(frames: int, voiced: bool) -> None:
    rng = np.random.default_rng(0)
    contours = rng.uniform(0.1, 9.0, (frames, len(CONTOURS)))
    if not voiced:
        contours[:, [0, *range(2, len(CONTOURS))]] = np.nan
    values = measure_functionals(rng.normal(-20, 9, (frames, 64)), contours)
    assert tuple(values) == functional_names()
    assert np.isfinite(list(values.values())).all()


def test_the_vector_is_prosody_then_functionals_then_what_the_encoder_hears() -> None:
    sound = Sound(sample_voice("subdued"))
    features = extract(sound)
    assert isinstance(features, Features)
    assert features.functionals.shape == (len(feature_names()),)
    names = feature_names()
    assert len(set(names)) == len(names)
    by_name = dict(zip(names, features.functionals.tolist(), strict=True))
    assert by_name["f0_mean_st"] == pytest.approx(by_name["f0_st mean"], abs=1.0)
    np.testing.assert_array_equal(features.prosody, features.functionals[:44])
    encoded = measure_encoded(trim(sound.samples))
    np.testing.assert_allclose(features.functionals[-len(ENCODED) :], encoded, atol=1e-4)
