"""Sound files on disk: which there are, and how long each lasts by its header."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import soundfile

from ser.audio import openable_name
from training.corpora.clip import Clip, LeftOut

LOSSLESS = {".wav", ".wave", ".flac", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64", ".rf64"}
SUFFIXES = LOSSLESS | {".ogg", ".oga", ".opus", ".mp3"}
"""Names of the sound formats that libsndfile reads and people use."""

SHORTEST_S = 0.1
"""Below this there is no syllable to hear an emotion in, and no pitch to measure."""

LONGEST_S = 3600.0
"""Above this a header lies, or the recording needs cutting before it can be one clip."""


def sound_files(root: Path) -> Iterator[Path]:
    """Walk a folder once, links to other folders included, and yield its sound files.

    Hidden files are passed over: among them the ``._`` twins that macOS leaves in
    archives, which bear a sound's suffix and hold none.
    """
    visited = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # a link that leads back
            subfolders.clear()
            continue
        visited.add(real)
        subfolders[:] = sorted(n for n in subfolders if not n.startswith((".", "__MACOSX")))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES:
                yield Path(folder, name)


def preference(path: Path) -> tuple[bool, int, str]:
    """Sort key that puts the better of two files of one recording first.

    Lossless before lossy, then the one nearer to the root: releases that hold
    everything twice keep the second copy a folder deeper.
    """
    return path.suffix.lower() not in LOSSLESS, len(path.parts), str(path)


def measure(clips: Sequence[Clip]) -> tuple[list[Clip], list[LeftOut]]:
    """Read each clip's length from its header; part the usable from the others.

    Reads in threads, because on a network drive or a cold disk nearly all the
    time is spent waiting.
    """
    usable, left_out = [], []
    with ThreadPoolExecutor() as pool:
        for clip, length in zip(clips, pool.map(_length, clips), strict=True):
            if isinstance(length, str):
                left_out.append(LeftOut(clip.path, length))
            else:
                usable.append(replace(clip, duration_s=length))
    return usable, left_out


def _length(clip: Clip) -> float | str:
    """Answer a clip's length in seconds, or why it cannot be used."""
    try:
        with soundfile.SoundFile(openable_name(clip.path)) as sound:
            length = float(sound.frames / sound.samplerate)
    except (OSError, soundfile.LibsndfileError):
        return _why_unreadable(clip.path)
    if not math.isfinite(length) or length <= 0:
        return "no sound in it"
    if length < SHORTEST_S:
        return f"shorter than {SHORTEST_S:g} s"
    if length > LONGEST_S:
        return "longer than an hour: cut it into clips"
    return round(length, 4)


def _why_unreadable(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(40)
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    if not start:
        return "an empty file"
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer instead of sound: run `git lfs pull` in its folder"
    return "not a sound that libsndfile can read"
