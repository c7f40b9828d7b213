"""What trainings have left in their folder: how far each is, and how long it will still take.

::

    runs/NAME/cnn.csv           a line for each epoch: its number, loss, share of right answers
    runs/NAME/cnn/begun.json    how many epochs it will be
    runs/NAME/cnn/state.json    how many are done, and how long the last one took
    runs/NAME/functionals.csv   and so on for the other networks
    runs/NAME/network.csv       the one network of a recipe; the JSON files may be missing

Columns of the CSV that begin with ``val_`` or ``test_`` tell of recordings that are not
learnt from. An epoch is one pass through all recordings. A training may be writing at this very
moment: what is half written or missing is passed over.
"""

from __future__ import annotations

import csv
import json
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ser.wording import percent

NETWORKS = ("cnn", "functionals", "known_voice", "network")
"""In the order in which they are trained; the last is that of a recipe."""

SETS = {"val_": "validation", "test_": "test"}
"""Recordings that are not learnt from: the beginning of their columns, and their name."""

Status = Literal["running", "finished", "stopped"]

_FIRST_EPOCH_S = 1800.0
"""Nobody knows how long an epoch takes before one is done; none takes longer than this."""

_UNTOLD_S = 300.0
"""Where nothing tells how many epochs it will be, silence may be the end as well."""

_SLACK_S = 60.0
_FIGURES = ("loss", "accuracy")
_LONGEST_FILE = 1_000_000


