"""Prosody against the truth: voices whose every period, formant and decibel is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ser.audio import Sound
from ser.features import PROSODIC_FEATURES, extract, measure_prosody, pitch_contour, trim
from ser.synthesis import (
    EDGE_S,
    VOWELS_HZ,
    Manner,
    Voice,
    glottal_pulses,
    utterance,
    vowel,
)

RATE = 16_000

# Resonances so wide, and a source so bright, that each period has died away before
# the next begins: what is measured of one period is not blurred by its neighbours.
CRISP = Voice(
    formants_hz=(600.0, 1500.0, 2500.0, 3500.0, 4500.0), bandwidths_hz=(300.0,) * 5, tilt_hz=500.0
)
# A whisper's open glottis damps the tract.
WHISPER = Voice(breath=1.0, bandwidths_hz=(250.0,) * 5)


def semitones(hertz: float | np.ndarray) -> Any:
    return 12 * np.log2(hertz / 100.0)


def unevenness(values: np.ndarray, span: int) -> float:
    """Praat's perturbation measures; span 2 is "local", 3 is rap/apq3, 5 is ppq5/apq5."""
    if span == 2:
        return float(np.abs(np.diff(values)).mean() / values.mean())
    inner = values[span // 2 : -(span // 2)]
    around = np.convolve(values, np.ones(span) / span, mode="valid")
    return float(np.abs(inner - around).mean() / values.mean())


@pytest.mark.parametrize("f0_hz", [80.0, 100.0, 133.7, 200.0, 313.3, 500.0])
def test_steady_pitch(f0_hz: float) -> None:
    measured = measure_prosody(vowel(Voice(f0_hz=f0_hz), duration_s=0.8))
    # Praat interpolates the autocorrelation's peak: 0.01 % off at most on a clean voice.
    assert measured["f0_mean_hz"] == pytest.approx(f0_hz, rel=1e-3)
    assert measured["f0_median_hz"] == pytest.approx(f0_hz, rel=1e-3)
    assert measured["f0_mean_st"] == pytest.approx(semitones(f0_hz), abs=0.02)
    assert measured["f0_sd_st"] < 0.03
    assert measured["f0_range_st"] < 0.03
    assert measured["voiced_share"] == 1.0


VIBRATO_HZ = tuple(180 + 30 * np.sin(np.linspace(0, 6 * np.pi, 200)))

CONTOURS_HZ = {
    "falling": (200.0, 120.0),
    "rising": (120.0, 200.0),
    "two octaves up": (100.0, 400.0),
    "arch": (150.0, 250.0, 150.0),
    "valley": (250.0, 150.0, 250.0),
    "vibrato": VIBRATO_HZ,
}


@pytest.mark.parametrize("anchors_hz", CONTOURS_HZ.values(), ids=CONTOURS_HZ.keys())
def test_contour_and_its_statistics(anchors_hz: tuple[float, ...]) -> None:
    samples = vowel(Voice(f0_hz=anchors_hz), duration_s=1.2)
    contour = pitch_contour(samples)
    places = np.linspace(EDGE_S, 1.2 - EDGE_S, len(anchors_hz))
    truth_hz = np.interp(contour.times_s, places, anchors_hz)
    assert not np.isnan(contour.f0_hz).any()
    # A frame looks at 40 ms, within which a bent contour is averaged: up to 2 %.
    assert contour.f0_hz == pytest.approx(truth_hz, rel=0.025)

    truth = semitones(truth_hz)
    slope, _ = np.polyfit(contour.times_s, truth, 1)
    low, high = np.percentile(truth, [5, 95])
    measured = measure_prosody(samples)
    assert measured["f0_mean_hz"] == pytest.approx(truth_hz.mean(), rel=0.005)
    assert measured["f0_median_hz"] == pytest.approx(np.median(truth_hz), rel=0.01)
    # A tenth of a semitone is what trained listeners just fail to hear.
    assert measured["f0_sd_st"] == pytest.approx(truth.std(), abs=0.1)
    assert measured["f0_low_st"] == pytest.approx(low, abs=0.15)
    assert measured["f0_high_st"] == pytest.approx(high, abs=0.15)
    assert measured["f0_range_st"] == pytest.approx(high - low, abs=0.2)
    assert measured["f0_slope_st_per_s"] == pytest.approx(slope, abs=0.15)


@pytest.mark.parametrize(
    ("shape", "rising_share", "peak_position", "bend"),
    [("falling", 0, 0, 0), ("rising", 1, 1, 0), ("arch", 0.5, 0.5, -1), ("valley", 0.5, None, 1)],
)
def test_contour_shape(
    shape: str, rising_share: float, peak_position: float | None, bend: int
) -> None:
    measured = measure_prosody(vowel(Voice(f0_hz=CONTOURS_HZ[shape]), duration_s=1.2))
    assert measured["f0_rising_share"] == pytest.approx(rising_share, abs=0.05)
    if peak_position is not None:
        assert measured["f0_peak_position"] == pytest.approx(peak_position, abs=0.05)
    # A line straight in hertz bends by 0.5 semitones on the musical scale; an arch by 8.
    assert np.sign(round(measured["f0_curvature_st"] / 5)) == bend
    ends_high = {"falling": -1, "rising": 1, "arch": -1, "valley": 1}[shape]
    assert np.sign(measured["f0_final_st"]) == ends_high
    assert abs(measured["f0_final_st"]) > 1


def test_movement_is_the_speed_of_the_contour() -> None:
    """200 to 120 Hz in 1.18 s are 7.5 semitones a second, whichever way it goes."""
    for anchors_hz in ((200.0, 120.0), (120.0, 200.0)):
        measured = measure_prosody(vowel(Voice(f0_hz=anchors_hz), duration_s=1.2))
        assert measured["f0_movement_st_per_s"] == pytest.approx(7.5, abs=0.3)
    steady = measure_prosody(vowel(Voice(f0_hz=150.0), duration_s=1.2))
    assert steady["f0_movement_st_per_s"] < 0.1


@pytest.mark.parametrize("name", ["a", "e", "i", "o", "u"])
@pytest.mark.parametrize("f0_hz", [90.0, 110.0, 150.0])
def test_formants(name: str, f0_hz: float) -> None:
    voice = Voice(f0_hz=f0_hz, formants_hz=(*VOWELS_HZ[name], 3500.0, 4500.0))
    measured = measure_prosody(vowel(voice, duration_s=0.6))
    for number, truth_hz in enumerate(VOWELS_HZ[name], start=1):
        # A voice shows its formants only at the harmonics, so linear prediction is drawn
        # to the nearest, by a quarter of their distance at most; 1 % is its own bias.
        tolerance = f0_hz / 4 + 0.01 * truth_hz
        assert measured[f"f{number}_median_hz"] == pytest.approx(truth_hz, abs=tolerance)
        assert measured[f"f{number}_sd_hz"] < 20  # a held vowel


def test_formants_of_a_whisper() -> None:
    """Without a voiced frame, all frames count.

    Not F1: Praat's pre-emphasis expects the slope of a voice, and a whisper has none,
    so that it finds 680 Hz for 500.
    """
    measured = measure_prosody(vowel(WHISPER, duration_s=1.5))
    assert measured["f2_median_hz"] == pytest.approx(1500, rel=0.05)
    assert measured["f3_median_hz"] == pytest.approx(2500, rel=0.05)


@pytest.mark.parametrize("width_hz", [60.0, 120.0, 250.0])
def test_bandwidths(width_hz: float) -> None:
    voice = Voice(
        f0_hz=100.0,
        formants_hz=(700.0, 1300.0, 2500.0, 3500.0, 4500.0),
        bandwidths_hz=(width_hz,) * 3 + (200.0, 250.0),
    )
    measured = measure_prosody(vowel(voice, duration_s=0.6))
    # Linear prediction gives the order of magnitude: 0.6 to 1.7 times the truth is
    # usual; that wide and narrow keep apart is what the feature is for.
    for number in (1, 2, 3):
        assert width_hz / 1.8 < measured[f"f{number}_bandwidth_hz"] < width_hz * 1.8


@pytest.mark.parametrize("f0_hz", [90.0, 120.0, 180.0, 250.0])
@pytest.mark.parametrize(("jitter", "shimmer"), [(0.005, 0.02), (0.01, 0.05), (0.02, 0.1)])
def test_jitter_and_shimmer(f0_hz: float, jitter: float, shimmer: float) -> None:
    voice = replace(CRISP, f0_hz=f0_hz, jitter=jitter, shimmer=shimmer)
    measured = measure_prosody(vowel(voice, duration_s=1.5))
    pulses = glottal_pulses(voice, duration_s=1.5)
    periods = np.diff(pulses.times_s)
    # 16 kHz leaves 62 microseconds between samples; Praat interpolates to a fiftieth of
    # that, which is 6 % of a jitter of 0.5 % at 250 Hz and far less elsewhere.
    for kind, span in (("local", 2), ("rap", 3), ("ppq5", 5)):
        truth = unevenness(periods, span)
        assert measured[f"jitter_{kind}"] == pytest.approx(truth, rel=0.08), kind
    for kind, span in (("local", 2), ("apq3", 3), ("apq5", 5)):
        truth = unevenness(pulses.amplitudes, span)
        assert measured[f"shimmer_{kind}"] == pytest.approx(truth, rel=0.05), kind


def test_steady_voice_has_neither_jitter_nor_shimmer() -> None:
    measured = measure_prosody(vowel(replace(CRISP, f0_hz=150.0), duration_s=1.0))
    assert measured["jitter_local"] < 1e-4
    assert measured["shimmer_local"] < 1e-3


@pytest.mark.parametrize("f0_hz", [100.0, 150.0, 250.0])
@pytest.mark.parametrize("hnr_db", [5.0, 10.0, 15.0])
def test_harmonics_to_noise_ratio(f0_hz: float, hnr_db: float) -> None:
    measured = measure_prosody(vowel(Voice(f0_hz=f0_hz, hnr_db=hnr_db), duration_s=1.0))
    # Boersma (1993) with a window of three periods of the floor (75 Hz): 1 dB.
    assert measured["hnr_mean_db"] == pytest.approx(hnr_db, abs=1.0)


@pytest.mark.parametrize("f0_hz", [150.0, 250.0])
@pytest.mark.parametrize("hnr_db", [20.0, 30.0])
def test_harmonics_to_noise_ratio_of_clear_voices(f0_hz: float, hnr_db: float) -> None:
    """Above 20 dB the window tells only voices with at least six periods in it apart."""
    measured = measure_prosody(vowel(Voice(f0_hz=f0_hz, hnr_db=hnr_db), duration_s=1.0))
    assert measured["hnr_mean_db"] == pytest.approx(hnr_db, abs=1.5)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("noisy", [False, True])
def test_voiced_share(share: float, noisy: bool) -> None:
    voiced = vowel(Voice(f0_hz=150.0), duration_s=2 * share)
    rest = np.random.default_rng(0).standard_normal(2 * RATE - len(voiced)) * 0.03 * noisy
    measured = measure_prosody(np.concatenate([voiced, rest]))
    # The boundary falls somewhere in a window of 40 ms, that is 2 % of 2 s.
    assert measured["voiced_share"] == pytest.approx(share, abs=0.03)
    assert measured["voiced_stretches_per_s"] == pytest.approx(0.5, abs=0.01)
    assert measured["voiced_stretch_mean_s"] == pytest.approx(2 * share, abs=0.06)
    assert measured["pause_share"] == pytest.approx(0.0 if noisy else 1 - share, abs=0.03)


def test_whisper_is_not_voiced() -> None:
    assert measure_prosody(vowel(WHISPER, duration_s=1.0))["voiced_share"] < 0.1


@pytest.mark.parametrize("syllables_per_s", [2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
def test_speaking_rate(syllables_per_s: float) -> None:
    manner = Manner(
        Voice(f0_hz=140.0, hnr_db=40.0), syllables_per_s=syllables_per_s, phrase_syllables=99
    )
    measured = measure_prosody(utterance(manner, duration_s=3.0))
    # One nucleus more or less in three seconds.
    assert measured["nuclei_per_s"] == pytest.approx(syllables_per_s, abs=0.4)


def test_intensity_of_two_levels() -> None:
    loud = vowel(Voice(f0_hz=150.0), duration_s=1.0)
    measured = measure_prosody(np.concatenate([loud, 0.1 * loud]))
    assert measured["intensity_range_db"] == pytest.approx(20.0, abs=0.5)
    # Half the time 10 dB over the mean and half 10 dB under it.
    assert measured["intensity_sd_db"] == pytest.approx(10.0, abs=0.5)
    assert measured["intensity_slope_db_per_s"] < -10


def test_intensity_that_falls_steadily() -> None:
    steady = vowel(Voice(f0_hz=150.0), duration_s=2.0)
    falling = steady * 10 ** (-12.0 * np.arange(len(steady)) / RATE / 20)
    measured = measure_prosody(falling)
    assert measured["intensity_slope_db_per_s"] == pytest.approx(-12.0, abs=0.3)
    # 90 % of 24 dB; the fades at the ends weigh on the low side.
    assert measured["intensity_range_db"] == pytest.approx(21.6, abs=1.0)


def test_effort_shows_in_the_spectrum() -> None:
    relaxed = measure_prosody(vowel(Voice(tilt_hz=60.0), duration_s=0.6))
    pressed = measure_prosody(vowel(Voice(tilt_hz=800.0), duration_s=0.6))
    assert pressed["alpha_ratio_db"] > relaxed["alpha_ratio_db"] + 3
    assert pressed["hammarberg_db"] < relaxed["hammarberg_db"] - 3
    assert pressed["centroid_hz"] > relaxed["centroid_hz"] + 100


def test_manners_of_speaking_keep_apart(voices: dict[str, np.ndarray]) -> None:
    subdued, lively = (measure_prosody(voices[name]) for name in ("subdued", "lively"))
    for name in ("f0_mean_st", "f0_range_st", "nuclei_per_s", "alpha_ratio_db", "f1_median_hz"):
        assert lively[name] > subdued[name], name


@pytest.mark.parametrize("gain", [1 / 16, 0.01, 3.0])
def test_gain_changes_nothing(speech: np.ndarray, gain: float) -> None:
    measured, amplified = measure_prosody(speech), measure_prosody(speech * np.float32(gain))
    # float32 leaves the seventh digit uncertain.
    assert amplified == pytest.approx(measured, rel=1e-3, abs=1e-3)


def test_offset_changes_nothing(speech: np.ndarray) -> None:
    assert measure_prosody(speech + 0.1) == pytest.approx(
        measure_prosody(speech), rel=1e-3, abs=1e-3
    )


def test_names_are_unique_documented_and_fit_the_vector(speech: np.ndarray) -> None:
    names = [feature.name for feature in PROSODIC_FEATURES]
    assert len(set(names)) == len(names)
    assert all(feature.unit and feature.meaning for feature in PROSODIC_FEATURES)
    measured = measure_prosody(trim(speech))
    assert list(measured) == names
    vector = extract(Sound(speech)).prosody
    assert vector.dtype == np.float32
    assert vector == pytest.approx(np.array(list(measured.values())), rel=1e-6)


def awkward_sounds() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    time_s = np.arange(RATE) / RATE
    held = vowel(Voice(f0_hz=150.0), duration_s=1.0)
    click = np.zeros(RATE)
    click[RATE // 2] = 1.0
    return {
        "whisper": vowel(WHISPER, duration_s=1.0),
        "tenth of a second": held[4000:5600],
        "tenth of a second whispered": vowel(WHISPER, duration_s=0.1),
        "a little more": held[4000:5760],
        "clipped": np.clip(100 * held, -1, 1),
        "offset": held + 0.5,
        "in noise": held + held.std() * rng.standard_normal(RATE),
        "noise": 0.1 * rng.standard_normal(RATE),
        "faint noise": 1e-4 * rng.standard_normal(RATE),
        "tone": 0.1 * np.sin(2 * np.pi * 440 * time_s),
        "high tone": 0.1 * np.sin(2 * np.pi * 7900 * time_s),
        "hum": 0.1 * np.sin(2 * np.pi * 30 * time_s),
        "square": np.sign(np.sin(2 * np.pi * 200 * time_s)),
        "click": click,
        "step": np.repeat([0.0, 1.0], 800),
        "two periods of voice": np.concatenate([np.zeros(4000), held[4000:4214], np.zeros(4000)]),
    }


@pytest.mark.parametrize("name", awkward_sounds())
def test_everything_is_finite(name: str) -> None:
    samples = awkward_sounds()[name].astype(np.float32)
    values = np.array(list(measure_prosody(samples).values()))
    assert np.isfinite(values).all()
    assert len(values) == len(PROSODIC_FEATURES)


def test_noise_hardly_moves_pitch() -> None:
    """At 10 dB a listener hears the same melody."""
    voice = Voice(f0_hz=(220.0, 140.0))
    clean = measure_prosody(vowel(voice, duration_s=1.0))
    noisy = measure_prosody(vowel(replace(voice, hnr_db=10.0), duration_s=1.0))
    assert noisy["f0_mean_st"] == pytest.approx(clean["f0_mean_st"], abs=0.1)
    assert noisy["f0_slope_st_per_s"] == pytest.approx(clean["f0_slope_st_per_s"], abs=0.5)


@pytest.mark.parametrize("silence_s", [0.0, 0.3, 2.0])
def test_trim_cuts_silence_and_keeps_the_voice(silence_s: float) -> None:
    held = vowel(Voice(f0_hz=150.0), duration_s=1.0)
    hush = 1e-4 * np.random.default_rng(0).standard_normal(round(silence_s * RATE))
    cut = trim(np.concatenate([hush, held, hush]))
    # A margin of 50 ms on either side, found to the frame (32 ms).
    assert 0.97 < len(cut) / RATE < 1.17
    assert np.sum(cut.astype(float) ** 2) == pytest.approx(
        np.sum(held.astype(float) ** 2), rel=0.01
    )


def test_trim_keeps_soft_ends() -> None:
    """A sentence may begin and end 25 dB under its stress, in syllables as all speech."""
    held = vowel(Voice(f0_hz=150.0), duration_s=1.0)
    syllables = held * (0.6 + 0.4 * np.cos(2 * np.pi * 4.0 * np.arange(len(held)) / RATE))
    assert len(trim(np.concatenate([0.056 * syllables, held, 0.056 * syllables]))) > 2.95 * RATE


def test_trim_is_not_fooled_by_a_click() -> None:
    quiet = 0.02 * vowel(Voice(f0_hz=150.0), duration_s=1.0)
    clicked = np.concatenate([quiet, np.zeros(RATE)])
    clicked[500:580] = 1.0  # as a switch makes it: 5 ms at full scale, over 40 dB above
    assert len(trim(clicked)) > 0.97 * RATE


def test_silence_around_does_not_reach_the_features() -> None:
    held = vowel(Voice(f0_hz=150.0, hnr_db=15.0), duration_s=1.0)
    hush = np.zeros(2 * RATE, dtype=np.float32)
    bare = extract(Sound(held)).prosody
    framed = extract(Sound(np.concatenate([hush, held, hush]))).prosody
    names = [feature.name for feature in PROSODIC_FEATURES]
    for name in ("f0_mean_hz", "jitter_local", "hnr_mean_db", "f1_median_hz"):
        at = names.index(name)
        assert framed[at] == pytest.approx(bare[at], rel=0.05, abs=1e-3), name
    assert framed[names.index("voiced_share")] > 0.85
