"""Classic systems: features against truth, honest splits, and bundles that run no code."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from ser import ProfileError, Recognizer, VoiceProfile
from ser.errors import BundleError
from ser.features.classic import (
    CLASSIC_FEATURES,
    classic_means,
    envelope_mask,
    remove_silence,
)
from ser.gate import SpeechCheck, SpeechGate
from ser.mixtures import MixturePerClass
from ser.recipe_bundle import CLASSIFIER, MANIFEST, open_recipe, save_recipe
from tests.corpora_on_disk import write_corpus
from training import prepare
from training.corpora import Clip
from training.dataset import TrainingError
from training.folds import held_out_speakers
from training.recipes import RECIPES, Recipe
from training.recipes.__main__ import main
from training.recipes.classic import CLASSIC
from training.recipes.data import Table
from training.recipes.results import as_details, as_table, make_row, read_rows, renew_rows
from training.recipes.scoring import PROTOCOLS, score

RATE = 16_000
MLP = CLASSIC[0]

# The design's batches of 256 are more than our small corpora have.
pytestmark = pytest.mark.filterwarnings("ignore:Got `batch_size`")


def _tone(hertz: float, duration_s: float, gain: float = 0.3) -> np.ndarray:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (gain * np.sin(2 * np.pi * hertz * time_s)).astype(np.float32)


def _silence(duration_s: float) -> np.ndarray:
    return np.zeros(round(duration_s * RATE), dtype=np.float32)


def classic_features(samples: np.ndarray) -> np.ndarray:
    """As recipes do it."""
    return classic_means(remove_silence(samples))


def _named(samples: np.ndarray) -> dict[str, float]:
    return dict(zip(CLASSIC_FEATURES, classic_features(samples).tolist(), strict=True))


# The mask ---------------------------------------------------------------------


@pytest.mark.parametrize("gain", [0.001, 0.03, 0.9])
@pytest.mark.parametrize("hiss", [0.0, 0.001])
def test_the_mask_keeps_the_voice_and_nothing_else(gain: float, hiss: float) -> None:
    """Sound from 0.5 to 1 s and from 1.6 to 2.1 s, at any level, over hiss and an offset."""
    voice = np.concatenate(
        [_silence(0.5), _tone(200, 0.5), _silence(0.6), _tone(200, 0.5), _silence(0.5)]
    )
    noise = hiss * np.random.default_rng(0).standard_normal(len(voice)).astype(np.float32)
    mask = envelope_mask((voice + noise) * gain + 0.05)
    at_s = np.flatnonzero(np.diff(mask.astype(int))) / RATE
    # Half a window, 0.05 s, stays on either side.
    assert at_s == pytest.approx([0.45, 1.05, 1.55, 2.15], abs=0.01)


def test_a_click_does_not_cut_speech_away(speech: np.ndarray) -> None:
    clicked = speech * np.float32(0.01)
    kept = len(remove_silence(clicked))
    clicked[4000] = 1.0
    assert len(remove_silence(clicked)) == pytest.approx(kept, rel=0.1)


def test_pauses_and_their_length_change_no_feature() -> None:
    sounds = [np.concatenate([_silence(s), _tone(440, 1.0), _silence(s)]) for s in (0.1, 1.0)]
    assert classic_features(sounds[0]) == pytest.approx(classic_features(sounds[1]), rel=1e-3)


# The 180 ----------------------------------------------------------------------


def test_there_are_180_with_names_of_their_own() -> None:
    assert len(CLASSIC_FEATURES) == len(set(CLASSIC_FEATURES)) == 180
    counts = [sum(n.startswith(p) for n in CLASSIC_FEATURES) for p in ("mfcc", "chroma", "mel")]
    assert counts == [40, 12, 128]


@pytest.mark.parametrize(("hertz", "note"), [(440.0, "a"), (261.63, "c"), (739.99, "fs")])
def test_a_tone_is_in_its_band_and_its_pitch_class(hertz: float, note: str) -> None:
    named = _named(_tone(hertz, 1.0))
    chroma = {name: value for name, value in named.items() if name.startswith("chroma")}
    assert max(chroma, key=chroma.__getitem__) == f"chroma_{note}_mean"
    bands = np.array([value for name, value in named.items() if name.startswith("mel")])
    centres = librosa.mel_frequencies(n_mels=130, fmax=RATE / 2)[1:-1]
    assert abs(int(bands.argmax()) - int(np.abs(centres - hertz).argmin())) <= 1


def test_they_are_librosas_own_means(speech: np.ndarray) -> None:
    """The well-known recipe written out, on speech whose silence is already gone."""
    voice = remove_silence(speech)
    mfcc = librosa.feature.mfcc(y=voice, sr=RATE, n_mfcc=40).mean(axis=1)
    mel = librosa.feature.melspectrogram(y=voice, sr=RATE).mean(axis=1)
    ours = classic_features(speech)
    assert ours[:40] == pytest.approx(mfcc, abs=1e-2)
    assert ours[52:] == pytest.approx(mel, rel=1e-3, abs=1e-6)


def test_power_grows_with_the_square_of_the_level() -> None:
    quiet, loud = _named(_tone(500, 1.0, 0.1)), _named(_tone(500, 1.0, 0.2))
    band = max((n for n in loud if n.startswith("mel")), key=loud.__getitem__)
    assert loud[band] == pytest.approx(4 * quiet[band], rel=1e-3)


def test_awkward_sounds_give_finite_features_without_a_warning() -> None:
    click = _silence(0.5)
    click[2000] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for samples in (_tone(300, 0.1), click, np.sign(_tone(200, 0.5)), _silence(0.2)):
            assert np.isfinite(classic_features(samples)).all()


# Recipes ----------------------------------------------------------------------


def test_the_perceptron_is_the_published_design() -> None:
    settings = MLP.classifier(3).get_params()
    design = {
        "alpha": 0.01, "batch_size": 256, "epsilon": 1e-08, "hidden_layer_sizes": (300,),
        "learning_rate": "adaptive", "max_iter": 500, "random_state": 3,
    }  # fmt: skip
    assert design.items() <= settings.items()
    assert MLP.emotions == ("calm", "happy", "fearful", "disgust")


def test_emotions_are_chosen_by_any_of_their_words() -> None:
    assert MLP.with_emotions(["Fear", "surprise"]).emotions == ("fearful", "surprised")
    assert MLP.with_emotions(["all"]).emotions == MLP.all_emotions
    assert len(MLP.all_emotions) == 8
    with pytest.raises(TrainingError, match="'boredom'"):
        MLP.with_emotions(["boredom", "calm"])
    with pytest.raises(TrainingError, match="two emotions"):
        MLP.with_emotions(["calm", "calm"])


def test_mixtures_follow_bayes_rule() -> None:
    """Three times as many clips of one class move the border towards the other."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 1, (3000, 1)), rng.normal(1, 1, (1000, 1))])
    y = np.repeat(["a", "b"], [3000, 1000])
    model = MixturePerClass(1).fit(x, y)
    # N(-1, 1) at 3/4 against N(1, 1) at 1/4: they meet at ln(3) / 2.
    border = np.log(3) / 2
    assert list(model.predict(np.array([[border - 0.1], [border + 0.1]]))) == ["a", "b"]
    assert model.predict_proba(np.array([[border]]))[0] == pytest.approx([0.5, 0.5], abs=0.05)


