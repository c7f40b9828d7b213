"""What a recipe is: which clips, which features, which classifier, and what was claimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from training.corpora.spellings import emotion_named
from training.dataset import TrainingError


@dataclass(frozen=True)
class Recipe:
    """One system, declared.

    Attributes
    ----------
    name, title : str
        To call it by, and to tell people what it is.
    claim : str
        What is claimed for it and in which protocol, or that no figure is.
    corpora : tuple of str
        Short names of the corpora it is trained on.
    emotions : tuple of str
        What it tells apart, in its corpus's own words and in its order of answers.
    all_emotions : tuple of str
        Those it can be asked to tell apart.
    features_in_words : str
    extract : callable
        Samples at 16 kHz [shape=(n,)] to features [shape=(features,)].
    schema : callable
        Says how the features are made; part of the cache's key.
    classifier : callable
        A seed to an untrained classifier with ``fit``, ``predict_proba`` and
        ``classes_``. What has to be fitted, such as a scaling, belongs into it, so that
        it is fitted on training clips alone.
    classifier_in_words : str
    random_splits : int
        So many random splits of equal size: 4 tests a quarter of the clips at a time.
    """

    name: str
    title: str
    claim: str
    corpora: tuple[str, ...]
    emotions: tuple[str, ...]
    all_emotions: tuple[str, ...]
    features_in_words: str
    extract: Callable[[np.ndarray], np.ndarray]
    schema: Callable[[], dict[str, Any]]
    classifier: Callable[[int], Any]
    classifier_in_words: str
    random_splits: int = 4

    @property
    def words(self) -> dict[str, str]:
        """Inner labels, and this recipe's words for them."""
        return {emotion_named(word) or word: word for word in self.emotions}

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
