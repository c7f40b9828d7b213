"""Nine labels inside, seven outside."""

from __future__ import annotations

import numpy as np
import pytest

from ser.labels import INNER_LABELS, LABELS, public_label, to_public


def _only(label: str) -> np.ndarray:
    return np.eye(len(INNER_LABELS))[INNER_LABELS.index(label)]


def test_the_seven_stand_in_their_order() -> None:
    assert LABELS == ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprised")


@pytest.mark.parametrize("label", LABELS)
def test_a_public_label_stays_what_it_is(label: str) -> None:
    assert LABELS[to_public(_only(label)).argmax()] == label


def test_calm_counts_as_neutral() -> None:
    both = 0.3 * _only("calm") + 0.2 * _only("neutral") + 0.5 * _only("sad")
    assert to_public(both)[LABELS.index("neutral")] == pytest.approx(0.5)


def test_boredom_is_left_out_and_the_rest_scaled_to_one() -> None:
    bored = 0.6 * _only("boredom") + 0.3 * _only("sad") + 0.1 * _only("happy")
    public = to_public(np.stack([bored, bored]))
    assert public.shape == (2, 7)
    assert public.sum(axis=1) == pytest.approx([1, 1])
    assert public[0, LABELS.index("sad")] == pytest.approx(0.75)
    assert public_label("boredom") is None


def test_boredom_alone_says_nothing_about_the_seven() -> None:
    np.testing.assert_allclose(to_public(_only("boredom")), 1 / 7)
