"""How far the hybrid listens to each of its two networks.

The hybrid's logits are ``(1 - share)`` times the CNN's and ``share`` times the
functionals'. The CNN is the surer of the two and the functionals are the more often
right, so halves would not be fair. The share is fitted as a temperature is, on speakers
that are not scored with it: it and a temperature together make the public probabilities
of what was acted as high as they can be (log-linear pooling; Heskes, 1998, "Selecting
weighting factors in logarithmic opinion pools").
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from ser.labels import to_public
from ser.network import softmax

EVEN = 0.5
"""The share where there are no other speakers to fit it on."""


def fuse(cnn: np.ndarray, functionals: np.ndarray, share: float) -> np.ndarray:
    """Give the hybrid's logits [shape=(clips, 9)] from those of its networks."""
    fused: np.ndarray = (1 - share) * cnn + share * functionals
    return fused


def best_share(
    cnn: np.ndarray, functionals: np.ndarray, truth: np.ndarray, speakers: np.ndarray
) -> float:
    """Find the functionals' share under which the hybrid's probabilities fit best.

    As in training, a speaker counts by the root of their clips, or one who says much
    would decide alone.

    Parameters
    ----------
    cnn, functionals : np.ndarray [shape=(clips, 9)]
        Logits in the order of the inner labels.
    truth : np.ndarray [shape=(clips,), dtype=int]
        Index into the public labels; clips with -1 (boredom) take no part.
    speakers : np.ndarray [shape=(clips,), dtype=str]

    Returns
    -------
    float
        In [0, 1]; :data:`EVEN` where no clip takes part.
    """
    used = truth >= 0
    if not used.any():
        return EVEN
    cnn, functionals, truth = cnn[used], functionals[used], truth[used]
    _, voice, counts = np.unique(speakers[used], return_inverse=True, return_counts=True)
    weights = counts[voice] ** -0.5

    def loss(scales: np.ndarray) -> float:
        probabilities = to_public(softmax(scales[0] * cnn + scales[1] * functionals))
        right = probabilities[np.arange(len(truth)), truth]
        return float(-(weights * np.log(np.maximum(right, 1e-12))).mean())

    # Both scales together: their sum is one over the temperature.
    found = minimize(loss, [EVEN, EVEN], bounds=[(0.01, 5.0)] * 2, method="L-BFGS-B").x
    return float(found[1] / found.sum())
