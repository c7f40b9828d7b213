"""EmoDB: ten German actors, ten sentences, seven emotions.

Names have seven characters: speaker (2), text (3), the first letter of the emotion
in German, and the version (a, b, …), as in ``03a01Fa``. What is known about the
speakers is on the publisher's page.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.corpora.clip import Clip
from training.corpora.scheme import Corpus, meaning

EMOTIONS = {
    "W": "angry",  # Wut, Ärger
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happy",  # Freude
    "T": "sad",  # Trauer
    "N": "neutral",
}
SPEAKERS: dict[str, tuple[str, float | None]] = {
    "03": ("male", 31.0),
    "08": ("female", 34.0),
    "09": ("female", 21.0),
    "10": ("male", 32.0),
    "11": ("male", 26.0),
    "12": ("male", 30.0),
    "13": ("female", 32.0),
    "14": ("female", 35.0),
    "15": ("male", 25.0),
    "16": ("female", 31.0),
}


def read(path: Path, match: re.Match[str]) -> Clip:
    """Read the seven characters of an EmoDB name."""
    label = match["emotion"]
    sex, age = SPEAKERS.get(match["speaker"], ("", None))
    return Clip(
        path=path,
        corpus="emodb",
        emotion=meaning(EMOTIONS, label, "emotion"),
        original_label=label,
        speaker=f"emodb-{int(match['speaker'])}",
        sex=sex,
        age=age,
        sentence=match["text"],
    )


CORPUS = Corpus(
    name="emodb",
    title="EmoDB",
    licence="CC0 1.0 (also given as CC BY 4.0)",
    source="https://zenodo.org/records/7447302",
    official=535,
    example="wav/03a01Fa.wav",
    pattern=re.compile(r"(?P<speaker>\d\d)(?P<text>[ab](?:0\d|10))(?P<emotion>[A-Z])[a-z]"),
    read=read,
)
