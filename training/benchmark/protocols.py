"""Who is trained on, who is tested, and who is kept apart to fit the temperature.

speaker-independent
    The six joint folds of ``folds.json``: no tested voice was ever heard.
leave-one-corpus-out
    All clips of one corpus are tested by a model of the others. RAVDESS's song
    goes with its speech, for the actors are the same.
random
    Clips dealt out at random, as in most publications: every voice stands on
    both sides. *Speaker-dependent*, and only there so that figures can be
    compared with theirs.

Some training-part speakers, a tenth of each corpus rounded down, are left out of
the training: on them the part's temperature is fitted. A corpus of fewer than ten
training speakers keeps them all, for it would lose more than the temperature gains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.corpora import CORPORA, Clip
from training.corpora.ravdess import SONG
from training.dataset import TrainingError
from training.folds import held_out_speakers, refuse_leakage

PROTOCOLS = ("speaker-independent", "leave-one-corpus-out", "random")
SPEAKER_DEPENDENT = frozenset({"random"})
"""Protocols that test voices they were trained on."""

CALIBRATION_SHARE = 0.1
_FOLDS = tuple(f"fold-{number}" for number in range(1, 7))


@dataclass(frozen=True)
class Part:
    """One training and its test, as indices into a list of clips.

    Attributes
    ----------
    protocol : str
        One of :data:`PROTOCOLS`.
    name : str
        ``"fold-1"``, or the tested corpus.
    training, calibration, test : np.ndarray [dtype=int]
        No clip is in two of them; some of a calibration speaker's are in none.
    """

    protocol: str
    name: str
    training: np.ndarray
    calibration: np.ndarray
    test: np.ndarray

    @property
    def run(self) -> str:
        """Name the folder of its checkpoints.

        A fold that keeps nobody apart is what ``training.train --start-from`` goes on from.
        """
        if self.protocol == "speaker-independent" and not len(self.calibration):
            return self.name
        return f"{self.protocol}-{self.name}"


def part_names(protocol: str, clips: Sequence[Clip] | None = None) -> list[str]:
    """Name the parts that make a protocol complete.

    ``clips`` say which corpora there are to leave out; without them, all that
    :mod:`training.corpora` knows.
    """
    if protocol != "leave-one-corpus-out":
        return list(_FOLDS)
    known = [corpus.name for corpus in CORPORA] if clips is None else [c.corpus for c in clips]
    return [name for name in dict.fromkeys(known) if name != SONG.name]


def tested_folds(clips: Sequence[Clip]) -> list[str]:
    """Name the joint folds that hold out a speaker of these clips."""
    here = {clip.speaker for clip in clips}
    return [name for number, name in enumerate(_FOLDS, start=1) if held_out_speakers(number) & here]


def chosen_parts(protocol: str, wanted: Sequence[str] | None, clips: Sequence[Clip]) -> list[str]:
    """Name the parts to run: all that test any clip, or those asked for (``2`` means ``fold-2``).

    Raises
    ------
    TrainingError
        There is no such part, or no fold that tests any clip.
    """
    existing = part_names(protocol, clips)
    if not wanted and protocol == "speaker-independent":
        existing = tested_folds(clips)
        if not existing:
            raise TrainingError(
                "None of these speakers is in the folds, so none can be held out: python -m "
                "training.train trains on all of them all the same."
            )
    if not wanted:
        return existing
    names = [f"fold-{name}" if name.isdecimal() else name for name in wanted]
    for name in names:
        _refuse_unknown(protocol, name, existing)
    return names


def make_part(
    clips: Sequence[Clip], protocol: str, name: str, *, seed: int, calibrate: bool = True
) -> Part:
    """Split clips for one part of a protocol.

    Parameters
    ----------
    clips : sequence of Clip
    protocol, name : str
        As in :class:`Part`.
    seed : int
        Decides a random split, and nothing else.
    calibrate : bool
        Whether to keep speakers apart for the temperature.

    Raises
    ------
    TrainingError
        There is no such part, or it leaves nothing to train on or to test.
    """
    _refuse_unknown(protocol, name, part_names(protocol, clips))
    test = _tested(clips, protocol, name, seed)
    if test.all():
        raise TrainingError(f"{name} tests all of these clips: nothing is left to train on.")
    if not test.any():
        raise TrainingError(
            f"{name} tests none of these clips, so there is nothing to score: python -m "
            "training.train trains on all of them all the same."
        )
    kept_apart, calibration = np.zeros_like(test), np.zeros_like(test)
    if calibrate:
        kept_apart = _kept_apart(clips, test, protocol, seed)
        calibration = kept_apart & np.array([clip.corpus != SONG.name for clip in clips])
    masks = (~test & ~kept_apart, calibration, test)
    return Part(protocol, name, *(np.flatnonzero(mask) for mask in masks))


def check_part(part: Part, clips: Sequence[Clip]) -> None:
    """Make sure that no voice, and no copy of a clip, is both trained on and tested.

    Does nothing for a speaker-dependent protocol, which is leakage by design.

    Raises
    ------
    TrainingError
        One is.
    """
    if part.protocol in SPEAKER_DEPENDENT:
        return
    training, calibration, test = (
        [clips[i] for i in indices] for indices in (part.training, part.calibration, part.test)
    )
    refuse_leakage([*training, *calibration], test)
    refuse_leakage(training, calibration)


def _refuse_unknown(protocol: str, name: str, existing: Sequence[str]) -> None:
    if name not in existing:
        raise TrainingError(f"{protocol} has no part {name!r}; it has {', '.join(existing)}.")


def _tested(clips: Sequence[Clip], protocol: str, name: str, seed: int) -> np.ndarray:
    """Mark the clips that a part tests [shape=(clips,), dtype=bool]."""
    if protocol == "random":
        return _dealt_out(clips, _FOLDS.index(name), seed)
    if protocol == "leave-one-corpus-out":
        # By speaker, not by corpus: who acts in it may also sing in another.
        speakers = frozenset(clip.speaker for clip in clips if clip.corpus == name)
    else:
        speakers = held_out_speakers(_FOLDS.index(name) + 1)
    return np.array([clip.speaker in speakers for clip in clips])


def _dealt_out(clips: Sequence[Clip], number: int, seed: int) -> np.ndarray:
    """Deal clips into folds at random, each emotion of each corpus evenly."""
    from sklearn.model_selection import StratifiedKFold

    kinds = [f"{clip.corpus} {clip.emotion}" for clip in clips]
    folds = StratifiedKFold(len(_FOLDS), shuffle=True, random_state=seed)
    tested = np.zeros(len(clips), dtype=bool)
    tested[list(folds.split(kinds, kinds))[number][1]] = True
    return tested


def _kept_apart(clips: Sequence[Clip], test: np.ndarray, protocol: str, seed: int) -> np.ndarray:
    """Mark what the training leaves out for the temperature's sake."""
    if protocol in SPEAKER_DEPENDENT:
        drawn = np.random.default_rng(seed).random(len(clips)) < CALIBRATION_SHARE
        kept: np.ndarray = drawn & ~test
        return kept
    available = [clip for clip, tested in zip(clips, test, strict=True) if not tested]
    chosen = {
        speaker
        for corpus in {clip.corpus for clip in available} - {SONG.name}
        for speaker in _calibration_speakers([c for c in available if c.corpus == corpus])
    }
    return np.array([clip.speaker in chosen for clip in clips])


def _calibration_speakers(clips: Sequence[Clip]) -> list[str]:
    """Choose at even distances in the order of sex and age, so that all kinds are heard."""
    order = {clip.speaker: (clip.sex, clip.age or 0.0, clip.speaker) for clip in clips}
    speakers = sorted(order, key=lambda speaker: order[speaker])
    count = int(CALIBRATION_SHARE * len(speakers))
    return [speakers[int((i + 0.5) * len(speakers) / count)] for i in range(count)]
