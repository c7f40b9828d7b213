"""``reports/recipes.json``, a row for each recipe, choice of emotions and protocol."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from training.benchmark.writing import as_json, percent, table, with_interval
from training.corpora import fingerprint
from training.dataset import TrainingError
from training.recipes.data import Table
from training.recipes.recipe import Recipe

FILE = Path("reports/recipes.json")
LIBRARIES = (
    "scikit-learn",
    "keras",
    "tensorflow",
    "librosa",
    "noisereduce",
    "numpy",
    "soxr",
    "soundfile",
)

Row = dict[str, Any]


def facts(data: Table, *, seed: int) -> Row:
    """Say what a recipe was made from."""
    return {
        "seed": seed,
        "clips": dict(Counter(clip.corpus for clip in data.clips)),
        "emotions": dict(Counter(clip.emotion for clip in data.clips)),
        "speakers": len({clip.speaker for clip in data.clips}),
        "data": fingerprint(data.clips),
        "versions": {**_versions(), "skops": version("skops")},
    }


def make_row(recipe: Recipe, protocol: str, figures: Row, data: Table, *, seed: int) -> Row:
    """Join what is claimed, what was measured, and on what."""
    return {
        "recipe": recipe.name,
        "title": recipe.title,
        "corpora": list(recipe.corpora),
        "emotions": list(recipe.emotions),
        "protocol": protocol,
        "claim": recipe.claim,
        "claimed": recipe.claimed,
        **figures,
        "data": fingerprint(data.clips),
        "seed": seed,
        "versions": _versions(),
    }


def renew_rows(path: Path, rows: Sequence[Row]) -> None:
    """Put rows into the file in the place of those they renew; all others stay.

    Raises
    ------
    TrainingError
        There is a file that cannot be understood, or it cannot be written.
    """
    renewed = {_key(row): row for row in (read_rows(path) if path.exists() else [])}
    renewed |= {_key(row): row for row in rows}
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(as_json({"rows": list(renewed.values())}), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be written ({error.strerror}).") from error


def read_rows(path: Path) -> list[Row]:
    """Read the rows of all recipes that were run.

    Raises
    ------
    TrainingError
        There is no such file, or it cannot be understood.
    """
    try:
        rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"]
        for row in rows:
            _key(row)
    except FileNotFoundError as error:
        raise TrainingError(
            f"There is no {path}: run a recipe with python -m training.recipes run NAME."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{path} cannot be understood: take it away and run the recipes again."
        ) from error
    return rows


def as_table(rows: Sequence[Row]) -> str:
    """Lay out both protocols beside the claim: UAR and its 95 % interval, then accuracy."""
    systems = {key[:2]: row for row in rows for key in [_key(row)]}
    found = {_key(row): row for row in rows}
    return table(
        [
            "system",
            "emotions",
            "claim",
            "random split, same voices on both sides",
            "unheard voices",
        ],
        [
            [
                f"{row['title']} (`{name}`)",
                str(len(row["emotions"])),
                row["claim"],
                *(_cell(found.get((name, emotions, way))) for way in ("random", "unheard")),
            ]
            for (name, emotions), row in systems.items()
        ],
    )


def as_details(rows: Sequence[Row]) -> str:
    """Say of each network what its claim may say too: training, validation, F1, loss, emotions."""
    return "\n".join(
        f"- `{row['recipe']}`, {row['protocol']}: training {percent(row['training_accuracy'])} %, "
        f"validation {percent(row['validation_accuracy'])} %, test {percent(row['accuracy'])} %, "
        f"F1 {row['macro_f1']:.4f}, test loss {row['loss']:.4f}; "
        + ", ".join(f"{word} {percent(recall)} %" for word, recall in row["recalls"].items())
        for row in rows
        if "training_accuracy" in row
    )


def _key(row: Row) -> tuple[str, frozenset[str], str]:
    return row["recipe"], frozenset(row["emotions"]), row["protocol"]


def _cell(row: Row | None) -> str:
    if row is None:
        return "-"
    uar = with_interval(row["uar"], row["uar_ci95"], row["speakers"])
    return f"{uar}; {percent(row['accuracy'])}"


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }
