"""Bundles: what was changed since it was saved must not be believed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser import BundleError
from ser.bundle import (
    KNOWN_VOICE_FILE,
    MODEL_FILES,
    SHIPPED,
    open_bundle,
    write_artifacts,
    write_gate,
    write_manifest,
)
from ser.features import feature_names
from ser.features.scaling import Scaling


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A bundle that is whole, but for networks that nobody opens here."""
    (tmp_path / "models").mkdir()
    for name, file in MODEL_FILES.items():
        (tmp_path / file).write_bytes(f"network {name}".encode())
    count = len(feature_names())
    scaling = Scaling(np.zeros(64), np.ones(64), np.arange(count, dtype=float), np.ones(count))
    write_artifacts(tmp_path, scaling)
    write_manifest(
        tmp_path, {"temperature": {"cnn": 1.5, "hybrid": 1.2}, "known_answer": {"cnn": [1.0]}}
    )
    return tmp_path


def test_what_was_saved_comes_back(saved: Path) -> None:
    bundle = open_bundle(saved)
    assert bundle.temperature("cnn") == 1.5
    np.testing.assert_allclose(bundle.scaling.pros_mean, np.arange(len(feature_names())))


@pytest.mark.parametrize(
    "file",
    [
        *MODEL_FILES.values(),
        *("artifacts/spec_mean.npy", "artifacts/pros_scaler.json", "artifacts/speech_gate.json"),
    ],
)
def test_a_changed_or_missing_file_is_refused_by_name(saved: Path, file: str) -> None:
    (saved / file).write_bytes((saved / file).read_bytes() + b" ")
    with pytest.raises(BundleError, match=Path(file).name):
        open_bundle(saved)
    (saved / file).unlink()
    with pytest.raises(BundleError, match="missing"):
        open_bundle(saved)


def test_a_network_for_known_voices_may_be_missing_but_not_changed(saved: Path) -> None:
    assert not open_bundle(saved).hears_known_voices("hybrid")
    (saved / KNOWN_VOICE_FILE).write_bytes(b"network")
    manifest = json.loads((saved / "artifacts/manifest.json").read_text())
    write_manifest(saved, {k: manifest[k] for k in ("temperature", "known_answer")})
    assert open_bundle(saved).hears_known_voices("hybrid")
    (saved / KNOWN_VOICE_FILE).write_bytes(b"another")
    with pytest.raises(BundleError, match=Path(KNOWN_VOICE_FILE).name):
        open_bundle(saved)


def test_a_gate_stays_when_models_are_trained_anew(saved: Path) -> None:
    shipped = (SHIPPED / "artifacts/speech_gate.json").read_text()
    assert (saved / "artifacts/speech_gate.json").read_text() == shipped
    own = json.loads(shipped) | {"threshold": 1.25}
    write_gate(saved, own)
    _train_anew(saved)
    assert open_bundle(saved).gate.threshold == 1.25


def test_a_gate_that_can_no_longer_be_used_is_renewed_with_the_models(saved: Path) -> None:
    shipped = (SHIPPED / "artifacts/speech_gate.json").read_text()
    write_gate(saved, json.loads(shipped) | {"version": 1})
    with pytest.raises(BundleError, match="train the models beside it again"):
        open_bundle(saved)
    _train_anew(saved)
    assert (saved / "artifacts/speech_gate.json").read_text() == shipped
    open_bundle(saved)


def _train_anew(saved: Path) -> None:
    count = len(feature_names())
    write_artifacts(saved, Scaling(np.zeros(64), np.ones(64), np.zeros(count), np.ones(count)))
    manifest = json.loads((saved / "artifacts/manifest.json").read_text())
    write_manifest(saved, {k: manifest[k] for k in ("temperature", "known_answer")})


def test_a_new_gate_is_believed_by_its_bundle(saved: Path) -> None:
    own = json.loads((saved / "artifacts/speech_gate.json").read_text()) | {"threshold": 1.25}
    write_gate(saved, own)
    assert open_bundle(saved).gate.threshold == 1.25


@pytest.mark.parametrize(
    ("fitted", "expected"),
    [({}, 0.0), ({"sure_from": {"cnn": 0.6}}, 0.6), ({"sure_from": {"cnn": None}}, math.inf)],
)
def test_without_a_fitted_level_no_answer_is_uncertain(
    saved: Path, fitted: dict[str, Any], expected: float
) -> None:
    bundle = open_bundle(saved)
    assert replace(bundle, manifest=bundle.manifest | fitted).sure_from("cnn") == expected


def _other_features(manifest: dict[str, Any]) -> None:
    manifest["feature_schema"]["prosody"] = manifest["feature_schema"]["prosody"][:-3]


def _other_version(manifest: dict[str, Any]) -> None:
    manifest["feature_schema"]["version"] += 1


@pytest.mark.parametrize("change", [_other_features, _other_version])
def test_models_of_other_features_are_refused(
    saved: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    path = saved / "artifacts/manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="other features"):
        open_bundle(saved)


def test_no_models_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no trained models"):
        open_bundle(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_a_damaged_manifest_is_a_sentence(saved: Path, content: str) -> None:
    (saved / "artifacts/manifest.json").write_text(content)
    with pytest.raises(BundleError, match="damaged"):
        open_bundle(saved)


def test_nothing_saved_is_a_pickle(saved: Path) -> None:
    kinds = {path.suffix for path in saved.rglob("*") if path.is_file()}
    assert kinds == {".keras", ".npy", ".json"}
    for path in saved.rglob("*.npy"):
        np.load(path, allow_pickle=False)
