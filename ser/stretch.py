"""A few telling seconds of a long recording, for what takes too long on all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.audio import SAMPLE_RATE, Sound

LONGEST_S = 10.0
"""So much is looked into closely."""

_FRAME_S = 0.1
_RANGE_DB = 60.0


@dataclass(frozen=True)
class Stretch:
    """Part of a recording, or all of it.

    Attributes
    ----------
    sound : Sound
        The part alone.
    start_s : float
        Where in the recording it begins.
    """

    sound: Sound
    start_s: float

    @property
    def end_s(self) -> float:
        """Where in the recording it ends."""
        return self.start_s + self.sound.duration_s


def loudest_stretch(sound: Sound) -> Stretch:
    """Find the loudest seconds, or give all of a recording that is no longer than that.

    Loud is what has the highest mean level in dB: a bang in a silence does not count
    for more than somebody who speaks all the time.
    """
    if sound.duration_s <= LONGEST_S:
        return Stretch(sound, 0.0)
    frame = int(_FRAME_S * SAMPLE_RATE)
    frames = sound.samples[: len(sound.samples) // frame * frame].reshape(-1, frame)
    level_db = 10 * np.log10(frames.astype(np.float64).var(axis=1) + 1e-12)
    level_db = np.maximum(level_db, level_db.max() - _RANGE_DB)
    count = round(LONGEST_S / _FRAME_S)
    start = int(np.convolve(level_db, np.ones(count), "valid").argmax()) * frame
    samples = sound.samples[start : start + count * frame]
    return Stretch(Sound(samples), start / SAMPLE_RATE)
