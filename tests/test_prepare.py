"""``python -m training.prepare``: the table on screen and the one on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpora_on_disk import sound, write_corpus, write_sound
from training.corpora import Clip, CorpusError, read_table, write_table
from training.prepare import find_all, main

ROOT = Path(__file__).parent.parent

SHORT = sound("neutral", seconds=0.2)

CLIP = Clip(
    path=Path('/somewhere/Jo, "the" clip.wav'),
    corpus="mine",
    emotion="boredom",
    original_label="bored",
    speaker="mine-Jo",
    sex="female",
    age=41.5,
    sentence="NA",
    intensity="strong",
    duration_s=1.2345,
)


@pytest.fixture(autouse=True)
def _no_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_DATA", raising=False)


def test_the_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = Path(os.path.abspath(CLIP.path))
    clips = [replace(CLIP, path=path), replace(CLIP, path=path.with_name("2.wav"), age=None)]
    write_table(clips, tmp_path / "new" / "table.csv")
    assert read_table(tmp_path / "new" / "table.csv") == clips


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("speaker", "person", "lacks .* speaker"),
        ("boredom", "hunger", "line 2.*hunger"),
        ("1.2345", "long", "line 2.*long"),
    ],
)
def test_a_table_that_is_none_is_refused_with_a_sentence(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    table = tmp_path / "table.csv"
    write_table([CLIP], table)
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CorpusError, match=said):
        read_table(table)


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"training\.prepare"):
        read_table(tmp_path / "table.csv")


def test_the_command_says_what_it_used_and_what_not_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    write_corpus(data / "a", "emodb", speakers=2, takes=1, seconds=0.2)
    write_corpus(data / "b", "cremad", speakers=1, takes=1, seconds=0.2)
    for name in ("one", "two", "three", "four"):
        write_sound(data / "a" / "wav" / f"{name}.wav", SHORT)
    write_sound(data / "noise" / "rain.wav", SHORT)
    table = tmp_path / "table.csv"

    assert main(["--data", str(data), "--out", str(table)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["corpus", "found", "used", "left", "out", "why"]
    emodb = next(line for line in lines if line.startswith("EmoDB"))
    assert emodb.split()[1:4] == ["18", "14", "4"]
    assert "does not fit the corpus's scheme (4): four.wav, one.wav, three.wav and 1 more" in emodb
    assert any("521 clips of the complete release are not there" in line for line in lines)
    assert any(
        line.startswith("together") and line.split()[1:] == ["24", "20", "4"] for line in lines
    )
    assert any("no corpus" in line and "rain.wav" in line for line in lines)
    assert [clip.corpus for clip in read_table(table)] == ["cremad"] * 6 + ["emodb"] * 14


def test_the_command_runs_from_any_folder_and_takes_its_data_from_the_environment(
    tmp_path: Path,
) -> None:
    write_corpus(tmp_path / "data", "emodb", speakers=1, takes=1, seconds=0.2)
    root = Path(__file__).parent.parent
    subprocess.run(
        [sys.executable, "-m", "training.prepare", "--out", "made/table.csv"],
        cwd=tmp_path,
        env={**os.environ, "SER_DATA": "data", "PYTHONPATH": str(root)},
        check=True,
        capture_output=True,
    )
    clips = read_table(tmp_path / "made" / "table.csv")
    assert len(clips) == 7
    assert all(clip.path.is_absolute() and clip.path.exists() for clip in clips)


def test_own_recordings_join_the_corpora(tmp_path: Path) -> None:
    write_corpus(tmp_path / "data", "iesc", speakers=1, takes=1, seconds=0.2)
    write_sound(tmp_path / "mine" / "angry" / "ann" / "1.wav", SHORT)
    search = find_all(tmp_path / "data", own=[tmp_path / "mine"])
    assert [found.name for found in search.found] == ["iesc", "mine"]


def test_clips_that_a_new_table_lacks_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who leaves --own out the second time would lose own recordings unawares."""
    write_corpus(tmp_path / "data", "emodb", speakers=1, takes=1)
    for take in range(2):
        write_sound(tmp_path / f"own/sad/{take}.wav", sound("sad"))
    options = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "clips.csv")]
    assert main([*options, "--own", str(tmp_path / "own")]) == 0
    assert "no more" not in capsys.readouterr().out
    assert main(options) == 0
    assert (
        f"\n2 that were in it before, {tmp_path / 'own/sad/0.wav'} among them,"
        in capsys.readouterr().out
    )


def test_ctrl_c_ends_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.prepare.find_all", interrupt)
    assert main(["--data", str(tmp_path)]) == 130
    assert capsys.readouterr().err.startswith("Interrupted.")


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (["DATA=a b"], '--data "a b" '),
        (["OWN=mine"], '--own "mine" '),
        (["DATA=a", "OWN=mine"], '--data "a" --own "mine" '),
    ],
)
def test_make_passes_on_where_recordings_are(given: list[str], wanted: str) -> None:
    command = ["make", "--dry-run", "cleaned_data.csv", *given]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert f"training.prepare {wanted}" in " ".join(told.split())


def test_own_folders_of_one_name_keep_their_voices_apart(tmp_path: Path) -> None:
    places = [tmp_path / "a" / "tess", tmp_path / "b" / "tess"]
    for place in places:
        write_sound(place / "sad" / "1.wav", SHORT)
    search = find_all(None, own=places)
    speakers = {clip.speaker for found in search.found for clip in found.clips}
    assert speakers == {"own-tess-unknown", "own-tess-2-unknown"}


@pytest.mark.parametrize("again", ["own", "more/../own", "link", "own/labels.csv"])
def test_own_recordings_that_are_named_twice_have_one_speaker(tmp_path: Path, again: str) -> None:
    """They would be both trained on and tested, as those of two speakers."""
    write_sound(tmp_path / "own/sad/ann/1.wav", SHORT)
    (tmp_path / "own/labels.csv").write_text("path,emotion,speaker\nsad/ann/1.wav,sad,eve\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "own")
    first, second = find_all(None, own=[tmp_path / "own", tmp_path / again]).found
    assert [clip.speaker for clip in first.clips] == ["own-ann"]
    assert not second.clips
    assert [left.reason for left in second.left_out] == ["listed twice"]


def test_clips_of_a_corpus_are_not_own_recordings_too(tmp_path: Path) -> None:
    write_corpus(tmp_path / "data", "iesc", speakers=1, takes=1, seconds=0.2)
    iesc, own = find_all(tmp_path / "data", own=[tmp_path / "data"]).found
    assert (len(iesc.clips), len(own.clips)) == (5, 0)


def test_nothing_found_says_what_was_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "table.csv")]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path) in said
    assert "RAVDESS speech as Actor_01/03-01-05-02-01-01-01.wav" in said
    assert not (tmp_path / "table.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "SER_DATA"), (["--data", "nowhere"], "nowhere"), (["--own", "gone.csv"], "gone.csv")],
)
def test_a_place_that_is_not_there_is_one_sentence(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error


def test_a_table_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_corpus(tmp_path / "data", "emodb", speakers=1, takes=1, seconds=0.2)
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert main(["--data", str(tmp_path / "data"), "--out", str(blocked / "table.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err
