"""Jitter and shimmer: how unevenly the vocal folds beat, by Praat's definitions.

Periods come from Praat's PointProcess (cross-correlation); those outside 0.1 to
20 ms, and neighbours that differ by more than a factor of 1.3 (amplitudes: 1.6),
are left out, as in Praat's voice report. Zeros where no periods are found.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import parselmouth

_PERIODS = (0.0, 0.0, 0.0001, 0.02, 1.3)  # all of the sound, then the limits above
_AMPLITUDE_FACTOR = 1.6


def voice_quality(sound: parselmouth.Sound, pitch: parselmouth.Pitch) -> dict[str, float]:
    """Jitter (local, rap, ppq5) and shimmer (local, apq3, apq5) as fractions of 1."""
    from parselmouth.praat import call

    pulses = call([sound, pitch], "To PointProcess (cc)")
    values = {
        f"jitter_{kind}": call(pulses, f"Get jitter ({kind})", *_PERIODS)
        for kind in ("local", "rap", "ppq5")
    }
    values |= {
        f"shimmer_{kind}": call(
            [sound, pulses], f"Get shimmer ({kind})", *_PERIODS, _AMPLITUDE_FACTOR
        )
        for kind in ("local", "apq3", "apq5")
    }
    return {name: value if math.isfinite(value) else 0.0 for name, value in values.items()}
