"""Two scores for each recipe: as such claims are made, and on voices never heard.

random
    Clips dealt out at random, each emotion evenly: every voice stands on both sides.
    With four parts, three quarters train and a quarter is tested, four times, so that
    each clip is tested once. Where a training takes long, fewer parts are tested.
unheard
    The joint folds of ``folds.json``: no tested voice was trained on.

Everything that is fitted, scaling included, is fitted anew on each training part;
nothing is chosen on what is tested. Intervals come from resampling speakers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.metrics import f1_score

from training.benchmark.metrics import accuracy, confusions_by, interval, recalls, uar
from training.benchmark.protocols import Part, check_part, make_part, tested_folds
from training.dataset import TrainingError
from training.recipes.data import Table, Watched
from training.recipes.recipe import Recipe

Protocol = Literal["random", "unheard"]
PROTOCOLS: tuple[Protocol, ...] = ("random", "unheard")

_LEAST = 1e-7
"""Probabilities are not taken for smaller in the loss: one clip shall not decide it."""


@dataclass(frozen=True)
class Answers:
    """What one trained part answered.

    Attributes
    ----------
    test : np.ndarray [shape=(clips,), dtype=int]
        Rows of the table.
    probabilities : np.ndarray [shape=(clips, emotions)]
        In the recipe's order.
    learnt : dict of str to float
        What a network says of its training; see
        :class:`training.recipes.networks.NetworkClassifier`.
    network : dict
        Its ``curves``, where that training was watched, and its ``layers``; empty of others.
    """

    test: np.ndarray
    probabilities: np.ndarray
    learnt: dict[str, float]
    network: dict[str, Any]


def score(
    recipe: Recipe, table: Table, protocol: Protocol, *, seed: int, runs: Path | None = None
) -> dict[str, Any]:
    """Train and test a recipe on each part of a protocol.

    Parameters
    ----------
    runs : Path, optional
        Where the first part's curves go, if it has any.

    Returns
    -------
    dict
        ``uar``, ``accuracy`` and their ``_ci95`` over speakers, ``macro_f1``, ``loss``
        (mean cross-entropy), ``recalls`` by the recipe's words, ``confusion`` (rows are
        truth), ``clips``, ``speakers``, ``parts``; of networks also the mean over parts of
        ``training_accuracy``, ``validation_accuracy`` and ``epochs``, and the first part's
        ``curves`` and ``layers``.

    Raises
    ------
    TrainingError
        There are too few clips or speakers to do it.
    """
    parts: list[Answers] = []
    for training, test in _splits(recipe, table, protocol, seed):
        folder = None if runs is None or parts else runs / f"{recipe.name}-{protocol}"
        parts.append(_train_and_answer(recipe, table, training, test, seed=seed, folder=folder))
    learnt = {
        name: float(np.mean([part.learnt[name] for part in parts])) for name in parts[0].learnt
    }
    return {**_figures(recipe, table, parts), **learnt, "parts": len(parts), **parts[0].network}


def fit(
    recipe: Recipe, table: Table, rows: np.ndarray, *, seed: int, watched: Watched | None = None
) -> Any:
    """Train a recipe's classifier on these rows of a table, and on their copies.

    Parameters
    ----------
    watched : Watched, optional
        For networks: where the curves of the training go.

    Raises
    ------
    TrainingError
        One of the emotions is not among them.
    """
    missing = set(recipe.words) - set(table.emotions[rows])
    if missing:
        names = ", ".join(sorted(recipe.words[label] for label in missing))
        raise TrainingError(
            f"A training part of {recipe.name} has no clip of {names}: more recordings are needed."
        )
    from sklearn.exceptions import ConvergenceWarning

    more: dict[str, Any] = {}
    if recipe.is_network:
        copies = None if table.copies is None else table.copies[rows]
        more = {"copies": copies, "watched": watched}
    with warnings.catch_warnings():
        # A design that says after how many epochs it stops need not have converged by then.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier = recipe.classifier(seed)
        return classifier.fit(table.features[rows], table.emotions[rows], **more)


def _train_and_answer(
    recipe: Recipe,
    table: Table,
    training: np.ndarray,
    test: np.ndarray,
    *,
    seed: int,
    folder: Path | None,
) -> Answers:
    watched = None
    if recipe.is_network and folder is not None:
        watched = Watched(folder, table.features[test], table.emotions[test])
    classifier = fit(recipe, table, training, seed=seed, watched=watched)
    columns = [list(classifier.classes_).index(label) for label in recipe.words]
    probabilities = classifier.predict_proba(table.features[test])[:, columns]
    if not recipe.is_network:
        return Answers(test, probabilities, learnt={}, network={})
    network = {"curves": classifier.curves, "layers": classifier.layers}
    return Answers(test, probabilities, classifier.learnt, network)


def _splits(
    recipe: Recipe, table: Table, protocol: Protocol, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the rows to train on and those to test, part by part."""
    if protocol == "unheard":
        for part in _unheard(recipe, table, seed):
            yield part.training, part.test
        return
    from sklearn.model_selection import StratifiedKFold

    fewest = np.unique(table.emotions, return_counts=True)[1].min()
    if fewest < recipe.random_splits:
        raise TrainingError(
            f"{recipe.random_splits} random splits need as many clips of each emotion; one has "
            f"{fewest}."
        )
    dealing = StratifiedKFold(recipe.random_splits, shuffle=True, random_state=seed)
    yield from islice(dealing.split(table.features, table.emotions), recipe.random_tested)


