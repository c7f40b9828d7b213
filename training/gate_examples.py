"""What the speech gate is trained on: windows of speech and of everything else.

Each recording gives windows as it is, and again as a room, a telephone, a codec
or a noisy place would change it. Speech and noise go the same ways, so that no
room and no codec tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser.audio import SAMPLE_RATE, Sound, load
from ser.errors import AudioError
from ser.features import log_mel, trim_silence
from ser.gate_features import window_features
from training import degrade, nonspeech
from training.corpora import Clip, read_table
from training.corpora.sounds import sound_files
from training.dataset import TrainingError

ROOMS = "rooms"
"""Folder of impulse responses."""

HUMAN = frozenset({"baby_cry", "crying_baby"})
"""A baby's cry is a voice but no speech: neither answer is wrong, so neither is taught."""

PIECE_S = 5.0
PIECES = 12
"""Long recordings are cut; no more than so many pieces of one are taken."""

SYNTHETIC_EACH = 150
CHANGED_PER_SPEAKER = 30
"""Clips of a speaker that are changed as well; the two of TESS, who say the most, give more."""

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """One recording, or one changed copy of it.

    Attributes
    ----------
    speech : bool
    group : str
        The corpus of speech; the class of noise.
    variant : str
        ``"clean"``, ``"varied"``, or how else it was changed.
    speaker, emotion : str
        Empty for noise.
    mixed_with : str
        Class of the noise that was added, so that it can be held out; empty for
        coloured noise.
    synthetic : bool
    features : np.ndarray [shape=(windows, features)]
    """

    speech: bool
    group: str
    variant: str
    features: np.ndarray = field(repr=False)
    speaker: str = ""
    emotion: str = ""
    mixed_with: str = ""
    synthetic: bool = False


@dataclass(frozen=True)
class Noise:
    """A piece of noise and its class."""

    group: str
    samples: Samples = field(repr=False)


def collect_examples(
    table: Path, folders: Sequence[Path], seed: int, *, version: int
) -> list[Example]:
    """Measure all that the gate learns from and is judged on.

    Parameters
    ----------
    table : Path
        Clips of speech, from :mod:`training.prepare`.
    folders : sequence of Path
        See :func:`read_noise`.
    version : int
        Of the features: whoever keeps the answer must not keep it longer than they last.
    """
    clips = read_table(table)
    noises, rooms = read_noise(folders)
    rng = np.random.default_rng(seed)
    sources = {
        "noise": noise_examples(noises, rooms, rng),
        "synthetic sounds": synthetic_examples(rooms, rng),
        "speech": speech_examples(clips, noises, rooms, rng),
    }
    examples: list[Example] = []
    for name, source in sources.items():
        before = len(examples)
        examples += source
        print(f"{name}: {len(examples) - before} examples", flush=True)
    return examples


def read_noise(folders: Sequence[Path]) -> tuple[list[Noise], list[Samples]]:
    """Read noises, by the folder that holds each, and impulse responses from ``rooms/``.

    Raises
    ------
    TrainingError
        A folder holds no sound, none holds noise, or a room cannot be read.
    """
    found = {folder: sorted(sound_files(folder)) for folder in folders}
    empty = [str(folder) for folder, paths in found.items() if not paths]
    if empty:
        raise TrainingError(f"No sounds in {', '.join(empty)}: give folders of noise.")
    files = [path for paths in found.values() for path in paths]
    rooms = [_room(path) for path in files if path.parent.name == ROOMS]
    noises = [
        Noise(_group(path), piece)
        for path in files
        if path.parent.name != ROOMS
        for piece in _pieces(path)
    ]
    if not noises:
        raise TrainingError(f"No sounds in {', '.join(map(str, folders))}: give folders of noise.")
    return noises, rooms


def _room(path: Path) -> Samples:
    try:
        return load(path).samples
    except AudioError as error:
        raise TrainingError(f"{path}: {error}") from error


def noise_examples(
    noises: Sequence[Noise], rooms: Sequence[Samples], rng: np.random.Generator
) -> Iterator[Example]:
    """Real noises as they are, in other rooms, and cut short."""
    for noise in noises:
        yield from _described(noise.samples, speech=False, group=noise.group, variant="clean")
        for part in (noise.samples, _part(noise.samples, rng, longest_s=3.0)):
            changed = degrade.degrade(part, rng, rooms=rooms)
            yield from _described(changed, speech=False, group=noise.group, variant="varied")


def synthetic_examples(rooms: Sequence[Samples], rng: np.random.Generator) -> Iterator[Example]:
    """Sounds made from numbers, as they are and changed."""
    for family in nonspeech.FAMILIES:
        for _ in range(SYNTHETIC_EACH):
            sound = nonspeech.make(family, rng, rng.uniform(0.6, PIECE_S))
            for variant in ("clean", "varied"):
                changed = sound if variant == "clean" else degrade.degrade(sound, rng, rooms=rooms)
                yield from _described(
                    changed, speech=False, group=family, variant=variant, synthetic=True
                )


