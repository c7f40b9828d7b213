"""RAVDESS, speech and song: 24 Canadian actors, two sentences, two strengths.

Names are ``MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR``; sound
without picture has modality 03, speech is channel 01 and song 02. Actors with odd
numbers are men. Statement 01 is "Kids are talking by the door", 02 "Dogs are
sitting by the door". The actors were 21 to 33 years old; who was how old is not
published.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora.clip import Clip
from training.corpora.scheme import Corpus, SchemeError, meaning
from training.corpora.spellings import emotion_named

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
INTENSITIES = {"01": "normal", "02": "strong"}
CORPORA_BY_CHANNEL = {"01": "ravdess", "02": "ravdess_song"}
ACTORS = 24


def read(path: Path, match: re.Match[str]) -> Clip:
    """Read the seven numbers of a RAVDESS name."""
    label = meaning(EMOTIONS, match["emotion"], "emotion")
    actor = int(match["actor"])
    if not 1 <= actor <= ACTORS:
        raise SchemeError(f"unknown actor '{match['actor']}' in the file name")
    return Clip(
        path=path,
        corpus=CORPORA_BY_CHANNEL[match["channel"]],
        emotion=emotion_named(label) or label,
        original_label=label,
        speaker=f"ravdess-{actor}",
        sex="male" if actor % 2 else "female",
        sentence=match["statement"],
        intensity=meaning(INTENSITIES, match["intensity"], "intensity"),
    )


def _pattern(channel: str) -> re.Pattern[str]:
    return re.compile(
        rf"03-(?P<channel>{channel})-(?P<emotion>\d\d)-(?P<intensity>\d\d)"
        r"-(?P<statement>\d\d)-\d\d-(?P<actor>\d\d)"
    )


SPEECH = Corpus(
    name="ravdess",
    title="RAVDESS speech",
    licence="CC BY-NC-SA 4.0",
    source="https://zenodo.org/records/1188976",
    official=1440,
    example="Actor_01/03-01-05-02-01-01-01.wav",
    pattern=_pattern("01"),
    read=read,
)
SONG = Corpus(
    name="ravdess_song",
    title="RAVDESS song",
    licence="CC BY-NC-SA 4.0",
    source="https://zenodo.org/records/1188976",
    official=1012,
    example="Actor_01/03-02-05-02-01-01-01.wav",
    pattern=_pattern("02"),
    read=read,
)