def _unheard(recipe: Recipe, table: Table, seed: int) -> list[Part]:
    """Make the folds that hold out one of these speakers, and check that nothing leaks."""
    wanted = None if recipe.folds is None else {f"fold-{number}" for number in recipe.folds}
    parts = [
        make_part(table.clips, "speaker-independent", name, seed=seed, calibrate=False)
        for name in tested_folds(table.clips)
        if wanted is None or name in wanted
    ]
    if not parts:
        raise TrainingError("None of these speakers is in the folds, so none can be held out.")
    for part in parts:
        check_part(part, table.clips)
    return parts


def _figures(recipe: Recipe, table: Table, parts: list[Answers]) -> dict[str, Any]:
    """Measure all parts' answers together."""
    tested = np.concatenate([part.test for part in parts])
    return measure(
        list(recipe.words),
        recipe.emotions,
        truth=table.emotions[tested],
        probabilities=np.concatenate([part.probabilities for part in parts]),
        speakers=table.speakers[tested],
    )


def measure(
    labels: Sequence[str],
    words: Sequence[str],
    *,
    truth: np.ndarray,
    probabilities: np.ndarray,
    speakers: np.ndarray,
) -> dict[str, Any]:
    """Measure answers; see :func:`score` for what is measured.

    Parameters
    ----------
    labels, words : sequence of str
        What is told apart, and what each is called in the result.
    truth, speakers : np.ndarray [shape=(clips,), dtype=str]
    probabilities : np.ndarray [shape=(clips, labels)]
    """
    labels = list(labels)
    answers = np.array(labels)[probabilities.argmax(axis=1)]
    by_speaker = np.stack([*confusions_by(speakers, truth, answers, labels).values()])
    right = probabilities[np.arange(len(truth)), [labels.index(label) for label in truth]]
    total = by_speaker.sum(axis=0)
    return {
        "uar": float(uar(total)),
        "uar_ci95": interval(by_speaker, uar),
        "accuracy": float(accuracy(total)),
        "accuracy_ci95": interval(by_speaker, accuracy),
        "macro_f1": float(f1_score(truth, answers, labels=labels, average="macro")),
        "loss": float(-np.log(np.maximum(right, _LEAST)).mean()),
        "recalls": dict(zip(words, recalls(total).tolist(), strict=True)),
        "confusion": total.tolist(),
        "clips": int(total.sum()),
        "speakers": len(by_speaker),
    }
