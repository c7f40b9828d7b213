"""The app's own models as recipes: what their commands ask for, and what they read."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ser.bundle import SHIPPED
from training import evaluate, train
from training.recipes.__main__ import main
from training.recipes.results import FILE, read_rows

PREDICTIONS = "reports/predictions"
OWN = "bundles/multicorpus"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the two commands, which would take hours, are asked to do."""
    calls: list[list[str]] = []

    def note(command: str, arguments: list[str]) -> int:
        calls.append([command, *arguments])
        return 0

    monkeypatch.setattr(evaluate, "main", partial(note, "evaluate"))
    monkeypatch.setattr(train, "main", partial(note, "train"))
    return calls


def test_only_to_train_and_save_scores_nothing(asked: list[list[str]], tmp_path: Path) -> None:
    assert main(["run", "cnn-multicorpus", "--out", str(tmp_path), "--protocol"]) == 0
    assert [call[0] for call in asked] == ["train"]
    assert not (tmp_path / FILE).exists()


def test_both_protocols_are_asked_for_and_then_the_training(
    asked: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "hybrid-multicorpus", "--out", str(tmp_path)]) == 1
    assert [call[0] for call in asked] == ["evaluate", "evaluate", "train"]
    assert "random" in asked[0]
    assert "speaker-independent" in asked[1]
    # Nothing was really trained here.
    assert str(tmp_path / OWN / PREDICTIONS) in capsys.readouterr().err


def test_the_folds_of_other_trainings_are_not_gone_on_with(
    asked: list[list[str]], tmp_path: Path
) -> None:
    """`make train` leaves a fold 1 of other settings in the same runs."""
    (tmp_path / "runs/fold-1").mkdir(parents=True)
    command = ["run", "cnn-multicorpus", "--out", str(tmp_path), "--protocol", "--runs"]
    assert main([*command, str(tmp_path / "runs")]) == 0
    (call,) = asked
    assert call[call.index("--runs") + 1] == str(tmp_path / "runs/multicorpus")
    assert "--start-from" not in call
    (tmp_path / "runs/multicorpus/fold-1").mkdir(parents=True)
    assert main([*command, str(tmp_path / "runs")]) == 0
    assert asked[-1][-2:] == ["--start-from", "fold-1"]


def test_what_could_not_be_finished_has_a_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "main", lambda arguments: 1)
    assert main(["run", "cnn-multicorpus", "--out", str(tmp_path), "--protocol"]) == 1
    assert "begins anew with another --runs and --out" in capsys.readouterr().err


def test_what_was_trained_here_counts_before_what_came_along(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED / PREDICTIONS, tmp_path / PREDICTIONS)
    assert _report(tmp_path)["from"] == str(tmp_path / PREDICTIONS)
    shutil.copytree(SHIPPED / PREDICTIONS, tmp_path / OWN / PREDICTIONS)
    row = _report(tmp_path)
    assert row["from"] == str(tmp_path / OWN / PREDICTIONS)
    assert {"data", "seed", "versions"} <= set(row)


def _report(out: Path) -> dict[str, Any]:
    report = ["run", "cnn-multicorpus", "--report-only", "--protocol", "unheard"]
    assert main([*report, "--out", str(out)]) == 0
    (row,) = read_rows(out / FILE)
    return row
