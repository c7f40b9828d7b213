"""How recordings are spoilt to see what the models bear, and what is then heard.

Every change is made on the waveform; the changed sound goes the way of any sound that
a person hands over: :func:`ser.audio.load`, the speech gate, :func:`ser.features.extract`.
What is drawn at random depends on the seed, the clip's name and the kind of change
alone, so that neither order nor number of clips alters it, and the noise is the same
at all of its levels.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ser.audio import SAMPLE_RATE, Sound, load
from ser.cleaning import denoise
from ser.errors import AudioError
from ser.features import Features, extract, trim
from ser.gate import SpeechGate
from training import degrade
from training.corpora import Clip
from training.degrade import Samples
from training.nonspeech import coloured

VERSION = 3
"""Raise it whenever a condition sounds otherwise than before."""

CLEAN = "clean"
SNR_DB = (20, 10, 5, 0)
VOICES = 6
"""How many speak at once in babble."""

_COLOURS = {"white": 0.0, "pink": 1.0}
_BITRATES = (("MP3", 32), ("MP3", 16), ("OPUS", 16), ("OPUS", 8))
_T60_S = (0.4, 0.8)


@dataclass(frozen=True)
class Scene:
    """What surrounds one clip.

    Attributes
    ----------
    seed : int
    name : str
        The clip's file name.
    voices : tuple of np.ndarray [shape=(n,)]
        What other people say.
    room : np.ndarray [shape=(n,)] or None
        A recorded impulse response.
    """

    seed: int
    name: str
    voices: tuple[Samples, ...] = field(repr=False)
    room: Samples | None = field(default=None, repr=False)

    def rng(self, what: str) -> np.random.Generator:
        """Start the random numbers of one kind of change."""
        return np.random.default_rng([self.seed, _number(self.name), _number(what)])


Change = Callable[[Samples, Scene], Samples]


@dataclass(frozen=True)
class Condition:
    """One way to spoil a recording.

    Attributes
    ----------
    name : str
        For programs: ``"pink-10"``.
    title : str
        For people.
    change : callable
        Takes samples at 16 kHz and their scene to changed samples.
    goal : float or None
        Points of UAR that may be lost; None where no goal is set.
    """

    name: str
    title: str
    change: Change
    goal: float | None = None


def conditions(*, rooms: bool) -> list[Condition]:
    """List all conditions, the clean one first; ``rooms`` adds that of recorded rooms."""
    telephone = _alone(degrade.telephone)
    recorded = [Condition("room-recorded", "recorded rooms", _in_recorded_room)] if rooms else []
    return [
        Condition(CLEAN, CLEAN, lambda samples, scene: samples),
        *_noises(),
        Condition("telephone", "telephone, 300 to 3400 Hz", telephone, 5.0),
        *_codecs(),
        *_rooms(),
        *recorded,
        *_levels_and_cuts(),
        *_cleaned(),
    ]


@dataclass(frozen=True)
class Heard:
    """One changed clip.

    Attributes
    ----------
    features : Features or None
        None where nothing is left that can be analysed.
    refused : bool
        Whether the speech gate lets it go no further.
    """

    features: Features | None
    refused: bool


@dataclass(frozen=True)
class Task:
    """One clip, and where its scene comes from.

    Attributes
    ----------
    path : str
    voices : tuple of str
        Clips of other people.
    room : str or None
    """

    path: str
    voices: tuple[str, ...]
    room: str | None


def make_tasks(
    clips: Sequence[Clip], others: Sequence[Clip], rooms: Sequence[Path], *, seed: int
) -> list[Task]:
    """Draw voices and a room for each clip; nobody is heard behind their own voice.

    Parameters
    ----------
    clips : sequence of Clip
        What is changed.
    others : sequence of Clip
        Whose voices there are; where one person alone speaks, :func:`hear` synthesises.
    """
    tasks = []
    for clip in clips:
        rng = np.random.default_rng([seed, _number(clip.path.name)])
        strangers = [other for other in others if other.speaker != clip.speaker]
        chosen = rng.permutation(len(strangers))[:VOICES]
        voices = tuple(str(strangers[i].path) for i in chosen)
        room = str(rooms[int(rng.integers(len(rooms)))]) if rooms else None
        tasks.append(Task(str(clip.path), voices, room))
    return tasks


def hear(task: Task, names: Sequence[str], gate: SpeechGate, *, seed: int) -> list[Heard]:
    """Change one clip in each of these ways, and hear what the app would hear."""
    samples = load(task.path).samples
    scene = _scene(task, seed)
    known = {condition.name: condition for condition in conditions(rooms=True)}
    return [_heard(known[name].change(samples, scene), gate) for name in names]


def _scene(task: Task, seed: int) -> Scene:
    voices = tuple(load(path).samples for path in task.voices) or _synthesised()
    room = None if task.room is None else load(task.room).samples
    return Scene(seed, Path(task.path).name, voices, room)


def _number(name: str) -> int:
    """Turn a name into a number that is the same everywhere."""
    return zlib.crc32(name.encode(errors="surrogateescape"))


def _synthesised() -> tuple[Samples, ...]:
    from ser.synthesis import MANNERS, sample_voice

    names = list(MANNERS)
    return tuple(sample_voice(names[i % len(names)], seed=i) for i in range(VOICES))


def _heard(samples: Samples, gate: SpeechGate) -> Heard:
    sound = load((samples, SAMPLE_RATE), empty_too=True)
    refused = gate.check(sound).status != "ok"
    try:
        return Heard(extract(sound), refused)
    except AudioError:
        return Heard(None, True)


# The changes ------------------------------------------------------------------


def _noises() -> Iterator[Condition]:
    for kind in (*_COLOURS, "babble"):
        for snr_db in SNR_DB:
            yield Condition(
                f"{kind}-{snr_db}",
                f"{kind}{' noise' if kind in _COLOURS else ''}, {snr_db} dB",
                partial(_in_noise, kind=kind, snr_db=snr_db),
                5.0 if snr_db == 10 else None,
            )


def _codecs() -> Iterator[Condition]:
    for codec, kbps in _BITRATES:
        yield Condition(
            f"{codec.lower()}-{kbps}",
            f"{codec.replace('OPUS', 'Opus')}, {kbps} kbit/s",
            _alone(degrade.encode, codec=codec, kbps=kbps),
            5.0,
        )


def _rooms() -> Iterator[Condition]:
    for t60_s in _T60_S:
        title = f"room, reverberation of {t60_s} s"
        yield Condition(f"room-{t60_s}", title, partial(_in_room, t60_s=t60_s))


def _levels_and_cuts() -> Iterator[Condition]:
    for gain_db in (20, -20):
        louder = _alone(degrade.amplify, gain_db=gain_db)
        yield Condition(f"gain{gain_db:+}", f"gain of {gain_db:+} dB", louder, 0.0)
    clipped = _alone(degrade.clip, drive_db=12.0)
    yield Condition("clipped", "clipped, 12 dB over full scale", clipped)
    silence = _alone(degrade.surround, silence_s=1.0)
    yield Condition("silence", "1 s of silence at both ends", silence, 0.0)
    yield Condition("cut", "cut to the loudest second", _alone(degrade.loudest, duration_s=1.0))


def _cleaned() -> Iterator[Condition]:
    """Tell what noise reduction gives back of what noise takes, and costs where there is none."""
    yield Condition("cleaned", "no noise, cleaned", _alone(_denoised))
    for kind in _COLOURS:
        change = partial(_cleaned_of_noise, kind=kind, snr_db=10)
        yield Condition(f"{kind}-10-cleaned", f"{kind} noise, 10 dB, cleaned", change)


def _denoised(samples: Samples) -> Samples:
    return denoise(Sound(samples)).samples


def _cleaned_of_noise(samples: Samples, scene: Scene, *, kind: str, snr_db: float) -> Samples:
    return _denoised(_in_noise(samples, scene, kind=kind, snr_db=snr_db))


def _alone(change: Callable[..., Samples], **options: Any) -> Change:
    """Make a change that asks for nothing but the samples."""
    return lambda samples, scene: change(samples, **options)


def _in_noise(samples: Samples, scene: Scene, *, kind: str, snr_db: float) -> Samples:
    rng = scene.rng(kind)
    if kind in _COLOURS:
        noise = coloured(rng, len(samples), _COLOURS[kind]).astype(np.float32)
    else:
        noise = degrade.babble(scene.voices, len(samples), rng)
    # Silence around the voice must not make the noise softer.
    return degrade.mix(samples, noise, snr_db=snr_db, level_of=trim(samples))


def _in_room(samples: Samples, scene: Scene, *, t60_s: float) -> Samples:
    room = degrade.room_response(t60_s=t60_s, rng=scene.rng(f"room {t60_s}"))
    return degrade.reverberate(samples, room)


def _in_recorded_room(samples: Samples, scene: Scene) -> Samples:
    if scene.room is None:
        raise ValueError("no impulse response was given")
    return degrade.reverberate(samples, scene.room)