def speech_examples(
    clips: Sequence[Clip],
    noises: Sequence[Noise],
    rooms: Sequence[Samples],
    rng: np.random.Generator,
) -> Iterator[Example]:
    """Every clip as it is; some of each speaker whispered, in noise, in rooms, cut short."""
    order = rng.permutation(len(clips))
    taken: dict[str, int] = {}
    hard = ("whisper", "snr0", "snr0_real", "telephone", "room")
    for number, index in enumerate(order):
        clip = clips[index]
        try:
            voice = trim_silence(load(clip.path).samples)
        except AudioError:
            continue
        names = {"group": clip.corpus, "speaker": clip.speaker, "emotion": clip.emotion}
        yield from _described(voice, speech=True, variant="clean", **names)
        taken[clip.speaker] = taken.get(clip.speaker, 0) + 1
        if taken[clip.speaker] > CHANGED_PER_SPEAKER * (6 if clip.corpus == "tess" else 1):
            continue
        for variant in ("varied", hard[number % len(hard)]):
            changed, mixed_with = _changed(voice, variant, noises, rooms, rng)
            yield from _described(
                changed, speech=True, variant=variant, mixed_with=mixed_with, **names
            )


def _changed(
    voice: Samples,
    variant: str,
    noises: Sequence[Noise],
    rooms: Sequence[Samples],
    rng: np.random.Generator,
) -> tuple[Samples, str]:
    if variant == "whisper":
        return degrade.whisper(voice, rng), ""
    if variant == "telephone":
        return degrade.telephone(voice), ""
    if variant == "room":
        return degrade.degrade(voice, rng, rooms=rooms), ""
    if variant in {"snr0", "snr0_real"}:
        noise = _drawn(noises, rng, steady=variant == "snr0")
        return degrade.mix(voice, noise.samples, snr_db=0.0), noise.group
    if rng.random() < 0.2:
        voice = degrade.whisper(voice, rng)
    elif rng.random() < 0.2:
        voice = degrade.quicken(voice, factor=rng.uniform(1.1, 1.5))
    if rng.random() < 0.5:
        voice = _part(voice, rng, longest_s=2.5)
    voice = degrade.degrade(voice, rng, rooms=rooms)
    if rng.random() < 0.4:
        return voice, ""
    # Under music or barking at 0 dB a whole second may hold none of the speech.
    steady = rng.random() < 0.5
    noise = _drawn(noises, rng, steady=steady)
    snr_db = rng.uniform(0.0 if steady else 8.0, 25.0)
    return degrade.mix(voice, noise.samples, snr_db=snr_db), noise.group


def _drawn(noises: Sequence[Noise], rng: np.random.Generator, *, steady: bool) -> Noise:
    """Draw noise to mix with: coloured, or from a class drawn first."""
    if steady:
        colour = nonspeech.coloured(rng, 4 * SAMPLE_RATE, rng.uniform(0, 2))
        return Noise("", colour.astype(np.float32))
    groups = sorted({noise.group for noise in noises} - HUMAN)
    group = groups[int(rng.integers(len(groups)))]
    own = [noise for noise in noises if noise.group == group]
    noise = own[int(rng.integers(len(own)))]
    shift = int(rng.integers(len(noise.samples)))
    return Noise(group, np.roll(noise.samples, shift))


def _described(
    samples: Samples,
    *,
    speech: bool,
    group: str,
    variant: str,
    speaker: str = "",
    emotion: str = "",
    mixed_with: str = "",
    synthetic: bool = False,
) -> Iterator[Example]:
    """Measure a sound; of silence and crumbs there is nothing to learn."""
    if len(samples) < 0.2 * SAMPLE_RATE or float(np.ptp(samples)) < 1e-4:
        return
    voice = trim_silence(samples)
    yield Example(
        speech=speech,
        group=group,
        variant=variant,
        features=window_features(log_mel(voice), voice),
        speaker=speaker,
        emotion=emotion,
        mixed_with=mixed_with,
        synthetic=synthetic,
    )


def _group(path: Path) -> str:
    """Name a noise's class: its folder, or where that is a mixed bag, the file."""
    return path.stem if path.parent.name == "background" else path.parent.name


def _pieces(path: Path) -> list[Samples]:
    try:
        samples = load(path).samples
    except AudioError:  # a stroke of a drum may be too short, a piece silent
        return []
    length = int(PIECE_S * SAMPLE_RATE)
    if len(samples) < 1.6 * length:
        return [samples]
    count = min(PIECES, len(samples) // length)
    starts = np.linspace(0, len(samples) - length, count).astype(int)
    return [samples[start : start + length] for start in starts]


def _part(samples: Samples, rng: np.random.Generator, *, longest_s: float) -> Samples:
    """Cut half a second or more out of a sound."""
    length = int(rng.uniform(0.5, longest_s) * SAMPLE_RATE)
    start = int(rng.integers(0, max(len(samples) - length, 1)))
    return Sound(samples[start : start + length]).samples
