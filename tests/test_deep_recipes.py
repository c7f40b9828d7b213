"""Networks among the recipes: what they are fed, that they learn, and that they can be asked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from ser import Recognizer
from ser.bundles import find_bundles, look_at, models_in
from ser.errors import BundleError
from ser.features import sequences
from ser.features.sets import FEATURE_SETS
from ser.features.spectral import FLOOR_DB
from ser.recipe_bundle import NETWORK, open_recipe
from ser.synthesis import sample_voice
from ser.training_log import read_trainings
from tests.corpora_on_disk import write_corpus
from training import prepare
from training.corpora import Clip
from training.corpora.ravdess import SPEECH
from training.recipes import RECIPES
from training.recipes.__main__ import main
from training.recipes.data import Watched, load_table
from training.recipes.deep import DEEP
from training.recipes.networks import NetworkClassifier, Schedule, cnn, cnn_lstm
from training.recipes.ravtess import merged_names, vary_speed_and_pitch
from training.recipes.results import read_rows

RATE = 16_000
RAVTESS, TESS = DEEP


# Sequences --------------------------------------------------------------------


@pytest.mark.parametrize("measure", [sequences.mfcc_sequence, sequences.log_mel_sequence])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 6.0])
def test_every_recording_gets_the_same_number_of_frames(
    measure: sequences.Measure, seconds: float
) -> None:
    values = measure(_buzz(seconds))
    assert values.shape == measure(_buzz(2.0)).shape
    assert np.isfinite(values).all()


def test_a_short_voice_stands_in_the_middle_of_silence() -> None:
    values = sequences.log_mel_sequence(_buzz(1.0))
    silent = np.flatnonzero((values <= FLOOR_DB + 1e-3).all(axis=1))
    before, after = (silent < 96).sum(), (silent >= 96).sum()
    assert abs(int(before) - int(after)) <= 2
    assert before > 50


def test_silence_around_is_what_silence_is_in_mfcc() -> None:
    """The frames filled in are those of the quietest spectrum that there can be."""
    filled = sequences.mfcc_sequence(_buzz(0.5))[0]
    quietest = np.concatenate([_buzz(0.2), np.zeros(RATE), _buzz(0.2)]).astype(np.float32)
    middle = sequences.mfcc_sequence(quietest)[sequences.MFCC_FRAMES // 2]
    assert filled == pytest.approx(middle, abs=0.5)


def test_a_long_voice_is_cut_on_both_sides() -> None:
    """Two seconds of a low voice, two of a high one: both are left, in equal parts."""
    values = sequences.log_mel_sequence(np.concatenate([_buzz(2.5, 120), _buzz(2.5, 400)]))
    lowest = values.argmax(axis=1)
    low = int((lowest[:96] < np.median(lowest)).sum()), int((lowest[96:] < np.median(lowest)).sum())
    assert low[0] > low[1]


def _buzz(seconds: float, hertz: float = 150.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sign(np.sin(2 * np.pi * hertz * time_s))).astype(np.float32)


# Networks ---------------------------------------------------------------------


def _toy(*, epochs: int = 12) -> NetworkClassifier:
    def plain(shape: Sequence[int]) -> list[keras.Layer]:
        del shape
        return [keras.layers.Flatten(), keras.layers.Dense(8, activation="relu")]

    return NetworkClassifier(plain, Schedule(epochs=epochs, batch_size=16, rate=0.02), seed=1)


@pytest.fixture
def toys() -> tuple[np.ndarray, np.ndarray]:
    """Two classes that differ by the mean of what is otherwise noise; one is rare."""
    rng = np.random.default_rng(0)
    y = np.repeat(["sad", "happy"], [120, 30])
    x = rng.normal(size=(150, 4, 3)) + 1.5 * (y == "happy")[:, None, None]
    return x.astype(np.float32), y


def test_a_network_learns_and_says_in_which_order(toys: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = toys
    classifier = _toy().fit(x, y)
    assert list(classifier.classes_) == ["happy", "sad"]
    probabilities = classifier.predict_proba(x)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(150), abs=1e-5)
    assert (classifier.classes_[probabilities.argmax(axis=1)] == y).mean() > 0.9
    assert classifier.learnt["training_accuracy"] > 0.9
    assert classifier.learnt["epochs"] == 12


def test_the_same_seed_makes_the_same_network(toys: tuple[np.ndarray, np.ndarray]) -> None:
    answers = [_toy(epochs=2).fit(*toys).predict_proba(toys[0]) for _ in range(2)]
    assert answers[0] == pytest.approx(answers[1], abs=1e-4)


def test_curves_of_three_kinds_are_kept(
    toys: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    """The test clips here are all wrongly named: their curve must be the one that is bad."""
    x, y = toys
    wrong = np.where(y == "sad", "happy", "sad")
    _toy().fit(x, y, watched=Watched(tmp_path / "toy", x, wrong))
    last = list(csv.DictReader((tmp_path / "toy/network.csv").open()))[-1]
    assert {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"} <= set(last)
    assert float(last["accuracy"]) > 0.8
    assert float(last["test_accuracy"]) < 0.2
    (log,) = read_trainings(tmp_path)
    assert log.network == "network"
    assert log.status() == "finished"


def test_copies_of_validation_clips_are_not_trained_on(
    toys: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = toys
    x = np.zeros_like(x) + np.arange(150)[:, None, None]
    copies = np.stack([x, x, x], axis=1).astype(np.float16)
    seen: dict[str, np.ndarray] = {}

    def fit(model: keras.Model, batches: keras.utils.PyDataset, **options: object) -> None:
        drawn = [batches[i][0][:, 0, 0] for i in range(len(batches))]
        seen["training"] = np.concatenate(drawn)
        seen["validation"] = options["validation_data"][0][:, 0, 0]  # type: ignore[index]
        model.history = keras.callbacks.History()
        model.history.epoch = [0]

    monkeypatch.setattr(keras.Sequential, "fit", fit)
    _toy().fit(x, y, copies=copies)
    assert not set(seen["training"]) & set(seen["validation"])
    # Each training clip with its three copies, once.
    assert (np.unique(seen["training"], return_counts=True)[1] == 4).all()
    assert len(seen["training"]) == 4 * 135


@pytest.mark.parametrize(
    ("build", "shape"), [(cnn, (192, 64)), (cnn_lstm, (144, 40))], ids=["cnn", "cnn_lstm"]
)
def test_the_designs_come_back_from_their_file(
    build: object, shape: tuple[int, int], tmp_path: Path
) -> None:
    x = np.random.default_rng(0).normal(size=(24, *shape)).astype(np.float32)
    y = np.repeat(["a", "b"], 12)
    schedule = Schedule(epochs=1, batch_size=8, rate=1e-3)
    classifier = NetworkClassifier(build, schedule, seed=1).fit(x, y)  # type: ignore[arg-type]
    classifier.network.save(tmp_path / "n.keras")
    again = keras.models.load_model(tmp_path / "n.keras", compile=False)
    assert np.asarray(again(x)) == pytest.approx(classifier.predict_proba(x), abs=1e-4)


# RAVDESS and TESS as one ------------------------------------------------------


def test_merged_names_are_ravdess_s_own_and_all_different() -> None:
    words = [f"{a}{b}at" for a in "bcdfghklmnprstvw" for b in "abcdefghijklm"][:200]
    clips = [
        Clip(Path(f"{who}_{word}_{mood}.wav"), "tess", mood, mood, f"tess-{who}", sentence=word)
        for who in ("OAF", "YAF")
        for word in words
        for mood in ("angry", "surprised")
    ]
    sung = Clip(Path("03-02-05-02-01-01-07.wav"), "ravdess_song", "angry", "angry", "ravdess-7")
    names = merged_names([*clips, sung])
    assert len(set(names)) == 801
    assert names[-1] == Path("Actor_07/03-02-05-02-01-01-07.wav")
    assert {name.parent.name for name in names} == {"Actor_07", "Actor_25", "Actor_26"}
    fields = [name.stem.split("-") for name in names]
    assert all(len(each) == 7 and {len(field) for field in each} == {2} for each in fields)
    # Whatever reads RAVDESS's emotions reads these.
    emotions = {
        clip.emotion: name.stem.split("-")[2] for clip, name in zip(clips, names, strict=False)
    }
    assert emotions == {"angry": "05", "surprised": "08"}
    assert all(SPEECH.pattern.fullmatch(name.stem) for name in names[:-1])


def test_a_copy_has_another_speed_or_pitch() -> None:
    samples = _buzz(1.0, 200.0)
    rng = np.random.default_rng(3)
    copies = [vary_speed_and_pitch(samples, rng) for _ in range(6)]
    lengths = np.array([len(copy) for copy in copies]) / RATE
    assert np.ptp(lengths) > 0.1
    assert ((lengths > 0.79) & (lengths < 1.26)).all()
    pitches = [_pitch(copy) for copy in copies]
    assert np.ptp(pitches) > 10
    assert all(200 * 2 ** (-2.6 / 12) < pitch < 200 * 2 ** (2.6 / 12) for pitch in pitches)


def _pitch(samples: np.ndarray) -> float:
    from ser.features import pitch_contour

    f0 = pitch_contour(samples).f0_hz
    return float(np.nanmedian(f0[f0 > 0]))


def test_copies_stand_beside_their_clips(root: Path) -> None:
    from training.corpora import read_table

    recipe = replace(
        RAVTESS,
        copies=2,
        corpora=("tess",),
        emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    )
    table = load_table(recipe, read_table(root / "clips.csv"), cache=root / "cache")
    assert table.copies is not None
    assert table.copies.shape == (len(table.clips), 2, *table.features.shape[1:])
    # A copy is another sound than its clip, and more like it than like silence.
    assert (np.abs(table.copies[:, 0] - table.features).mean(axis=(1, 2)) > 0.5).all()


# From a folder to an answer ---------------------------------------------------


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of the CNN-LSTM leaves behind."""
    root = tmp_path_factory.mktemp("deep")
    write_corpus(root / "data/tess", "tess", speakers=2, takes=4, seconds=0.5)
    assert prepare.main(["--data", str(root / "data"), "--out", str(root / "clips.csv")]) == 0
    # A hundred epochs teach nothing more here.
    brief = replace(TESS, classifier=_brief_cnn_lstm, random_splits=2)
    folders = {"--table": "clips.csv", "--cache": "cache", "--runs": "runs", "--out": "."}
    options = [text for name, path in folders.items() for text in (name, str(root / path))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RECIPES, "cnn-lstm-tess", brief)
        assert main(["run", "cnn-lstm-tess", *options]) == 0
    return root


