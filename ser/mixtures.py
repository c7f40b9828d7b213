"""A classifier made of densities: one Gaussian mixture for each class.

Long the usual way to recognise speakers and emotions: each class describes how its
own clips lie, and a clip belongs to the class under which it is least surprising.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.mixture import GaussianMixture


class MixturePerClass(ClassifierMixin, BaseEstimator):
    """Gaussian mixtures with diagonal covariances, and Bayes' rule over them.

    Parameters
    ----------
    components : int
        Gaussians for each class; fewer where a class has not so many clips.
    floor : float
        Added to every variance, so that no Gaussian shrinks to a point.
    seed : int
        Decides where they start.
    """

    def __init__(self, components: int = 4, *, floor: float = 1e-2, seed: int = 1) -> None:
        self.components = components
        self.floor = floor
        self.seed = seed

    def fit(self, x: np.ndarray, y: np.ndarray) -> Self:
        """Fit each class's mixture to its clips [shape=(clips, features)]."""
        self.classes_, counts = np.unique(y, return_counts=True)
        self.log_share_ = np.log(counts / counts.sum())
        self.mixtures_ = [
            GaussianMixture(
                min(self.components, count),
                covariance_type="diag",
                reg_covar=self.floor,
                random_state=self.seed,
            ).fit(x[y == label])
            for label, count in zip(self.classes_, counts.tolist(), strict=True)
        ]
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Give each class's probability [shape=(clips, classes)]."""
        fits = np.stack([mixture.score_samples(x) for mixture in self.mixtures_], axis=1)
        joint = fits + self.log_share_
        likelihood = np.exp(joint - joint.max(axis=1, keepdims=True))
        shares: np.ndarray = likelihood / likelihood.sum(axis=1, keepdims=True)
        return shares

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Name the most probable class of each clip [shape=(clips,)]."""
        labels: np.ndarray = self.classes_[self.predict_proba(x).argmax(axis=1)]
        return labels
