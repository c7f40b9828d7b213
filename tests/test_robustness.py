"""Robustness: conditions are what they are called, and points lost are counted rightly."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ser.audio import SAMPLE_RATE, Sound
from ser.features import Features, extract, feature_names, trim
from ser.labels import INNER_LABELS
from ser.synthesis import sample_voice
from tests.corpora_on_disk import write_corpus
from training import degrade, robustness
from training.adjustment import deaf_logits
from training.benchmark.pool import POOLED
from training.checkpoint import load_trained
from training.conditions import CLEAN, SNR_DB, Scene, Task, conditions, hear, make_tasks
from training.corpora import Clip, find_corpora, fingerprint, write_table
from training.dataset import Dataset, TrainingError
from training.folds import held_out_speakers
from training.networks import build_cnn, build_functionals
from training.report import hybrid_share
from training.robustness import stratified
from training.robustness_answers import Answers, TrainedRun, answer, load_run, with_hybrid
from training.robustness_report import compute_rows, write_robustness

CONDITIONS = {condition.name: condition for condition in conditions(rooms=True)}
SECOND = SAMPLE_RATE


@pytest.fixture(scope="module")
def scene() -> Scene:
    voices = tuple(sample_voice(name, seed=9) for name in ("subdued", "lively"))
    return Scene(1, "clip.wav", voices, np.eye(1, 4_000, dtype=np.float32)[0])


@pytest.fixture
def spoken(speech: np.ndarray) -> np.ndarray:
    """Speech as a corpus has it: with a second of silence on both sides."""
    return np.pad(speech, SECOND)


def _changed(name: str, samples: np.ndarray, scene: Scene) -> np.ndarray:
    return CONDITIONS[name].change(samples, scene)


def _power_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def _band_db(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    at_hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(10 * np.log10(spectrum[(at_hz >= low_hz) & (at_hz < high_hz)].sum()))


# The conditions ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["white", "pink", "babble"])
@pytest.mark.parametrize("snr_db", SNR_DB)
def test_noise_is_as_loud_as_asked_beside_the_voice(
    spoken: np.ndarray, scene: Scene, kind: str, snr_db: int
) -> None:
    noise = _changed(f"{kind}-{snr_db}", spoken, scene) - spoken
    assert _power_db(trim(spoken)) - _power_db(noise) == pytest.approx(snr_db, abs=0.05)


def test_noise_has_its_colour(spoken: np.ndarray, scene: Scene) -> None:
    white, pink = (_changed(f"{kind}-0", spoken, scene) - spoken for kind in ("white", "pink"))
    octaves = [_band_db(pink, low, 2 * low) for low in (250, 500, 1_000, 2_000)]
    assert max(octaves) - min(octaves) < 1.0
    assert _band_db(white, 4_000, 8_000) - _band_db(white, 500, 1_000) == pytest.approx(9, abs=0.5)


def test_one_noise_is_used_at_all_levels_and_another_for_each_clip(
    spoken: np.ndarray, scene: Scene
) -> None:
    loud, soft = (_changed(f"white-{snr}", spoken, scene) - spoken for snr in (0, 20))
    np.testing.assert_allclose(loud, 10 * soft, atol=1e-4)
    other = _changed("white-0", spoken, replace(scene, name="other.wav")) - spoken
    assert abs(np.corrcoef(loud, other)[0, 1]) < 0.05


def test_the_telephone_keeps_its_band_alone(scene: Scene) -> None:
    hiss = np.random.default_rng(0).standard_normal(4 * SECOND).astype(np.float32)
    narrow = _changed("telephone", hiss, scene)
    for low, high, least in ((20, 150, 20), (5_000, 7_900, 20)):
        assert _band_db(hiss, low, high) - _band_db(narrow, low, high) > least
    assert _band_db(narrow, 500, 2_500) == pytest.approx(_band_db(hiss, 500, 2_500), abs=0.5)


@pytest.mark.parametrize("name", ["mp3-32", "mp3-16", "opus-16", "opus-8"])
def test_a_codec_keeps_length_place_and_level(speech: np.ndarray, scene: Scene, name: str) -> None:
    quiet = 0.1 * speech
    coded = _changed(name, quiet, scene)
    assert abs(len(coded) - len(quiet)) <= 1_152
    length = min(len(coded), len(quiet))
    assert np.corrcoef(coded[:length], quiet[:length])[0, 1] > 0.8
    assert _power_db(coded) == pytest.approx(_power_db(quiet), abs=1.0)


def test_fewer_kilobits_keep_less(speech: np.ndarray) -> None:
    for codec in ("MP3", "OPUS"):
        fine, coarse = (degrade.encode(speech, codec=codec, kbps=kbps) for kbps in (64, 16))
        length = min(len(fine), len(coarse), len(speech))
        errors = [_power_db(coded[:length] - speech[:length]) for coded in (fine, coarse)]
        assert errors[0] < errors[1] - 3


def test_a_minute_passes_the_codec(speech: np.ndarray) -> None:
    assert len(degrade.encode(np.tile(speech, 21), codec="OPUS", kbps=8)) == 21 * len(speech)


@pytest.mark.parametrize("t60_s", [0.4, 0.8])
def test_a_room_falls_by_sixty_decibels_in_its_time(t60_s: float) -> None:
    room = degrade.room_response(t60_s=t60_s, rng=np.random.default_rng(0)).astype(np.float64)
    assert np.sum(room[1:] ** 2) == pytest.approx(room[0] ** 2)
    left = 10 * np.log10(np.cumsum(room[::-1] ** 2)[::-1])
    times = (np.array([0.1, 0.6]) * len(room)).astype(int)
    assert left[times[0]] - left[times[1]] == pytest.approx(30, abs=2)


def test_a_recorded_room_without_echo_changes_nothing(speech: np.ndarray, scene: Scene) -> None:
    np.testing.assert_allclose(_changed("room-recorded", speech, scene), speech, atol=1e-6)


def test_rooms_keep_the_length_and_fill_the_pauses(spoken: np.ndarray, scene: Scene) -> None:
    wet = _changed("room-0.8", spoken, scene)
    assert len(wet) == len(spoken)
    after = slice(-SECOND, -SECOND + 2_000)
    assert np.abs(wet[after]).max() > 0.01 * np.abs(wet).max()
    assert not spoken[after].any()


@pytest.mark.parametrize(("name", "gain_db"), [("gain+20", 20), ("gain-20", -20)])
def test_gain_is_as_asked_and_the_models_see_none_of_it(
    speech: np.ndarray, scene: Scene, name: str, gain_db: int
) -> None:
    changed = _changed(name, speech, scene)
    assert _power_db(changed) - _power_db(speech) == pytest.approx(gain_db, abs=1e-3)
    before, after = extract(Sound(speech)), extract(Sound(changed))
    np.testing.assert_allclose(after.log_mel, before.log_mel, atol=0.01)


def test_clipping_cuts_off_the_upper_twelve_decibels(speech: np.ndarray, scene: Scene) -> None:
    changed = _changed("clipped", speech, scene)
    expected = np.abs(speech) >= np.abs(speech).max() / 10 ** (12 / 20)
    np.testing.assert_array_equal(np.abs(changed) >= 1 - 1e-6, expected)


def test_silence_stands_on_both_ends(speech: np.ndarray, scene: Scene) -> None:
    changed = _changed("silence", speech, scene)
    np.testing.assert_array_equal(changed[SECOND:-SECOND], speech)
    assert not changed[:SECOND].any()
    assert not changed[-SECOND:].any()


def test_the_loudest_second_is_kept(speech: np.ndarray, scene: Scene) -> None:
    quiet_then_loud = np.concatenate([0.1 * speech, speech[:SECOND], 0.1 * speech])
    changed = _changed("cut", quiet_then_loud, scene)
    assert len(changed) == SECOND
    lag = np.argmax(np.correlate(quiet_then_loud, changed, "valid"))
    assert abs(lag - len(speech)) < 0.1 * SECOND
    short = speech[: SECOND // 2]
    np.testing.assert_array_equal(_changed("cut", short, scene), short)


@pytest.mark.parametrize("kind", ["white", "pink"])
def test_cleaning_takes_off_the_noise_that_the_same_clip_is_scored_with(
    speech: np.ndarray, scene: Scene, kind: str
) -> None:
    dirty = _changed(f"{kind}-10", speech, scene)
    cleaned = _changed(f"{kind}-10-cleaned", speech, scene)
    np.testing.assert_array_equal(cleaned, _changed("cleaned", dirty, scene))
    assert _power_db(cleaned - speech) < _power_db(dirty - speech) - 2


# Who is heard -----------------------------------------------------------------


def _clips(corpus: str, speakers: Sequence[str], emotions: Sequence[str]) -> list[Clip]:
    return [
        Clip(Path(f"{corpus}-{speaker}-{emotion}.wav"), corpus, emotion, "", f"{corpus}-{speaker}")
        for speaker in speakers
        for emotion in emotions
    ]


def test_nobody_babbles_behind_their_own_voice() -> None:
    clips = _clips("emodb", "abc", ("sad", "angry", "happy"))
    for clip, task in zip(clips, make_tasks(clips, clips, [], seed=1), strict=True):
        own = {str(other.path) for other in clips if other.speaker == clip.speaker}
        assert len(task.voices) == 6
        assert not own & set(task.voices)


def test_what_surrounds_a_clip_does_not_hang_on_the_others() -> None:
    clips = _clips("emodb", "abc", ("sad", "angry", "happy"))
    rooms = [Path(f"{number}.wav") for number in range(5)]
    every = make_tasks(clips, clips, rooms, seed=1)
    assert make_tasks(clips[4:6], clips, rooms, seed=1) == every[4:6]
    assert make_tasks(clips, clips, rooms, seed=2) != every


def test_where_one_person_alone_speaks_voices_are_synthesised(speech_wav: Path) -> None:
    gate: Any = SimpleNamespace(check=lambda sound: SimpleNamespace(status="ok"))
    clean, babble = hear(Task(str(speech_wav), (), None), [CLEAN, "babble-0"], gate, seed=1)
    assert clean.features is not None
    assert babble.features is not None
    assert np.percentile(babble.features.log_mel, 5) > np.percentile(clean.features.log_mel, 5) + 3


def test_a_sample_has_every_emotion_of_every_corpus_by_its_share() -> None:
    many, few = ([str(number) for number in range(count)] for count in (90, 10))
    clips = [*_clips("emodb", many, ("sad", "angry")), *_clips("iesc", few, ("sad", "fear"))]
    drawn = stratified(clips, 20, seed=1)
    counts = Counter((clip.corpus, clip.emotion) for clip in drawn)
    assert sorted(counts.values()) == [1, 1, 9, 9]
    assert drawn == sorted(drawn, key=clips.index)
    assert drawn != stratified(clips, 20, seed=2)
    assert stratified(clips, None, seed=1) == clips


# The figures ------------------------------------------------------------------

NAMES = [CLEAN, "white-10", "gain+20"]


@pytest.fixture
def made_up() -> tuple[list[Clip], Answers]:
    """Clean clips are all right; in noise CREMA-D's sad ones are angry; one is not analysed."""
    clips = [*_clips("cremad", "abcd", ("sad", "angry")), *_clips("iesc", "ab", ("sad", "fear"))]
    right = np.array([INNER_LABELS.index(clip.emotion) for clip in clips])
    said = np.repeat(right[:, None], 3, axis=1)
    noisy = [clip.corpus == "cremad" and clip.emotion == "sad" for clip in clips]
    said[noisy, 1] = INNER_LABELS.index("angry")
    logits = 5.0 * np.eye(len(INNER_LABELS))[said]
    lost = logits.copy()
    lost[0, 2] = np.nan
    refused = np.zeros((len(clips), 3), dtype=bool)
    refused[:3, 1] = True
    return clips, Answers({"cnn": logits, "hybrid": lost}, refused)


