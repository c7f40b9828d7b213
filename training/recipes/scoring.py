"""Two scores for each recipe: as such claims are made, and on voices never heard.

random
    Clips dealt out at random, each emotion evenly: every voice stands on both sides.
    With four splits, three quarters train and a quarter is tested, four times, so that
    each clip is tested once.
unheard
    The joint folds of ``folds.json``: no tested voice was trained on.

Everything that is fitted, scaling included, is fitted anew on each training part;
nothing is chosen on what is tested. Intervals come from resampling speakers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from training.benchmark.metrics import accuracy, confusions_by, interval, recalls, uar
from training.benchmark.protocols import Part, check_part, make_part, part_names
from training.dataset import TrainingError
from training.folds import held_out_speakers
from training.recipes.data import Table
from training.recipes.recipe import Recipe

Protocol = Literal["random", "unheard"]
PROTOCOLS: tuple[Protocol, ...] = ("random", "unheard")


def score(recipe: Recipe, table: Table, protocol: Protocol, *, seed: int) -> dict[str, Any]:
    """Train and test a recipe on each part of a protocol.

    Returns
    -------
    dict
        ``uar``, ``accuracy`` and their ``_ci95`` over speakers, ``recalls`` by the
        recipe's words, ``confusion`` (rows are truth), ``clips``, ``speakers``, ``parts``.

    Raises
    ------
    TrainingError
        There are too few clips or speakers to do it.
    """
    answers = np.full(len(table.clips), "", dtype=object)
    splits = list(_splits(recipe, table, protocol, seed))
    for training, test in splits:
        answers[test] = _train_and_answer(recipe, table, training, test, seed)
    tested = np.flatnonzero(answers != "")
    by_speaker = confusions_by(
        table.speakers[tested], table.emotions[tested], answers[tested], list(recipe.words)
    )
    return {**_figures(recipe, np.stack([*by_speaker.values()])), "parts": len(splits)}


def fit(recipe: Recipe, table: Table, rows: np.ndarray, *, seed: int) -> Any:
    """Train a recipe's classifier on these rows of a table.

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

    with warnings.catch_warnings():
        # A design that says after how many epochs it stops need not have converged by then.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return recipe.classifier(seed).fit(table.features[rows], table.emotions[rows])


def _train_and_answer(
    recipe: Recipe, table: Table, training: np.ndarray, test: np.ndarray, seed: int
) -> np.ndarray:
    classifier = fit(recipe, table, training, seed=seed)
    best = classifier.predict_proba(table.features[test]).argmax(axis=1)
    answers: np.ndarray = classifier.classes_[best]
    return answers


def _splits(
    recipe: Recipe, table: Table, protocol: Protocol, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the rows to train on and those to test, part by part."""
    if protocol == "unheard":
        for part in _unheard(table, seed):
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
    yield from dealing.split(table.features, table.emotions)


def _unheard(table: Table, seed: int) -> list[Part]:
    """Make the folds that hold out one of these speakers, and check that nothing leaks."""
    here = set(table.speakers)
    names = part_names("speaker-independent")
    parts = [
        make_part(table.clips, "speaker-independent", name, seed=seed, calibrate=False)
        for number, name in enumerate(names, start=1)
        if held_out_speakers(number) & here
    ]
    if not parts:
        raise TrainingError("None of these speakers is in the folds, so none can be held out.")
    for part in parts:
        check_part(part, table.clips)
    return parts


def _figures(recipe: Recipe, by_speaker: np.ndarray) -> dict[str, Any]:
    """Measure from each speaker's confusion [shape=(speakers, classes, classes)]."""
    total = by_speaker.sum(axis=0)
    return {
        "uar": float(uar(total)),
        "uar_ci95": interval(by_speaker, uar),
        "accuracy": float(accuracy(total)),
        "accuracy_ci95": interval(by_speaker, accuracy),
        "recalls": dict(zip(recipe.emotions, recalls(total).tolist(), strict=True)),
        "confusion": total.tolist(),
        "clips": int(total.sum()),
        "speakers": len(by_speaker),
    }
