"""How often a model is right on clips it never heard, and how sure it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.metrics import confusion_matrix, recall_score

from ser.features.scaling import Scaling
from ser.labels import LABELS, public_label, to_public
from ser.network import network_inputs, softmax
from training.batches import corpus_mask
from training.benchmark.metrics import best_temperature
from training.dataset import Dataset


@dataclass(frozen=True)
class CorpusScore:
    """One model on one corpus.

    Attributes
    ----------
    corpus : str
    uar : float
        Unweighted average recall in [0, 1], the answer taken among the corpus's
        own emotions, as publications do.
    uar_any : float
        The same with the answer taken among all seven, as the page does.
    classes, clips, speakers : int
    confusion : list of list of int
        Rows are truth, columns answers (among all seven), both in the order of
        :data:`ser.labels.LABELS`.
    """

    corpus: str
    uar: float
    uar_any: float
    classes: int
    clips: int
    speakers: int
    confusion: list[list[int]]


def predict_logits(model: keras.Model, dataset: Dataset, scaling: Scaling) -> np.ndarray:
    """Answer for every clip [shape=(clips, 9)], the mean over its windows."""
    answers = [
        _logits_of(model, dataset.original[start : start + 256], scaling)
        for start in range(0, len(dataset), 256)
    ]
    return np.concatenate(answers)


def score_corpora(logits: np.ndarray, dataset: Dataset) -> list[CorpusScore]:
    """Score each corpus of a dataset by itself, in public labels.

    EmoDB's boredom has no public label, so those clips are not scored here.
    """
    truth = np.array([_public_index(clip.emotion) for clip in dataset.clips])
    corpora = np.array([clip.corpus for clip in dataset.clips])
    return [
        _score(corpus, dataset, truth, logits, np.flatnonzero((corpora == corpus) & (truth >= 0)))
        for corpus in dict.fromkeys(corpora.tolist())
    ]


def fit_temperature(logits: np.ndarray, dataset: Dataset) -> float:
    """Find the temperature under which the public probabilities fit best (Guo et al., 2017)."""
    truth = np.array([_public_index(clip.emotion) for clip in dataset.clips])
    return best_temperature(logits, truth)


def _logits_of(model: keras.Model, features: list[Any], scaling: Scaling) -> np.ndarray:
    spectrograms, prosody = zip(*(network_inputs(item, scaling) for item in features), strict=True)
    inputs: Any = np.concatenate(spectrograms)
    if len(model.inputs) > 1:
        inputs = (inputs, np.concatenate(prosody))
    answers = model.predict(inputs, batch_size=64, verbose=0)
    counts = [len(windows) for windows in spectrograms]
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means: np.ndarray = np.add.reduceat(answers, starts) / np.array(counts)[:, None]
    return means


def _score(
    corpus: str, dataset: Dataset, truth: np.ndarray, logits: np.ndarray, chosen: np.ndarray
) -> CorpusScore:
    truth, logits = truth[chosen], logits[chosen]
    own = to_public(softmax(logits + (corpus_mask(dataset, corpus) - 1) * 1e4)).argmax(axis=1)
    answers = to_public(softmax(logits)).argmax(axis=1)
    classes = np.unique(truth)
    return CorpusScore(
        corpus=corpus,
        uar=_uar(truth, own, classes),
        uar_any=_uar(truth, answers, classes),
        classes=len(classes),
        clips=len(truth),
        speakers=len({dataset.clips[i].speaker for i in chosen}),
        confusion=confusion_matrix(truth, answers, labels=range(len(LABELS))).tolist(),
    )


def _uar(truth: np.ndarray, answers: np.ndarray, classes: np.ndarray) -> float:
    return float(recall_score(truth, answers, labels=classes, average="macro", zero_division=0))


def _public_index(inner: str) -> int:
    """Index into the public labels, -1 for boredom."""
    label = public_label(inner)
    return -1 if label is None else LABELS.index(label)