# Protocols --------------------------------------------------------------------


class _Spy:
    """Learns nothing, answers the first class, and remembers what it was trained on."""

    trained: list[np.ndarray]

    def __init__(self, trained: list[np.ndarray]) -> None:
        self.trained = trained

    def fit(self, x: np.ndarray, y: np.ndarray) -> _Spy:
        self.classes_ = np.unique(y)
        self.trained.append(x[:, 0].astype(int))
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return np.eye(len(self.classes_))[np.zeros(len(x), dtype=int)]


@pytest.fixture
def spied(tmp_path: Path) -> tuple[Recipe, Table, list[np.ndarray]]:
    """A recipe that learns nothing, and 8 clips of each of RAVDESS's 24 actors."""
    clips = []
    for actor in range(1, 25):
        for take in range(8):
            emotion = ("calm", "happy", "fear", "disgust")[take % 4]
            path = tmp_path / f"{actor}-{take}.wav"
            path.write_bytes(f"{actor} {take}".encode())
            clips.append(Clip(path, "ravdess", emotion, emotion, f"ravdess-{actor}"))
    trained: list[np.ndarray] = []
    recipe = replace(MLP, classifier=lambda _: _Spy(trained))
    return recipe, Table(clips, np.arange(len(clips), dtype=float)[:, None]), trained


def test_unheard_voices_are_unheard(spied: tuple[Recipe, Table, list[np.ndarray]]) -> None:
    recipe, table, trained = spied
    figures = score(recipe, table, "unheard", seed=1)
    assert figures["parts"] == 6
    assert figures["clips"] == 192
    for fold, rows in enumerate(trained, start=1):
        heard = {table.clips[i].speaker for i in rows}
        assert not heard & held_out_speakers(fold)
        assert len(heard) == 20


