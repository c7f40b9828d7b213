"""Training: from a folder of sound to models that answer, and nothing leaks on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from ser import LABELS, Recognizer
from ser.features import PROSODIC_FEATURES, Features
from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from tests.corpora_on_disk import sound, write_corpus
from training import prepare, train
from training.batches import TrainingBatches, masked_crossentropy
from training.checkpoint import Checkpoint, resume
from training.corpora import Clip
from training.dataset import Dataset, TrainingError, load_dataset
from training.folds import held_out_speakers, refuse_leakage
from training.networks import build_cnn, build_hybrid
from training.score import fit_temperature, score_corpora


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
            rng.normal(size=len(PROSODIC_FEATURES)).astype(np.float32),
        )
        for _ in clips
    ]
    copies = [Features(item.log_mel + 100, item.prosody + 100) for item in features]
    return Dataset(clips, features, copies, {})


def _scaling() -> Scaling:
    count = len(PROSODIC_FEATURES)
    return Scaling(np.full(64, -20.0), np.full(64, 5.0), np.zeros(count), np.ones(count))


def _batches(dataset: Dataset, **options: int) -> TrainingBatches:
    settings = {"seed": 1, **options}
    return TrainingBatches(dataset, _scaling(), with_prosody=True, **settings)


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
    assert train.main(_arguments(root, "--hold-out", "1")) == 0
    assert train.main(_arguments(root, *CONTINUED)) == 0
    return root


def _arguments(root: Path, *more: str) -> list[str]:
    folders = {"--table": root / "clips.csv", "--out": root, "--runs": root / "runs"}
    options = [text for pair in folders.items() for text in map(str, pair)]
    return [*options, "--cache", str(root / "cache"), "--epochs", "1", "--hybrid-epochs", "1",
            *more]  # fmt: skip


def test_the_trained_bundle_answers(trained: Path, speech_wav: Path) -> None:
    recognizer = Recognizer.load(trained)
    for model in ("hybrid", "cnn"):
        prediction = recognizer.predict(speech_wav, model=model)
        assert tuple(prediction.probabilities) == LABELS
        assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
        assert prediction.confidence == max(prediction.probabilities.values())
        assert prediction.duration_s == pytest.approx(3.0)


def test_the_manifest_tells_what_it_was_made_from(trained: Path) -> None:
    manifest = json.loads((trained / "artifacts/manifest.json").read_text())
    assert manifest["seed"] == 1
    assert manifest["clips"] == {"cremad": 24, "emodb": 42}
    assert manifest["speakers"] == 5
    assert manifest["started_from"] == "fold-1"
    assert set(manifest["versions"]) >= {"tensorflow", "keras", "librosa", "praat-parselmouth"}
    assert len(manifest["sha256"]) == 7


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


def test_a_finished_training_resumes_to_the_same_models(trained: Path) -> None:
    manifest = trained / "artifacts/manifest.json"
    before = json.loads(manifest.read_text())["known_answer"]
    assert train.main(_arguments(trained, *CONTINUED, "--resume")) == 0
    after = json.loads(manifest.read_text())["known_answer"]
    assert after["hybrid"] == pytest.approx(before["hybrid"], abs=1e-5)


def test_other_settings_do_not_resume(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(_arguments(trained, *CONTINUED, "--resume", "--seed", "2")) == 1
    assert "other settings" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_named(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(_arguments(trained, "--start-from", "fold-6")) == 1
    assert "finish that training first" in capsys.readouterr().err


def test_a_held_out_fold_is_scored_by_corpus(trained: Path) -> None:
    report = json.loads((trained / "reports/fold-1.json").read_text())
    held_out = held_out_speakers(1)
    assert report["speakers"] == 3
    assert {"emodb-3", "emodb-8"} <= held_out
    score = {entry["corpus"]: entry for entry in report["scores"]["hybrid"]}["emodb"]
    assert score["speakers"] == 2
    assert score["clips"] == 24, "boredom has no public label"
    assert np.sum(score["confusion"]) == 24


# What a batch is made of ------------------------------------------------------


def test_a_seed_gives_the_same_batches_again_and_each_epoch_others() -> None:
    dataset = _dataset(speakers={"a": 60, "b": 60})
    first, again, resumed = _batches(dataset), _batches(dataset), _batches(dataset, epoch=1)
    for left, right in zip(first[1], again[1], strict=True):
        np.testing.assert_array_equal(left[0], right[0])
    before = first[0][1]
    first.on_epoch_end()
    assert not np.array_equal(before, first[0][1])
    np.testing.assert_array_equal(first[0][1], resumed[0][1])


def test_originals_and_copies_are_both_drawn() -> None:
    batches = _batches(_dataset(speakers={"a": 64}))
    (_, prosody), _ = batches[0]
    is_copy = prosody.mean(axis=1) > 2
    assert 0 < is_copy.sum() < len(is_copy)


def test_a_speaker_with_many_clips_does_not_drown_the_others() -> None:
    dataset = _dataset(speakers={"many": 900, "few": 100})
    batches = _batches(dataset)
    drawn = batches._drawn()
    share = np.mean([dataset.clips[i].speaker == "few" for i in drawn])
    assert share > 0.12


def test_emotions_that_a_corpus_lacks_take_no_part_in_its_loss() -> None:
    dataset = _dataset(speakers={"a": 40})
    asked = _batches(dataset)[0][1]
    logits = np.random.default_rng(0).normal(size=(len(asked), 9)).astype(np.float32)
    louder = logits.copy()
    louder[:, INNER_LABELS.index("surprised")] += 20.0
    np.testing.assert_allclose(
        masked_crossentropy(asked, logits), masked_crossentropy(asked, louder), atol=1e-4
    )
    louder[:, INNER_LABELS.index("sad")] += 20.0
    assert np.mean(masked_crossentropy(asked, louder)) > np.mean(masked_crossentropy(asked, logits))


# Networks ---------------------------------------------------------------------


def test_the_hybrid_starts_as_the_cnn() -> None:
    cnn = build_cnn()
    hybrid = build_hybrid(cnn, features=len(PROSODIC_FEATURES))
    (spectrograms, prosody), _ = _batches(_dataset(speakers={"a": 8}))[0]
    np.testing.assert_allclose(
        hybrid.predict((spectrograms, prosody), verbose=0),
        cnn.predict(spectrograms, verbose=0),
        atol=1e-5,
    )


def test_the_networks_hold_no_code() -> None:
    for model in (build_cnn(), build_hybrid(build_cnn(), features=3)):
        assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)
        assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)

    def fresh() -> keras.Model:
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
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


def test_recall_is_averaged_over_classes_not_clips() -> None:
    dataset = _dataset(speakers={"a": 9})
    logits = np.full((9, 9), -5.0)
    logits[:, INNER_LABELS.index("surprised")] = 9.0  # an emotion the corpus does not have
    logits[:, INNER_LABELS.index("sad")] = 5.0
    (score,) = score_corpora(logits, dataset)
    assert score.uar == pytest.approx(1 / 3)
    assert score.uar_any == 0.0


def test_overconfident_answers_are_cooled() -> None:
    dataset = _dataset(speakers={"a": 300})
    rng = np.random.default_rng(0)
    target = dataset.targets()
    right = np.where(rng.random(300) < 0.7, target, np.roll(target, 1))
    logits = 12.0 * np.eye(9)[right]
    assert fit_temperature(logits, dataset) > 2
