"""Where the voice is: silence before and after it names the studio, not the mood."""

from __future__ import annotations

import numpy as np

from ser.audio import SAMPLE_RATE

TOP_DB = 35.0
"""How far under the loud part of a recording silence begins, in dB."""

AUDIBLE_DB = 60.0
"""What is further under the loudest moment is digital silence, which somebody may have added."""

STEADY_DB = 3.0
"""Where the softest fifth of what is audible differs by less, a steady noise is heard in it."""

ABOVE_NOISE_DB = 5.0
"""How far a voice rises above such a noise, in dB."""

MARGIN_S = 0.05
"""What is kept on either side, so that soft onsets survive."""

ADDED_S = 0.05
"""A longer run of exact zeros at an end is no recording: a program has added it."""

_FRAME = 512
_HOP = 128


def trim(samples: np.ndarray) -> np.ndarray:
    """Cut the silence off both ends.

    Silence is what lies far under the loud part, or no higher than a steady noise
    that is heard throughout: so the voice begins where it began before somebody
    added silence or a fan was switched on. A soft vowel at an end that is held as
    evenly as a fan hums is taken for one.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz.

    Returns
    -------
    np.ndarray [shape=(m,)], m <= n
    """
    start, end = voice_bounds(samples)
    return samples[start:end]


def voice_bounds(samples: np.ndarray) -> tuple[int, int]:
    """Tell from which sample to before which one :func:`trim` keeps a recording."""
    first, last = _recorded(samples)
    recorded = samples[first:last]
    level = _levels_db(recorded)
    start, end = _bounds(level > _silent_below_db(level), len(recorded))
    return first + start, first + end


def voice_runs(samples: np.ndarray) -> list[tuple[int, int]]:
    """Tell where somebody speaks without a pause: from which sample to before which one.

    In order and without overlap; by the same level as :func:`trim`, and without its margin.
    """
    first, last = _recorded(samples)
    recorded = samples[first:last]
    level = _levels_db(recorded)
    loud = np.pad(level > _silent_below_db(level), 1).astype(int)
    begins: list[int] = (np.flatnonzero(np.diff(loud) > 0) * _HOP).tolist()
    ends: list[int] = (np.flatnonzero(np.diff(loud) < 0) * _HOP + _FRAME - _HOP).tolist()
    # Frames overlap: of runs that do too, the later begins where the earlier ends.
    starts = [max(begin, before) for begin, before in zip(begins, [0, *ends], strict=False)]
    stops = [min(end, len(recorded)) for end in ends]
    return [(first + start, first + stop) for start, stop in zip(starts, stops, strict=True)]


def trim_silence(samples: np.ndarray) -> np.ndarray:
    """Cut off both ends only what is far under the loud part: a steady noise stays.

    For who wants to know whether there is a voice at all; shapes as of :func:`trim`.
    """
    level = _levels_db(samples)
    start, end = _bounds(level > np.percentile(level, 95) - TOP_DB, len(samples))
    return samples[start:end]


def _recorded(samples: np.ndarray) -> tuple[int, int]:
    """Tell from which sample to before which one there is more than added zeros.

    Were they kept, a microphone's offset would stand out against them like a sound.
    """
    sounding = np.flatnonzero(samples)
    if not len(sounding):
        return 0, len(samples)
    start, end = int(sounding[0]), int(sounding[-1]) + 1
    added = int(ADDED_S * SAMPLE_RATE)
    return start if start >= added else 0, end if len(samples) - end >= added else len(samples)


def _bounds(loud: np.ndarray, count: int) -> tuple[int, int]:
    """Turn the first and the last loud frame into samples, with a margin."""
    frames = np.flatnonzero(loud)
    margin = int(MARGIN_S * SAMPLE_RATE)
    start = max(int(frames[0]) * _HOP - margin, 0)
    return start, min(int(frames[-1]) * _HOP + _FRAME + margin, count)


def _silent_below_db(level: np.ndarray) -> float:
    """Find the level under which there is no voice."""
    audible = level[level > level.max() - AUDIBLE_DB]
    # The 95th percentile, not the loudest: a click must not turn speech into silence.
    soft, softer_quarter, loud = np.percentile(audible, [5, 25, 95])
    threshold = loud - TOP_DB
    if softer_quarter - soft < STEADY_DB:
        threshold = max(threshold, min(softer_quarter + ABOVE_NOISE_DB, loud - STEADY_DB))
    return float(threshold)


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