def test_points_lost_are_counted_against_the_clean_clips(
    made_up: tuple[list[Clip], Answers],
) -> None:
    rows = compute_rows(*made_up, NAMES)
    found = {(row["condition"], row["corpus"], row["model"]): row for row in rows}
    assert len(rows) == 3 * 3 * 2
    clean, noisy = (found[name, "cremad", "cnn"] for name in NAMES[:2])
    assert (clean["uar"], clean["lost"], clean["n"], clean["speakers"]) == (1.0, None, 8, 4)
    assert (noisy["uar"], noisy["lost"]) == (0.5, 0.5)
    assert noisy["lost_ci95"] == [0.5, 0.5], "every speaker loses the same"
    assert noisy["refused"] == pytest.approx(3 / 8)
    assert found["white-10", "iesc", "cnn"]["lost"] == 0.0
    pooled = found["white-10", POOLED, "cnn"]
    assert pooled["lost"] == pytest.approx((4 / 6) / 3), "sad: 4 of 6 wrong; angry and fear right"
    assert (pooled["n"], pooled["speakers"]) == (12, 6)
    assert pooled["refused"] == pytest.approx(3 / 12)


def test_what_cannot_be_analysed_is_wrong(made_up: tuple[list[Clip], Answers]) -> None:
    rows = compute_rows(*made_up, NAMES)
    found = {(row["condition"], row["corpus"], row["model"]): row for row in rows}
    assert found["gain+20", "cremad", "hybrid"]["uar"] == pytest.approx((3 / 4 + 1) / 2)
    assert found["gain+20", "cremad", "cnn"]["lost"] == 0.0


