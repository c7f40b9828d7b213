"""TESS: two Canadian actresses say "Say the word …" with 200 words in seven moods.

Names are ``ACTRESS_WORD_EMOTION``: OAF is the older (64 years), YAF the younger
(26). The official ``OA_bite_neutral`` lacks a letter. Folders are not read: their
case and spelling differ from release to release.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora.clip import Clip
from training.corpora.scheme import Corpus, SchemeError
from training.corpora.spellings import emotion_named

AGES = {"OAF": 64.0, "YAF": 26.0}
EMOTIONS = ("angry", "disgust", "fear", "happy", "neutral", "surprised", "sad")


def read(path: Path, match: re.Match[str]) -> Clip:
    """Read the actress, the word and the emotion."""
    label = match["emotion"].lower()
    emotion = emotion_named(label)
    if emotion not in EMOTIONS:
        raise SchemeError(f"unknown emotion {match['emotion']!r} in the file name")
    actress = match["actress"].upper()[:2] + "F"
    return Clip(
        path=path,
        corpus="tess",
        emotion=emotion,
        original_label=label,
        speaker=f"tess-{actress}",
        sex="female",
        age=AGES[actress],
        sentence=match["word"].lower(),
    )


CORPUS = Corpus(
    name="tess",
    title="TESS",
    licence="CC BY-NC-ND 4.0",
    source="https://doi.org/10.5683/SP2/E8H2MF",
    official=2800,
    example="OAF_angry/OAF_back_angry.wav",
    pattern=re.compile(
        r"(?P<actress>OAF?|YAF?)_(?P<word>[a-z]+)_(?P<emotion>[a-z_]+)", re.IGNORECASE
    ),
    read=read,
)
