"""CNNs trained elsewhere: what travels, what is drawn of it, and that the way back is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser.features import Features, feature_names
from ser.features.scaling import Scaling
from training import spectrograms
from training.batches import RESTYLED, restyle
from training.corpora import Clip
from training.dataset import Dataset, TrainingError
from training.spectrograms import DrawnBatches, read_pack, write_pack
from training.windows import draw_windows

FEATURES = len(feature_names())


@pytest.fixture
def dataset() -> Dataset:
    """Nine clips of three speakers; their copies are 30 dB lower."""
    rng = np.random.default_rng(0)
    clips = [
        Clip(
            Path(f"data/{i}.wav"),
            "cremad",
            ("sad", "angry", "neutral")[i % 3],
            "SAD",
            f"cremad-{1001 + i // 3}",
            age=30.0 + i,
        )
        for i in range(9)
    ]
    original = [
        Features(rng.uniform(-20, -10, (90 + 20 * i, 64)).astype(np.float32), np.zeros(FEATURES))
        for i in range(9)
    ]
    copies = [Features(item.log_mel - 30, item.functionals) for item in original]
    nothing = [np.zeros((1, FEATURES))] * 9
    return Dataset(clips, original, copies, nothing, nothing, {})


def _scaling() -> Scaling:
    return Scaling(np.full(64, -20.0), np.full(64, 5.0), np.zeros(0), np.ones(0))


def test_what_travels_is_the_same_to_half_a_decibel(dataset: Dataset, tmp_path: Path) -> None:
    write_pack(dataset, tmp_path / "new" / "pack.npz")
    there = read_pack(tmp_path / "new" / "pack.npz")
    assert there.clips == dataset.clips
    for mine, theirs in ((dataset.original, there.original), (dataset.copies, there.copies)):
        for before, after in zip(mine, theirs, strict=True):
            assert np.abs(before.log_mel - after.log_mel).max() <= 0.5


def test_another_file_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.npz holds no spectrograms"):
        read_pack(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("not a pack")
    with pytest.raises(TrainingError, match="holds no spectrograms"):
        read_pack(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", clips=np.array("[]"))
    with pytest.raises(TrainingError, match="holds no spectrograms"):
        read_pack(tmp_path / "other.npz")


def test_windows_are_drawn_of_their_own_clip_and_of_its_copy(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index, item in enumerate(dataset.original):  # each clip at its own level
        item.log_mel[:] = -5 * index
        dataset.copies[index].log_mel[:] = -5 * index - 60
    monkeypatch.setattr("training.windows.augment", lambda log_mel, rng: log_mel)
    windows = draw_windows(dataset, count=30, seed=1, jobs=1)
    for index, own in enumerate(windows):
        assert set(np.unique(own)) <= {-5 * index, -5 * index - 60, -60}
        assert {-5 * index, -5 * index - 60} <= set(np.unique(own))
    batches = DrawnBatches(dataset, _scaling(), seed=1, windows=windows)
    drawn = batches.windows(np.array([4, 2, 4]), np.random.default_rng(0))
    assert drawn.shape == (3, 128, 64)
    for clip, window in zip((4, 2, 4), drawn, strict=True):
        assert any(np.array_equal(window, one) for one in windows[clip])


def test_what_is_drawn_for_a_clip_does_not_depend_on_who_draws(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = draw_windows(dataset, count=2, seed=1, jobs=1)
    monkeypatch.setattr("training.windows._TOGETHER", 4)
    assert np.array_equal(alone, draw_windows(dataset, count=2, seed=1, jobs=2))
    assert not np.array_equal(alone, draw_windows(dataset, count=2, seed=2, jobs=1))


def test_some_spectrograms_take_on_the_levels_and_contrasts_of_others() -> None:
    rng = np.random.default_rng(0)
    quiet = rng.random(800) < 0.5
    level, contrast = np.where(quiet, -1, 1), np.where(quiet, 1, 3)
    noise = rng.normal(size=(800, 128, 64))
    plain = (level[:, None, None] + contrast[:, None, None] * noise).astype(np.float32)
    restyled = restyle(plain, rng)
    change = np.abs(restyled - plain).max(axis=(1, 2))
    assert np.mean(change > 1e-4) == pytest.approx(RESTYLED, abs=0.06), "the others stay"
    far = np.flatnonzero(change > 1)
    assert len(far) > 20
    for before, after, towards in zip(plain[far], restyled[far], -level[far], strict=True):
        # Nearer to the other style, by half of the way at most.
        assert -0.02 < (after - before).mean() * towards < 1.1
        assert abs(after.std() - before.std()) < 1.1
        # What is said stays: each band goes up and down as it did.
        assert np.corrcoef(before[:, 3], after[:, 3])[0, 1] > 0.999


def test_an_unknown_part_is_named_before_anything_is_drawn(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pack(dataset, tmp_path / "pack.npz")
    assert spectrograms.main(["train", str(tmp_path / "pack.npz"), "--folds", "9"]) == 1
    assert "no part 'fold-9'" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--epochs", "--windows"])
def test_no_windows_and_no_epochs_are_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        spectrograms.main(["train", "pack.npz", option, "0"])
    assert "'0' is not a number above 0" in capsys.readouterr().err
