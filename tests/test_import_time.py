"""Importing ser is quick because nothing heavy comes with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = {
    "joblib",
    "keras",
    "librosa",
    "numba",
    "pandas",
    "parselmouth",
    "plotly",
    "scipy",
    "sklearn",
    "sounddevice",
    "soundfile",
    "streamlit",
    "tensorflow",
}


# The clock of a busy machine proves nothing; what was imported does.
@pytest.mark.parametrize("module", ["ser", "ser.cli", "ser.microphone", "ser.features"])
def test_importing_brings_nothing_heavy(module: str) -> None:
    script = f"import sys, {module}; print(*sorted(set(sys.modules) & {HEAVY!r}))"

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )

    assert done.stdout.split() == []


def test_opensmile_is_not_asked_beside_tensorflow() -> None:
    """Its library corrupts memory in a process that has TensorFlow's (seen with 2.21)."""
    script = "import sys, training.baselines; print('keras' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["False"]
