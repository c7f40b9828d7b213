"""Predictions of unheard clips in compact files, from which every figure is computed.

Each part of a protocol is a pair of files in ``reports/predictions/``:

``speaker-independent-fold-1.csv.gz``
    A row for each clip: ``corpus``, ``clip`` (the file's name without suffix),
    ``speaker``, ``sex``, ``age``, ``emotion`` (what was acted, an inner label),
    ``heard`` (what CREMA-D's listeners voted for) and ``role``: ``test``, or
    ``calibration`` for speakers who were kept apart to fit temperatures on. Then nine
    columns a network, ``cnn:neutral`` and so on: its logits, to three decimals. A
    value of -999 stands for an emotion that was not in the training. The hybrid has
    none of its own: :mod:`training.benchmark.fusion` makes it of ``cnn`` and
    ``functionals``. Those of ``known_voice`` know the voice from a few neutral clips
    (:mod:`training.enrolment`), where they are empty, as for voices without any.
``speaker-independent-fold-1.json``
    What they were made from: seed, epochs, data, versions.

The second is written last: where it is, the part is finished.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.labels import INNER_LABELS
from training.benchmark.listeners import heard_emotions
from training.corpora import Clip
from training.dataset import TrainingError

FOLDER = Path("reports/predictions")
KNOWN_VOICE = "known_voice"
UNTRAINED = -999.0
"""Logit of an emotion that no training clip had: in no probability, at any temperature."""

_UNKNOWN_VOICE = {f"{KNOWN_VOICE}:{label}": [""] for label in INNER_LABELS}
_TEXT = ("corpus", "clip", "speaker", "sex", "emotion", "heard", "role")


@dataclass(frozen=True)
class Predictions:
    """What the models of one part answered.

    Attributes
    ----------
    facts : dict
        ``protocol``, ``part``, ``models`` (those in the table), and what else a
        reader should know.
    clips : pd.DataFrame
        The columns before the logits, row by row.
    logits : dict of str to np.ndarray [shape=(clips, 9)]
        By model, in the order of the inner labels.
    """

    facts: dict[str, Any]
    clips: pd.DataFrame
    logits: dict[str, np.ndarray]

    def where(self, mask: np.ndarray | pd.Series) -> Predictions:
        """Keep some of the rows."""
        mask = np.asarray(mask)
        kept = {model: values[mask] for model, values in self.logits.items()}
        return Predictions(self.facts, self.clips[mask].reset_index(drop=True), kept)


def describe(clips: Sequence[Clip], *, role: Sequence[str]) -> pd.DataFrame:
    """Make the columns before the logits; what listeners heard is looked up."""
    return pd.DataFrame(
        {
            "corpus": [_printable(clip.corpus) for clip in clips],
            "clip": [_printable(clip.path.stem) for clip in clips],
            "speaker": [_printable(clip.speaker) for clip in clips],
            "sex": [clip.sex for clip in clips],
            "age": [np.nan if clip.age is None else clip.age for clip in clips],
            "emotion": [clip.emotion for clip in clips],
            "heard": heard_emotions(clips),
            "role": list(role),
        }
    )


def _printable(name: str) -> str:
    """Spell out what is not UTF-8 in the name of a file or a folder: no table can hold it."""
    return name.encode(errors="backslashreplace").decode()


def without_untrained(logits: np.ndarray, trained: Sequence[str]) -> np.ndarray:
    """Put :data:`UNTRAINED` where a network answers an emotion that it never met.

    Such an output keeps its first random weights, and would take part in every answer.
    """
    known = np.isin(INNER_LABELS, list(trained))
    return np.where(known, logits, UNTRAINED)


def write_predictions(folder: Path, name: str, predictions: Predictions) -> Path:
    """Write both files; answer the table's path."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        f"{model}:{label}": np.round(values[:, i], 3).astype(np.float64)
        for model, values in predictions.logits.items()
        for i, label in enumerate(INNER_LABELS)
    }
    table = pd.concat([predictions.clips, pd.DataFrame(columns)], axis=1)
    path = folder / f"{name}.csv.gz"
    # No time of writing in the archive: the same answers are the same file.
    table.to_csv(path, index=False, compression={"method": "gzip", "mtime": 0})
    facts_path = facts_file(folder, name)
    partial = facts_path.with_name(f"{facts_path.name}.part")
    partial.write_text(json.dumps(predictions.facts, indent=1) + "\n", encoding="utf-8")
    partial.replace(facts_path)
    return path


def facts_file(folder: Path, name: str) -> Path:
    """Where a finished part's facts are."""
    return folder / f"{name}.json"


def refuse_other_tables(folder: Path, table: str) -> None:
    """Make sure that all finished parts were made of the same clips.

    Baselines are passed over: each tells of its own.

    Raises
    ------
    TrainingError
        One was made of others; their figures would be taken for one another's. Or one is damaged.
    """
    for path in sorted(folder.glob("*.json")):
        facts = _read_facts(path)
        if "stages" in facts and facts.get("table", facts["data"]) != table:
            raise TrainingError(
                f"{path} was made of other recordings: give another --out (with make: "
                f"OUT=FOLDER), or delete {folder}."
            )


def is_finished(folder: Path, name: str, made_of: Mapping[str, Any]) -> bool:
    """Tell whether a part is finished, and was made of the same.

    Parameters
    ----------
    made_of : mapping of str to Any
        What its facts should say.

    Raises
    ------
    TrainingError
        It was made of something else, or its facts are damaged.
    """
    path = facts_file(folder, name)
    if not path.exists():
        return False
    facts = _read_facts(path)
    # What the facts of earlier versions tell in other words.
    told = {
        "table": facts["data"],
        "calibrate": facts["kept_apart"]["clips"] > 0,
        "teacher": facts.get("trained_with", {}).get("cnn", {}).get("teacher"),
        **facts,
    }
    differing = [key for key, value in made_of.items() if told.get(key) != value]
    if differing:
        raise TrainingError(
            f"{path} was made otherwise ({', '.join(differing)}): give another --out (with make: "
            f"OUT=FOLDER), the same options as before, or delete {folder}."
        )
    print(f"{name}: finished before, in {folder}; give another --out to do it anew")
    return True


def read_predictions(folder: Path) -> list[Predictions]:
    """Read all finished parts, in the order of their names.

    Raises
    ------
    TrainingError
        A table is missing or damaged.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Predictions:
    facts, table_path = _read_facts(path), _table_file(path)
    try:
        table = pd.read_csv(table_path, dtype=dict.fromkeys(_TEXT, str), keep_default_na=False,
                            na_values={"age": [""], **_UNKNOWN_VOICE})  # fmt: skip
        logits = {
            model: table[[f"{model}:{label}" for label in INNER_LABELS]].to_numpy(np.float64)
            for model in facts["models"]
        }
        return Predictions(facts, table[[*_TEXT, "age"]], logits)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise _damaged(path, error) from error


def _read_facts(path: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    return facts


def _table_file(facts_path: Path) -> Path:
    return facts_path.with_name(f"{facts_path.stem}.csv.gz")


def _damaged(facts_path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        f"The predictions {_table_file(facts_path)} with {facts_path.name} cannot be read "
        f"({error}): remove both and make them anew with python -m training.evaluate."
    )
