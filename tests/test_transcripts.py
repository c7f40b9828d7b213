"""The check of what RAVDESS's clips say: names, counts, and sentences for people."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
import soundfile

from ser.audio import load
from tests.corpora_on_disk import write_corpus
from training import prepare, transcripts
from training.corpora import Clip
from training.dataset import TrainingError
from training.transcripts import SENTENCES, Listener, Row, drawn_evenly, listen, spoken_clips

RATE = 16_000
REPORT = Path("reports/transcripts.json")
KIDS_HAPPY, DOGS_SAD, KIDS_ANGRY = (
    "03-01-03-01-01-01-01",
    "03-01-04-01-02-01-02",
    "03-01-05-01-01-01-02",
)

Hears = Callable[[dict[str, str | None]], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """RAVDESS's speech and song of two actors, 32 and 12 clips, and their table."""
    write_corpus(tmp_path / "data/speech", "ravdess", speakers=2, takes=2, seconds=0.3)
    write_corpus(tmp_path / "data/song", "ravdess_song", speakers=2, takes=1, seconds=0.3)
    assert _prepare(tmp_path) == 0
    return tmp_path


@pytest.fixture
def hears(root: Path, monkeypatch: pytest.MonkeyPatch) -> Hears:
    """Stand in for PocketSphinx: hears what the names say, but for what the test tells."""

    def set_up(mistakes: dict[str, str | None]) -> None:
        said: dict[bytes, str | None] = {}
        for path in (root / "data/speech").rglob("*.wav"):
            said[load(path).samples.tobytes()] = path.stem.split("-")[4]
            if path.stem in mistakes:
                said[load(path).samples.tobytes()] = mistakes[path.stem]
        monkeypatch.setattr(
            transcripts, "pocketsphinx_listener", lambda: lambda samples: said[samples.tobytes()]
        )
        monkeypatch.setattr(transcripts, "LIBRARIES", ("numpy",))  # the package need not be here

    return set_up


def _prepare(root: Path) -> int:
    return prepare.main(["--data", str(root / "data"), "--out", str(root / "clips.csv")])


def _run(root: Path, *more: str) -> int:
    table, out = str(root / "clips.csv"), str(root)
    return transcripts.main(["--table", table, "--out", out, "--jobs", "1", *more])


def _report(root: Path) -> Row:
    report: Row = json.loads((root / REPORT).read_text(encoding="utf-8"))
    return report


def _clip(root: Path, stem: str) -> Path:
    return next(root.rglob(f"{stem}.wav"))


# From a table to a report -----------------------------------------------------


def test_what_is_heard_is_counted_against_the_names(
    root: Path, hears: Hears, capsys: pytest.CaptureFixture[str]
) -> None:
    hears({KIDS_HAPPY: "02", DOGS_SAD: "01", KIDS_ANGRY: None})
    assert _run(root) == 0
    report = _report(root)
    told = {name: report[name] for name in ("clips", "speakers", "other", "neither", "sampled")}
    assert told == {"clips": 32, "speakers": 2, "other": 2, "neither": 1, "sampled": False}
    assert report["agreement"] == pytest.approx(29 / 32, abs=1e-5)
    assert {row["emotion"]: row["agreement"] for row in report["by_emotion"]} == {
        "neutral": 1, "calm": 1, "happy": 0.75, "sad": 0.75, "angry": 0.75, "fear": 1,
        "disgust": 1, "surprised": 1,
    }  # fmt: skip
    assert [(row["sex"], row["other"], row["neither"]) for row in report["by_sex"]] == [
        ("male", 1, 0),
        ("female", 1, 1),
    ]
    assert "In 90.6 % of 32 clips of 2 actors" in capsys.readouterr().out


def test_disagreeing_clips_are_named_and_nobodys_folders_are_told(root: Path, hears: Hears) -> None:
    hears({KIDS_HAPPY: "02", KIDS_ANGRY: None})
    assert _run(root) == 0
    assert _report(root)["disagreeing"] == [
        {"clip": KIDS_HAPPY, "emotion": "happy", "heard": "02"},
        {"clip": KIDS_ANGRY, "emotion": "angry", "heard": "neither"},
    ]
    assert str(root) not in (root / REPORT).read_text(encoding="utf-8")


