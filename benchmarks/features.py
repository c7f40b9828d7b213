"""How long our features take for one clip, beside openSMILE's eGeMAPS.

    python -m benchmarks.features
    python -m benchmarks.features --json figures.json

Both hear the same synthesised voice of 3.5 s, turn by turn, so that whatever
else the machine does falls on both alike. BLAS keeps to one thread, but Praat
divides its pitch analysis among the cores by itself: hence two columns, elapsed
time and processor time over all cores, each a median in milliseconds. Both
ratios of ours (prosody, log-mel and functionals) to theirs should stay below 1. What the
speech encoder takes stands beside them: openSMILE has nothing of the kind. Needs
``requirements-dev.txt``.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import opensmile
from threadpoolctl import threadpool_limits

from ser import features, synthesis
from ser.audio import SAMPLE_RATE, Sound
from ser.features import formants, functionals, pitch, prosody, schema, voice
from ser.features.encoded import measure_encoded

CLIP_S = 3.5
IMPORTS = 5
PACKAGES = ("numpy", "librosa", "praat-parselmouth", "opensmile")


class Cost(NamedTuple):
    """Medians of what one call takes, in milliseconds."""

    elapsed_ms: float
    processor_ms: float


def main() -> None:
    """Measure, print a table, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description="Time the features against openSMILE's eGeMAPS.")
    parser.add_argument("--repeats", type=int, default=40, help="turns of each (default: 40)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options = parser.parse_args()
    with threadpool_limits(1):
        figures = measure(options.repeats)
    print(table(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(repeats: int) -> dict[str, Any]:
    """Time everything on one voice.

    Parameters
    ----------
    repeats : int
        How often each thing is timed, after a warm-up.

    Returns
    -------
    dict
        Costs in milliseconds, the ratios of ours to openSMILE's, and versions;
        ready for JSON.
    """
    samples = synthesis.sample_voice("plain", duration_s=CLIP_S, sample_rate=SAMPLE_RATE)
    rivals = interleave({"ours": _ours(samples), "opensmile": _opensmile(samples)}, repeats)
    ours, opensmile_ = rivals["ours"], rivals["opensmile"]
    parts = interleave(_parts(samples), repeats)
    return {
        "clip_s": CLIP_S,
        "repeats": repeats,
        "ours": ours._asdict(),
        "parts": {name: cost._asdict() for name, cost in parts.items()},
        "opensmile_egemaps": opensmile_._asdict(),
        "ratio_elapsed": ours.elapsed_ms / opensmile_.elapsed_ms,
        "ratio_processor": ours.processor_ms / opensmile_.processor_ms,
        "import_ser": import_cost()._asdict(),
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in PACKAGES},
    }


def interleave(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, Cost]:
    """Run tasks in turn (A B A B …) and give the median cost of each."""
    for task in tasks.values():
        for _ in range(3):  # imports, caches, clock frequency
            task()
    costs: dict[str, list[Cost]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            costs[name].append(_cost(task))
    return {name: _median(measured) for name, measured in costs.items()}


def import_cost() -> Cost:
    """Time ``import ser`` in fresh interpreters; their own start is not counted."""
    return _median([_import_once() for _ in range(IMPORTS)])


def table(figures: dict[str, Any]) -> str:
    """Lay the figures out for people."""
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    return "\n".join(
        [
            f"One clip of {figures['clip_s']} s, median of {figures['repeats']} turns",
            versions,
            "",
            f"{'':<30}{'elapsed':>14}{'processor':>14}",
            _row("ours: all that is measured", figures["ours"]),
            *(_row(f"  {name}", cost) for name, cost in figures["parts"].items()),
            _row("openSMILE: eGeMAPSv02", figures["opensmile_egemaps"]),
            f"{'ours / openSMILE':<30}{figures['ratio_elapsed']:11.2f}   "
            f"{figures['ratio_processor']:11.2f}",
            "",
            _row(f"import ser (median of {IMPORTS})", figures["import_ser"]),
        ]
    )


def _row(name: str, cost: dict[str, float]) -> str:
    return f"{name:<30}{cost['elapsed_ms']:11.2f} ms{cost['processor_ms']:11.2f} ms"


def _cost(task: Callable[[], object]) -> Cost:
    elapsed, processor = time.perf_counter(), time.process_time()
    task()
    return Cost(1000 * (time.perf_counter() - elapsed), 1000 * (time.process_time() - processor))


def _median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def _import_once() -> Cost:
    script = (
        "import time; elapsed, processor = time.perf_counter(), time.process_time(); import ser; "
        "print(time.perf_counter() - elapsed, time.process_time() - processor)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    elapsed_s, processor_s = map(float, done.stdout.split())
    return Cost(1000 * elapsed_s, 1000 * processor_s)


def _ours(samples: np.ndarray) -> Callable[[], object]:
    """Give what training and the page measure of each clip."""
    sound = Sound(samples)

    def measured() -> np.ndarray:
        course = schema.follow(sound)
        return schema.sum_up(course.log_mel, course.contours, prosody=course.prosody)

    return measured


def _opensmile(samples: np.ndarray) -> Callable[[], object]:
    """Give openSMILE's leanest call: an array, no table around it."""
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
        num_workers=1,
    )
    return lambda: smile(samples, SAMPLE_RATE)


def _parts(samples: np.ndarray) -> dict[str, Callable[[], object]]:
    """Give the costly steps of our extraction one by one."""
    trimmed = features.trim(samples)
    sound = pitch.praat_sound(trimmed)
    contour = pitch.praat_pitch(sound)
    course = schema.follow(Sound(samples))
    return {
        "trim": lambda: features.trim(samples),
        "log-mel": lambda: features.log_mel(trimmed),
        "prosody": lambda: prosody.measure_prosody(trimmed),
        "prosody: pitch": lambda: pitch.praat_pitch(pitch.praat_sound(trimmed)),
        "prosody: pitch statistics": lambda: pitch.pitch_statistics(contour),
        "prosody: formants": lambda: formants.praat_formants(trimmed),
        "prosody: jitter and shimmer": lambda: voice.voice_quality(sound, contour),
        "functionals": lambda: functionals.measure_functionals(course.log_mel, course.contours),
        "besides: speech encoder": lambda: measure_encoded(trimmed),
        "all, with the speech encoder": lambda: features.extract(Sound(samples)),
    }


if __name__ == "__main__":
    main()
