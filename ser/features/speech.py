"""Where the voice is: silence before and after it names the studio, not the mood."""

from __future__ import annotations

import numpy as np

from ser.audio import SAMPLE_RATE

TOP_DB = 35.0
"""How far under the loud part of a recording silence begins, in dB."""

MARGIN_S = 0.05
"""What is kept on either side, so that soft onsets survive."""

_FRAME = 512
_HOP = 128


def trim(samples: np.ndarray) -> np.ndarray:
    """Cut the silence off both ends.

    The reference is the 95th percentile of the frames' levels, not the
    loudest: a click must not turn speech into silence.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(m,)], m <= n
    """
    level = _levels_db(samples)
    loud = np.flatnonzero(level > np.percentile(level, 95) - TOP_DB)
    margin = int(MARGIN_S * SAMPLE_RATE)
    start = max(int(loud[0]) * _HOP - margin, 0)
    end = min(int(loud[-1]) * _HOP + _FRAME + margin, len(samples))
    return samples[start:end]


def _levels_db(samples: np.ndarray) -> np.ndarray:
    """Level of each frame in dB, mean (an offset of the sound card) taken off."""
    centred = np.asarray(samples, dtype=np.float64)
    centred = centred - centred.mean()
    if len(centred) < _FRAME:
        centred = np.pad(centred, (0, _FRAME - len(centred)))
    # Sums over frames from one running sum: quicker than a frame at a time.
    energy = np.concatenate([[0.0], np.cumsum(centred**2)])
    starts = np.arange(0, len(centred) - _FRAME + 1, _HOP)
    power = (energy[starts + _FRAME] - energy[starts]) / _FRAME
    return 10 * np.log10(np.maximum(power, 1e-12))