def test_answers_are_among_the_corpuss_own_emotions() -> None:
    clips = _clips("cremad", "ab", ("sad", "angry"))
    logits = np.zeros((len(clips), 1, len(INNER_LABELS)))
    logits[:, 0, INNER_LABELS.index("surprised")] = 9.0
    for i, clip in enumerate(clips):
        logits[i, 0, INNER_LABELS.index(clip.emotion)] = 5.0
    answers = Answers({"cnn": logits}, np.zeros((4, 1), dtype=bool))
    assert {row["uar"] for row in compute_rows(clips, answers, [CLEAN])} == {1.0}


def _facts() -> dict[str, Any]:
    return {
        "clips": 12,
        "speakers": 6,
        "sampled": True,
        "seed": 1,
        "recorded_rooms": 0,
        "run": {"name": "fold-1", "epochs": {"cnn": 50}},
        "versions": {"keras": "3"},
    }


def test_the_report_tells_what_is_lost_and_which_goals_are_missed(
    made_up: tuple[list[Clip], Answers], tmp_path: Path
) -> None:
    rows = compute_rows(*made_up, NAMES)
    chosen = [CONDITIONS[name] for name in NAMES]
    data, text = write_robustness(tmp_path / "reports", rows, chosen, _facts())
    stored = json.loads(data.read_text())["rows"]
    assert [row["uar"] for row in stored] == pytest.approx([r["uar"] for r in rows], abs=1e-5)
    report = text.read_text()
    assert "| white noise, 10 dB | 77.8 | 22.2 (" in report
    assert "5 at most: missed | 25.0 |" in report
    assert "| clean | 100.0 | - | 100.0 | - | - | 0.0 |" in report
    assert "| white noise, 10 dB | 50.0 (50.0 to 50.0 †) |" in report
    assert "12 clips of 6 unheard speakers, drawn by corpus and emotion" in report


