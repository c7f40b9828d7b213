"""People's own recordings: a folder for each emotion, or a CSV file.

**Folders.** The nearest folder above a file that is named after an emotion, in any
case and in common spellings ("angry", "Anger"), says which one it is. One more
folder, above or below it, may name the speaker: ``angry/ann/1.wav`` or
``ann/angry/1.wav``. Without it all files count as one speaker, so that a split by
speakers cannot put the same voice on both sides.

**CSV.** Columns ``path``, ``emotion`` and ``speaker``, in any order; ``sex``,
``age`` and ``sentence`` are read where they are given. Paths are relative to the
CSV file. Commas, semicolons or tabs part the columns.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterator
from pathlib import Path

from ser.labels import INNER_LABELS
from training.corpora.clip import Clip, CorpusError, Found, LeftOut
from training.corpora.sounds import measure, sound_files
from training.corpora.spellings import emotion_named

UNKNOWN_SPEAKER = "unknown"


def find_own(source: Path | str, *, name: str | None = None) -> Found:
    """Read a folder or a CSV file of one's own recordings.

    Parameters
    ----------
    source : path
        The folder, or the CSV file.
    name : str, optional
        What the clips' `corpus` says; otherwise the folder's name.

    Raises
    ------
    CorpusError
        If `source` does not exist, or is a file that cannot be read as such a CSV.
    """
    source = Path(os.path.abspath(Path(source).expanduser()))
    if not source.exists():
        raise CorpusError(f"There are no recordings at {source}: no such folder or CSV file.")
    name = name or (source if source.is_dir() else source.parent).name or "own"
    entries = _from_folders(source, name) if source.is_dir() else _from_csv(source, name)
    clips: dict[Path, Clip] = {}
    left_out = []
    for entry in entries:
        if isinstance(entry, LeftOut):
            left_out.append(entry)
        elif entry.path in clips:
            left_out.append(LeftOut(entry.path, "listed twice"))
        else:
            clips[entry.path] = entry
    usable, unusable = measure(list(clips.values()))
    usable.sort(key=lambda clip: clip.path)
    return Found(name, f"own: {name}", tuple(usable), (*left_out, *unusable))


def _from_folders(root: Path, name: str) -> Iterator[Clip | LeftOut]:
    for path in sound_files(root):
        folders = path.relative_to(root).parts[:-1]
        emotions = [emotion_named(folder) for folder in folders]
        at = max((i for i, emotion in enumerate(emotions) if emotion), default=None)
        if at is None:
            reason = "in a folder that is not named after an emotion"
            yield LeftOut(path, f"{reason}: {'/'.join(folders)!r}" if folders else reason)
            continue
        # Folders below the emotion are the more particular; then the one right above.
        speaker = "/".join(folders[at + 1 :]) or (folders[at - 1] if at else UNKNOWN_SPEAKER)
        yield Clip(path, name, emotions[at] or "", folders[at], f"{name}-{speaker}")


def _from_csv(table: Path, name: str) -> Iterator[Clip | LeftOut]:
    for row in _rows(table):
        path = Path(os.path.abspath(table.parent / Path(row["path"]).expanduser()))
        emotion = emotion_named(row["emotion"])
        if emotion is None:
            yield LeftOut(path, f"unknown emotion {row['emotion']!r}")
            continue
        yield Clip(
            path=path,
            corpus=name,
            emotion=emotion,
            original_label=row["emotion"],
            speaker=f"{name}-{row.get('speaker') or UNKNOWN_SPEAKER}",
            sex=_sex(row.get("sex", "")),
            age=_age(row.get("age", "")),
            sentence=row.get("sentence", ""),
        )


def _rows(table: Path) -> list[dict[str, str]]:
    """Read the rows that name a path, with trimmed values and lower-case column names."""
    try:
        text = table.read_text(encoding="utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(
            f"{table} cannot be read as a CSV file in UTF-8: save it as such, or name a "
            f"folder with one folder for each emotion ({', '.join(INNER_LABELS)})."
        ) from error
    columns = [column.strip().lower() for column in rows[0]] if rows else []
    if not {"path", "emotion"} <= set(columns):
        raise CorpusError(
            f"{table} needs a first line with the columns path, emotion and speaker; "
            f"it has {', '.join(columns) or 'nothing'}."
        )
    trimmed = ([value.strip() for value in row] for row in rows[1:])
    named = (dict(zip(columns, values, strict=False)) for values in trimmed)
    return [{"emotion": "", **row} for row in named if row.get("path")]


def _sex(word: str) -> str:
    return {"f": "female", "female": "female", "m": "male", "male": "male"}.get(word.lower(), "")


def _age(text: str) -> float | None:
    try:
        age = float(text)
    except ValueError:
        return None
    return age if math.isfinite(age) else None
