"""Writes small synthesised corpora in their publishers' layouts, for tests.

No sound here is a recording. Each clip is a buzz with the pitch, the melody and the
brightness of its emotion, and a pitch and a resonance of its speaker: enough for a
small network to learn something, and cheap enough to write hundreds.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 16000

RAVDESS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprised",
}
SONG = {code: RAVDESS[code] for code in ("01", "02", "03", "04", "05", "06")}
CREMAD = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
TESS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}
EMODB = {
    "W": "angry",
    "L": "boredom",
    "E": "disgust",
    "A": "fear",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
IESC = {"A": "angry", "F": "fear", "H": "happy", "N": "neutral", "S": "sad"}

NAMES = ("ravdess", "ravdess_song", "cremad", "tess", "emodb", "iesc")
"""What :func:`write_corpus` can write."""

_EMODB_SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
_TESS_FOLDERS = {"ps": "pleasant_surprise"}
_IESC_FOLDERS = {"A": "Anger", "F": "Fear", "H": "Happy", "N": "Neutral", "S": "Sad"}


@dataclass(frozen=True)
class Manner:
    """How an emotion sounds here."""

    pitch: float  # factor on the speaker's own
    glide: float  # factor on the pitch from the start to the end
    tilt: float  # how steeply overtones fall: low is bright
    beats_hz: float  # how often the loudness swells


MANNERS = {
    "neutral": Manner(1.00, 1.00, 1.2, 3.0),
    "calm": Manner(0.90, 0.95, 1.6, 2.0),
    "happy": Manner(1.50, 1.25, 0.8, 5.0),
    "sad": Manner(0.85, 0.75, 1.8, 2.0),
    "angry": Manner(1.60, 0.90, 0.4, 6.0),
    "fear": Manner(1.90, 1.05, 1.0, 8.0),
    "disgust": Manner(0.95, 0.70, 0.7, 4.0),
    "surprised": Manner(1.40, 1.80, 0.9, 3.0),
    "boredom": Manner(0.80, 0.90, 1.4, 1.5),
}


def sound(emotion: str, *, speaker: int = 0, take: int = 0, seconds: float = 0.8) -> np.ndarray:
    """Make one clip's samples [shape=(n,), float32, 16 kHz], the same at each call."""
    manner = MANNERS[emotion]
    rng = np.random.default_rng(zlib.crc32(f"{emotion} {speaker} {take}".encode()))
    at = np.linspace(0.0, 1.0, round(seconds * RATE), endpoint=False)
    own_pitch_hz = (110, 200, 130, 220, 120, 210)[speaker % 6] * rng.uniform(0.96, 1.04)
    pitch_hz = own_pitch_hz * manner.pitch * manner.glide**at
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
    resonance_hz = 500 + 60 * (speaker % 5)
    buzz = np.zeros_like(at)
    for overtone in range(1, 16):
        peak = 1 + 3 * np.exp(-(((overtone * own_pitch_hz - resonance_hz) / 200) ** 2))
        buzz += peak * overtone**-manner.tilt * np.sin(overtone * phase)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * manner.beats_hz * at * seconds + rng.uniform(0, 6))
    fade = np.minimum(1.0, np.minimum(at, 1 - at) * 20)
    voice = buzz / np.abs(buzz).max() * swell * fade
    return (0.4 * voice + 0.002 * rng.standard_normal(at.size)).astype(np.float32)