# The command ------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of two small corpora, and a run of networks that know nothing."""
    root = tmp_path_factory.mktemp("robustness")
    write_corpus(root / "data/emodb", "emodb", speakers=4, takes=1)
    write_corpus(root / "data/crema", "cremad", speakers=6, takes=1)
    clips = [clip for corpus in find_corpora(root / "data").found for clip in corpus.clips]
    write_table(clips, root / "clips.csv")
    training = [clip for clip in clips if clip.speaker not in held_out_speakers(1)]
    assert len(training) < len(clips)
    for network in (build_cnn(), build_functionals(len(feature_names()))):
        _save(root / "runs/fold-1" / network.name, network, fingerprint(training))
    return root


def _save(folder: Path, network: Any, data: str, *, epoch: int = 2) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    network.save_weights(folder / "epoch-2.weights.h5")
    settings = {"stage": {"epochs": 2, "rate": 1e-3}, "seed": 1, "data": data, "start": None}
    state = {"epoch": epoch, "weights": "epoch-2.weights.h5", "settings": settings}
    (folder / "state.json").write_text(json.dumps(state))


def _featureless(clips: Sequence[Clip], **options: Any) -> Dataset:
    """Stand in for the features of a training part; those of the test are extracted."""
    rng = np.random.default_rng(0)
    features = [
        Features(
            rng.normal(-20, 5, (130, 64)).astype(np.float32),
            rng.normal(size=len(feature_names())).astype(np.float32),
        )
        for _ in clips
    ]
    nothing = [np.zeros((4, 1))] * len(clips)
    return Dataset(list(clips), features, features, nothing, nothing, {})


