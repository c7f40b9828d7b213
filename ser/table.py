"""What came of many files, as rows: counted, put into words, and written as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ser import wording
from ser.csv_rows import RESULT_COLUMNS, harmless, result_row, write_csv
from ser.labels import LABELS
from ser.prediction import Prediction
from ser.timeline import PIECE_BY_PIECE_FROM_S

NOT_SURE, NO_SPEECH, TOO_SHORT, TOO_LONG, UNREADABLE = (
    "not sure", "no speech", "too short", "over a minute", "unreadable",
)  # fmt: skip
KINDS = (*LABELS, NOT_SURE, NO_SPEECH, TOO_SHORT, TOO_LONG, UNREADABLE)
"""What can come of a file, in the order used everywhere."""

_COUNTED = {
    NOT_SURE: "{} not sure",
    NO_SPEECH: "{} without speech",
    TOO_SHORT: "{} too short",
    TOO_LONG: "{} over a minute",
    UNREADABLE: "{} could not be read",
}


@dataclass(frozen=True)
class Row:
    """What came of one file.

    Attributes
    ----------
    name : str
    prediction : Prediction or None
        None where the file cannot be used, or lasts over a minute.
    error : str or None
        A sentence that says why not.
    duration_s : float or None
        Length in seconds; None where it cannot be read.
    duplicate_of : str or None
        Name of the first file with the same sound.
    key : str
        Names the content; see :meth:`ser.batch.Batch.content`.
    """

    name: str
    prediction: Prediction | None
    error: str | None = None
    duration_s: float | None = None
    duplicate_of: str | None = None
    key: str = ""

    @property
    def status(self) -> str:
        """Give the prediction's status, or ``"too_long"`` or ``"unreadable"``."""
        if self.prediction is None:
            return "too_long" if self.kind == TOO_LONG else UNREADABLE
        return self.prediction.status

    @property
    def kind(self) -> str:
        """Tell which of :data:`KINDS` this is."""
        if self.prediction is None:
            # What is longer is not even asked for one answer.
            return TOO_LONG if (self.duration_s or 0) > PIECE_BY_PIECE_FROM_S else UNREADABLE
        if self.prediction.label is None:
            return TOO_SHORT if self.prediction.status == "too_short" else NO_SPEECH
        return NOT_SURE if wording.hard_to_say(self.prediction) else self.prediction.label

    @property
    def remark(self) -> str:
        """Say how sure the answer is, or why there is none: "Fairly sure."."""
        if self.prediction is None:
            return self.error or ""
        told = wording.sureness if self.prediction.label else wording.answer
        return told(self.prediction)


def tally(rows: Iterable[Row]) -> dict[str, int]:
    """Count what came of different sounds: :data:`KINDS` that occur, duplicates left out."""
    kinds = [row.kind for row in rows if row.duplicate_of is None]
    return {kind: kinds.count(kind) for kind in KINDS if kind in kinds}


def summary(rows: Sequence[Row]) -> str:
    """Put many files into words: "12 files: 5 sound sad, 1 could not be read."."""
    copies = sum(row.duplicate_of is not None for row in rows)
    told = ", ".join(_counted(kind, count) for kind, count in tally(rows).items())
    files = f"{len(rows)} file{'s' * (len(rows) != 1)}"
    if copies:
        files += f", {copies} of them {'a duplicate' if copies == 1 else 'duplicates'}"
    return f"{files}: {told}." if told else f"{files}."


def _counted(kind: str, count: int) -> str:
    if kind in _COUNTED:
        return _COUNTED[kind].format(count)
    return f"{count} sound{'s' * (count == 1)} {wording.manner(kind)}"


def to_csv(rows: Iterable[Row]) -> str:
    """Write many files as CSV, one row a file.

    The columns are :data:`ser.csv_rows.RESULT_COLUMNS`, and ``duplicate_of`` and
    ``problem``; what is not known stays empty.
    """
    return write_csv((*RESULT_COLUMNS, "duplicate_of", "problem"), map(_columns, rows))


def _columns(row: Row) -> dict[str, Any]:
    more = {"duplicate_of": harmless(row.duplicate_of or ""), "problem": row.error or ""}
    if row.prediction is not None:
        return result_row(row.name, row.prediction) | more
    duration_s = "" if row.duration_s is None else f"{row.duration_s:.3f}"
    return {"file": harmless(row.name), "status": row.status, "duration_s": duration_s} | more
