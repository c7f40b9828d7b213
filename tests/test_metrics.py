"""Measures against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, recall_score

from training.benchmark.metrics import (
    accuracy,
    accuracy_at_coverage,
    calibration_bins,
    calibration_error,
    confusions_by,
    interval,
    recalls,
    threshold_for,
    uar,
)

LABELS = ("sad", "angry", "fear")


def test_answers_are_counted_by_group_truth_and_answer() -> None:
    counts = confusions_by(
        np.array(["b", "a", "b", "b"]),
        np.array(["sad", "angry", "sad", "fear"]),
        np.array(["sad", "sad", "angry", "fear"]),
        LABELS,
    )
    assert list(counts) == ["a", "b"]
    assert counts["a"].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert counts["b"].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_recall_is_averaged_over_the_classes_that_occur() -> None:
    confusion = np.array([[3, 1, 0], [2, 2, 4], [0, 0, 0]])
    np.testing.assert_array_equal(recalls(confusion), [0.75, 0.25, np.nan])
    assert uar(confusion) == pytest.approx(0.5)
    assert accuracy(confusion) == pytest.approx(5 / 12)


def test_the_measures_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, answers = rng.choice(LABELS, 200, p=[0.7, 0.2, 0.1]), rng.choice(LABELS, 200)
    (confusion,) = confusions_by(np.zeros(200), truth, answers, LABELS).values()
    assert uar(confusion) == pytest.approx(recall_score(truth, answers, average="macro"))
    assert accuracy(confusion) == pytest.approx(accuracy_score(truth, answers))


def _speakers(*, rights: list[int], clips: int = 10) -> np.ndarray:
    """Confusions of speakers with so many right answers, all of one truth."""
    return np.array([[[right, clips - right], [0, 0]] for right in rights])


def test_speakers_are_resampled_not_clips() -> None:
    # Twenty clips, half of them right: resampled clip by clip, 0 and 1 would never be met.
    assert interval(_speakers(rights=[0, 10]), uar) == [0.0, 1.0]
    assert interval(_speakers(rights=[5] * 8), uar) == [0.5, 0.5]


def test_an_interval_has_the_width_that_statistics_expect() -> None:
    rights = np.random.default_rng(0).integers(0, 11, 60)
    low, high = interval(_speakers(rights=rights.tolist()), uar) or (0.0, 0.0)
    error = rights.std() / 10 / np.sqrt(60)
    assert low == pytest.approx(rights.mean() / 10 - 1.96 * error, abs=0.015)
    assert high == pytest.approx(rights.mean() / 10 + 1.96 * error, abs=0.015)
    assert interval(_speakers(rights=rights.tolist()), uar) == [low, high], "seeded"


def test_one_speaker_says_nothing_about_others() -> None:
    assert interval(_speakers(rights=[5]), uar) is None


def test_the_calibration_error_weighs_bins_by_their_clips() -> None:
    confidence = np.array([0.9] * 10 + [0.5] * 30)
    right = np.array([True] * 7 + [False] * 3 + [True] * 15 + [False] * 15)
    assert calibration_error(confidence, right) == pytest.approx(0.25 * 0.2 + 0.75 * 0.0)
    assert calibration_error(np.ones(4), np.ones(4, bool)) == 0.0, "1.0 belongs to the last bin"


def test_the_bins_are_those_of_the_calibration_error() -> None:
    rng = np.random.default_rng(3)
    confidence = np.append(rng.uniform(0.15, 1, 500), 1.0)
    right = rng.uniform(size=501) < confidence**2
    bins = calibration_bins(confidence, right)
    gaps = [one["n"] * abs(one["accuracy"] - one["confidence"]) for one in bins]
    assert sum(gaps) / 501 == pytest.approx(calibration_error(confidence, right))
    assert sum(one["n"] for one in bins) == 501
    assert all(one["n"] for one in bins), "nothing is said of bins without clips"


def test_too_sure_and_too_modest_do_not_cancel_out() -> None:
    confidence = np.array([0.8] * 10 + [0.4] * 10)
    right = np.array([True] * 4 + [False] * 6 + [True] * 8 + [False] * 2)
    assert calibration_error(confidence, right) == pytest.approx(0.4)


def test_the_surest_are_answered_first() -> None:
    confidence = np.array([0.2, 0.9, 0.8, 0.4])
    right = np.array([False, True, False, True])
    found = accuracy_at_coverage(confidence, right, [0.25, 0.5, 0.75, 1.0])
    assert found == pytest.approx([1.0, 0.5, 2 / 3, 0.5])


def test_the_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, False, True, True, False])
    assert threshold_for(confidence, right, wanted=0.75) == pytest.approx(0.6)
    assert threshold_for(confidence, right, wanted=0.6) == pytest.approx(0.5)
    assert threshold_for(confidence, np.zeros(5, bool), wanted=0.5) is None


def test_a_threshold_cannot_part_clips_of_equal_confidence() -> None:
    confidence, right = np.array([0.9, 0.7, 0.7]), np.array([True, True, False])
    assert threshold_for(confidence, right, wanted=0.8) == pytest.approx(0.9)