def test_random_splits_test_a_quarter_of_known_voices_at_a_time(
    spied: tuple[Recipe, Table, list[np.ndarray]],
) -> None:
    recipe, table, trained = spied
    figures = score(recipe, table, "random", seed=1)
    assert figures["parts"] == 4
    assert figures["clips"] == 192
    assert [len(rows) for rows in trained] == [144] * 4
    # Each emotion evenly, and each clip left out once.
    assert all((np.bincount(rows % 4) == 36).all() for rows in trained)
    assert (np.bincount(np.concatenate(trained)) == 3).all()


def test_who_always_says_the_same_is_at_chance(
    spied: tuple[Recipe, Table, list[np.ndarray]],
) -> None:
    recipe, table, _ = spied
    for protocol in PROTOCOLS:
        figures = score(recipe, table, protocol, seed=1)
        assert figures["uar"] == figures["accuracy"] == 0.25
        assert figures["recalls"] == {"calm": 1, "happy": 0, "fearful": 0, "disgust": 0}


def test_a_copy_of_a_clip_under_another_voice_is_refused(
    spied: tuple[Recipe, Table, list[np.ndarray]],
) -> None:
    recipe, table, _ = spied
    table.clips[-1].path.write_bytes(table.clips[0].path.read_bytes())
    with pytest.raises(TrainingError, match="copy"):
        score(recipe, table, "unheard", seed=1)


# From a folder to an answer ---------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two commands leave behind."""
    root = tmp_path_factory.mktemp("recipes")
    write_corpus(root / "data/ravdess", "ravdess", speakers=6, takes=2, seconds=0.5)
    write_corpus(root / "data/emodb", "emodb", speakers=1, takes=1, seconds=0.5)
    assert prepare.main(["--data", str(root / "data"), "--out", str(root / "clips.csv")]) == 0
    assert _run(root, "mlp-ravdess") == 0
    assert _clean(root, root / "clean") == 0
    assert _run(root, "gmm-ravdess", "--emotions", "all") == 0
    return root


def _clean(root: Path, folder: Path) -> int:
    return main(["clean", "mlp-ravdess", str(folder), "--table", str(root / "clips.csv")])


def _run(root: Path, name: str, *more: str) -> int:
    return main(["run", name, *more, *_folders(root)])


def _folders(root: Path) -> list[str]:
    folders = {"--table": root / "clips.csv", "--cache": root / "cache", "--out": root}
    return [text for pair in folders.items() for text in map(str, pair)]


def _clip(root: Path, name: str) -> str:
    return str(root / "data/ravdess/Actor_01" / f"{name}.wav")


CALM, HAPPY, FEARFUL, DISGUST = (f"03-01-{code}-01-01-01-01" for code in ("02", "03", "06", "07"))


@pytest.fixture
def buzzes_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """These clips are no speech, and are taken for it."""
    monkeypatch.setattr(SpeechGate, "check", lambda gate, sound: SpeechCheck("ok", 1.0))


