r"""Measures of answers, and how far they can be trusted.

A *confusion* counts clips: rows are truth, columns answers, both in the order of
``labels`` [shape=(classes, classes)]. Stacks of them [shape=(..., classes, classes)],
one a speaker, are what intervals come from: speakers are resampled, not clips, for
the clips of one voice succeed and fail together.

UAR, the unweighted average recall, is :math:`\frac1C\sum_c n_{cc}/\sum_j n_{cj}`
over the classes that occur. All results lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import binned_statistic, bootstrap

from ser.labels import to_public
from ser.network import softmax

BINS = 15
RESAMPLES = 2000


def confusions_by(
    groups: np.ndarray, truth: np.ndarray, answers: np.ndarray, labels: Sequence[str]
) -> dict[str, np.ndarray]:
    """Count answers for each group of clips, for instance each speaker.

    Parameters
    ----------
    groups, truth, answers : np.ndarray [shape=(clips,)]
    labels : sequence of str
        All classes; every truth and every answer is one of them.

    Returns
    -------
    dict of str to np.ndarray [shape=(classes, classes), dtype=int]
        Sorted by group.
    """
    index = {label: i for i, label in enumerate(labels)}
    names, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), len(index), len(index)), dtype=np.int64)
    rows, columns = (
        np.array([index[label] for label in values], dtype=np.intp) for values in (truth, answers)
    )
    np.add.at(counts, (group, rows, columns), 1)
    return {str(name): count for name, count in zip(names, counts, strict=True)}


def recalls(confusion: np.ndarray) -> np.ndarray:
    """Recall of each class [shape=(..., classes)], NaN for one that does not occur."""
    there = confusion.sum(axis=-1)
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return np.divide(right, there, out=np.full(there.shape, np.nan), where=there > 0)


def uar(confusion: np.ndarray) -> Any:
    """Unweighted average recall of each confusion [shape=(...)]; there must be clips."""
    return np.nanmean(recalls(confusion), axis=-1)


def accuracy(confusion: np.ndarray) -> Any:
    """Share of right answers of each confusion [shape=(...)]."""
    return np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))


def interval(
    by_speaker: np.ndarray,
    statistic: Callable[[np.ndarray], Any],
    *,
    resamples: int = RESAMPLES,
    seed: int = 1,
) -> list[float] | None:
    """Percentile bootstrap over speakers, 95 %.

    Parameters
    ----------
    by_speaker : np.ndarray [shape=(speakers, ...)]
        Counts that add up over speakers.
    statistic : callable
        Takes sums of them [shape=(resamples, ...)] to figures [shape=(resamples,)].
    resamples, seed : int

    Returns
    -------
    list of two float, or None
        None where there is one speaker only: nothing can be said about others.
    """
    if len(by_speaker) < 2:
        return None

    def of_speakers(chosen: np.ndarray, axis: int) -> Any:
        return statistic(by_speaker[chosen].sum(axis=chosen.ndim - 1))

    result = bootstrap(
        (np.arange(len(by_speaker)),),
        of_speakers,
        n_resamples=resamples,
        batch=200,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    low, high = result.confidence_interval
    return [float(low), float(high)]


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Find the temperature under which the public probabilities fit best (Guo et al., 2017).

    Parameters
    ----------
    logits : np.ndarray [shape=(clips, 9)]
        In the order of the inner labels.
    truth : np.ndarray [shape=(clips,), dtype=int]
        Index into the public labels; clips with -1 (boredom) take no part.
    """
    logits, truth = logits[truth >= 0], truth[truth >= 0]

    def loss(log_temperature: float) -> float:
        probabilities = to_public(softmax(logits, temperature=np.exp(log_temperature)))
        right = probabilities[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(right, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def calibration_error(confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS) -> float:
    """Tell how far confidence and accuracy lie apart, bin by bin (expected calibration error).

    Parameters
    ----------
    confidence : np.ndarray [shape=(clips,)]
        Highest probability, in [0, 1].
    right : np.ndarray [shape=(clips,), dtype=bool]
    bins : int
        Of equal width.
    """
    gaps = binned_statistic(confidence, right - confidence, "sum", bins=bins, range=(0, 1))
    return float(np.abs(gaps.statistic).sum() / len(confidence))


def calibration_bins(
    confidence: np.ndarray, right: np.ndarray, *, bins: int = BINS
) -> list[dict[str, float]]:
    """Say for each bin of :func:`calibration_error` how sure and how right its clips are.

    Returns
    -------
    list of dict
        ``confidence`` and ``accuracy`` (means, in [0, 1]) and ``n``, from the least sure
        bin to the surest; bins without clips are left out.
    """
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "confidence": float(confidence[index == each].mean()),
            "accuracy": float(right[index == each].mean()),
            "n": int((index == each).sum()),
        }
        for each in np.unique(index)
    ]


def accuracy_at_coverage(
    confidence: np.ndarray, right: np.ndarray, coverages: Sequence[float]
) -> list[float]:
    """Share right among the surest clips, for each share of clips that is answered."""
    surest_first = np.argsort(-confidence, kind="stable")
    running = np.cumsum(right[surest_first]) / np.arange(1, len(right) + 1)
    return [float(running[max(round(share * len(right)), 1) - 1]) for share in coverages]


def threshold_for(confidence: np.ndarray, right: np.ndarray, *, wanted: float) -> float | None:
    """Find the lowest confidence from which on a share ``wanted`` of answers is right.

    None where no confidence is enough.
    """
    levels, first = np.unique(-confidence, return_inverse=True)  # surest first
    answered = np.cumsum(np.bincount(first))
    share = np.cumsum(np.bincount(first, weights=right)) / answered
    enough = np.flatnonzero(share >= wanted)
    return float(-levels[enough[-1]]) if len(enough) else None
