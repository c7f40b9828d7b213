"""``cleaned_data.csv``: one clip a row, its columns the fields of a Clip."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from ser.labels import INNER_LABELS
from training.corpora.clip import Clip, CorpusError

COLUMNS = tuple(field.name for field in fields(Clip))

_ANY_NAME = "surrogateescape"  # file names need not be UTF-8


def write_table(clips: Iterable[Clip], out: Path | str) -> None:
    """Write clips as a CSV file, with absolute paths.

    The file appears complete or not at all.

    Raises
    ------
    CorpusError
        If it cannot be written there.
    """
    out = Path(out)
    partial = out.with_name(out.name + ".part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", errors=_ANY_NAME, newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_row(clip) for clip in clips)
        partial.replace(out)
    except OSError as error:
        raise CorpusError(f"{out} cannot be written ({error.strerror}).") from error


def read_table(path: Path | str) -> list[Clip]:
    """Read what :func:`write_table` wrote; relative paths start at the table's folder.

    Raises
    ------
    CorpusError
        If there is no such table, or it has other columns or a row that makes no sense.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8", errors=_ANY_NAME, newline="") as file:
            rows = csv.DictReader(file)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise CorpusError(
                    f"{path} lacks the column(s) {', '.join(sorted(missing))}: "
                    "make it anew with python -m training.prepare."
                )
            return [_clip(row, path, rows.line_num) for row in rows]
    except FileNotFoundError as error:
        raise CorpusError(
            f"There is no table {path}: make it with python -m training.prepare --data DIR."
        ) from error
    except (OSError, csv.Error) as error:
        raise CorpusError(f"{path} cannot be read as a table of clips ({error}).") from error


def _row(clip: Clip) -> list[object]:
    values = {name: getattr(clip, name) for name in COLUMNS}
    values["path"] = os.path.abspath(clip.path)
    return [values[name] for name in COLUMNS]


def _clip(row: dict[str, str], table: Path, line: int) -> Clip:
    try:
        if row["emotion"] not in INNER_LABELS:
            raise ValueError(f"unknown emotion {row['emotion']!r}")
        return Clip(
            path=Path(os.path.abspath(table.parent / row["path"])),
            corpus=row["corpus"],
            emotion=row["emotion"],
            original_label=row["original_label"],
            speaker=row["speaker"],
            sex=row["sex"],
            age=float(row["age"]) if row["age"] else None,
            sentence=row["sentence"],
            intensity=row["intensity"],
            duration_s=float(row["duration_s"]),
        )
    except (ValueError, TypeError) as error:
        raise CorpusError(f"{table}, line {line}, is not a clip: {error}.") from error
