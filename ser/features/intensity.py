"""How loud a voice is from moment to moment, by Praat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser.features.pitch import STEP_S, praat_sound

if TYPE_CHECKING:
    import parselmouth

FLOOR_DB = 60.0
"""How far below the loudest moment the level is still told."""

_LOWEST_PITCH_HZ = 100.0  # Praat's default; an analysis window of 32 ms


def praat_levels(sound: parselmouth.Sound) -> tuple[np.ndarray, np.ndarray]:
    """Follow the intensity of a sound: times in s and levels in dB [shape=(frames,)]."""
    intensity = sound.to_intensity(minimum_pitch=_LOWEST_PITCH_HZ, time_step=STEP_S)
    levels_db = np.maximum(intensity.values[0], intensity.values.max() - FLOOR_DB)
    return intensity.xs(), levels_db


def intensity_contour(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Follow the intensity over time.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz, at least 0.1 s.

    Returns
    -------
    times_s, levels_db : np.ndarray [shape=(frames,)]
        A frame each 10 ms; 0 dB is the loudest, since no microphone is calibrated.
    """
    times_s, levels_db = praat_levels(praat_sound(samples))
    return times_s, levels_db - levels_db.max()
