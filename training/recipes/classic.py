"""RAVDESS speech, 180 features, and the traditional classifiers side by side.

Settings are the designs' own where they are known and the library's defaults
elsewhere. None was chosen by looking at a score.
"""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser.features.sets import FEATURE_SETS
from ser.mixtures import MixturePerClass
from training.corpora.ravdess import EMOTIONS, SPEECH
from training.recipes.recipe import Recipe

FOUR = ("calm", "happy", "fearful", "disgust")
"""The subset that most of these systems answer."""


def network(seed: int) -> Any:
    """One hidden layer of 300; the design does not scale its inputs, so neither do we."""
    return MLPClassifier(
        alpha=0.01,
        batch_size=256,
        epsilon=1e-08,
        hidden_layer_sizes=(300,),
        learning_rate="adaptive",  # the design names it; only the solver "sgd" would heed it
        max_iter=500,
        random_state=seed,
    )


def support_vectors(seed: int) -> Any:
    """Radial kernel at library defaults; probabilities by Platt's sigmoid, within training."""
    machine = SVC(class_weight="balanced", random_state=seed)
    return make_pipeline(StandardScaler(), CalibratedClassifierCV(machine, ensemble=False))


def mixtures(seed: int) -> Any:
    """Four Gaussians for each emotion."""
    return make_pipeline(StandardScaler(), MixturePerClass(4, seed=seed))


def forest(seed: int) -> Any:
    """Five hundred trees; a tree asks for order only, so nothing is scaled."""
    return RandomForestClassifier(500, class_weight="balanced", random_state=seed, n_jobs=2)


def _recipe(name: str, title: str, classifier: Any, in_words: str) -> Recipe:
    """Declare a system on what all of these share."""
    return Recipe(
        name=name,
        title=title,
        claim="no figure claimed",
        claimed=None,
        corpora=(SPEECH.name,),
        emotions=FOUR,
        all_emotions=tuple(EMOTIONS.values()),
        features=FEATURE_SETS["classic"],
        classifier=classifier,
        in_words=in_words,
    )


CLASSIC = (
    _recipe(
        "mlp-ravdess",
        "Multilayer perceptron",
        network,
        "one hidden layer of 300, inputs not scaled",
    ),
    _recipe(
        "svm-ravdess",
        "Support vector machine",
        support_vectors,
        "standardised inputs, radial kernel",
    ),
    _recipe(
        "gmm-ravdess",
        "Gaussian mixture per class",
        mixtures,
        "standardised inputs, four diagonal Gaussians for each emotion",
    ),
    _recipe(
        "forest-ravdess",
        "Random forest",
        forest,
        "500 trees, inputs not scaled",
    ),
)
