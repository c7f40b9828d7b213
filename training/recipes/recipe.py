"""What a recipe is: which clips, which features, which classifier, and what was claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ser.features.sets import FeatureSet
from training.corpora import Clip
from training.corpora.spellings import emotion_named
from training.dataset import TrainingError

Vary = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def by_speaker(clips: Sequence[Clip]) -> list[Path]:
    """Name clips as their corpora do, in a folder for each speaker."""
    return [Path(clip.corpus) / clip.speaker / f"{clip.path.stem}.wav" for clip in clips]


@dataclass(frozen=True)
class Recipe:
    """One system, declared.

    Attributes
    ----------
    name, title : str
        To call it by, and to tell people what it is.
    claim : str
        What is claimed for it and in which protocol, or that no figure is.
    claimed : float or None
        Of that, the share of test clips named rightly.
    corpora : tuple of str
        Short names of the corpora it is trained on.
    emotions : tuple of str
        What it tells apart, in its corpus's own words and in its order of answers.
    all_emotions : tuple of str
        Those it can be asked to tell apart.
    features : FeatureSet
        How a recording becomes numbers.
    classifier : callable
        A seed to an untrained classifier with ``fit``, ``predict_proba`` and
        ``classes_``, or to a :class:`training.recipes.networks.NetworkClassifier`. What
        has to be fitted, such as a scaling, belongs into it, so that it is fitted on
        training clips alone.
    in_words : str
        What the classifier is.
    is_network : bool
        Whether it is the latter, which has copies and curves.
    random_splits : int
        So many random parts of equal size: 4 tests a quarter of the clips at a time.
    random_tested : int or None
        So many of them are tested, since each is a training; by default all.
    folds : tuple of int or None
        Which of the joint folds are tested; by default all with one of its speakers.
    copies : int
        So many varied copies of each training clip are trained on beside it.
    vary : callable or None
        Makes them: cleaned samples and a generator of random numbers to samples.
    varied : str
        Says how; part of the cache's key.
    file_names : callable
        What cleaned clips are called when they are written out, relative to a folder.
    """

    name: str
    title: str
    claim: str
    claimed: float | None
    corpora: tuple[str, ...]
    emotions: tuple[str, ...]
    all_emotions: tuple[str, ...]
    features: FeatureSet
    classifier: Callable[[int], Any]
    in_words: str
    is_network: bool = False
    random_splits: int = 4
    random_tested: int | None = None
    folds: tuple[int, ...] | None = None
    copies: int = 0
    vary: Vary | None = None
    varied: str = ""
    file_names: Callable[[Sequence[Clip]], list[Path]] = by_speaker

    @property
    def hears(self) -> str:
        """What it is fed."""
        return self.features.in_words

    @property
    def words(self) -> dict[str, str]:
        """Inner labels, and this recipe's words for them."""
        return {emotion_named(word) or word: word for word in self.emotions}

    def bundle(self, usual: tuple[str, ...]) -> str:
        """Name the folder of its bundle: another choice of emotions than usual has its own."""
        if self.emotions == usual:
            return self.name
        chosen = ("all",) if self.emotions == self.all_emotions else self.emotions
        return "-".join((self.name, *chosen)).replace(" ", "-")

    def with_emotions(self, wanted: Sequence[str]) -> Recipe:
        """Choose what to tell apart; ``all`` means all that it can.

        Raises
        ------
        TrainingError
            An emotion that the corpora do not have, or fewer than two.
        """
        if list(wanted) == ["all"]:
            return replace(self, emotions=self.all_emotions)
        known = {emotion_named(word): word for word in self.all_emotions}
        inner = list(dict.fromkeys(emotion_named(word) or word for word in wanted))
        for word in inner:
            if word not in known:
                raise TrainingError(
                    f"{self.name} cannot learn {word!r}; it knows {', '.join(self.all_emotions)}."
                )
        if len(inner) < 2:
            raise TrainingError(f"{self.name} needs two emotions or more to tell apart.")
        return replace(self, emotions=tuple(known[label] for label in inner))
