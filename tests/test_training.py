"""Training: from a folder of sound to models that answer, and nothing leaks on the way."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from ser import LABELS, Recognizer
from ser.bundle import MODEL_FILES
from ser.features import Features, feature_names
from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from ser.layers import StatisticsPooling
from tests.corpora_on_disk import sound, write_corpus
from tests.stepwise import step_by_step
from training import evaluate, prepare, spectrograms, train
from training.batches import Batches, FunctionalBatches, SpectrogramBatches, masked_crossentropy
from training.benchmark.fusion import fuse
from training.benchmark.predictions import FOLDER, read_predictions
from training.checkpoint import Checkpoint, resume
from training.corpora import Clip, read_table
from training.dataset import Dataset, TrainingError, load_dataset
from training.fitting import FRESH, Run, train_models
from training.folds import held_out_speakers, refuse_leakage
from training.networks import build_cnn, build_functionals, build_hybrid
from training.report import read_fitted

FEATURES = len(feature_names())


def _dataset(*, speakers: dict[str, int], corpus: str = "cremad") -> Dataset:
    """Clips with random features; so many a speaker."""
    rng = np.random.default_rng(0)
    names = [name for name, count in speakers.items() for _ in range(count)]
    clips = [
        Clip(Path(f"{i}.wav"), corpus, ("sad", "angry", "neutral")[i % 3], "", name)
        for i, name in enumerate(names)
    ]
    features = [
        Features(
            rng.normal(-20, 5, (int(rng.integers(60, 250)), 64)).astype(np.float32),
            rng.normal(size=FEATURES).astype(np.float32),
        )
        for _ in clips
    ]
    copies = [Features(item.log_mel + 100, item.functionals + 100) for item in features]
    variants = [np.full((4, FEATURES), 50, dtype=np.float16) for _ in clips]
    spoiled = [np.full((2, FEATURES), 150, dtype=np.float16) for _ in clips]
    return Dataset(clips, features, copies, variants, spoiled, {})


def _scaling() -> Scaling:
    zeros, deviations = np.zeros(FEATURES), np.full(FEATURES, 50.0)
    return Scaling(np.full(64, -20.0), np.full(64, 5.0), zeros, deviations)


def _batches(dataset: Dataset, kind: type[Batches] = SpectrogramBatches) -> Batches:
    return kind(dataset, _scaling(), seed=1)


# From a folder to an answer ---------------------------------------------------

CONTINUED = ("--start-from", "fold-1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make train` leaves behind, after short epochs on small corpora."""
    root = tmp_path_factory.mktemp("trained")
    write_corpus(root / "data/emodb", "emodb", speakers=3, takes=2)
    write_corpus(root / "data/crema", "cremad", speakers=2, takes=2)
    soundfile.write(root / "data/crema/AudioWAV/1001_IEO_SAD_XX.wav", np.zeros(16000), 16000)
    assert prepare.main(["--data", str(root / "data"), "--out", str(root / "clips.csv")]) == 0
    with step_by_step():
        assert evaluate.main(_arguments(root, "--folds", "1", "--no-calibration", "--watch")) == 0
    assert train.main(_arguments(root, *CONTINUED)) == 0
    return root


def _arguments(root: Path, *more: str) -> list[str]:
    folders = {"--table": root / "clips.csv", "--out": root, "--runs": root / "runs"}
    options = [text for pair in folders.items() for text in map(str, pair)]
    return [*options, "--cache", str(root / "cache"), "--epochs", "1", "--functionals-epochs", "1",
            "--known-voice-epochs", "1", *more]  # fmt: skip


def test_the_trained_bundle_answers(trained: Path, speech_wav: Path) -> None:
    recognizer = Recognizer.load(trained)
    for model in ("hybrid", "cnn"):
        prediction = recognizer.predict(speech_wav, model=model)
        assert tuple(prediction.probabilities) == LABELS
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
        assert prediction.confidence == max(prediction.probabilities.values())
        assert prediction.duration_s == pytest.approx(3.0)
        assert prediction.probabilities["surprised"] < 1e-9, "which neither corpus has"


