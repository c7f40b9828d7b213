"""F0 by Praat's autocorrelation method (Boersma, 1993), and its statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ser.audio import SAMPLE_RATE

if TYPE_CHECKING:
    import parselmouth

F0_FLOOR_HZ = 75.0
F0_CEILING_HZ = 600.0
STEP_S = 0.01

REFERENCE_HZ = 100.0  # semitones are counted from here
_MAX_HNR_DB = 40.0


@dataclass(frozen=True)
class Contour:
    """The course of the pitch.

    Attributes
    ----------
    times_s : np.ndarray [shape=(frames,)]
    f0_hz : np.ndarray [shape=(frames,)]
        NaN where the voice does not vibrate.
    """

    times_s: np.ndarray
    f0_hz: np.ndarray


def praat_sound(samples: np.ndarray) -> parselmouth.Sound:
    """Hand samples at 16 kHz to Praat, mean taken off."""
    import parselmouth

    values = np.asarray(samples, dtype=np.float64)
    return parselmouth.Sound(values - values.mean(), sampling_frequency=SAMPLE_RATE)


def praat_pitch(sound: parselmouth.Sound) -> parselmouth.Pitch:
    """Praat's pitch object: 75 to 600 Hz, a frame each 10 ms, otherwise Praat's defaults."""
    return sound.to_pitch_ac(time_step=STEP_S, pitch_floor=F0_FLOOR_HZ, pitch_ceiling=F0_CEILING_HZ)


def pitch_contour(samples: np.ndarray) -> Contour:
    """F0 over time.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz, at least 0.1 s.
    """
    pitch = praat_pitch(praat_sound(samples))
    f0_hz = pitch.selected_array["frequency"].astype(np.float64)
    return Contour(times_s=pitch.xs(), f0_hz=np.where(f0_hz > 0, f0_hz, np.nan))


def pitch_statistics(pitch: parselmouth.Pitch) -> dict[str, float]:
    """Height, range and shape of the F0 contour; zeros where nothing is voiced."""
    f0_hz = pitch.selected_array["frequency"]
    voiced = f0_hz > 0
    if voiced.sum() < 3:
        return dict.fromkeys(_NAMES, 0.0)
    semitones = 12 * np.log2(f0_hz[voiced] / REFERENCE_HZ)
    times_s = pitch.xs()[voiced]
    values = (
        _height(f0_hz[voiced], semitones)
        + _shape(times_s, semitones)
        + _movement(times_s, semitones)
    )
    return dict(zip(_NAMES, values, strict=True))


def harmonicity(pitch: parselmouth.Pitch) -> tuple[float, float]:
    """Mean and standard deviation of the harmonics-to-noise ratio in dB over voiced frames.

    From the height r of the autocorrelation's peak, HNR = 10 log10(r / (1 - r))
    (Boersma, 1993): the pitch analysis holds it already. 0 where nothing is voiced.
    Its window of three periods reads voices under 150 Hz some decibels too low
    where noise is faint (above 20 dB); Praat's own harmonicity takes five times as long.
    """
    strength = pitch.selected_array["strength"][pitch.selected_array["frequency"] > 0]
    if len(strength) == 0:
        return 0.0, 0.0
    r = np.clip(strength, 1e-4, 1 - 10 ** (-_MAX_HNR_DB / 10))
    hnr_db = 10 * np.log10(r / (1 - r))
    return float(hnr_db.mean()), float(hnr_db.std())


def _height(f0_hz: np.ndarray, semitones: np.ndarray) -> list[float]:
    low, median, high = np.percentile(semitones, [5, 50, 95])
    return [
        float(f0_hz.mean()),
        float(np.median(f0_hz)),
        float(semitones.mean()),
        float(semitones.std()),
        float(low),
        float(high),
        float(high - low),
        float(np.mean(semitones) - median),
    ]


def _shape(times_s: np.ndarray, semitones: np.ndarray) -> list[float]:
    """Slope, curvature, and where in time the contour peaks."""
    x = times_s - times_s.mean()
    slope = float(np.polyfit(x, semitones, 1)[0])
    half_s = max(float(np.abs(x).max()), STEP_S)
    curvature = float(np.polyfit(x / half_s, semitones, 2)[0])
    last = times_s >= times_s[0] + 0.7 * (times_s[-1] - times_s[0])
    final = float(semitones[last].mean() - semitones.mean())
    peak = float((times_s[semitones.argmax()] - times_s[0]) / max(2 * half_s, STEP_S))
    return [slope, curvature, final, peak]


def _movement(times_s: np.ndarray, semitones: np.ndarray) -> list[float]:
    """How quickly F0 moves within voiced stretches, and how often it rises."""
    steps = np.diff(semitones)
    joined = np.diff(times_s) < 1.5 * STEP_S
    # More than four semitones in 10 ms is an octave error, not a voice.
    rates = steps[joined & (np.abs(steps) < 4)] / STEP_S
    if len(rates) == 0:
        return [0.0, 0.0]
    return [float(np.abs(rates).mean()), float((rates > 0).mean())]


_NAMES = (
    "f0_mean_hz",
    "f0_median_hz",
    "f0_mean_st",
    "f0_sd_st",
    "f0_low_st",
    "f0_high_st",
    "f0_range_st",
    "f0_skew_st",
    "f0_slope_st_per_s",
    "f0_curvature_st",
    "f0_final_st",
    "f0_peak_position",
    "f0_movement_st_per_s",
    "f0_rising_share",
)
