"""What a training was made from, and what the benchmark fitted for its models."""

from __future__ import annotations

import json
import platform
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras

from ser.bundle import MODEL_FILES
from training.batches import FunctionalBatches, SpectrogramBatches
from training.benchmark.fusion import EVEN
from training.benchmark.protocols import PROTOCOLS
from training.corpora import fingerprint
from training.dataset import Dataset, TrainingError
from training.fitting import Stage

BENCHMARK = Path("reports/benchmark.json")
FITTED = (
    "functionals_share",
    "known_voice",
    "temperature",
    "sure_from",
    "neutral_reference",
    "overall_reference",
    "voice_trust",
)
LIBRARIES = ("tensorflow", "keras", "librosa", "praat-parselmouth", "numpy", "soxr", "soundfile")


def training_facts(
    training: Dataset, *, seed: int, stages: dict[str, Stage], models: dict[str, keras.Model]
) -> dict[str, Any]:
    """Say what a training was made from."""
    return {
        "seed": seed,
        "batch": {"cnn": SpectrogramBatches.size, "functionals": FunctionalBatches.size},
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


def read_fitted(benchmark: Path) -> dict[str, Any]:
    """Take what the benchmark fitted on unheard speakers for the models to ship.

    The hybrid's share of functionals, how known voices are heard, temperatures,
    thresholds and what voices are compared with: see
    :func:`training.benchmark.calibration.fit_to_ship`. Without a benchmark the share is
    even, temperatures are 1, and the rest is missing.

    Raises
    ------
    TrainingError
        The file cannot be understood.
    """
    unfitted = {
        "functionals_share": EVEN,
        "temperature": dict.fromkeys(MODEL_FILES, 1.0),
    }
    if not benchmark.exists():
        return unfitted
    try:
        figures = json.loads(benchmark.read_text(encoding="utf-8"))
        fitted = {name: figures[name] for name in FITTED if name in figures}
        if set(fitted["temperature"]) != set(MODEL_FILES):
            raise KeyError("temperature")
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{benchmark} holds no temperatures: make it with python -m training.evaluate."
        ) from error
    return unfitted | fitted


def hybrid_share(benchmark: Path, part: str) -> float:
    """Give the share of functionals that the benchmark fitted for a speaker-independent part.

    Even where there is no benchmark, or it had nobody to fit the share on.

    Raises
    ------
    TrainingError
        There is one, but without this part.
    """
    if not benchmark.exists():
        return EVEN
    try:
        fitted = json.loads(benchmark.read_text(encoding="utf-8"))["protocols"][PROTOCOLS[0]]
        return float(fitted["fitted"][part]["share"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{benchmark} does not say what was fitted for {part}: make it with "
            "python -m training.evaluate."
        ) from error