def _options(root: Path, *more: str) -> list[str]:
    folders = {"--table": "clips.csv", "--runs": "runs", "--cache": "cache", "--out": ""}
    named = [text for option, name in folders.items() for text in (option, str(root / name))]
    return [*named, "--jobs", "1", *more]


def test_the_command_scores_every_condition_on_unheard_speakers(
    on_disk: Path, monkeypatch: pytest.MonkeyPatch, speech_wav: Path
) -> None:
    monkeypatch.setattr(robustness, "load_dataset", _featureless)
    rooms = str(speech_wav.parent)
    assert robustness.main(_options(on_disk, "--clips", "2", "--rooms", rooms)) == 0
    report = json.loads((on_disk / "reports/robustness.json").read_text())
    assert [entry["name"] for entry in report["conditions"]] == list(CONDITIONS)
    assert {row["condition"] for row in report["rows"]} == set(CONDITIONS)
    assert {row["model"] for row in report["rows"]} == {"cnn", "hybrid"}
    assert report["facts"]["clips"] == 2
    assert report["facts"]["recorded_rooms"] == 1
    assert "room, reverberation of 0.4 s" in (on_disk / "reports/ROBUSTNESS.md").read_text()


def test_what_was_answered_is_not_asked_again(on_disk: Path, tmp_path: Path) -> None:
    asked = []

    class Model:
        inputs = (np.zeros((1, 128, 64, 1)),)

        def predict(self, spectrograms: np.ndarray, **options: Any) -> np.ndarray:
            asked.append(len(spectrograms))
            return np.zeros((len(spectrograms), len(INNER_LABELS)))

    clip = Clip(next(on_disk.glob("data/emodb/**/*.wav")), "emodb", "sad", "", "emodb-3")
    dataset = _featureless([clip])
    scaling = SimpleNamespace(spectrogram=lambda x: x, functionals=lambda x: x)
    facts = {"weights": "0"}
    run: Any = TrainedRun({"cnn": Model()}, scaling, INNER_LABELS, dataset.clips, facts)  # type: ignore[arg-type]
    tasks = make_tasks([clip], [clip], [], seed=1)
    for weights, calls in (("0", 1), ("0", 1), ("1", 2)):
        facts["weights"] = weights
        answers = answer(run, tasks, [CLEAN], seed=1, jobs=1, cache=tmp_path)
        assert answers.logits["cnn"].shape == (1, 1, len(INNER_LABELS))
        assert len(asked) == calls


