"""Made-up figures in the form in which training writes them, for tests of what shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

LABELS = ("neutral", "happy", "sad", "angry")


def write(path: Path, content: str) -> None:
    """Write a file into a folder that need not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def row(
    *,
    corpus: str = "cremad",
    model: str = "hybrid",
    protocol: str = "speaker-independent",
    labels: Sequence[str] = LABELS,
    uar: float = 0.6,
    n: int = 40,
) -> dict[str, Any]:
    """One corpus: nine tenths of each emotion right, the rest taken for the next one."""
    size = len(labels)
    counts = [[9 if i == j else int(j == (i + 1) % size) for j in range(size)] for i in range(size)]
    score = {"uar": uar, "accuracy": uar, "n": n // 2}
    return {
        "corpus": corpus,
        "classes": size,
        "model": model,
        "protocol": protocol,
        "truth": "acted",
        "uar": uar,
        "uar_ci95": [uar - 0.05, uar + 0.08],
        "accuracy": uar,
        "n": n,
        "speakers": 2,
        "labels": list(labels),
        "confusion": counts,
        "by_speaker": {"one": score, "two": {**score, "accuracy": uar / 2}},
        "by_sex": {"female": score, "male": {**score, "uar": uar - 0.1}},
        "by_age": {"60 and over": score, "30 to 44": score, "under 30": score},
    }


def calibration(
    *,
    model: str = "hybrid",
    protocol: str = "speaker-independent",
    accuracy: float = 0.6,
    not_sure: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Probabilities over all speech that fall from 0.9 right to ``accuracy``."""
    steps = [step / 10 for step in range(1, 11)]
    return {
        "corpus": "all speech",
        "model": model,
        "protocol": protocol,
        "ece": 0.08,
        "accuracy": accuracy,
        "mean_confidence": 0.7,
        "n": 100,
        "bins": [
            {"confidence": 0.3, "accuracy": 0.2, "n": 4},
            {"confidence": 0.6, "accuracy": 0.5, "n": 60},
            {"confidence": 0.9, "accuracy": 0.85, "n": 36},
        ],
        "sure_aim": 0.8,
        "not_sure": not_sure,
        "coverage": steps,
        "accuracy_at_coverage": [0.9 + (accuracy - 0.9) * step for step in steps],
    }


def confidence(
    *, model: str = "hybrid", emotion: str = "sad", right: Sequence[int], wrong: Sequence[int]
) -> dict[str, Any]:
    """Clips by confidence where one emotion was answered."""
    return {
        "model": model,
        "protocol": "speaker-independent",
        "emotion": emotion,
        "right": list(right),
        "wrong": list(wrong),
    }


def data() -> dict[str, Any]:
    """``data.json`` of a corpus that all know and one of one's own."""
    return {
        "speakers": 3,
        "hours": 0.25,
        "corpora": [
            {"corpus": "emodb", "speakers": 2, "hours": 0.2, "emotions": {"sad": 7, "boredom": 3}},
            {"corpus": "mine", "speakers": 1, "hours": 0.05, "emotions": {"sad": 2, "calm": 1200}},
        ],
    }


def benchmark(
    rows: Sequence[dict[str, Any]], sureness: Sequence[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """All of ``benchmark.json`` that is read; one part of each protocol of ``rows`` is in."""
    protocols = list(dict.fromkeys(entry["protocol"] for entry in rows))
    state = {"parts": ["fold-1"], "missing": ["fold-2"]}
    return {
        "protocols": {
            name: {
                "speaker_dependent": name == "random",
                "models": {"cnn": state, "hybrid": state} if name in protocols else {},
                "fitted": {"fold-1": {"on": "", "share": 0.5, "temperature": {}}},
            }
            for name in ("speaker-independent", "leave-one-corpus-out", "random")
        },
        "rows": list(rows),
        "calibration": [calibration()] if sureness is None else list(sureness),
    }


def robustness() -> dict[str, Any]:
    """``robustness.json`` with clean sound and two conditions, of which one has a goal."""
    conditions = {"clean": (0.0, None), "telephone": (0.09, 5.0), "babble-0": (0.4, None)}
    titles = {"clean": "clean", "telephone": "telephone", "babble-0": "babble, 0 dB"}
    return {
        "conditions": [
            {"name": name, "title": titles[name], "goal_points": goal}
            for name, (_, goal) in conditions.items()
        ],
        "rows": [
            {
                "condition": name,
                "corpus": corpus,
                "model": model,
                "uar": 0.7 - lost,
                "lost": None if name == "clean" else lost,
                "lost_ci95": None if name == "clean" else [lost - 0.02, lost + 0.02],
                "refused": 0.01,
                "n": 150,
                "speakers": 23,
            }
            for model in ("cnn", "hybrid")
            for corpus in ("all speech", "tess")
            for name, (lost, _) in conditions.items()
        ],
    }
