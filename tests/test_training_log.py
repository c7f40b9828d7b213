"""Logs of trainings: read while they are being written, and never believed too far."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from ser.bundle import SHIPPED
from ser.charts import training_chart
from ser.training_log import TrainingLog, read_trainings, runs_folder

HEADER = "epoch,loss,masked_accuracy,val_loss,val_masked_accuracy\r\n"
BEGAN_S = 1_000_000.0


def write(
    runs: Path,
    rows: str,
    *,
    name: str = "fold-1/cnn",
    epochs: int = 50,
    state: int | None = None,
    epoch_s: float | None = 60.0,
    written_s: float = BEGAN_S,
) -> None:
    """Leave what a training leaves: its log, when it began, and its state, if there is one."""
    log, beside = runs / f"{name}.csv", runs / name
    beside.mkdir(parents=True)
    log.write_text(rows, newline="")
    (beside / "begun.json").write_text(json.dumps({"epochs": epochs}))
    if state is not None:
        facts = {"epoch": state, "settings": {"stage": {"epochs": epochs}}, "epoch_s": epoch_s}
        (beside / "state.json").write_text(json.dumps(facts))
    for path in (log, *beside.iterdir()):
        os.utime(path, (written_s, written_s))


def lines(count: int) -> str:
    return HEADER + "".join(f"{i},{2 - i / 10},{0.25 + i / 100},NA,NA\r\n" for i in range(count))


def only(runs: Path) -> TrainingLog:
    (log,) = read_trainings(runs)
    return log


def test_a_training_on_its_way_tells_how_far_it_is(tmp_path: Path) -> None:
    write(tmp_path, lines(12), state=12)
    log = only(tmp_path)
    assert (log.run, log.network, log.done, log.wanted) == ("fold-1", "cnn", 12, 50)
    assert log.epochs == tuple(range(1, 13))
    assert log.loss[-1] == pytest.approx(0.9)
    assert log.accuracy[-1] == pytest.approx(0.36)
    assert log.status(now_s=BEGAN_S + 30) == "running"
    assert log.left_s(now_s=BEGAN_S + 30) == pytest.approx(38 * 60 - 30)
    assert log.progress(now_s=BEGAN_S) == "12 of 50 epochs are done, about 38 minutes left."
    assert log.in_words() == "right answers from 25 % to 36 %, loss from 2.00 to 0.90"


@pytest.mark.parametrize("cut", range(1, 19))
def test_a_line_that_is_being_written_does_not_count_yet(tmp_path: Path, cut: int) -> None:
    whole = lines(3)
    write(tmp_path, whole[:-cut], state=3)
    log = only(tmp_path)
    assert log.done == (3 if cut == 1 else 2)  # \r ends a line as well
    assert log.accuracy[:2] == (0.25, 0.26)


@pytest.mark.parametrize(
    "rows",
    ["", "epoch,lo", HEADER, "\x00\xff\n" * 9, "x" * 200_000 + "\n", "epoch,loss\n1,2\n"],
    ids=["empty", "cut", "header", "binary", "one long line", "another table"],
)
def test_a_log_without_epochs_is_a_training_in_its_first(tmp_path: Path, rows: str) -> None:
    write(tmp_path, rows)
    log = only(tmp_path)
    assert log.done == 0
    assert log.progress(now_s=BEGAN_S + 600) == "The first of 50 epochs is on its way."
    assert log.status(now_s=BEGAN_S + 7200) == "stopped"
    assert training_chart(log).data[0].x == ()


def test_a_training_that_fell_silent_is_stopped(tmp_path: Path) -> None:
    write(tmp_path, lines(5), state=5)
    assert only(tmp_path).status(now_s=BEGAN_S + 200) == "running"
    assert only(tmp_path).status(now_s=BEGAN_S + 300) == "stopped"
    assert only(tmp_path).progress(now_s=BEGAN_S + 300).startswith("Stopped after 5 of 50 epochs")


def test_a_training_with_all_its_epochs_is_finished_however_fresh(tmp_path: Path) -> None:
    write(tmp_path, lines(5), epochs=5, state=5)
    assert only(tmp_path).progress(now_s=BEGAN_S) == "Finished after 5 epochs."


def test_what_an_earlier_training_left_is_not_taken_for_this_one(tmp_path: Path) -> None:
    write(tmp_path, "", epochs=70, state=50, epoch_s=1.0)
    log = only(tmp_path)
    assert (log.done, log.wanted, log.epoch_s) == (0, 70, None)
    assert log.left_s(now_s=BEGAN_S) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"epoch": "x", "settings": {}}'])
def test_a_state_that_makes_no_sense_leaves_the_curves(tmp_path: Path, content: str) -> None:
    write(tmp_path, lines(2), state=2)
    for name in ("state.json", "begun.json"):
        (tmp_path / "fold-1/cnn" / name).write_text(content)
    log = only(tmp_path)
    assert (log.done, log.wanted, log.epoch_s) == (2, None, None)
    assert len(training_chart(log).data[0].x) == 2


def test_the_latest_comes_first_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, lines(1), name="all/cnn", written_s=BEGAN_S)
    write(tmp_path, lines(2), name="all/functionals", written_s=BEGAN_S + 2)
    write(tmp_path, lines(3), name="fold-1/cnn", written_s=BEGAN_S + 1)
    write(tmp_path, lines(4), name="multicorpus/fold-1/cnn", written_s=BEGAN_S + 3)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/other.csv").write_text(lines(1))
    found = [(log.run, log.network) for log in read_trainings(tmp_path)]
    assert found.pop(0) == ("multicorpus/fold-1", "cnn"), "a recipe's lies deeper"
    assert found == [("all", "functionals"), ("fold-1", "cnn"), ("all", "cnn")]
    assert read_trainings(tmp_path / "missing") == []


def test_the_folder_is_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SER_RUNS", raising=False)
    assert runs_folder() == SHIPPED / "runs"
    monkeypatch.setenv("SER_RUNS", str(tmp_path))
    write(tmp_path, lines(1))
    assert only(runs_folder()) == read_trainings()[0]


@pytest.mark.parametrize(
    ("epoch_s", "says"),
    [(0.5, "less than a minute"), (1.5, "about a minute"), (60, "about 40 minutes"),
     (180, "about 2 h"), (195, "about 2 h 10 min")],
)  # fmt: skip
def test_times_are_told_as_people_say_them(tmp_path: Path, epoch_s: float, says: str) -> None:
    write(tmp_path, lines(10), state=10, epoch_s=epoch_s)
    assert only(tmp_path).progress(now_s=BEGAN_S).endswith(f", {says} left.")


def test_the_chart_has_room_for_all_epochs_and_few_enough_of_their_numbers(tmp_path: Path) -> None:
    write(tmp_path, lines(12), state=12, epochs=70)
    figure = training_chart(only(tmp_path))
    right, loss = figure.data
    assert tuple(right.x) == tuple(loss.x) == tuple(range(1, 13))
    assert figure.layout.xaxis2.range[0] < 1
    assert figure.layout.xaxis2.range[1] > 70
    assert figure.layout.xaxis2.tickvals == (1, 20, 40, 70)
    assert [note.text for note in figure.layout.annotations] == [
        "<b>Right answers</b> 36 %",
        "<b>Loss</b> 0.90",
    ]


RECIPE = "epoch,loss,accuracy,val_loss,val_accuracy,test_loss,test_accuracy\n"


def test_recordings_that_are_not_learnt_from_have_curves_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "cnn-lstm").mkdir()
    rows = "0,2.0,0.2,2.1,0.15,2.2,0.1\n1,1.0,0.7,NA,NA,1.9,0.4\n2,0.5,0.9,1.2,0.6,1.6,0.5\n"
    (tmp_path / "cnn-lstm/network.csv").write_text(RECIPE + rows)
    log = only(tmp_path)
    assert (log.run, log.network, log.done, log.wanted) == ("cnn-lstm", "network", 3, None)
    assert log.unlearnt["test"].accuracy == (0.1, 0.4, 0.5)
    assert "validation, right answers 60 %; test, right answers 50 %" in log.in_words()
    figure = training_chart(log)
    right = [trace for trace in figure.data if trace.yaxis == "y"]
    assert [trace.y[-1] for trace in right] == [0.9, 0.6, 0.5]
    assert [trace.y[-1] for trace in figure.data if trace.yaxis == "y2"] == [0.5, 1.2, 1.6]
    assert len({trace.line.dash for trace in right}) == 3, "no colours are needed"
    assert figure.layout.showlegend
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == ["training", "validation", "test"]
    assert figure.layout.annotations[0].text == (
        "<b>Right answers</b> 90 %, validation 60 %, test 50 %"
    )


def test_a_recipe_that_fell_silent_is_not_said_to_have_been_stopped(tmp_path: Path) -> None:
    (tmp_path / "cnn-lstm").mkdir()
    path = tmp_path / "cnn-lstm/network.csv"
    path.write_text(RECIPE + "0,2.0,0.2,2.1,0.15,2.2,0.1\n1,1.5,0.3,2.0,0.2,2.1,0.2\n")
    os.utime(path, (BEGAN_S, BEGAN_S))
    assert only(tmp_path).status(now_s=BEGAN_S + 60) == "running"
    assert only(tmp_path).progress(now_s=BEGAN_S + 600) == "2 epochs are done."
    path.write_text(RECIPE + "0,2.0,0.2,2.1,0.15,2.2,0.1\n")
    assert only(tmp_path).progress(now_s=time.time() + 600) == "1 epoch is done."


def test_what_a_training_writes_is_what_is_read(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    import numpy as np

    from training.checkpoint import Checkpoint

    def masked_accuracy(truth: object, answer: object) -> object:
        return keras.ops.mean(answer) * 0 + 0.5

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse", metrics=[masked_accuracy])
    settings = {"stage": {"epochs": 3}}
    (tmp_path / "all").mkdir()
    log = keras.callbacks.CSVLogger(tmp_path / "all/cnn.csv")
    checkpoint = Checkpoint(tmp_path / "all/cnn", settings=settings)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[checkpoint, log])
    read = only(tmp_path)
    assert (read.done, read.wanted, read.status()) == (3, 3, "finished")
    assert read.accuracy == pytest.approx((0.5, 0.5, 0.5))
    assert read.epoch_s is not None
    assert 0 <= read.epoch_s < 60
