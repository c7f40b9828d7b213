"""Answers that do not lean towards emotions that were heard more often in training.

CREMA-D, TESS and RAVDESS have anger, and only two corpora have surprise. A network that
cannot tell from what it hears guesses anger, as that was right more often; but how often
somebody who asks is surprised has nothing to do with our corpora. So what a network would
answer that hears nothing at all is taken off its answers (logit adjustment: Menon et al.,
2021, "Long-tail learning via logit adjustment").
"""

from __future__ import annotations

import keras
import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from ser.labels import INNER_LABELS
from training.batches import ABSENT, asked_of, chances_of
from training.dataset import Dataset

NEVER = 1000.0
"""Taken off an emotion that was never taught: nothing is left of it at any temperature."""


def deaf_logits(dataset: Dataset) -> np.ndarray:
    """Find what a network would learn from these clips to answer if it heard nothing.

    Returns
    -------
    np.ndarray [shape=(9,)]
        The logits for which the mean of :func:`training.batches.masked_crossentropy` is
        lowest, of mean 0; :data:`NEVER` for an emotion that no clip has. Clips are drawn and
        asked as the CNN and the functionals do in training, but not mixed.
    """
    count = len(INNER_LABELS)
    asked = asked_of(dataset)
    # One row for each kind of corpus: all that the loss is told of a deaf network's answers.
    possible, kind = np.unique(asked[:, count:], axis=0, return_inverse=True)
    wanted = np.zeros(possible.shape)
    np.add.at(wanted, kind.ravel(), chances_of(dataset)[:, None] * asked[:, :count])
    trained = np.flatnonzero(wanted.any(axis=0))

    def loss(logits: np.ndarray) -> float:
        lowered = logits + (possible[:, trained] - 1.0) * ABSENT
        return float(-(wanted[:, trained] * log_softmax(lowered, axis=1)).sum())

    found = minimize(loss, np.zeros(len(trained)), method="L-BFGS-B").x
    answer = np.full(count, NEVER)
    answer[trained] = found - found.mean()
    return answer


def take_off(model: keras.Model, logits: np.ndarray) -> None:
    """Lower a network's answers [shape=(9,)] by these, for every clip it will be asked."""
    last = model.layers[-1]
    weights, bias = last.get_weights()
    last.set_weights([weights, bias - logits])
