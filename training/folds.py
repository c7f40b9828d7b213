"""Which speakers are held out: ``folds.json`` names them, six folds over all corpora.

RAVDESS's six are those of the EmoBox benchmark (Ma et al., 2024), so figures
compare; CREMA-D's actors are balanced by sex and age. One held-out RAVDESS
actor's song is held out with the speech, since the speaker is one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from training.corpora import Clip
from training.dataset import TrainingError

_FOLDS = Path(__file__).with_name("folds.json")


def held_out_speakers(fold: int) -> frozenset[str]:
    """Name the speakers that a fold keeps for its test.

    Raises
    ------
    TrainingError
        There is no such fold.
    """
    folds = {entry["fold"]: entry["speakers"] for entry in json.loads(_FOLDS.read_text())}
    if fold not in folds:
        raise TrainingError(f"There is no fold {fold}; there are {sorted(folds)}.")
    return frozenset(folds[fold])


def refuse_leakage(training: Sequence[Clip], test: Sequence[Clip]) -> None:
    """Make sure that no voice and no copy of a clip stands on both sides.

    Raises
    ------
    TrainingError
        One does.
    """
    both = {clip.speaker for clip in training} & {clip.speaker for clip in test}
    if both:
        raise TrainingError(f"Speakers on both sides of the split: {', '.join(sorted(both))}.")
    known = {_digest(clip.path): clip.path for clip in training}
    for clip in test:
        copy = known.get(_digest(clip.path))
        if copy is not None:
            raise TrainingError(f"{clip.path} (test) is a copy of {copy} (training).")


def _digest(path: Path) -> bytes:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
