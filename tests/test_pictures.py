"""``python -m training.pictures``: a file for each picture, or a sentence why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpora_on_disk import write_corpus
from training.corpora import Clip, find_corpora, write_table
from training.pictures import PICTURES, choose_examples, main


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Logs of one training that keeps recordings apart."""
    monkeypatch.setenv("SER_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs/cnn-lstm").mkdir(parents=True)
    log = "epoch,loss,accuracy,val_loss,val_accuracy\n0,2.0,0.2,2.1,0.1\n1,1.0,0.7,1.4,0.4\n"
    (tmp_path / "runs/cnn-lstm/network.csv").write_text(log)
    return tmp_path / "runs"


@pytest.fixture
def table(tmp_path: Path, runs: Path) -> Path:
    """A small corpus: seven emotions of two people, once each."""
    write_corpus(tmp_path / "data", "emodb", speakers=2, takes=1, seconds=0.5)
    path = tmp_path / "cleaned_data.csv"
    (found,) = find_corpora(tmp_path / "data").found
    write_table(found.clips, path)
    return path


def test_every_picture_becomes_a_page_where_git_does_not_look(table: Path, runs: Path) -> None:
    assert main([]) == 0
    pages = {path.stem: path.read_text() for path in (runs / "pictures").glob("*.html")}
    kinds = {name.split("-")[0] for name in pages}
    assert kinds == set(PICTURES)
    assert {"confidence-hybrid", "confidence-cnn", "training-cnn-lstm-network"} < set(pages)
    assert {f"voices-{kind}" for kind in ("waveform", "mel-spectrogram", "mfcc", "chroma")} < set(
        pages
    )
    for page in pages.values():
        (code,) = re.findall(r'<script[^>]* src="([^"]+)"', page)
        assert (runs / "pictures" / code).is_file(), "nothing is fetched from elsewhere"
        assert "<h1>" in page
        assert 'aria-label="' in page


def test_the_networks_of_recipes_are_drawn_layer_by_layer(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((30, 40)), layers.Conv1D(8, 5), layers.Dropout(0.1), layers.LSTM(4)]
    )
    path = runs.parent / "bundles/cnn-lstm/models/network.keras"
    path.parent.mkdir(parents=True)
    network.save(path)
    assert main(["architecture"]) == 0
    page = (runs / "pictures/architecture-cnn-lstm.html").read_text()
    times = "\N{MULTIPLICATION SIGN}"
    assert f"input, 30 {times} 40; Conv1D, 26 {times} 8 · 2 k; LSTM, 4 · 208." in page
    path.write_bytes(b"no network")
    assert main(["architecture"]) == 1
    assert "network.keras cannot be opened" in capsys.readouterr().err


def test_counts_are_those_of_the_corpus(table: Path, runs: Path) -> None:
    assert main(["data"]) == 0
    counted = json.loads((runs / "pictures/data.json").read_text())
    (emodb,) = counted["corpora"]
    assert (emodb["corpus"], emodb["speakers"], counted["speakers"]) == ("emodb", 2, 2)
    assert len(emodb["emotions"]) == 7
    assert set(emodb["emotions"].values()) == {2}
    assert counted["hours"] == pytest.approx(14 * 0.5 / 3600, abs=1e-3)


def test_without_a_table_the_others_are_drawn_and_a_sentence_says_what_is_missing(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "voices", "training"]) == 1
    told = capsys.readouterr()
    assert "training-cnn-lstm-network.html" in told.out
    lines = told.err.splitlines()
    assert len(lines) == 2
    assert all("training.prepare" in line for line in lines)


def test_what_has_no_data_yet_says_what_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SER_RUNS", str(tmp_path))
    kinds = ["training", "confidence", "corpora", "architecture"]
    assert main([*kinds, "--bundle", str(tmp_path), "--out", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == kinds
    assert all("python -m training." in line for line in lines)


def test_an_unknown_picture_is_named(capsys: pytest.CaptureFixture[str], runs: Path) -> None:
    with pytest.raises(SystemExit):
        main(["violin"])
    assert "'violin'" in capsys.readouterr().err


def clip(speaker: str, sentence: str, emotion: str, corpus: str = "a") -> Clip:
    name = f"{corpus}-{speaker}-{sentence}-{emotion}.wav"
    return Clip(Path(name), corpus, emotion, "", f"{corpus}-{speaker}", sentence=sentence)


@pytest.mark.parametrize("order", [list, reversed])
def test_voices_are_of_one_person_who_says_one_sentence_where_there_are_such(
    order: Callable[[list[Clip]], list[Clip]],
) -> None:
    clips = [
        clip("1", "x", "sad"),
        clip("2", "y", "sad"),
        clip("2", "y", "angry"),
        clip("2", "z", "happy"),
        clip("3", "x", "happy"),
        clip("9", "x", "boredom", corpus="b"),
    ]
    chosen = [(one.emotion, one.path) for one in choose_examples(list(order(clips)))]
    assert chosen == [
        ("happy", "a-2-z-happy.wav"),
        ("sad", "a-2-y-sad.wav"),
        ("angry", "a-2-y-angry.wav"),
        ("boredom", "b-9-x-boredom.wav"),
    ]
