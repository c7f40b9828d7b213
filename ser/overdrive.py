"""Whether a recording is too loud for its microphone: its peaks are cut off flat."""

from __future__ import annotations

import numpy as np

from ser.audio import is_silent

NEAR_PEAK = 0.9
"""Of the highest sample: what lies above counts as cut off."""

MOST_NEAR_PEAK = 0.015
"""Voices spend less of their time there, and those that are cut off more: chosen by looking at
clips of all corpora, as they are and driven 3 to 20 dB over full scale."""


def is_overdriven(samples: np.ndarray) -> bool:
    """Tell whether the peaks are cut off, however the level was changed afterwards.

    A voice rises to its highest sample rarely and leaves it at once; one that is cut
    off stays there. Resampling and codecs round the corners, so all within a tenth of
    the highest is counted.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz; silence at both ends is left out, and so is an offset.
    """
    from ser.features import trim

    if is_silent(samples):
        return False
    voice = trim(samples)
    loudness = np.abs(voice - np.mean(voice, dtype=np.float64))
    return float(np.mean(loudness > NEAR_PEAK * loudness.max())) > MOST_NEAR_PEAK