@dataclass(frozen=True)
class Curves:
    """Loss and share of right answers by epoch; NaN where an epoch was not measured."""

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class TrainingLog:
    """How the training of one network has gone so far.

    Attributes
    ----------
    run : str
        Name of its folder, for example ``"fold-1"``.
    network : {"cnn", "functionals", "known_voice", "network"}
    epochs : tuple of int
        Numbers of the epochs behind it, from 1 upwards.
    loss, accuracy : tuple of float
        Of each epoch, on the recordings that are learnt from; the accuracy is the
        share of right answers, in [0, 1].
    wanted : int or None
        After how many epochs it is finished; None where nothing tells.
    epoch_s : float or None
        How long the last epoch took, in seconds.
    changed_s : float
        When something was last written, in seconds since 1970.
    unlearnt : dict of str to Curves
        The same of recordings that are not learnt from, by their name in :data:`SETS`;
        only those that were measured.
    """

    run: str
    network: str
    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    wanted: int | None
    epoch_s: float | None
    changed_s: float
    unlearnt: dict[str, Curves] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Number of epochs behind it."""
        return self.epochs[-1] if self.epochs else 0

    def status(self, *, now_s: float | None = None) -> Status:
        """Tell whether it seems to be running, from how long nothing was written."""
        if self.wanted is not None and self.done >= self.wanted:
            return "finished"
        patience_s = _FIRST_EPOCH_S if self.epoch_s is None else 3 * self.epoch_s + _SLACK_S
        if self.wanted is None and self.epochs:
            patience_s = min(patience_s, _UNTOLD_S)
        return "running" if self._silent_s(now_s) < patience_s else "stopped"

    def left_s(self, *, now_s: float | None = None) -> float | None:
        """Estimate how many seconds it will still take; None where that cannot be told."""
        if self.epoch_s is None or self.wanted is None:
            return None
        begun_s = min(self._silent_s(now_s), self.epoch_s)
        return max((self.wanted - self.done) * self.epoch_s - begun_s, 0.0)

    def progress(self, *, now_s: float | None = None) -> str:
        """Say how far it is: "12 of 50 epochs are done, about 38 minutes left."."""
        of_all = "" if self.wanted is None else f" of {self.wanted}"
        is_or_are = "is" if self.done == 1 else "are"
        status = self.status(now_s=now_s)
        if status == "finished":
            return f"Finished after {_epochs(self.done)}."
        if status == "stopped" and self.wanted is None:
            return f"{_epochs(self.done)} {is_or_are} done."
        if status == "stopped":
            return f"Stopped after {self.done}{of_all} epochs, and can go on."
        if not self.done:
            return f"The first{of_all} epochs is on its way." if of_all else "Its first epoch."
        left_s = self.left_s(now_s=now_s)
        time_left = "" if left_s is None else f", {_about(left_s)} left"
        if self.wanted is None:
            return f"{_epochs(self.done)} {is_or_are} done{time_left}."
        return f"{self.done}{of_all} epochs {is_or_are} done{time_left}."

    def in_words(self) -> str:
        """Tell its course: "right answers from 24 % to 71 %, loss from 2.06 to 0.95"."""
        if not self.epochs:
            return "no epoch is done yet"
        said = (
            f"right answers from {percent(self.accuracy[0])} to {percent(self.accuracy[-1])}, "
            f"loss from {self.loss[0]:.2f} to {self.loss[-1]:.2f}"
        )
        others = [
            f"{name}, right answers {percent(right)}"
            for name, curves in self.unlearnt.items()
            if math.isfinite(right := latest(curves.accuracy))
        ]
        return "; ".join([said, *others])

    def _silent_s(self, now_s: float | None) -> float:
        return max((time.time() if now_s is None else now_s) - self.changed_s, 0.0)


def _epochs(count: int) -> str:
    return f"{count} epoch{'s' * (count != 1)}"


def latest(values: Sequence[float]) -> float:
    """Give the last value that was measured; NaN where there is none."""
    return next((value for value in reversed(values) if math.isfinite(value)), math.nan)


def _about(seconds: float) -> str:
    """Write a time to wait as people say it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes == 1:
        return "about a minute"
    if minutes < 90:
        return f"about {minutes} minutes"
    hours, rest = divmod(round(minutes, -1), 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"


def runs_folder() -> Path:
    """Tell where trainings leave their logs: ``SER_RUNS``, or ``runs`` beside this program."""
    from ser.bundle import SHIPPED

    return Path(os.environ.get("SER_RUNS") or SHIPPED / "runs")


def pictures_folder() -> Path:
    """Tell where training.pictures leaves what it draws."""
    return runs_folder() / "pictures"


def read_trainings(folder: str | Path | None = None) -> list[TrainingLog]:
    """Read the logs of all trainings below a folder.

    Parameters
    ----------
    folder : path, optional
        By default :func:`runs_folder`.

    Returns
    -------
    list of TrainingLog
        The one that was written to last comes first. Empty where there is no such folder.
    """
    folder = runs_folder() if folder is None else Path(folder)
    # This app's own recipes keep their trainings one folder deeper.
    paths = [
        path
        for network in NETWORKS
        for depth in ("*", "*/*")
        for path in folder.glob(f"{depth}/{network}.csv")
    ]
    logs = [log for path in paths if (log := _read(path, folder)) is not None]
    return sorted(logs, key=lambda log: log.changed_s, reverse=True)


def _read(path: Path, folder: Path) -> TrainingLog | None:
    """Read one log and what lies beside it; None where it cannot be read."""
    beside = path.parent / path.stem
    try:
        text = path.read_bytes()[:_LONGEST_FILE].decode("utf-8", errors="replace")
        changed_s = max(_changed_s(path), *map(_changed_s, beside.glob("*.json")), 0.0)
    except OSError:
        return None
    rows = _rows(text)
    state = _facts(beside / "state.json")
    if abs(state.get("epoch", 0) - max(rows, default=0)) > 1:
        state = {}  # of an earlier training in this folder
    begun = _facts(beside / "begun.json")
    learnt = _curves(rows, "")
    return TrainingLog(
        run=path.parent.relative_to(folder).as_posix(),
        network=path.stem,
        epochs=tuple(rows),
        loss=learnt.loss,
        accuracy=learnt.accuracy,
        wanted=begun.get("epochs", state.get("epochs")),
        epoch_s=state.get("epoch_s"),
        changed_s=changed_s,
        unlearnt={
            name: curves
            for start, name in SETS.items()
            if any(map(math.isfinite, (curves := _curves(rows, start)).loss + curves.accuracy))
        },
    )


def _rows(text: str) -> dict[int, dict[str, float]]:
    """Find the figures of each epoch, counted from 1, that has both loss and accuracy."""
    # A line without its end is still being written: its last figure may be cut off.
    whole = [line for line in text.splitlines(keepends=True) if line.endswith(("\n", "\r"))]
    try:
        table = list(csv.DictReader(whole))
    except csv.Error:
        return {}
    rows: dict[int, dict[str, float]] = {}
    for row in table:
        figures = {_plain(name): _number(value) for name, value in row.items()}
        epoch = figures.get("epoch", math.nan)
        if all(map(math.isfinite, (epoch, *(figures.get(n, math.nan) for n in _FIGURES)))):
            rows[int(epoch) + 1] = figures
    return dict(sorted(rows.items()))


def _plain(column: str | None) -> str:
    """Call every kind of accuracy "accuracy": the masked one, the categorical one."""
    start = next((start for start in SETS if str(column).startswith(start)), "")
    return f"{start}accuracy" if str(column).endswith("accuracy") else str(column)


def _number(value: object) -> float:
    """Read a figure; NaN where it is none."""
    try:
        return float(str(value))
    except ValueError:
        return math.nan


def _curves(rows: dict[int, dict[str, float]], start: str) -> Curves:
    """Take the columns that begin like this."""
    loss, accuracy = (
        tuple(row.get(start + name, math.nan) for row in rows.values()) for name in _FIGURES
    )
    return Curves(loss, accuracy)


def _facts(path: Path) -> dict[str, Any]:
    """Take what is known here from a training's JSON; nothing where it makes no sense."""
    try:
        content = json.loads(path.read_bytes()[:_LONGEST_FILE])
        facts = {"epochs": content.get("epochs"), "epoch_s": content.get("epoch_s")}
        if "settings" in content:
            facts |= {"epochs": content["settings"]["stage"]["epochs"], "epoch": content["epoch"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {
        name: value
        for name, value in facts.items()
        if isinstance(value, int | float) and value >= 0
    }


def _changed_s(path: Path) -> float:
    return path.stat().st_mtime
