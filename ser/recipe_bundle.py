"""A system of :mod:`training.recipes`, trained: one classifier and what it needs to be trusted.

::

    models/classifier.skops   scikit-learn's, in a format that names every type it holds
    models/network.keras      or Keras's
    artifacts/recipe.json     its hash, features, labels, training data, and a known answer

``skops`` builds only types that it knows or that :data:`TRUSTED` lists, where a pickle
would run whatever its maker put into it. The manifest has another name than that of
:mod:`ser.bundle`, whose bundles hold the two networks.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np

from ser.audio import Sound, Source, load
from ser.errors import BundleError
from ser.features.sets import FEATURE_SETS, FeatureSet
from ser.gate import SpeechGate
from ser.labels import INNER_LABELS

KIND = "recipe"
CLASSIFIER, NETWORK = "models/classifier.skops", "models/network.keras"
MANIFEST = "artifacts/recipe.json"

TRUSTED = (
    "ser.mixtures.MixturePerClass",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)
"""Types beyond scikit-learn's public ones that our classifiers are made of."""

_CLOSE = 0.01
"""Processors and versions of libraries round differently; another network differs by more."""

_ABSENT = -999.0
"""Log-probability of an emotion that the system does not know: none at all."""


@dataclass(frozen=True)
class RecipeBundle:
    """An opened system whose file was found whole, and which answers as it did.

    Attributes
    ----------
    root : Path
    classifier : object
        With ``predict_proba`` and ``classes_``.
    gate : SpeechGate
        The shipped one.
    manifest : dict
        See :func:`save_recipe`.
    """

    root: Path
    classifier: Any
    gate: SpeechGate
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        """The recipe's name."""
        return str(self.manifest["recipe"])

    @property
    def features(self) -> FeatureSet:
        """What it is fed."""
        return FEATURE_SETS[self.manifest["features"]]

    @property
    def labels(self) -> tuple[str, ...]:
        """What it tells apart, as inner labels (:data:`ser.labels.INNER_LABELS`)."""
        return tuple(self.manifest["labels"])

    @property
    def words(self) -> tuple[str, ...]:
        """The same in its corpus's own words: ``"fearful"`` for ``"fear"``."""
        return tuple(self.manifest["words"])

    def sure_from(self, model: str) -> float:
        """Give the confidence under which an answer is "uncertain": none was fitted."""
        del model
        return 0.0

    def log_probabilities(self, sound: Sound) -> np.ndarray:
        """Give each inner label's log-probability [shape=(9,)]."""
        values = np.full(len(INNER_LABELS), _ABSENT)
        own = self._answer([sound])[0]
        values[[INNER_LABELS.index(label) for label in self.labels]] = np.log(own + 1e-12)
        return values

    def answer(self, sources: Sequence[Source]) -> np.ndarray:
        """Name what each sound is most like, in the corpus's words [shape=(sounds,)].

        Returns
        -------
        np.ndarray [dtype='<U8', or wider where a word needs it]
            "" where nobody speaks.

        Raises
        ------
        AudioError
            A sound cannot be read, or there is nothing in it.
        """
        width = max(8, *(len(word) for word in self.words))
        sounds = [load(source) for source in sources]
        best = self._answer(sounds).argmax(axis=1)
        spoken = [self.gate.check(sound).status == "ok" for sound in sounds]
        words = [self.words[i] if heard else "" for i, heard in zip(best, spoken, strict=True)]
        return np.array(words, dtype=f"<U{width}")

    def probabilities(self, sources: Sequence[Source]) -> np.ndarray:
        """Give each label's probability for sounds [shape=(sounds, labels)].

        Raises
        ------
        AudioError
            A sound cannot be read, or there is nothing in it.
        """
        return self._answer([load(source) for source in sources])

    def _answer(self, sounds: Sequence[Sound]) -> np.ndarray:
        features = [self.features.extract(sound.samples) for sound in sounds]
        return _answer(self.classifier, self.labels, features)


def holds_recipe(root: Path) -> bool:
    """Tell whether a folder holds a system of this kind."""
    return (root / MANIFEST).is_file()


