"""What a training was made from, and what it reached on speakers it never heard."""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ser.bundle import MODEL_FILES
from ser.features.scaling import Scaling
from training.batches import BATCH
from training.corpora import fingerprint
from training.dataset import Dataset, TrainingError
from training.fitting import Stage
from training.score import fit_temperature, predict_logits, score_corpora

LIBRARIES = ("tensorflow", "keras", "librosa", "praat-parselmouth", "numpy", "soxr", "soundfile")


def training_facts(
    training: Dataset, *, seed: int, stages: dict[str, Stage], models: dict[str, keras.Model]
) -> dict[str, Any]:
    """Say what a training was made from."""
    return {
        "seed": seed,
        "batch": BATCH,
        "stages": {name: asdict(stage) for name, stage in stages.items()},
        "parameters": {name: model.count_params() for name, model in models.items()},
        "clips": dict(Counter(clip.corpus for clip in training.clips)),
        "emotions": dict(Counter(clip.emotion for clip in training.clips)),
        "speakers": len({clip.speaker for clip in training.clips}),
        "data": fingerprint(training.clips),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def held_out_scores(
    models: dict[str, keras.Model], test: Dataset, scaling: Scaling, folder: Path
) -> dict[str, Any]:
    """Score both models on held-out speakers, and keep their answers."""
    logits = {name: predict_logits(model, test, scaling) for name, model in models.items()}
    paths = np.array([str(clip.path) for clip in test.clips])
    np.savez(folder / "answers.npz", allow_pickle=False, paths=paths, **logits)
    return {
        "temperature": {name: fit_temperature(values, test) for name, values in logits.items()},
        "scores": {
            name: [asdict(score) for score in score_corpora(values, test)]
            for name, values in logits.items()
        },
    }


def read_temperatures(report: Path | None) -> dict[str, float]:
    """Take the temperatures that a held-out fold asked for; 1 where there is none."""
    if report is None:
        return dict.fromkeys(MODEL_FILES, 1.0)
    try:
        temperatures: dict[str, float] = json.loads(report.read_text())["temperature"]
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{report} holds no temperatures: make it with python -m training.train --hold-out 1."
        ) from error
    return temperatures


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write a report of held-out speakers as JSON, and print its scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, scores in report["scores"].items():
        for score in scores:
            print(
                f"{name:7} {score['corpus']:13} UAR {100 * score['uar']:.1f} % of "
                f"{score['classes']} classes, {score['clips']} clips, "
                f"{score['speakers']} unheard speakers"
            )
    print(f"Wrote {path}")
