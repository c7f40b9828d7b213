"""Parts of a recording: the phrases that somebody speaks in it.

The models learnt from single sentences. Statistics of a whole recording count the pauses
between its sentences as if they were the speaker's, and three calm sentences with a breath
between them sound sad; so what is longer is heard phrase by phrase.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ser.audio import SAMPLE_RATE, Sound
from ser.features.speech import MARGIN_S, voice_runs
from ser.gate import SpeechGate

LONGEST_S = 5.0
"""What is spoken longer than this is parted: few sentences of the corpora last as long."""

PAUSE_S = 1.0
"""So long a pause parts phrases of any length: hardly a sentence of the corpora holds one."""

BREATH_S = 0.2
"""What is too long is parted at its pauses of at least this length."""


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


def phrases(sound: Sound) -> list[Stretch]:
    """Part a recording where somebody pauses, in order.

    One that is short and holds no long pause comes back whole, with the silence around it.
    What is spoken for long without a breath is parted into equal pieces.
    """
    parts = list(_parted(voice_runs(sound.samples)))
    if len(parts) == 1:
        return [Stretch(sound, 0.0)]
    margin = round(MARGIN_S * SAMPLE_RATE)
    starts = [max(start - margin, 0) for start, _ in parts]
    samples = [sound.samples[s : end + margin] for s, (_, end) in zip(starts, parts, strict=True)]
    return [Stretch(Sound(s), at / SAMPLE_RATE) for s, at in zip(samples, starts, strict=True)]


def spoken_phrases(sound: Sound, gate: SpeechGate) -> list[Stretch]:
    """Give the phrases that hold speech of a recording that does; it is one where none does."""
    parts = phrases(sound)
    if len(parts) > 1:
        parts = [part for part in parts if gate.check(part.sound).status == "ok"]
    return parts or [Stretch(sound, 0.0)]


def longest(parts: Sequence[Stretch]) -> Stretch:
    """Give the longest of several parts, for what takes too long on all of them."""
    return max(parts, key=lambda part: part.sound.duration_s)


def _parted(runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join runs of voice into phrases: from which sample to before which one."""
    todo = [runs]
    while todo:
        own = todo.pop()
        start, end = own[0][0], own[-1][1]
        too_long = end - start > LONGEST_S * SAMPLE_RATE
        pauses = [after - before for (_, before), (after, _) in pairwise(own)]
        widest = max(pauses, default=0)
        if widest >= (BREATH_S if too_long else PAUSE_S) * SAMPLE_RATE:
            cut = pauses.index(widest) + 1
            todo += [own[cut:], own[:cut]]
        else:
            count = int(np.ceil((end - start) / (LONGEST_S * SAMPLE_RATE)))
            yield from pairwise(np.linspace(start, end, max(count, 1) + 1).astype(int).tolist())
