"""Prosody: how something is said, as one named vector.

Pitch, voice quality and formants come from Praat through parselmouth (the
modules beside this one give the settings); loudness, rate and spectral balance
are added here. Every value is finite for every sound that
:func:`ser.audio.load` lets pass and that lasts at least 0.1 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ser.audio import SAMPLE_RATE
from ser.features.formants import formant_statistics, praat_formants
from ser.features.intensity import praat_levels
from ser.features.pitch import STEP_S, harmonicity, pitch_statistics, praat_pitch, praat_sound
from ser.features.voice import voice_quality

if TYPE_CHECKING:
    import parselmouth

PAUSE_DB = 25.0
"""A pause is this far under the loud part (95th percentile of the intensity)."""

_NUCLEUS_DIP_DB = 2.0


@dataclass(frozen=True)
class ProsodicFeature:
    """One entry of the vector: its name, its unit and what it tells."""

    name: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Analysis:
    """What Praat finds in a stretch of speech, computed once for all who ask.

    Attributes
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.
    """

    samples: np.ndarray
    sound: parselmouth.Sound
    pitch: parselmouth.Pitch
    formant: parselmouth.Formant


def analyse(samples: np.ndarray) -> Analysis:
    """Let Praat find pitch and formants in samples [shape=(n,)]: at 16 kHz, at least 0.1 s."""
    sound = praat_sound(samples)
    return Analysis(samples, sound, praat_pitch(sound), praat_formants(samples))


def measure_prosody(samples: np.ndarray) -> dict[str, float]:
    """Measure the prosody of a stretch of speech.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz, at least 0.1 s; silence at the ends cut off already
        (:func:`ser.features.trim`), or pauses are counted that nobody made.

    Returns
    -------
    dict[str, float]
        A finite value for each of :data:`PROSODIC_FEATURES`, in that order.
        Gain changes none of them.
    """
    return prosody_of(analyse(samples))


def prosody_of(speech: Analysis) -> dict[str, float]:
    """Measure the prosody of speech that is analysed already; see :func:`measure_prosody`."""
    sound, pitch = speech.sound, speech.pitch
    hnr_mean_db, hnr_sd_db = harmonicity(pitch)
    values = (
        pitch_statistics(pitch)
        | voice_quality(sound, pitch)
        | {"hnr_mean_db": hnr_mean_db, "hnr_sd_db": hnr_sd_db}
        | formant_statistics(speech.formant, pitch)
        | _loudness_and_rate(sound, pitch)
        | _voicing(pitch)
        | _spectral_balance(speech.samples)
    )
    return {feature.name: values[feature.name] for feature in PROSODIC_FEATURES}


def _loudness_and_rate(sound: parselmouth.Sound, pitch: parselmouth.Pitch) -> dict[str, float]:
    """Intensity relative to the clip's own loud part, and syllable nuclei a second."""
    times_s, level_db = praat_levels(sound)
    low, median, high = np.percentile(level_db, [5, 50, 95])
    x = times_s - times_s.mean()
    slope = float(np.polyfit(x, level_db, 1)[0]) if len(x) > 1 else 0.0
    return {
        "intensity_sd_db": float(level_db.std()),
        "intensity_range_db": float(high - low),
        "intensity_crest_db": float(high - median),
        "intensity_slope_db_per_s": slope,
        "intensity_movement_db_per_s": float(np.abs(np.diff(level_db)).mean() / STEP_S)
        if len(x) > 1
        else 0.0,
        "pause_share": float((level_db < high - PAUSE_DB).mean()),
        "nuclei_per_s": _nuclei(times_s, level_db, pitch) / sound.duration,
    }


def _nuclei(times_s: np.ndarray, level_db: np.ndarray, pitch: parselmouth.Pitch) -> int:
    """Count syllable nuclei: voiced intensity peaks with a dip of 2 dB on each side.

    After de Jong and Wempe (2009).
    """
    from scipy.signal import find_peaks

    loud = np.percentile(level_db, 95) - PAUSE_DB
    # The ends are padded so that a peak next to them counts as one.
    padded = np.concatenate([[level_db.min() - 10], level_db, [level_db.min() - 10]])
    peaks = find_peaks(padded, height=loud, prominence=_NUCLEUS_DIP_DB)[0] - 1
    return sum(pitch.get_value_at_time(times_s[peak]) > 0 for peak in peaks)


def _voicing(pitch: parselmouth.Pitch) -> dict[str, float]:
    """How much is voiced, and in how long stretches."""
    voiced = pitch.selected_array["frequency"] > 0
    starts = np.count_nonzero(np.diff(voiced.astype(int), prepend=0) == 1)
    voiced_s = float(voiced.sum()) * STEP_S
    return {
        "voiced_share": float(voiced.mean()),
        "voiced_stretches_per_s": starts / pitch.duration,
        "voiced_stretch_mean_s": voiced_s / starts if starts else 0.0,
    }