def test_a_clip_without_sound_is_left_out_and_counts_nowhere(
    root: Path, hears: Hears, capsys: pytest.CaptureFixture[str]
) -> None:
    hears({})
    assert _run(root) == 0
    whole = _report(root)
    soundfile.write(_clip(root, KIDS_HAPPY), np.zeros(RATE), RATE)
    assert _run(root) == 0
    report = _report(root)
    assert (report["clips"], report["agreement"]) == (31, 1.0)
    assert report["unusable"] == [KIDS_HAPPY]
    assert report["data"] != whole["data"]
    assert f"{KIDS_HAPPY}.wav: The sound is silent" in capsys.readouterr().err


def test_a_sample_says_that_it_is_one(root: Path, hears: Hears) -> None:
    hears({})
    assert _run(root, "--limit", "16") == 0
    report = _report(root)
    assert (report["clips"], report["sampled"]) == (16, True)
    assert [row["clips"] for row in report["by_emotion"]] == [2] * 8


def test_a_sample_is_even() -> None:
    clips = [
        Clip(Path(f"03-01-{emotion}-01-{said}-{take}-{actor:02}.wav"), "ravdess", emotion, "",
             f"ravdess-{actor}", "male" if actor % 2 else "female", sentence=said)
        for actor in range(1, 25)
        for emotion in ("happy", "sad", "fear")
        for said in SENTENCES
        for take in ("01", "02")
    ]  # fmt: skip
    drawn = drawn_evenly(clips, 36)
    assert len(set(drawn)) == 36
    assert set(Counter((c.emotion, c.sentence, c.sex) for c in drawn).values()) == {3}
    assert len({clip.speaker for clip in drawn}) > 12
    assert drawn == drawn_evenly(clips, 36)


# Listening --------------------------------------------------------------------


def _by_length() -> Listener:
    return lambda samples: "01" if len(samples) < 0.3 * RATE else "02"


@pytest.mark.parametrize("jobs", [2, 3, 9])
def test_answers_stay_with_their_clips_however_many_processes_hear(
    jobs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["01", "02", "02", "01", "02", "01", "01"]
    clips = []
    for at, sentence in enumerate(said):
        tone = np.sin(np.arange(round(RATE * (0.2 if sentence == "01" else 0.4))) / 9)
        soundfile.write(tmp_path / f"{at}.wav", tone * 0.5, RATE)
        clips.append(Clip(tmp_path / f"{at}.wav", "ravdess", "sad", "", "a", sentence=sentence))
    # Threads share their parts out as processes do, and start at once.
    monkeypatch.setattr(
        transcripts,
        "parallel_config",
        lambda **_: joblib.parallel_config(backend="threading", n_jobs=jobs),
    )
    hearings = listen(clips, _by_length, jobs=jobs)
    assert [hearing.clip for hearing in hearings] == clips
    assert [hearing.heard for hearing in hearings] == said


def test_pocketsphinx_hears_no_sentence_in_noise() -> None:
    pytest.importorskip("pocketsphinx")
    hear = transcripts.pocketsphinx_listener()
    rng = np.random.default_rng(0)
    for level in (0.0, 0.001, 0.1, 3.0):
        assert hear((level * rng.standard_normal(2 * RATE)).astype(np.float32)) is None


# What can go wrong ------------------------------------------------------------


def test_a_missing_package_is_told_with_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    assert _run(root) == 1
    told = capsys.readouterr().err
    assert "pip install -r requirements-extra.txt" in told
    assert len(told.splitlines()) == 1
    extra = (Path(__file__).parent.parent / "requirements-extra.txt").read_text()
    assert "\npocketsphinx~=" in extra


def test_a_table_without_ravdess_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_corpus(tmp_path / "data/song", "ravdess_song", speakers=1, takes=1, seconds=0.3)
    assert _prepare(tmp_path) == 0
    assert _run(tmp_path) == 1
    assert "no clip of RAVDESS speech" in capsys.readouterr().err


def test_a_name_with_another_sentence_is_told() -> None:
    clip = Clip(Path("03-01-03-01-03-01-01.wav"), "ravdess", "happy", "", "a", sentence="03")
    with pytest.raises(TrainingError, match=r"03-01-03-01-03-01-01\.wav says sentence '03'"):
        spoken_clips([clip])


@pytest.mark.parametrize("option", ["--limit", "--jobs"])
@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_numbers_that_make_no_sense_are_refused(option: str, number: str) -> None:
    with pytest.raises(SystemExit):
        transcripts.main([option, number])