def test_the_manifest_tells_what_it_was_made_from(trained: Path) -> None:
    manifest = json.loads((trained / "artifacts/manifest.json").read_text())
    assert manifest["seed"] == 1
    assert manifest["clips"] == {"cremad": 24, "emodb": 42}
    assert manifest["speakers"] == 5
    assert manifest["started_from"] == "fold-1"
    assert set(manifest["versions"]) >= {"tensorflow", "keras", "librosa", "praat-parselmouth"}
    assert len(manifest["sha256"]) == 8
    counted = json.loads((trained / "reports/data.json").read_text())["corpora"]
    sums = {own["corpus"]: sum(own["emotions"].values()) for own in counted}
    assert sums == manifest["clips"], "and what it counts is without the clip that has no sound"


def test_a_saved_network_takes_two_thirds_of_what_its_weights_would(trained: Path) -> None:
    parameters = json.loads((trained / "artifacts/manifest.json").read_text())["parameters"]
    for name, file in MODEL_FILES.items():
        assert (trained / file).stat().st_size < 0.67 * 4 * parameters[name]


def test_the_curve_of_unheard_clips_ends_at_what_is_answered_in_the_end(trained: Path) -> None:
    (part,) = read_predictions(trained / FOLDER)
    curves = part.facts["curves"]
    assert set(curves["functionals"]) == {"loss", "accuracy", "test_loss", "test_accuracy"}
    right = []
    for _, clips in part.clips.groupby("corpus"):
        known = [label for label in INNER_LABELS if (clips["emotion"] == label).any()]
        columns = [INNER_LABELS.index(label) for label in known]
        answers = part.logits["cnn"][clips.index][:, columns].argmax(axis=1)
        right += [known[i] == truth for i, truth in zip(answers, clips["emotion"], strict=True)]
    assert curves["cnn"]["test_accuracy"] == [pytest.approx(np.mean(right), abs=1e-3)]


def test_a_clip_without_sound_is_left_out_by_name(trained: Path) -> None:
    clips = [
        Clip(trained / "data/crema/AudioWAV/1001_IEO_SAD_XX.wav", "own", "sad", "", "own-1"),
        Clip(_write(trained / "own/a.wav"), "own", "sad", "", "own-1"),
    ]
    dataset = load_dataset(clips, cache=trained / "cache", seed=1, jobs=1)
    assert [clip.path.name for clip in dataset.clips] == ["a.wav"]
    assert "silent" in dataset.unusable[str(clips[0].path)]


def _write(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, sound("sad"), 16000)
    return path


