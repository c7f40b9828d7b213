"""IESC: eight Indian speakers of English, five emotions.

Names are ``E-SENTENCE-SPEAKER-TAKE`` under ``Speaker-N/Emotion/`` or ``N/Emotion/``.
Such a name is short enough to turn up elsewhere, so a file counts as IESC's only in
a folder named after one of its emotions. The publishers do not say who is a woman
and who a man.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora.clip import Clip
from training.corpora.scheme import Corpus, SchemeError
from training.corpora.spellings import emotion_named

LABELS = {"A": "anger", "F": "fear", "H": "happy", "N": "neutral", "S": "sad"}
EMOTIONS = {letter: emotion_named(label) or label for letter, label in LABELS.items()}


def in_an_emotion_folder(path: Path) -> bool:
    """Say whether the file's folder bears the name of one of the five emotions."""
    return emotion_named(path.parent.name) in EMOTIONS.values()


def read(path: Path, match: re.Match[str]) -> Clip:
    """Read letter, sentence and speaker; the folder must agree with the letter."""
    letter = match["emotion"].upper()
    if EMOTIONS[letter] != emotion_named(path.parent.name):
        raise SchemeError(
            f"the file name says {LABELS[letter]}, its folder {path.parent.name.lower()}"
        )
    return Clip(
        path=path,
        corpus="iesc",
        emotion=EMOTIONS[letter],
        original_label=LABELS[letter],
        speaker=f"iesc-{int(match['speaker'])}",
        sentence=str(int(match["sentence"])),
    )


CORPUS = Corpus(
    name="iesc",
    title="IESC",
    licence="none stated",
    source="https://www.kaggle.com/datasets/ybsingh/indian-emotional-speech-corpora-iesc",
    official=600,
    example="Speaker-1/Anger/A-1-1-1.wav",
    pattern=re.compile(
        r"(?P<emotion>[AFHNS])-(?P<sentence>\d{1,2})-(?P<speaker>\d{1,2})-\d{1,2}", re.IGNORECASE
    ),
    read=read,
    stands_right=in_an_emotion_folder,
)