def write_sound(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    """Write samples, and the folders above them; the suffix decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        soundfile.write(file, samples, rate, format=path.suffix[1:].upper())
    return path


def not_utf_8(path: Path) -> Path:
    """Give a file a name in other bytes, as old archives do; skip the test where none may be."""
    named = path.with_name(os.fsdecode(b"b\xff" + os.fsencode(path.name)))
    try:
        return path.rename(named)
    except OSError:
        pytest.skip("file names are UTF-8 here")


def write_corpus(
    root: Path,
    name: str,
    *,
    speakers: int = 3,
    takes: int = 2,
    suffix: str = ".wav",
    seconds: float = 0.8,
) -> list[Path]:
    """Write a small corpus as its publisher lays it out; answer the files.

    Parameters
    ----------
    root : Path
        The corpus's own folder, of any name.
    name : str
        One of :data:`NAMES`.
    speakers : int
        How many speakers; TESS has two at most, the others eight or more.
    takes : int
        Clips of each emotion and speaker; four at most.
    suffix : str
        ``".wav"``, ``".flac"`` or ``".ogg"``.
    seconds : float
        Length of each clip.
    """
    files = []
    for place, emotion, speaker, take in _PLACES[name](speakers, takes):
        samples = sound(emotion, speaker=speaker, take=take, seconds=seconds)
        files.append(write_sound(root / f"{place}{suffix}", samples))
    return files


def write_demographics(folder: Path, rows: str) -> None:
    """Write CREMA-D's table of its actors; `rows` are lines of id, age and sex."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['"ActorID","Age","Sex","Race","Ethnicity"']
    for row in rows.split():
        actor, age, sex = row.split(",")
        lines.append(f'{actor},{age},"{sex}","Caucasian","Not Hispanic"')
    (folder / "VideoDemographics.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


Place = tuple[str, str, int, int]  # path without suffix, emotion, speaker, take


def _ravdess(speakers: int, takes: int) -> Iterator[Place]:
    yield from _ravdess_channel("01", RAVDESS, speakers, takes)


def _ravdess_song(speakers: int, takes: int) -> Iterator[Place]:
    yield from _ravdess_channel("02", SONG, speakers, takes)


def _ravdess_channel(
    channel: str, emotions: dict[str, str], speakers: int, takes: int
) -> Iterator[Place]:
    for actor in range(1, speakers + 1):
        for code, emotion in emotions.items():
            for take in range(takes):
                middle = f"{code}-01-0{take % 2 + 1}-0{take // 2 + 1}"
                yield f"Actor_{actor:02}/03-{channel}-{middle}-{actor:02}", emotion, actor, take


def _cremad(speakers: int, takes: int) -> Iterator[Place]:
    for actor in range(1001, 1001 + speakers):
        for code, emotion in CREMAD.items():
            for take, sentence in enumerate(("IEO", "TIE", "IOM", "IWW")[:takes]):
                level = "HI" if sentence == "IEO" and code != "NEU" else "XX"
                yield f"AudioWAV/{actor}_{sentence}_{code}_{level}", emotion, actor, take


def _tess(speakers: int, takes: int) -> Iterator[Place]:
    for actress, voice in (("OAF", 1), ("YAF", 3))[:speakers]:
        for label, emotion in TESS.items():
            folder = f"{actress}_{_TESS_FOLDERS.get(label, label)}"
            for take, word in enumerate(("back", "bar", "base", "bath")[:takes]):
                yield f"{folder}/{actress}_{word}_{label}", emotion, voice, take


def _emodb(speakers: int, takes: int) -> Iterator[Place]:
    for voice, speaker in enumerate(_EMODB_SPEAKERS[:speakers]):
        for letter, emotion in EMODB.items():
            for take, text in enumerate(("a01", "a02", "b09", "b10")[:takes]):
                yield f"wav/{speaker}{text}{letter}a", emotion, voice, take


def _iesc(speakers: int, takes: int) -> Iterator[Place]:
    for speaker in range(1, speakers + 1):
        for letter, emotion in IESC.items():
            for take in range(takes):
                folder = f"Speaker-{speaker}/{_IESC_FOLDERS[letter]}"
                name = f"{letter}-{take // 2 + 1}-{speaker}-{take % 2 + 1}"
                yield f"{folder}/{name}", emotion, speaker, take


_PLACES = {
    "ravdess": _ravdess,
    "ravdess_song": _ravdess_song,
    "cremad": _cremad,
    "tess": _tess,
    "emodb": _emodb,
    "iesc": _iesc,
}
