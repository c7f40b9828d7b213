"""A classic system, trained: one scikit-learn classifier and what it needs to be trusted.

::

    models/classifier.skops   the classifier, in a format that names every type it holds
    artifacts/recipe.json     its hash, features, labels, training data, and a known answer

``skops`` builds only types that it knows or that :data:`TRUSTED` lists, where a pickle
would run whatever its maker put into it. The manifest has another name than that of
:mod:`ser.bundle`, whose bundles hold the two networks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from ser.audio import Source, load
from ser.errors import BundleError
from ser.features.classic import classic_features, classic_schema
from ser.labels import INNER_LABELS

KIND = "classic recipe"
MODEL = "models/classifier.skops"
MANIFEST = "artifacts/recipe.json"

TRUSTED = (
    "ser.mixtures.MixturePerClass",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)
"""Types beyond scikit-learn's public ones that our classifiers are made of."""

_CLOSE = 1e-4


@dataclass(frozen=True)
class RecipeBundle:
    """An opened system whose file was found whole, and which answers as it did.

    Attributes
    ----------
    root : Path
    classifier : object
        With ``predict_proba`` over ``labels``.
    manifest : dict
        See :func:`save_recipe`.
    """

    root: Path
    classifier: Any
    manifest: dict[str, Any]

    @property
    def labels(self) -> tuple[str, ...]:
        """What it tells apart, as inner labels (:data:`ser.labels.INNER_LABELS`)."""
        return tuple(self.manifest["labels"])

    @property
    def words(self) -> tuple[str, ...]:
        """The same in its corpus's own words: ``"fearful"`` for ``"fear"``."""
        return tuple(self.manifest["words"])

    def probabilities(self, sources: Sequence[Source]) -> np.ndarray:
        """Give each label's probability for sounds [shape=(sounds, labels)].

        Raises
        ------
        AudioError
            A sound cannot be read, or there is nothing in it.
        """
        return _answer(self.classifier, self.labels, [_features(source) for source in sources])

    def answer(self, sources: Sequence[Source]) -> np.ndarray:
        """Name what each sound is most like, in the corpus's words [shape=(sounds,)].

        Returns
        -------
        np.ndarray [dtype='<U8', or wider where a word needs it]
        """
        width = max(8, *(len(word) for word in self.words))
        best = self.probabilities(sources).argmax(axis=1)
        return np.array([self.words[i] for i in best], dtype=f"<U{width}")


def save_recipe(
    root: Path, classifier: Any, *, name: str, words: dict[str, str], facts: dict[str, Any]
) -> None:
    """Write a trained classifier and its manifest below ``root``.

    Parameters
    ----------
    classifier : object
        Of scikit-learn's kind, trained on inner labels.
    name : str
        Of the recipe.
    words : dict of str to str
        Each inner label and the corpus's word for it, in the order of answers.
    facts : dict
        What the training wants to be known of it: clips, speakers, seed, versions.
    """
    import skops.io

    for part in (MODEL, MANIFEST):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
    # A forest of 500 trees is 50 MB otherwise.
    skops.io.dump(classifier, root / MODEL, compression=ZIP_DEFLATED)
    manifest = {
        "kind": KIND,
        "recipe": name,
        "sha256": {MODEL: _sha256(root / MODEL)},
        "feature_schema": classic_schema(),
        "labels": list(words),
        "words": list(words.values()),
        **facts,
        "known_answer": _answer(classifier, tuple(words), [_known_features()])[0].tolist(),
    }
    (root / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def open_recipe(root: str | Path) -> RecipeBundle:
    """Check a trained system, load it, and see that it answers as when it was made.

    Raises
    ------
    BundleError
        It is missing, damaged, made of other types than ours, made for other features,
        or answers otherwise with these libraries.
    """
    root = Path(root)
    manifest = _read_manifest(root)
    if not (root / MODEL).is_file() or manifest["sha256"][MODEL] != _sha256(root / MODEL):
        raise BundleError(
            f"{root / MODEL} is missing or not the file that was saved with {MANIFEST} (its "
            "SHA-256 differs): run the recipe again."
        )
    if manifest["feature_schema"] != classic_schema():
        raise BundleError(
            f"The system in {root} was trained on other features than this version computes: "
            "run the recipe again."
        )
    bundle = RecipeBundle(root, _load(root), manifest)
    try:
        now = _answer(bundle.classifier, bundle.labels, [_known_features()])[0]
        same = np.allclose(now, manifest["known_answer"], atol=_CLOSE)
    except Exception as error:  # another version of scikit-learn may fail in any way
        raise _unlike(root) from error
    if not same:
        raise _unlike(root)
    return bundle


def _load(root: Path) -> Any:
    import skops.io

    try:
        return skops.io.load(root / MODEL, trusted=list(TRUSTED))
    except Exception as error:  # untrusted types, or a file of another version
        raise BundleError(
            f"{root / MODEL} holds something that is not ours, or is of another version of "
            "scikit-learn, and was not opened: run the recipe again."
        ) from error


def _unlike(root: Path) -> BundleError:
    return BundleError(
        f"The system in {root} does not answer as it did when it was trained, since a library "
        "has changed: run the recipe again."
    )


def _read_manifest(root: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        kind, labels, words = manifest["kind"], manifest["labels"], manifest["words"]
        whole = {"feature_schema", "known_answer"} <= set(manifest) and MODEL in manifest["sha256"]
    except FileNotFoundError as error:
        raise BundleError(
            f"There is no trained system in {root} ({MANIFEST} is missing): run the recipe first."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{root / MANIFEST} is damaged: run the recipe again.") from error
    if kind != KIND or not whole or len(labels) != len(words) or not set(labels) <= {*INNER_LABELS}:
        raise BundleError(f"{root / MANIFEST} describes no classic system: run the recipe again.")
    return manifest


def _answer(classifier: Any, labels: Sequence[str], features: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities in the order of ``labels`` [shape=(sounds, labels)]."""
    columns = [list(classifier.classes_).index(label) for label in labels]
    probabilities: np.ndarray = classifier.predict_proba(np.stack(features))[:, columns]
    return probabilities


def _features(source: Source) -> np.ndarray:
    return classic_features(load(source).samples)


def _known_features() -> np.ndarray:
    from ser.recognizer import known_sound

    return classic_features(known_sound().samples)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