def _brief_cnn_lstm(seed: int) -> NetworkClassifier:
    schedule = Schedule(epochs=2, batch_size=16, rate=3e-3, patience=2)
    return NetworkClassifier(cnn_lstm, schedule, seed=seed)


def test_a_run_tells_what_was_claimed(root: Path) -> None:
    """Each figure of the claim has one of ours beside it."""
    random, unheard = read_rows(root / "reports/recipes.json")
    assert (random["protocol"], unheard["protocol"]) == ("random", "unheard")
    for row in (random, unheard):
        for name in ("training_accuracy", "validation_accuracy", "accuracy", "macro_f1", "loss"):
            assert 0 <= row[name] < 5
        assert {"angry", "sad", "pleasant surprise"} <= set(row["recalls"])
    assert random["layers"][-1]["shape"] == [7]
    assert len(random["curves"]["test_accuracy"]) == len(random["curves"]["loss"]) == 2
    assert unheard["parts"] == 2
    assert unheard["speakers"] == 2


def test_a_trained_network_answers_like_any_other_model(root: Path) -> None:
    bundle = root / "bundles/cnn-lstm-tess"
    recognizer = Recognizer.load(bundle)
    assert recognizer.models == ("cnn-lstm-tess",)
    prediction = recognizer.predict((sample_voice(), RATE))
    assert prediction.model == "cnn-lstm-tess"
    assert prediction.status == "ok"
    assert sum(prediction.probabilities.values()) == pytest.approx(1.0)
    assert recognizer.predict((np.zeros(RATE), RATE)).status == "no_speech"
    own = open_recipe(bundle).probabilities([(sample_voice(), RATE)])[0]
    assert prediction.confidence == pytest.approx(own.max(), abs=1e-6)


