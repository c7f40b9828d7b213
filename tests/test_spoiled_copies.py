"""Spoiled copies: each its own, the same every time, and never empty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.audio import SAMPLE_RATE
from ser.features import Features, feature_names, feature_schema
from tests.corpora_on_disk import not_utf_8
from training import dataset
from training.corpora import Clip
from training.dataset import load_dataset


@pytest.fixture
def recording(speech: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    soundfile.write(path, speech, SAMPLE_RATE)
    return path


def test_copies_of_a_clip_differ_from_it_and_from_each_other_and_come_again(
    recording: Path, tmp_path: Path
) -> None:
    clip = Clip(recording, "cremad", "sad", "", "cremad-1")
    loaded = load_dataset([clip], cache=tmp_path / "cache", seed=1, jobs=1)
    copies, own = loaded.spoiled[0].astype(np.float32), loaded.original[0].functionals
    assert copies.shape == (dataset.SPOILED, len(feature_names()))
    assert np.isfinite(copies).all()
    for one, other in [(copies[0], copies[1]), (copies[0], own), (copies[1], own)]:
        assert np.mean(np.abs(one - other) > 0.01 * np.abs(other) + 1e-3) > 0.3
    again = dataset._spoil_clip(str(recording), 1, 0)
    np.testing.assert_array_equal(again, loaded.spoiled[0][0])
    assert not np.array_equal(dataset._spoil_clip(str(recording), 2, 0), again)


def test_a_clip_of_any_name_has_copies(recording: Path) -> None:
    assert np.isfinite(dataset._spoil_clip(str(not_utf_8(recording)), 1, 0)).all()


def test_where_nothing_is_left_of_a_copy_the_clip_stands_for_it() -> None:
    own = Features(np.zeros((1, 64), np.float32), np.array([1.0, 1e6], np.float32))
    copies = np.array([[np.nan, np.nan], [3.0, 4.0]], np.float16)
    np.testing.assert_array_equal(dataset._or_else(copies, own), [[1.0, 6e4], [3.0, 4.0]])


def test_a_copy_that_is_too_short_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, np.zeros(400, np.float32), SAMPLE_RATE)
    assert np.isnan(dataset._spoil_clip(str(path), 1, 0)).all()


def test_copies_spoiled_otherwise_are_made_anew(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the cache not told, a training would go on with the old ones."""
    asked: list[dict[str, object]] = []

    def told(
        corpus: str, files: object, schema: dict[str, object], seed: int, number: int, *, jobs: int
    ) -> np.ndarray:
        asked.append(schema)
        return np.zeros((1, len(feature_names())), np.float16)

    monkeypatch.setattr(dataset, "_spoil_corpus", told)
    clip = Clip(recording, "cremad", "sad", "", "cremad-1")
    for version in (1, 1, 2):
        monkeypatch.setattr(dataset, "SPOILING_VERSION", version)
        load_dataset([clip], cache=tmp_path / "cache", seed=1, jobs=1)
    assert len(asked) == 2 * dataset.SPOILED
    assert asked[0].items() >= feature_schema().items()
