"""What a teacher hears in clips, and how the CNN learns from it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
import pandas
import pytest
import soundfile

from ser.features import Features, feature_names
from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from training import fitting, teacher, teaching
from training.batches import FunctionalBatches, SpectrogramBatches, masked_crossentropy
from training.checkpoint import load_trained, resume, trained_with
from training.corpora import Clip
from training.dataset import Dataset, TrainingError
from training.fitting import Run, Stage, fit_cnn
from training.networks import build_cnn
from training.spectrograms import read_pack, write_pack
from training.teacher import listen, log_mel
from training.teaching import WEIGHT, lessons, taught_crossentropy, teach
from training.watching import Watch

RATE = 16_000
FEATURES = len(feature_names())


def _tone(hertz: float, seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.1 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def _clip(path: Path, samples: np.ndarray, corpus: str = "emodb") -> Clip:
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return Clip(path, corpus, "sad", "sad", f"{corpus}-1")


def test_the_teacher_hears_each_clip_alone_and_neither_silence_nor_level(
    teacher_file: Path, tmp_path: Path
) -> None:
    low, high = _tone(300, 4), _tone(3000, 2)
    silence = np.zeros(RATE, dtype=np.float32)
    clips = [
        _clip(tmp_path / "low.wav", low),
        _clip(tmp_path / "other.wav", high, "cremad"),
        _clip(tmp_path / "late.wav", np.concatenate([silence, 3 * low, silence])),
    ]
    heard = listen(clips, teacher_file, cache=tmp_path / "cache", jobs=1)
    assert heard.shape == (3, 3 * 2 * 160)
    means, deviations = heard[:, :160].astype(float), heard[:, 160:320].astype(float)
    # Half a tenth of a second of silence is kept on either side.
    assert np.corrcoef(means[0], means[2])[0, 1] > 0.98
    assert deviations[2].max() < 0.5, "hardly any of the silence"
    assert np.corrcoef(means[0], means[1])[0, 1] < 0.5
    assert np.all(deviations[1] < 0.2), "a steady tone does not change"
    assert np.allclose(heard[:, 320:480], 2 * means, rtol=0.01, atol=0.01), "layers in order"


def test_what_was_heard_is_kept(
    teacher_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [_clip(tmp_path / "a.wav", _tone(500, 1))]
    first = listen(clips, teacher_file, cache=tmp_path / "cache", jobs=1)
    monkeypatch.setattr(teacher, "log_mel", lambda samples: pytest.fail("heard again"))
    assert np.array_equal(listen(clips, teacher_file, cache=tmp_path / "cache", jobs=1), first)


@pytest.mark.parametrize("changed", ["clip", "teacher"])
def test_what_has_changed_is_heard_again(
    teacher_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    clips = [_clip(tmp_path / "a.wav", _tone(500, 1))]
    first = listen(clips, teacher_file, cache=tmp_path / "cache", jobs=1)
    if changed == "clip":
        clips = [_clip(tmp_path / "a.wav", _tone(2000, 1.5))]
    else:
        monkeypatch.setattr(teacher, "SCHEMA", teacher.SCHEMA | {"version": 2})
        monkeypatch.setattr(teacher, "log_mel", lambda samples: log_mel(0.5 * samples[::2]))
    assert not np.array_equal(listen(clips, teacher_file, cache=tmp_path / "cache", jobs=1), first)


def test_another_file_is_no_teacher(tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(b"something else")
    with pytest.raises(TrainingError, match=r"other\.onnx is not Smart Turn 3\.2"):
        listen([], tmp_path / "other.onnx", cache=tmp_path)
    with pytest.raises(TrainingError, match=r"none\.onnx cannot be read"):
        listen([], tmp_path / "none.onnx", cache=tmp_path)


def test_a_missing_package_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(TrainingError, match=r"pip install -r requirements-extra\.txt"):
        listen([], tmp_path / "teacher.onnx", cache=tmp_path)
    extra = (Path(__file__).parent.parent / "requirements-extra.txt").read_text()
    assert "\nonnx~=" in extra


def test_its_spectrogram_shows_a_tone_where_it_is_and_ends_where_the_clip_does() -> None:
    shown = log_mel(_tone(1000, 2))
    assert shown.shape == (80, 800)
    # On Slaney's scale 1000 Hz are 15 mel of 45.2 (8 kHz): band 26 of 80.
    assert np.argmax(shown[:, 700]) in (26, 27)
    assert shown[26, 650:790].min() > shown[26, :590].max() + 1, "silence in front"
    assert shown.max() - shown.min() <= 2, "eight decades and no more"
    assert np.allclose(log_mel(3 * _tone(1000, 2)), shown, atol=0.01), "at any level"
    long = np.concatenate([_tone(300, 3), _tone(1000, 8)])
    assert np.allclose(log_mel(long), log_mel(long[-8 * RATE :])), "the last eight seconds"


def test_lessons_are_the_chief_differences_between_clips() -> None:
    rng = np.random.default_rng(0)
    chief = rng.normal(size=(400, 1))
    heard = np.hstack([chief * rng.normal(size=(1, 300)), np.zeros((400, 5))])
    heard = 1e3 + 40 * (heard + 0.3 * rng.normal(size=heard.shape))
    taught = lessons(heard)
    assert taught.shape == (400, 128)
    assert taught.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(taught[:, 0], chief[:, 0])[0, 1]) > 0.98
    assert np.all(np.diff(taught.var(axis=0)) < 1e-3), "the first vary most"
    assert np.allclose(lessons(heard[:, ::-1]), taught, atol=0.01), "signs and all"


def test_the_teacher_counts_beside_the_emotions() -> None:
    rng = np.random.default_rng(0)
    n = len(INNER_LABELS)
    emotions = np.hstack([np.eye(n)[:4], np.ones((4, n))]).astype(np.float32)
    wanted = rng.normal(size=(4, 20)).astype(np.float32)
    logits = rng.normal(size=(4, n)).astype(np.float32)
    asked = np.hstack([emotions, wanted])
    own = keras.ops.convert_to_numpy(masked_crossentropy(emotions, logits))
    for away in (0.0, 0.5):
        loss = taught_crossentropy(asked, np.hstack([logits, wanted + away]))
        expected = own + WEIGHT * away**2
        assert np.allclose(keras.ops.convert_to_numpy(loss), expected, atol=1e-5)


@pytest.fixture
def dataset() -> Dataset:
    """Eight clips in which a teacher hears something."""
    rng = np.random.default_rng(0)
    clips = [
        Clip(Path(f"{i}.wav"), "emodb", ("sad", "angry")[i % 2], "sad", f"emodb-{i}")
        for i in range(8)
    ]
    items = [
        Features(rng.uniform(-20, 0, (100, 64)).astype(np.float32), np.zeros(FEATURES))
        for _ in clips
    ]
    variants = [np.zeros((1, FEATURES), dtype=np.float16)] * 8
    return Dataset(
        clips, items, items, variants, variants, {}, rng.normal(size=(8, 30)).astype(np.float16)
    )


def _scaling() -> Scaling:
    return Scaling(np.full(64, -10.0), np.full(64, 5.0), np.zeros(FEATURES), np.ones(FEATURES))


def test_mixed_clips_are_asked_for_a_mixture_of_what_the_teacher_hears(dataset: Dataset) -> None:
    batches = FunctionalBatches(dataset, _scaling(), seed=1)
    batches.ask_too(np.arange(8, dtype=np.float32)[:, None])
    asked = np.concatenate([batches[0][1] for _ in range(2)])
    shares = asked[:, : len(INNER_LABELS)].sum(axis=1)
    assert np.allclose(shares, 1, atol=1e-5)
    assert set(np.unique(asked[:, len(INNER_LABELS) : -1])) == {0, 1}, "possible or not"
    assert 0 <= asked[:, -1].min() < asked[:, -1].max() <= 7
    assert np.any(asked[:, -1] % 1 > 0.01), "some are mixed"


@pytest.mark.usefixtures("stepwise")
def test_a_taught_cnn_is_trained_and_nothing_of_the_teacher_is_left_in_it(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teaching, "WEIGHT", 1000)
    stage, scaling = Stage(epochs=1, rate=1e-3), _scaling()
    keras.utils.set_random_seed(1)
    cnn = build_cnn()
    before = [weight.copy() for weight in cnn.get_weights()]

    def fit(
        network: keras.Model,
        data: Dataset,
        *,
        resume: bool = False,
        start: Path | None = None,
        folder: Path = tmp_path,
    ) -> None:
        run = Run(folder, seed=1, resume=resume, start=start)
        batches = SpectrogramBatches(data, scaling, seed=1)
        fit_cnn(network, data, batches, stage, run, Watch({"val_": data}, scaling))

    fit(cnn, dataset)
    assert not _same(before, cnn.get_weights())
    assert cnn.output.shape == (None, len(INNER_LABELS))
    assert not [layer.name for layer in cnn.layers if "teacher" in layer.name]
    assert trained_with(tmp_path / "cnn")["teacher"] == "Smart Turn 3.2"
    told = pandas.read_csv(tmp_path / "cnn.csv")
    assert list(told) == ["epoch", "loss", "masked_accuracy", "val_accuracy", "val_loss"]
    assert told.loss[0] < 100, "of emotions alone"

    again, bare, further = build_cnn(), build_cnn(), build_cnn()
    fit(again, dataset, resume=True)
    load_trained(bare, tmp_path / "cnn")
    assert _same(again.get_weights(), cnn.get_weights())
    assert _same(bare.get_weights(), cnn.get_weights())
    half_done = tmp_path / "half-done"
    shutil.copytree(tmp_path / "cnn", half_done)
    state = json.loads((half_done / "state.json").read_text())
    (half_done / "state.json").write_text(json.dumps(state | {"epoch": stage.epochs - 1}))
    with pytest.raises(TrainingError, match="finish that training first"):
        load_trained(bare, half_done)
    monkeypatch.setattr(fitting, "fit_network", lambda *arguments: None)
    fit(further, dataset, start=tmp_path, folder=tmp_path / "further")
    assert _same(further.get_weights(), cnn.get_weights()), "before its first step"


def test_with_and_without_a_teacher_are_two_trainings(dataset: Dataset, tmp_path: Path) -> None:
    settings = {"seed": 1, "teacher": "Smart Turn 3.2", "foretold": 30}
    state = {"epoch": 1, "weights": "epoch-1.weights.h5", "settings": settings}
    (tmp_path / "state.json").write_text(json.dumps(state))
    with pytest.raises(TrainingError, match=r"had other settings.* \(foretold, teacher\)"):
        resume(build_cnn(), tmp_path, settings={"seed": 1})


def _same(mine: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_a_part_learns_from_what_was_heard_of_its_own_clips(dataset: Dataset) -> None:
    part = dataset.subset([5, 2])
    assert dataset.heard is not None
    assert part.heard is not None
    assert np.array_equal(part.heard, dataset.heard[[5, 2]])
    cnn = build_cnn()
    batches = SpectrogramBatches(part, _scaling(), seed=1)
    learner = teach(cnn, batches, part.heard)
    _, asked = batches[0]
    width = 2 * len(INNER_LABELS) + learner.output.shape[-1] - len(INNER_LABELS)
    assert asked.shape[1] == width


def test_what_was_heard_travels_with_the_spectrograms(dataset: Dataset, tmp_path: Path) -> None:
    write_pack(dataset, tmp_path / "pack.npz")
    there = read_pack(tmp_path / "pack.npz")
    assert there.heard is not None
    assert dataset.heard is not None
    for mine, theirs in zip(dataset.heard.T, there.heard.T, strict=True):
        standard = (mine - mine.mean()) / mine.std()
        assert np.abs(standard - theirs / 16).max() < 0.05
