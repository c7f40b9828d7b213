"""The neutral speech that a voice is learnt from, cut into clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ser.audio import SAMPLE_RATE, Sound, Source, load
from ser.errors import AudioError
from ser.features import trim
from ser.gate import SpeechGate
from ser.stretch import phrases

PIECE_S = 2.5
"""Length in seconds of what counts as one clip: about one acted sentence, as in training."""

MIN_NEUTRAL_S = 3.0
"""Less neutral speech than this is refused: it would say more of the words than of the voice."""

MAX_NEUTRAL_S = 60.0
"""More is not listened to: it would take minutes and teach nothing new."""


def neutral_clips(sources: Sequence[Source], gate: SpeechGate) -> tuple[list[Sound], float]:
    """Cut recordings of one voice into clips that hold speech.

    Returns
    -------
    list of Sound
        Of the first :data:`MAX_NEUTRAL_S` seconds of speech.
    float
        How much speech is in them, in seconds.

    Raises
    ------
    AudioError
        A recording cannot be used, or there is too little speech.
    """
    clips: list[Sound] = []
    seconds = 0.0
    for number, source in enumerate(sources, start=1):
        sound = load(source)
        if seconds >= MAX_NEUTRAL_S:
            continue  # though it had to be one that can be used
        before = seconds
        for clip in pieces(sound):
            check = gate.check(clip)
            if check.status == "ok":
                clips.append(clip)
                seconds += check.speech_s
            if seconds >= MAX_NEUTRAL_S:
                break
        if seconds == before and len(sources) > 1:
            raise AudioError(
                f"No speech was heard in recording {number} of {len(sources)}: a voice is "
                "learnt from all of them or from none."
            )
    if seconds < MIN_NEUTRAL_S:
        found = f"There are {seconds:.1f} s of speech" if seconds else "No speech was heard"
        raise AudioError(
            f"{found} to learn the voice from; at least "
            f"{MIN_NEUTRAL_S:g} s are needed, and ten are better."
        )
    return clips, seconds


def pieces(sound: Sound) -> Iterator[Sound]:
    """Cut neutral speech into clips of about :data:`PIECE_S` seconds; silent ones are left out."""
    for phrase in phrases(sound):
        speech = trim(phrase.sound.samples)
        count = max(round(len(speech) / SAMPLE_RATE / PIECE_S), 1)
        for piece in np.array_split(speech, count):
            try:
                yield load((piece, SAMPLE_RATE))
            except AudioError:
                continue