def _dataset(root: Path) -> Dataset:
    return _featureless([c for f in find_corpora(root / "data").found for c in f.clips])


def test_a_run_is_loaded_with_the_speakers_it_never_heard(on_disk: Path) -> None:
    run = load_run(on_disk / "runs/fold-1", _dataset(on_disk))
    assert {clip.speaker for clip in run.test} <= held_out_speakers(1)
    assert run.emotions == tuple(
        label for label in INNER_LABELS if label not in ("calm", "surprised")
    )
    assert set(run.models) == {"cnn", "functionals"}


def test_a_loaded_run_leans_towards_no_frequent_emotion(on_disk: Path) -> None:
    dataset = _dataset(on_disk)
    training = [i for i, c in enumerate(dataset.clips) if c.speaker not in held_out_speakers(1)]
    run = load_run(on_disk / "runs/fold-1", dataset)
    for network in (build_cnn(), build_functionals(len(feature_names()))):
        load_trained(network, on_disk / "runs/fold-1" / network.name)
        models = (network, run.models[network.name])
        saved, loaded = (model.layers[-1].get_weights()[1] for model in models)
        taken_off = deaf_logits(dataset.subset(np.array(training)))
        assert np.ptp(taken_off) > 0.1
        np.testing.assert_allclose(saved - loaded, taken_off, atol=1e-5)


def test_a_run_that_heard_other_clips_is_refused(on_disk: Path) -> None:
    dataset = _dataset(on_disk)
    fewer = dataset.subset(np.arange(1, len(dataset)))
    with pytest.raises(TrainingError, match="not trained on fold-1's training part"):
        load_run(on_disk / "runs/fold-1", fewer)


def test_an_unfinished_run_is_refused(on_disk: Path, tmp_path: Path) -> None:
    network = SimpleNamespace(save_weights=lambda path: None)
    for stage, epoch in (("cnn", 2), ("functionals", 1)):
        _save(tmp_path / stage, network, "", epoch=epoch)
    with pytest.raises(TrainingError, match="has done 1 of 2 epochs"):
        load_run(tmp_path, _dataset(on_disk))


def test_a_run_that_is_not_there_is_told_in_a_sentence(
    on_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert robustness.main(_options(on_disk, "--run", "fold-7")) == 1
    assert "tells of no training" in capsys.readouterr().err


def test_a_folder_without_rooms_is_told_in_a_sentence(
    on_disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert robustness.main(_options(on_disk, "--rooms", str(tmp_path))) == 1
    assert "holds no sound files" in capsys.readouterr().err


# The hybrid's share ----------------------------------------------------------


def test_the_share_is_that_of_the_part_and_even_without_a_benchmark(tmp_path: Path) -> None:
    path = tmp_path / "benchmark.json"
    assert hybrid_share(path, "fold-1") == 0.5
    fitted = {"fold-1": {"on": "other parts", "share": 0.7, "temperature": {}}}
    path.write_text(json.dumps({"protocols": {"speaker-independent": {"fitted": fitted}}}))
    assert hybrid_share(path, "fold-1") == 0.7
    with pytest.raises(TrainingError, match="fold-2"):
        hybrid_share(path, "fold-2")


def test_the_hybrid_is_fused_condition_by_condition() -> None:
    one, other = np.zeros((3, 2, 9)), np.ones((3, 2, 9))
    one[0, 1] = np.nan
    answers = Answers({"cnn": one, "functionals": other}, np.zeros((3, 2), bool))
    hybrid = with_hybrid(answers, 0.7).logits["hybrid"]
    assert np.isnan(hybrid[0, 1]).all()
    np.testing.assert_allclose(hybrid[1:], 0.7)
