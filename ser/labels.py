"""The emotions: seven that people see, nine that the networks know.

Two corpora have a category that the seven lack. RAVDESS acts *calm* beside
*neutral*, and EmoDB acts *boredom*. Training needs them apart: pressing
boredom into "neutral" or "sad" would teach a wrong sound, and dropping it
would waste a seventh of EmoDB. So the networks answer nine inner labels, and
:func:`to_public` folds them for people:

- calm counts as neutral, because listeners seldom tell the two apart;
- boredom has no place among the seven, so the answer is given on condition
  that the voice is not bored: its share is dropped and the rest renormalised.

Benchmarks of eight (RAVDESS) or seven (EmoDB with boredom) classes read the
nine inner labels directly.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LABELS = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprised")
"""What people see, in the order used everywhere."""

INNER_LABELS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fear",
    "disgust",
    "surprised",
    "boredom",
)
"""What the networks answer, in the order of their outputs."""

_FOLDED_INTO = {"calm": "neutral"}


def public_label(inner: str) -> str | None:
    """Name the public label that an inner one counts as; None for boredom."""
    label = _FOLDED_INTO.get(inner, inner)
    return label if label in LABELS else None


def to_public(probabilities: np.ndarray) -> np.ndarray:
    """Fold probabilities over the nine inner labels into the seven public ones.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(..., 9)]
        In the order of :data:`INNER_LABELS`, summing to 1 along the last axis.

    Returns
    -------
    np.ndarray [shape=(..., 7)]
        In the order of :data:`LABELS`, summing to 1 along the last axis.
    """
    import numpy as np

    folded = np.asarray(probabilities, dtype=np.float64) @ _folding()
    total = folded.sum(axis=-1, keepdims=True)
    # A voice that is boredom and nothing else says nothing about the seven.
    uniform = np.full_like(folded, 1.0 / len(LABELS))
    return np.divide(folded, total, out=uniform, where=total > 0)


@cache
def _folding() -> np.ndarray:
    """1 where an inner label (row) counts as a public one (column)."""
    import numpy as np

    return np.array(
        [[float(public_label(inner) == label) for label in LABELS] for inner in INNER_LABELS]
    )
