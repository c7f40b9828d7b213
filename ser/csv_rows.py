"""Answers as rows of CSV, the same for one recording, many files and a course over time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ser.labels import LABELS

if TYPE_CHECKING:
    from ser.prediction import Prediction

ANSWER_COLUMNS = ("status", "label", "confidence", "second", *LABELS, "voice_known")
RESULT_COLUMNS = ("file", "model", "duration_s", *ANSWER_COLUMNS)

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def result_row(name: str, prediction: Prediction) -> dict[str, Any]:
    """Give the columns :data:`RESULT_COLUMNS` of one recording's answer by one model."""
    about = {"model": prediction.model, "duration_s": f"{prediction.duration_s:.3f}"}
    return {"file": harmless(name)} | about | answer_columns(prediction)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def answer_columns(prediction: Prediction) -> dict[str, Any]:
    """Give the columns :data:`ANSWER_COLUMNS` of an answer; what is not known stays empty."""
    row: dict[str, Any] = {label: "" for label in ANSWER_COLUMNS}
    row["status"] = prediction.status
    if prediction.label is None:
        return row
    shares = {label: f"{share:.4f}" for label, share in prediction.probabilities.items()}
    named = {"label": prediction.label, "second": prediction.second or ""}
    known = {"voice_known": "yes" if prediction.voice_known else "no"}
    return row | named | {"confidence": f"{prediction.confidence:.4f}"} | shares | known


def write_csv(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> str:
    """Write rows as CSV; a column that a row lacks stays empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