def _spectral_balance(samples: np.ndarray) -> dict[str, float]:
    """Vocal effort in the long-term spectrum, as in eGeMAPS (Eyben et al., 2016)."""
    from scipy.signal import welch

    hertz, power = welch(samples, fs=SAMPLE_RATE, nperseg=512)

    def band(low_hz: float, high_hz: float) -> np.ndarray:
        return power[(hertz >= low_hz) & (hertz < high_hz)] + 1e-8 * power.max() + 1e-20

    low, high = band(50, 1_000).sum(), band(1_000, 5_000).sum()
    return {
        "alpha_ratio_db": float(10 * np.log10(high / low)),
        "hammarberg_db": float(10 * np.log10(band(50, 2_000).max() / band(2_000, 5_000).max())),
        "centroid_hz": float((hertz * power).sum() / max(power.sum(), 1e-20)),
    }


def _formant_table() -> list[ProsodicFeature]:
    rows = []
    for number in (1, 2, 3):
        rows += [
            ProsodicFeature(f"f{number}_median_hz", "Hz", f"formant F{number}, median"),
            ProsodicFeature(f"f{number}_sd_hz", "Hz", f"formant F{number}, standard deviation"),
            ProsodicFeature(f"f{number}_bandwidth_hz", "Hz", f"bandwidth of F{number}, median"),
        ]
    return rows


PROSODIC_FEATURES: tuple[ProsodicFeature, ...] = (
    ProsodicFeature("f0_mean_hz", "Hz", "pitch, mean over voiced frames"),
    ProsodicFeature("f0_median_hz", "Hz", "pitch, median"),
    ProsodicFeature("f0_mean_st", "semitones re 100 Hz", "pitch, mean on a musical scale"),
    ProsodicFeature("f0_sd_st", "semitones", "pitch, standard deviation"),
    ProsodicFeature("f0_low_st", "semitones re 100 Hz", "pitch, 5th percentile"),
    ProsodicFeature("f0_high_st", "semitones re 100 Hz", "pitch, 95th percentile"),
    ProsodicFeature("f0_range_st", "semitones", "pitch, 5th to 95th percentile"),
    ProsodicFeature("f0_skew_st", "semitones", "pitch, mean minus median"),
    ProsodicFeature("f0_slope_st_per_s", "semitones/s", "contour, straight line fitted"),
    ProsodicFeature("f0_curvature_st", "semitones", "contour, parabola over its half length"),
    ProsodicFeature("f0_final_st", "semitones", "contour, last 30 % against the mean"),
    ProsodicFeature("f0_peak_position", "share", "contour, where it peaks (0 start, 1 end)"),
    ProsodicFeature("f0_movement_st_per_s", "semitones/s", "contour, mean size of its changes"),
    ProsodicFeature("f0_rising_share", "share", "contour, share of frames that rise"),
    ProsodicFeature("jitter_local", "share", "periods, mean difference of neighbours"),
    ProsodicFeature("jitter_rap", "share", "periods, against the mean of three"),
    ProsodicFeature("jitter_ppq5", "share", "periods, against the mean of five"),
    ProsodicFeature("shimmer_local", "share", "amplitudes, mean difference of neighbours"),
    ProsodicFeature("shimmer_apq3", "share", "amplitudes, against the mean of three"),
    ProsodicFeature("shimmer_apq5", "share", "amplitudes, against the mean of five"),
    ProsodicFeature("hnr_mean_db", "dB", "harmonics-to-noise ratio, mean"),
    ProsodicFeature("hnr_sd_db", "dB", "harmonics-to-noise ratio, standard deviation"),
    *_formant_table(),
    ProsodicFeature("intensity_sd_db", "dB", "intensity, standard deviation"),
    ProsodicFeature("intensity_range_db", "dB", "intensity, 5th to 95th percentile"),
    ProsodicFeature("intensity_crest_db", "dB", "intensity, 95th percentile over median"),
    ProsodicFeature("intensity_slope_db_per_s", "dB/s", "intensity, straight line fitted"),
    ProsodicFeature("intensity_movement_db_per_s", "dB/s", "intensity, mean size of its changes"),
    ProsodicFeature("pause_share", "share", "time 25 dB or more under the loud part"),
    ProsodicFeature("nuclei_per_s", "1/s", "syllable nuclei: a proxy of the speaking rate"),
    ProsodicFeature("voiced_share", "share", "time in which the voice vibrates"),
    ProsodicFeature("voiced_stretches_per_s", "1/s", "voiced stretches a second"),
    ProsodicFeature("voiced_stretch_mean_s", "s", "voiced stretches, mean length"),
    ProsodicFeature("alpha_ratio_db", "dB", "1-5 kHz against 50 Hz-1 kHz"),
    ProsodicFeature("hammarberg_db", "dB", "strongest under 2 kHz against strongest in 2-5 kHz"),
    ProsodicFeature("centroid_hz", "Hz", "centre of the long-term spectrum"),
)
"""The vector's entries, in order."""
