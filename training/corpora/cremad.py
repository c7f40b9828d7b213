"""CREMA-D: 91 American actors of many ages, twelve sentences, six emotions.

Names are ``ACTOR_SENTENCE_EMOTION_LEVEL``. Sex and age stand in the publisher's
``VideoDemographics.csv``, beside the clips or one folder above them; without it
both stay unknown.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from training.corpora.clip import Clip
from training.corpora.scheme import Corpus, meaning

EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
LEVELS = {"LO": "low", "MD": "medium", "HI": "high", "XX": "", "X": ""}
DEMOGRAPHICS = "VideoDemographics.csv"


def read(path: Path, match: re.Match[str]) -> Clip:
    """Read the four parts of a CREMA-D name."""
    label = match["emotion"].upper()
    return Clip(
        path=path,
        corpus="cremad",
        emotion=meaning(EMOTIONS, label, "emotion"),
        original_label=label,
        speaker=f"cremad-{int(match['actor'])}",
        sentence=match["sentence"].upper(),
        intensity=meaning(LEVELS, match["level"].upper(), "level"),
    )


def with_demographics(clips: Sequence[Clip]) -> list[Clip]:
    """Add each actor's sex and age where the publisher's table is at hand."""
    people: dict[str, tuple[str, float | None]] = {}
    for folder in sorted({clip.path.parent for clip in clips}):
        for table in (folder / DEMOGRAPHICS, folder.parent / DEMOGRAPHICS):
            if table.is_file():
                people.update(_read_demographics(table))
    unknown: tuple[str, float | None] = ("", None)
    known = [(clip, people.get(clip.speaker, unknown)) for clip in clips]
    return [replace(clip, sex=sex, age=age) for clip, (sex, age) in known]


def _read_demographics(table: Path) -> dict[str, tuple[str, float | None]]:
    people: dict[str, tuple[str, float | None]] = {}
    with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for row in csv.DictReader(file):
            actor, age = row.get("ActorID") or "", row.get("Age") or ""
            sex = (row.get("Sex") or "").strip().lower()
            if actor.strip().isdecimal():
                people[f"cremad-{int(actor)}"] = (
                    sex if sex in ("female", "male") else "",
                    float(age) if age.strip().isdecimal() else None,
                )
    return people


CORPUS = Corpus(
    name="cremad",
    title="CREMA-D",
    licence="ODbL 1.0 / DbCL 1.0",
    source="https://github.com/CheyneyComputerScience/CREMA-D",
    official=7442,
    example="AudioWAV/1001_IEO_ANG_HI.wav",
    pattern=re.compile(
        r"(?P<actor>1\d{3})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>[A-Z]{1,2})",
        re.IGNORECASE,
    ),
    read=read,
    complete=with_demographics,
)