def save_recipe(
    root: Path,
    classifier: Any,
    *,
    name: str,
    features: FeatureSet,
    words: dict[str, str],
    facts: dict[str, Any],
) -> None:
    """Write a trained classifier and its manifest below ``root``.

    Parameters
    ----------
    classifier : object
        Of scikit-learn's kind, trained on inner labels; or one with a Keras ``network``
        and ``classes_``.
    name : str
        Of the recipe.
    features : FeatureSet
    words : dict of str to str
        Each inner label and the corpus's word for it, in the order of answers.
    facts : dict
        What the training wants to be known of it: clips, speakers, seed, versions.
    """
    for part in (CLASSIFIER, NETWORK, MANIFEST):
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        (root / part).unlink(missing_ok=True)
    file = _save(root, classifier)
    manifest = {
        "kind": KIND,
        "recipe": name,
        "sha256": {file: _sha256(root / file)},
        "features": features.name,
        "feature_schema": features.schema(),
        "labels": list(words),
        "words": list(words.values()),
        "classes": [str(label) for label in classifier.classes_],
        **facts,
        "known_answer": _known_answer(classifier, features, tuple(words)).tolist(),
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
    from ser.bundle import shipped_gate

    root = Path(root)
    manifest = read_manifest(root)
    for name, digest in manifest["sha256"].items():
        if not (root / name).is_file() or digest != _sha256(root / name):
            raise BundleError(
                f"{root / name} is missing or not the file that was saved with {MANIFEST} (its "
                "SHA-256 differs): run the recipe again."
            )
    if manifest["feature_schema"] != FEATURE_SETS[manifest["features"]].schema():
        raise BundleError(
            f"The system in {root} was trained on other features than this version computes: "
            "run the recipe again."
        )
    bundle = RecipeBundle(root, _load(root, manifest), shipped_gate(), manifest)
    try:
        now = _known_answer(bundle.classifier, bundle.features, bundle.labels)
        same = np.allclose(now, manifest["known_answer"], atol=_CLOSE)
    except Exception as error:  # another version of a library may fail in any way
        raise _unlike(root) from error
    if not same:
        raise _unlike(root)
    return bundle


def read_manifest(root: Path) -> dict[str, Any]:
    """Read what a system says of itself.

    Raises
    ------
    BundleError
        There is none, or it says something else.
    """
    try:
        manifest = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        fits = _fits(manifest)
    except FileNotFoundError as error:
        raise BundleError(
            f"There is no trained system in {root} ({MANIFEST} is missing): run the recipe first."
        ) from error
    # A manifest may be anybody's.
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(f"{root / MANIFEST} is damaged: run the recipe again.") from error
    if not fits:
        raise BundleError(f"{root / MANIFEST} describes no recipe's system: run the recipe again.")
    return dict(manifest)


def _fits(manifest: Any) -> bool:
    """Tell whether a manifest holds what :func:`save_recipe` writes."""
    labels, words, files = manifest["labels"], manifest["words"], list(manifest["sha256"].items())
    texts = [*words, manifest["recipe"], manifest["features"], *manifest["classes"]]
    return (
        manifest["kind"] == KIND
        and len(files) == 1
        and files[0][0] in {CLASSIFIER, NETWORK}
        and len(labels) == len(words) == len(set(labels)) > 1
        and set(labels) <= {*INNER_LABELS}
        and all(isinstance(text, str) for text in texts)
        and re.fullmatch(r"[\w.-]{1,40}", manifest["recipe"]) is not None
        and manifest["features"] in FEATURE_SETS
        and {"feature_schema", "known_answer"} <= set(manifest)
    )


class _NetworkAnswers:
    """A loaded network in scikit-learn's manner."""

    def __init__(self, path: Path, classes: Sequence[str]) -> None:
        from ser.network import compiled

        self._call, _ = compiled(path)
        self.classes_ = list(classes)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        probabilities: np.ndarray = self._call(x.astype(np.float32)).numpy()
        return probabilities


def _save(root: Path, classifier: Any) -> str:
    """Write the classifier; answer the name of its file."""
    network = getattr(classifier, "network", None)
    if network is not None:
        network.save(root / NETWORK)
        return NETWORK
    import skops.io

    # A forest of 500 trees is 50 MB otherwise.
    skops.io.dump(classifier, root / CLASSIFIER, compression=ZIP_DEFLATED)
    return CLASSIFIER


def _load(root: Path, manifest: dict[str, Any]) -> Any:
    if NETWORK in manifest["sha256"]:
        return _NetworkAnswers(root / NETWORK, manifest["classes"])
    import skops.io

    try:
        return skops.io.load(root / CLASSIFIER, trusted=list(TRUSTED))
    except Exception as error:  # untrusted types, or a file of another version
        raise BundleError(
            f"{root / CLASSIFIER} holds something that is not ours, or is of another version of "
            "scikit-learn, and was not opened: run the recipe again."
        ) from error


def _unlike(root: Path) -> BundleError:
    return BundleError(
        f"The system in {root} does not answer as it did when it was trained, since a library "
        "has changed: run the recipe again."
    )


def _answer(classifier: Any, labels: Sequence[str], features: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities in the order of ``labels`` [shape=(sounds, labels)]."""
    columns = [list(classifier.classes_).index(label) for label in labels]
    probabilities: np.ndarray = classifier.predict_proba(np.stack(features))[:, columns]
    return probabilities


def _known_answer(classifier: Any, features: FeatureSet, labels: Sequence[str]) -> np.ndarray:
    from ser.bundle import known_sound

    return _answer(classifier, labels, [features.extract(known_sound().samples)])[0]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