@pytest.mark.usefixtures("buzzes_pass")
def test_files_are_answered_as_an_array_of_labels(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [_clip(ran, CALM), _clip(ran, FEARFUL)]
    assert main(["answer", "mlp-ravdess", *files, "--out", str(ran)]) == 0
    assert capsys.readouterr().out == "array(['calm', 'fearful'], dtype='<U8')\n"


@pytest.mark.usefixtures("buzzes_pass")
def test_files_may_stand_after_options(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm, fearful = _clip(ran, CALM), _clip(ran, FEARFUL)
    out, every = ["--out", str(ran)], ["--emotions", "all"]
    assert main(["answer", "mlp-ravdess", *out, calm, fearful]) == 0
    assert main(["answer", "mlp-ravdess", calm, *out, fearful]) == 0
    assert capsys.readouterr().out == 2 * "array(['calm', 'fearful'], dtype='<U8')\n"
    answers = []
    for words in ([calm, *every, *out], [*out, *every, calm], [*every, calm, *out]):
        assert main(["answer", "gmm-ravdess", *words]) == 0
        answers.append(capsys.readouterr().out)
    assert len(set(answers)) == 1


@pytest.mark.parametrize("command", ["answer svm-ravdess a.wav --odd", "table --odd", "--odd"])
def test_what_is_no_option_and_no_file_is_refused(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(command.split())
    assert "unrecognized arguments: --odd" in capsys.readouterr().err


@pytest.mark.usefixtures("buzzes_pass")
def test_a_fresh_recording_is_answered(
    ran: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def record(seconds: float) -> tuple[np.ndarray, int]:
        asked.append(seconds)
        return soundfile.read(_clip(ran, FEARFUL), dtype="float32")

    monkeypatch.setattr("ser.microphone.record", record)
    assert main(["answer", "mlp-ravdess", "--record", "2", "--out", str(ran)]) == 0
    assert capsys.readouterr().out == "array(['fearful'], dtype='<U8')\n"
    assert asked == [2.0]


@pytest.mark.parametrize("seconds", ["x", "0.4", "61", "nan", "inf"])
def test_no_length_of_a_recording_is_told_so(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["answer", "mlp-ravdess", "--record", seconds])
    told = f"'{seconds}' is not a number of seconds between 0.5 and 60"
    assert told in capsys.readouterr().err


def test_a_file_without_sound_is_named(ran: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(ran / "nothing.wav", _silence(1.0), RATE)
    files = [_clip(ran, CALM), str(ran / "nothing.wav")]
    assert main(["answer", "mlp-ravdess", *files, "--out", str(ran)]) == 1
    error = capsys.readouterr().err
    assert "nothing.wav" in error
    assert "silent" in error


def test_results_keep_other_recipes_rows(ran: Path) -> None:
    rows = read_rows(ran / "reports/recipes.json")
    told = [(row["recipe"], len(row["emotions"]), row["protocol"]) for row in rows]
    assert told == [
        ("mlp-ravdess", 4, "random"),
        ("mlp-ravdess", 4, "unheard"),
        ("gmm-ravdess", 8, "random"),
        ("gmm-ravdess", 8, "unheard"),
    ]
    for row in rows:
        assert row["claim"] == "no figure claimed"
        assert row["clips"] == 12 * len(row["emotions"])
        assert row["uar_ci95"][0] <= row["uar"] <= row["uar_ci95"][1]
        assert {"data", "seed", "versions"} <= set(row)


def test_a_second_run_renews_its_own_rows_and_repeats_its_figures(ran: Path) -> None:
    before = read_rows(ran / "reports/recipes.json")
    assert _run(ran, "gmm-ravdess", "--emotions", "all") == 0
    assert read_rows(ran / "reports/recipes.json") == before


def test_cleaned_copies_are_short_and_at_16_khz(ran: Path) -> None:
    copies = list((ran / "clean").rglob("*.wav"))
    assert len(copies) == 48
    samples, rate = soundfile.read(copies[0])
    assert rate == RATE
    assert 0 < len(samples) <= 0.5 * RATE


def test_cleaned_copies_go_into_no_folder_that_holds_anything(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Least of all into the corpus, whose names they may bear."""
    before = Path(_clip(ran, CALM)).read_bytes()
    assert _clean(ran, ran / "data/ravdess") == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert Path(_clip(ran, CALM)).read_bytes() == before


def test_an_interrupted_cleaning_goes_on_in_its_own_folder(ran: Path) -> None:
    written = sorted((ran / "clean").rglob("*.wav"))
    written[0].unlink()
    assert _clean(ran, ran / "clean") == 0
    assert sorted((ran / "clean").rglob("*.wav")) == written


def test_where_nobody_speaks_no_emotion_is_named(ran: Path, speech: np.ndarray) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(48_000)
    system = open_recipe(ran / "bundles/mlp-ravdess")
    nothing, word = system.answer([(noise, 16_000), (speech, 16_000)])
    assert nothing == ""
    assert word in system.words


def test_another_choice_of_emotions_has_a_bundle_of_its_own(
    ran: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(open_recipe(ran / "bundles/gmm-ravdess-all").labels) == 8
    answer = ["answer", "gmm-ravdess", _clip(ran, CALM), "--out", str(ran)]
    assert main([*answer, "--emotions", "all"]) == 0
    assert main(answer) == 1
    assert "run the recipe first" in capsys.readouterr().err


def test_a_voice_learnt_by_our_networks_is_refused_in_a_sentence(ran: Path) -> None:
    recognizer = Recognizer.load(ran / "bundles/mlp-ravdess")
    profile = VoiceProfile("others", 9.0, {"mlp-ravdess": (0.0,) * 9})
    with pytest.raises(ProfileError, match="other models"):
        recognizer.predict(_clip(ran, CALM), profile=profile)
    with pytest.raises(BundleError, match="cannot allow for a voice"):
        recognizer.predict_many([_clip(ran, CALM)], same_speaker=True)


def test_a_missing_corpus_and_a_missing_recipe_are_told(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (ran / "clips.csv").read_text().splitlines()
    kept = [line for line in lines if ",ravdess," not in line]
    (tmp_path / "clips.csv").write_text("\n".join(kept) + "\n")
    assert _run(tmp_path, "svm-ravdess") == 1
    assert "RAVDESS speech" in capsys.readouterr().err
    assert _run(ran, "svm-everything") == 1
    assert "mlp-ravdess" in capsys.readouterr().err
    assert main(["answer", "svm-ravdess", "a.wav", "--out", str(ran)]) == 1
    assert "run the recipe first" in capsys.readouterr().err


# Bundles ----------------------------------------------------------------------


@pytest.fixture
def copied(ran: Path, tmp_path: Path) -> Path:
    """A trained system of which one may break something."""
    for part in (CLASSIFIER, MANIFEST):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).write_bytes((ran / "bundles/mlp-ravdess" / part).read_bytes())
    return tmp_path


@pytest.mark.parametrize("recipe", CLASSIC, ids=lambda recipe: recipe.name)
def test_every_kind_of_classifier_comes_back_as_it_was(recipe: Recipe, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    emotions = np.array(list(recipe.words) * 15)
    features = rng.normal(size=(60, 180)) + 3 * (emotions == "calm")[:, None]
    classifier = recipe.classifier(1).fit(features, emotions)
    save_recipe(
        tmp_path,
        classifier,
        name=recipe.name,
        features=recipe.features,
        words=recipe.words,
        facts={},
    )
    again = open_recipe(tmp_path).classifier
    assert again.predict_proba(features) == pytest.approx(classifier.predict_proba(features))


def test_probabilities_are_in_the_order_of_the_labels(ran: Path) -> None:
    bundle = open_recipe(ran / "bundles/mlp-ravdess")
    assert bundle.labels == ("calm", "happy", "fear", "disgust")
    # scikit-learn's own order, by the alphabet, has disgust in the place of happy.
    probabilities = bundle.probabilities([_clip(ran, HAPPY), _clip(ran, DISGUST)])
    assert probabilities.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert list(probabilities.argmax(axis=1)) == [1, 3]


def test_a_changed_file_is_not_opened(copied: Path) -> None:
    with (copied / CLASSIFIER).open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match="SHA-256"):
        open_recipe(copied)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("feature_schema", {}, "other features"),
        ("known_answer", [0.1, 0.2, 0.3, 0.4], "does not answer"),
        ("labels", ["calm", "happy", "fear", "sad"], "does not answer"),
        ("kind", "something", "no recipe's system"),
        ("recipe", "=HYPERLINK()", "no recipe's system"),
        ("words", 4, "is damaged"),
        ("labels", [["calm"], ["happy"], ["fear"], ["sad"]], "is damaged"),
        ("labels", ["calm"] * 4, "no recipe's system"),
        ("sha256", {"/etc/passwd": "0"}, "no recipe's system"),
        ("sha256", ["x"], "is damaged"),
        ("sha256", [], "is damaged"),
    ],
)
def test_what_does_not_fit_is_told(copied: Path, name: str, value: object, says: str) -> None:
    manifest = json.loads((copied / MANIFEST).read_text())
    (copied / MANIFEST).write_text(json.dumps(manifest | {name: value}))
    with pytest.raises(BundleError, match=says):
        open_recipe(copied)


def test_types_of_strangers_are_not_built(copied: Path) -> None:
    import hashlib

    import skops.io

    skops.io.dump(RECIPES, copied / CLASSIFIER)
    manifest = json.loads((copied / MANIFEST).read_text())
    digest = hashlib.sha256((copied / CLASSIFIER).read_bytes()).hexdigest()
    (copied / MANIFEST).write_text(json.dumps(manifest | {"sha256": {CLASSIFIER: digest}}))
    with pytest.raises(BundleError, match="not ours"):
        open_recipe(copied)


# The table --------------------------------------------------------------------


def test_a_table_with_one_protocol_shows_a_dash(tmp_path: Path) -> None:
    figures = {"uar": 0.5, "uar_ci95": [0.4, 0.6], "accuracy": 0.51, "speakers": 24}
    row = make_row(MLP, "unheard", figures, Table([], np.empty((0, 180))), seed=1)
    renew_rows(tmp_path / "r.json", [row])
    line = as_table(read_rows(tmp_path / "r.json")).splitlines()[-1]
    assert line.endswith("| 4 | no figure claimed | - | 50.0 (40.0 to 60.0); 51.0 |")


def test_a_damaged_report_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{")
    with pytest.raises(TrainingError, match="cannot be understood"):
        renew_rows(tmp_path / "r.json", [])
    assert (tmp_path / "r.json").read_text() == "{"


def test_the_readme_shows_what_was_measured() -> None:
    root = Path(__file__).parent.parent
    rows = read_rows(root / "reports/recipes.json")
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert as_table(rows) in readme
    assert as_details(rows) in readme
