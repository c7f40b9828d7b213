"""A bundle: networks and all they need, in files that execute nothing.

::

    models/cnn_stage1_model.keras     the CNN on spectrograms
    models/hybrid_ser_model.keras     the hybrid of CNN and functionals
    models/known_voice_model.keras    what the hybrid asks too where it knows the voice
    artifacts/spec_mean.npy           mean of each mel band, dB
    artifacts/spec_std.npy            its standard deviation, dB
    artifacts/pros_scaler.json        mean and deviation of each functional
    artifacts/label_encoder.json      the networks' outputs in order
    artifacts/speech_gate.json        what tells speech from everything else
    artifacts/manifest.json           hashes, versions, feature schema, training data

Arrays and JSON instead of pickles: a pickle runs code when it is loaded, and a
year later it may not load at all. Before a bundle is opened its hashes and its
feature schema are compared; a mismatch is a :class:`ser.errors.BundleError`.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser.audio import SAMPLE_RATE, Sound, load
from ser.errors import BundleError
from ser.features import feature_names, feature_schema
from ser.features.scaling import Scaling
from ser.gate import SpeechGate
from ser.labels import INNER_LABELS

KNOWN_TOLERANCE = 0.05
"""How far a probability of the known sound may be from what it was when the models were made."""

SHIPPED = Path(__file__).resolve().parent.parent
"""The bundle that comes with this repository."""

MODEL_FILES = {
    "cnn": "models/cnn_stage1_model.keras",
    "hybrid": "models/hybrid_ser_model.keras",
}
KNOWN_VOICE_FILE = "models/known_voice_model.keras"
"""Left out where too few speakers of the training were ever neutral."""

_SPEC_MEAN = "artifacts/spec_mean.npy"
_SPEC_STD = "artifacts/spec_std.npy"
_SCALER = "artifacts/pros_scaler.json"
_ENCODER = "artifacts/label_encoder.json"
GATE_FILE = "artifacts/speech_gate.json"
_MANIFEST = "artifacts/manifest.json"
_HASHED = (*MODEL_FILES.values(), _SPEC_MEAN, _SPEC_STD, _SCALER, _ENCODER, GATE_FILE)
_OPTIONAL = (KNOWN_VOICE_FILE,)


@dataclass(frozen=True)
class Bundle:
    """An opened bundle whose files were found whole.

    Attributes
    ----------
    root : Path
        Folder with ``models/`` and ``artifacts/``.
    scaling : Scaling
    gate : SpeechGate
    manifest : dict
        See :func:`write_manifest`.
    """

    root: Path
    scaling: Scaling
    gate: SpeechGate
    manifest: dict[str, Any]

    def model_path(self, model: str) -> Path:
        """Tell where the network of this name is saved."""
        return self.root / MODEL_FILES[model]

    def temperature(self, model: str) -> float:
        """Give what the logits are divided by before the softmax (Guo et al., 2017)."""
        return float(self.manifest["temperature"][model])

    def sure_from(self, model: str) -> float:
        """Give the confidence under which an answer is "uncertain"; 0 where none was fitted."""
        fitted: dict[str, float | None] = self.manifest.get("sure_from", {})
        level = fitted.get(model, 0.0)
        return math.inf if level is None else level  # None: no confidence was high enough

    def hears_known_voices(self, model: str) -> bool:
        """Tell whether a network of its own listens to an enrolled voice beside this model."""
        return model == "hybrid" and KNOWN_VOICE_FILE in self.manifest["sha256"]

    def spectrogram_share(self, model: str, *, known_voice: bool) -> float:
        """Give the spectrogram's weight in an answer, in [0, 1]; functionals have the rest.

        ``known_voice``: a network that hears functionals alone listens too.
        """
        if model == "cnn":
            return 1.0
        share = 1.0 - float(self.manifest["functionals_share"])
        return share * (1.0 - self.manifest["known_voice"]["share"]) if known_voice else share

    def check_known_answer(self, model: str, answer: np.ndarray) -> None:
        """Compare the public probabilities of the known sound with those when this was made.

        Raises
        ------
        BundleError
            They differ.
        """
        if abs(answer - np.array(self.manifest["known_answer"][model])).max() > KNOWN_TOLERANCE:
            raise BundleError(
                f"The {model.replace('_', ' ')} model answers a known sound otherwise than when it "
                "was made: a library has changed under it. Install the versions in "
                "requirements.txt."
            )


def open_bundle(root: str | Path) -> Bundle:
    """Check a bundle's files and read all but the networks.

    Raises
    ------
    BundleError
        A file is missing or not the one that was saved, or the bundle was made
        for other features or labels than this version computes.
    """
    root = Path(root)
    manifest = _read_json(root, _MANIFEST)
    _check_hashes(root, manifest)
    missing = {"temperature", "known_answer"} - set(manifest)
    if missing:
        raise BundleError(f"{root / _MANIFEST} lacks {', '.join(sorted(missing))}.")
    if manifest.get("feature_schema") != feature_schema():
        raise BundleError(
            f"The models in {root} were trained on other features than this version computes; "
            "train them again, or use the version they were made with."
        )
    if tuple(_read_json(root, _ENCODER)["labels"]) != INNER_LABELS:
        raise BundleError(f"The models in {root} answer other emotions than this version knows.")
    scaler = _read_json(root, _SCALER)
    scaling = Scaling(
        spec_mean=_read_array(root, _SPEC_MEAN),
        spec_std=_read_array(root, _SPEC_STD),
        pros_mean=np.array(scaler["mean"]),
        pros_std=np.array(scaler["std"]),
    )
    gate = SpeechGate.load(root / GATE_FILE)
    return Bundle(root=root, scaling=scaling, gate=gate, manifest=manifest)


def known_sound() -> Sound:
    """Synthesise the sound that every bundle must answer as it did when it was made."""
    from ser.synthesis import sample_voice

    return load((sample_voice("lively"), SAMPLE_RATE))


def shipped_gate() -> SpeechGate:
    """Open the gate that comes with this repository, for systems that have none of their own."""
    return SpeechGate.load(SHIPPED / GATE_FILE)


def write_artifacts(root: Path, scaling: Scaling) -> None:
    """Save the scaler and the encoder below ``root``; a gate that can be used stays.

    Else the one that comes with this repository is copied there.

    Raises
    ------
    BundleError
        There is none to copy either.
    """
    (root / "artifacts").mkdir(parents=True, exist_ok=True)
    np.save(root / _SPEC_MEAN, scaling.spec_mean.astype(np.float32))
    np.save(root / _SPEC_STD, scaling.spec_std.astype(np.float32))
    _write_json(
        root / _SCALER,
        {
            "features": feature_names(),
            "mean": scaling.pros_mean.tolist(),
            "std": scaling.pros_std.tolist(),
        },
    )
    _write_json(root / _ENCODER, {"labels": list(INNER_LABELS)})
    try:
        SpeechGate.load(root / GATE_FILE)
    except BundleError:
        shipped_gate()
        shutil.copyfile(SHIPPED / GATE_FILE, root / GATE_FILE)


def write_gate(root: Path, content: dict[str, Any]) -> None:
    """Save a speech gate below ``root``, and its hash in the manifest, if there is one."""
    (root / "artifacts").mkdir(parents=True, exist_ok=True)
    (root / GATE_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")
    if (root / _MANIFEST).is_file():
        manifest = _read_json(root, _MANIFEST)
        manifest["sha256"][GATE_FILE] = _sha256(root / GATE_FILE)
        _write_json(root / _MANIFEST, manifest)


def write_manifest(root: Path, facts: dict[str, Any]) -> None:
    """Save the manifest of a bundle whose other files are in place.

    Parameters
    ----------
    facts : dict
        ``temperature`` and ``known_answer`` by model, and what the training
        wants to be known of it: data, seed, versions.
    """
    there = [name for name in _OPTIONAL if (root / name).is_file()]
    hashes = {name: _sha256(root / name) for name in (*_HASHED, *there)}
    _write_json(root / _MANIFEST, {"sha256": hashes, "feature_schema": feature_schema(), **facts})


def _check_hashes(root: Path, manifest: dict[str, Any]) -> None:
    hashes = manifest.get("sha256", {})
    for name in (*_HASHED, *(name for name in _OPTIONAL if name in hashes)):
        if not (root / name).is_file():
            raise BundleError(f"{root / name} is missing: train the models or fetch them again.")
        if hashes.get(name) != _sha256(root / name):
            raise BundleError(
                f"{root / name} is not the file that was saved with these models (its SHA-256 "
                "differs): fetch the models again, or train them."
            )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_json(root: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(
            f"There are no trained models in {root} ({name} is missing): train them or fetch "
            "them again."
        ) from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{root / name} is damaged: fetch the models again.") from error
    if not isinstance(content, dict):
        raise BundleError(f"{root / name} is damaged: fetch the models again.")
    return content


def _read_array(root: Path, name: str) -> np.ndarray:
    array: np.ndarray = np.load(root / name, allow_pickle=False)
    return array


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
