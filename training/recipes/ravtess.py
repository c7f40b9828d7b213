"""RAVDESS and TESS as one collection, in RAVDESS's manner of naming.

TESS's actresses become actors 25 (the older, OAF) and 26 (the younger, YAF). Their
sentence, "Say the word …", is told by RAVDESS's fields for statement and repetition:
statements 01 and 02 are RAVDESS's own, and the words in the order of the alphabet are
statement 03 with repetitions 01 to 99, then statement 04, and so on. All fields keep
their two digits, so whatever takes RAVDESS's names apart takes these apart; only the sex
is no longer told by odd and even, for both actresses are women.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.augment import pitch_shift, time_stretch
from training.corpora import Clip
from training.corpora.ravdess import EMOTIONS
from training.corpora.spellings import emotion_named

ACTORS = {"tess-OAF": 25, "tess-YAF": 26}
SPEED = (0.8, 1.25)
PITCH_ST = 2.5
VARIED = f"speed {SPEED[0]} to {SPEED[1]}, pitch within {PITCH_ST} semitones"

_CODES = {emotion_named(word): code for code, word in EMOTIONS.items()}
_REPETITIONS = 99


def merged_names(clips: Sequence[Clip]) -> list[Path]:
    """Name clips in the merged collection, for example ``Actor_25/03-01-05-01-03-01-25.wav``."""
    words = sorted({clip.sentence for clip in clips if clip.speaker in ACTORS})
    return [_name(clip, words) for clip in clips]


def _name(clip: Clip, words: list[str]) -> Path:
    if clip.speaker not in ACTORS:
        actor = int(clip.speaker.removeprefix("ravdess-"))
        return Path(f"Actor_{actor:02d}") / f"{clip.path.stem}.wav"
    statement, repetition = divmod(words.index(clip.sentence), _REPETITIONS)
    actor = ACTORS[clip.speaker]
    name = f"03-01-{_CODES[clip.emotion]}-01-{3 + statement:02d}-{1 + repetition:02d}-{actor}.wav"
    return Path(f"Actor_{actor}") / name


def vary_speed_and_pitch(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Say it quicker or slower and higher or lower; [shape=(n,)] to about n."""
    quicker = time_stretch(samples, rng.uniform(*SPEED))
    return pitch_shift(quicker, rng.uniform(-PITCH_ST, PITCH_ST))