@pytest.mark.usefixtures("stepwise")
def test_a_finished_training_resumes_to_the_same_models(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.export.pack", lambda path: None)  # takes its time
    shutil.copytree(trained / "reports", tmp_path / "reports")
    again = _arguments(trained, *CONTINUED, "--resume", "--out", str(tmp_path))
    assert train.main(again) == 0
    assert _known_answer(tmp_path) == pytest.approx(_known_answer(trained), abs=1e-5)


def _known_answer(root: Path) -> list[float]:
    manifest = json.loads((root / "artifacts/manifest.json").read_text())
    answer: list[float] = manifest["known_answer"]["hybrid"]
    return answer


@pytest.mark.usefixtures("stepwise")
def test_a_cnn_that_was_trained_elsewhere_is_gone_on_from(
    trained: Path, tmp_path: Path, teacher_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, cnn = str(tmp_path / "pack.npz"), tmp_path / "runs/fold-1/cnn"
    data = ["--table", str(trained / "clips.csv"), "--cache", str(trained / "cache")]
    fold = ["--folds", "1", "--no-calibration", "--runs", str(tmp_path / "runs")]
    taught = ["--teacher", str(teacher_file)]
    assert spectrograms.main(["pack", pack, *data, *taught]) == 0
    assert spectrograms.main(["train", pack, *fold, "--epochs", "1", "--windows", "2"]) == 0
    before = next(cnn.glob("*.h5")).read_bytes()
    more = ["--out", str(tmp_path), "--resume"]
    assert evaluate.main(_arguments(trained, *fold, *more)) == 1
    assert "(foretold, teacher)" in capsys.readouterr().err
    assert evaluate.main(_arguments(trained, *fold, *more, *taught)) == 0
    assert next(cnn.glob("*.h5")).read_bytes() == before
    (part,) = read_predictions(tmp_path / FOLDER)
    told = part.facts["trained_with"]
    elsewhere = {"windows_of_each_clip": 2, "teacher": "Smart Turn 3.2"}
    assert told["cnn"] == told["functionals"] | elsewhere
    assert told["functionals"]["backend"].startswith("tensorflow 2.")
    report = (tmp_path / "reports/BENCHMARK.md").read_text()
    assert "| cnn (1 epochs, taught), functionals (1 epochs), " in report
    assert "foretold what Smart Turn 3.2, " in report


@pytest.mark.usefixtures("stepwise")
def test_other_settings_do_not_resume(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(_arguments(trained, *CONTINUED, "--resume", "--seed", "2")) == 1
    assert "other settings" in capsys.readouterr().err


def test_whoever_names_no_place_does_not_lose_the_models_that_came_along() -> None:
    assert train._parser().parse_args([]).out == Path("bundles/mine")


def test_a_run_that_is_not_there_is_named(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(_arguments(trained, "--start-from", "fold-6")) == 1
    assert "finish that training first" in capsys.readouterr().err


def _chosen(trained: Path, tmp_path: Path, *more: str) -> Run:
    """Ask how a training would begin; its runs are a copy of those that are finished."""
    if not (tmp_path / "runs").exists():
        shutil.copytree(trained / "runs", tmp_path / "runs")
    options = [*CONTINUED, *more, "--runs", str(tmp_path / "runs")]
    clips = [
        clip for clip in read_table(trained / "clips.csv") if "IEO_SAD_XX" not in clip.path.stem
    ]
    return train._run(train._parser().parse_args(options), Dataset(clips, [], [], [], [], {}))


def test_a_fold_of_other_recordings_is_not_started_from(trained: Path, tmp_path: Path) -> None:
    assert _chosen(trained, tmp_path).start == tmp_path / "runs/fold-1"
    state = tmp_path / "runs/fold-1/cnn/state.json"
    told = json.loads(state.read_text())
    told["settings"]["data"] = "of others"
    state.write_text(json.dumps(told))
    with pytest.raises(TrainingError, match="fold-1 was trained on other recordings"):
        _chosen(trained, tmp_path)


def test_what_started_from_an_earlier_fold_is_not_gone_on_with(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a second `make train`, interrupted in its fold, would end in a refusal."""
    assert _chosen(trained, tmp_path, "--resume").resume
    os.utime(tmp_path / "runs/fold-1/cnn/state.json", (time.time() + 99,) * 2)
    assert not _chosen(trained, tmp_path, "--resume").resume
    assert "it begins anew" in capsys.readouterr().out


def test_a_training_that_begins_anew_leaves_nothing_to_go_on_from(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one that is interrupted in its first epoch would go on from an older one."""
    shutil.copytree(trained / "runs/fold-1", tmp_path / "fold-1")

    def interrupt(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupt)
    dataset = _dataset(speakers={"a": 6, "b": 6})
    for resumed, left in ((True, 3), (False, 0)):
        run = Run(tmp_path / "fold-1", seed=1, resume=resumed)
        with pytest.raises((KeyboardInterrupt, TrainingError)):
            train_models(dataset, _scaling(), stages=FRESH, run=run)
        assert len(list(tmp_path.glob("fold-1/*/state.json"))) == left


def test_the_manifest_takes_what_the_benchmark_fitted(trained: Path) -> None:
    manifest = json.loads((trained / "artifacts/manifest.json").read_text())
    benchmark = json.loads((trained / "reports/benchmark.json").read_text())
    assert manifest["temperature"] == benchmark["temperature"]
    assert manifest["temperature"]["cnn"] != 1.0
    assert manifest["functionals_share"] == benchmark["functionals_share"]
    assert manifest["sure_from"] == benchmark["sure_from"]


def test_a_benchmark_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    assert read_fitted(tmp_path / "none.json") == {
        "functionals_share": 0.5,
        "temperature": {"cnn": 1.0, "hybrid": 1.0},
    }
    (tmp_path / "benchmark.json").write_text('{"temperature": {"cnn": 2.0}}')
    with pytest.raises(TrainingError, match="no temperatures"):
        read_fitted(tmp_path / "benchmark.json")


# What a batch is made of ------------------------------------------------------


@pytest.mark.parametrize("kind", [SpectrogramBatches, FunctionalBatches])
def test_a_seed_gives_the_same_batches_again_and_each_epoch_others(kind: type[Batches]) -> None:
    dataset = _dataset(speakers={"a": 120, "b": 120})
    first, again, resumed = (_batches(dataset, kind) for _ in range(3))
    for left, right in zip(first[1], again[1], strict=True):
        np.testing.assert_array_equal(left, right)
    before = first[0][0]
    first.on_epoch_end()
    assert not np.array_equal(before, first[0][0])
    resumed.epoch = 1
    np.testing.assert_array_equal(first[0][0], resumed[0][0])


def test_originals_and_all_that_is_made_of_them_are_drawn() -> None:
    functionals, _ = _batches(_dataset(speakers={"a": 128}), FunctionalBatches)[0]
    assert set(functionals.mean(axis=1).round().tolist()) == {0, 1, 2, 3}
    spectrograms, _ = _batches(_dataset(speakers={"a": 128}))[0]
    is_copy = spectrograms.max(axis=(1, 2, 3)) > 10
    assert 0 < is_copy.sum() < len(is_copy)


def test_what_is_asked_of_mixed_clips_is_mixed_as_they_are() -> None:
    """Asked for one emotion where it is fed two, a network learns to mistake them."""
    clips = [
        Clip(Path(f"{i}.wav"), corpus, emotion, "", f"{corpus}-{i % 4}")
        for i in range(64)
        for corpus, emotion in (("cremad", "sad"), ("cremad", "angry"), ("emodb", "boredom"))
    ]
    level = np.array([INNER_LABELS.index(clip.emotion) for clip in clips], dtype=np.float32)
    own = [Features(np.zeros((1, 64), np.float32), np.full(FEATURES, x)) for x in level]
    variants = [np.full((4, FEATURES), x, dtype=np.float16) for x in level]
    inputs, asked = _batches(Dataset(clips, own, own, variants, variants, {}), FunctionalBatches)[0]
    wanted, possible = np.split(asked, 2, axis=1)
    assert wanted.sum(axis=1) == pytest.approx(1.0)
    assert possible[wanted > 0].min() == 1.0, "what is asked for can be answered"
    assert (possible.sum(axis=1) > 2).any(), "corpora are mixed too"
    spread = np.abs(inputs[:, 0] * 50.0 - wanted @ np.arange(9))
    assert spread.max() < 0.05, "no more than what labels are smoothed by"
    assert (np.abs(inputs[:, 0] * 50.0 % 1 - 0.5) < 0.4).any(), "some are truly between two"


def test_beside_a_variant_stands_what_the_encoder_heard_of_clip_or_copy() -> None:
    clips = [Clip(Path(f"{i}.wav"), "cremad", "sad", "", f"cremad-{i}") for i in range(200)]
    measured, encoded = 3, FEATURES - 3

    def items(of_all: float, heard: float) -> list[Features]:
        vector = np.concatenate([np.full(measured, of_all), np.full(encoded, heard)])
        return [Features(np.zeros((1, 64), np.float32), vector) for _ in clips]

    variants = [np.full((4, measured), 30, np.float16) for _ in clips]
    spoiled = [
        np.stack([one.functionals, other.functionals])
        for one, other in zip(items(40, 4), items(60, 6), strict=True)
    ]
    dataset = Dataset(clips, items(10, 1), items(20, 2), variants, spoiled, {})
    batches = _batches(dataset, FunctionalBatches)
    batches.mixed = False
    rows: Counter[tuple[int, ...]] = Counter()
    for _ in range(10):
        inputs, _ = batches[0]
        rows.update(map(tuple, np.round(50 * inputs[:, [0, measured]]).astype(int).tolist()))
        batches.on_epoch_end()
    assert set(rows) == {(10, 1), (20, 2), (30, 1), (30, 2), (40, 4), (60, 6)}
    assert rows[30, 1] == pytest.approx(rows[30, 2], rel=0.5)
    assert rows[40, 4] == pytest.approx(rows[60, 6], rel=0.5)


def test_each_clip_comes_as_often_as_its_chance_says() -> None:
    batches = _batches(_dataset(speakers={"a": 300, "b": 100}), FunctionalBatches)
    counts = np.bincount(batches._drawn(), minlength=400)
    wanted = batches._chances * counts.sum()
    assert abs(counts - wanted).max() < 1


def test_a_speaker_with_many_clips_does_not_drown_the_others() -> None:
    dataset = _dataset(speakers={"many": 900, "few": 100})
    batches = _batches(dataset)
    drawn = batches._drawn()
    share = np.mean([dataset.clips[i].speaker == "few" for i in drawn])
    assert share > 0.12


def test_emotions_that_a_corpus_lacks_cost_less_than_a_wrong_one() -> None:
    dataset = _dataset(speakers={"a": 40})
    asked = _batches(dataset)[0][1]
    logits = np.zeros((len(asked), 9), dtype=np.float32)

    def loss(louder: str) -> float:
        changed = logits.copy()
        changed[:, INNER_LABELS.index(louder)] += 3.0
        return float(np.mean(masked_crossentropy(asked, changed)))

    level = float(np.mean(masked_crossentropy(asked, logits)))
    assert level < loss("surprised"), "nothing would keep it from answering surprised"
    assert loss("surprised") < loss("sad"), "it would learn the corpus by what is missing there"


# Networks ---------------------------------------------------------------------


def test_the_hybrid_is_a_weighted_mean_of_both() -> None:
    cnn, functionals = build_cnn(), build_functionals(FEATURES)
    dataset = _dataset(speakers={"a": 8})
    x, values = (_batches(dataset, kind)[0][0] for kind in (SpectrogramBatches, FunctionalBatches))
    by_hand = fuse(cnn.predict(x, verbose=0), functionals.predict(values, verbose=0), 0.7)
    joined = build_hybrid(cnn, functionals, share=0.7).predict((x, values), verbose=0)
    np.testing.assert_allclose(joined, by_hand, atol=1e-5)


def test_statistics_pooling_gives_mean_and_deviation_over_time() -> None:
    pooled = StatisticsPooling()(np.array([[[0.0, 2.0], [4.0, 2.0]]], dtype=np.float32))
    np.testing.assert_allclose(pooled, [[2.0, 2.0, 2.0, 0.0]], atol=0.01)


def test_the_networks_hold_no_code() -> None:
    for model in (build_cnn(), build_hybrid(build_cnn(), build_functionals(3), share=0.5)):
        assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
        own = {type(layer).__module__ for layer in model.layers} - {"ser.layers"}
        assert all(module.startswith("keras.") for module in own)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)

    def fresh(*, units: int = 3) -> keras.Model:
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])
        rate = keras.optimizers.schedules.CosineDecay(0.1, 40)
        model.compile(optimizer=keras.optimizers.AdamW(rate), loss="mse")
        return model

    def fit(model: keras.Model, *, start: int, end: int) -> None:
        model.fit(x, x[:, :3], initial_epoch=start, epochs=end, shuffle=False, verbose=0,
                  callbacks=[Checkpoint(tmp_path, settings={"seed": 5})])  # fmt: skip

    whole, first, second = fresh(), fresh(), fresh()
    fit(whole, start=0, end=4)
    fit(first, start=0, end=2)
    start = resume(second, tmp_path, settings={"seed": 5})
    assert start == 2
    fit(second, start=start, end=4)
    np.testing.assert_allclose(whole.get_weights()[0], second.get_weights()[0], atol=1e-6)
    with pytest.raises(TrainingError, match="other settings"):
        resume(fresh(), tmp_path, settings={"seed": 6})
    with pytest.raises(TrainingError, match="another network"):
        resume(fresh(units=5), tmp_path, settings={"seed": 5})


def test_one_emotion_alone_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    clips = [Clip(Path(f"{n}.wav"), "cremad", "angry", "ANG", "cremad-1") for n in range(3)]
    dataset = Dataset(clips, [], [], [], [], {})
    with pytest.raises(TrainingError, match="are angry: give recordings of two emotions"):
        train_models(dataset, _scaling(), stages={}, run=Run(tmp_path, seed=1, resume=False))


@pytest.mark.parametrize("file", ["state.json", "epoch-1.weights.h5"])
@pytest.mark.parametrize("damage", [b"", b'{"epoch": 1, "wei', b'{"epoch": 1}', None])
def test_a_damaged_state_says_what_to_do(damage: bytes | None, file: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile(optimizer="adam", loss="mse")
    x = np.zeros((8, 4))
    model.fit(x, x[:, :3], verbose=0, callbacks=[Checkpoint(tmp_path, settings={"seed": 5})])
    if damage is not None:
        (tmp_path / file).write_bytes(damage)
    else:
        os.truncate(tmp_path / file, (tmp_path / file).stat().st_size // 2)
    with pytest.raises(TrainingError, match=f"{file} is missing or damaged.* leave out --resume"):
        resume(model, tmp_path, settings={"seed": 5})
    (tmp_path / "epoch-1.weights.h5").unlink()
    with pytest.raises(TrainingError, match=f"or remove {tmp_path} to train"):
        resume(model, tmp_path, settings={"seed": 5})


# Leakage and scores -----------------------------------------------------------


def test_a_speaker_on_both_sides_is_refused() -> None:
    one = Clip(Path("a.wav"), "cremad", "sad", "SAD", "cremad-1")
    with pytest.raises(TrainingError, match="cremad-1"):
        refuse_leakage([one], [replace(one, path=Path("b.wav"))])


def test_a_copy_of_a_clip_on_both_sides_is_refused(tmp_path: Path) -> None:
    left, right = tmp_path / "left.wav", tmp_path / "right.wav"
    for path in (left, right):
        soundfile.write(path, sound("sad"), 16000)
    with pytest.raises(TrainingError, match="is a copy of"):
        refuse_leakage(
            [Clip(left, "cremad", "sad", "", "cremad-1")],
            [Clip(right, "cremad", "sad", "", "cremad-2")],
        )


def test_every_known_speaker_is_held_out_in_one_fold_only() -> None:
    folds = [held_out_speakers(fold) for fold in range(1, 7)]
    speakers = [speaker for fold in folds for speaker in fold]
    assert len(speakers) == len(set(speakers)) == 24 + 91 + 10 + 2 + 8
    with pytest.raises(TrainingError, match="no fold 7"):
        held_out_speakers(7)