def test_what_a_system_cannot_do_is_told(root: Path) -> None:
    recognizer = Recognizer.load(root / "bundles/cnn-lstm-tess")
    voice = (sample_voice(), RATE)
    with pytest.raises(BundleError, match="hang on"):
        recognizer.explain(voice)
    with pytest.raises(BundleError, match="learn a voice"):
        recognizer.enrol(voice)
    with pytest.raises(ValueError, match="no model 'cnn'"):
        recognizer.predict(voice, model="cnn")


def test_files_are_answered_in_the_corpus_s_own_words(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next((root / "data/tess").rglob("*.wav"))
    assert main(["answer", "cnn-lstm-tess", str(file), "--out", str(root)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("array(['")
    assert out.endswith("dtype='<U17')\n")


def test_a_changed_network_is_not_opened(root: Path, tmp_path: Path) -> None:
    for part in (NETWORK, "artifacts/recipe.json"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).write_bytes((root / "bundles/cnn-lstm-tess" / part).read_bytes())
    with (tmp_path / NETWORK).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="SHA-256"):
        Recognizer.load(tmp_path)


def test_the_page_finds_it_and_says_what_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_BUNDLES", str(root / "bundles"))
    (found,) = find_bundles()
    known = look_at(found)
    assert known.trained_on == "56 clips of 2 speakers (TESS)"
    assert known.system.startswith("CNN-LSTM on TESS: it knows angry, ")
    assert models_in(found) == {"cnn-lstm-tess": "CNN-LSTM on TESS"}


def test_cleaned_clips_are_written_under_merged_names(root: Path, tmp_path: Path) -> None:
    from training.corpora import read_table
    from training.recipes.data import write_cleaned

    clips = read_table(root / "clips.csv")
    recipe = replace(
        RAVTESS,
        features=FEATURE_SETS["mfcc-sequence"],
        corpora=("tess",),
        emotions=tuple(word for word in RAVTESS.emotions if word != "calm"),
    )
    write_cleaned(recipe, clips, tmp_path)
    written = sorted(tmp_path.rglob("*.wav"))
    assert [path.relative_to(tmp_path) for path in written] == sorted(merged_names(clips))
    assert soundfile.info(written[0]).samplerate == RATE
