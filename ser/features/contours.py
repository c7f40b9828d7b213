"""The course of pitch, periodicity and formants, frame by frame beside the log-mel spectrogram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ser.features.pitch import REFERENCE_HZ
from ser.features.spectral import HOP_S

if TYPE_CHECKING:
    import parselmouth

CONTOURS = ("f0_st", "periodicity", "f1_hz", "f2_hz", "f3_hz", "b1_hz", "b2_hz", "b3_hz")
"""Columns: pitch in semitones above 100 Hz (NaN where unvoiced), height of the
autocorrelation's peak (0 to 1), three formants and their bandwidths (NaN where
Praat finds none)."""

_FORMANTS = (1, 2, 3)


def measure_contours(
    pitch: parselmouth.Pitch, formant: parselmouth.Formant, *, frames: int
) -> np.ndarray:
    """Read Praat's analyses at the spectrogram's frames.

    Parameters
    ----------
    pitch, formant
        From :func:`ser.features.pitch.praat_pitch` and
        :func:`ser.features.formants.praat_formants`.
    frames : int
        Of the log-mel spectrogram, 16 ms apart.

    Returns
    -------
    np.ndarray [shape=(frames, 8), dtype=float32]
        Columns as in :data:`CONTOURS`.
    """
    times_s = np.arange(frames) * HOP_S
    at = _nearest(pitch.xs(), times_s)
    hertz = pitch.selected_array["frequency"][at]
    semitones = np.full(frames, np.nan)
    semitones[hertz > 0] = 12 * np.log2(hertz[hertz > 0] / REFERENCE_HZ)
    periodicity = pitch.selected_array["strength"][at]
    columns = [semitones, periodicity, *_formants(formant, times_s)]
    return np.column_stack(columns).astype(np.float32)


def _formants(formant: parselmouth.Formant, times_s: np.ndarray) -> np.ndarray:
    """F1 to F3, then their bandwidths [shape=(6, frames)]."""
    own_s = formant.xs()
    rows = [[formant.get_value_at_time(n, t) for t in own_s] for n in _FORMANTS]
    rows += [[formant.get_bandwidth_at_time(n, t) for t in own_s] for n in _FORMANTS]
    return np.array(rows, dtype=np.float64)[:, _nearest(own_s, times_s)]


def _nearest(available_s: np.ndarray, wanted_s: np.ndarray) -> np.ndarray:
    """Index of the entry of an evenly spaced axis that is nearest to each wanted time."""
    step_s = available_s[1] - available_s[0] if len(available_s) > 1 else 1.0
    places = np.round((wanted_s - available_s[0]) / step_s).astype(np.intp)
    return np.clip(places, 0, len(available_s) - 1)
