"""Score both models on recordings that are noisy, narrow, coded, clipped or cut.

    python -m training.robustness
    python -m training.robustness --clips 600 --rooms FOLDER
    python -m training.robustness --out .              in place of the report that came along

The networks of the benchmark's fold 1 answer the clips of the speakers that they
never heard, clean and in each of :func:`training.conditions.conditions`. Song is left
out. What is answered is kept in the cache, so that an interrupted run goes on where it
was. Writes reports/robustness.json and reports/ROBUSTNESS.md below --out, where the
benchmark of that fold lies.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras brings TensorFlow in

import numpy as np
import soundfile

from training.command import exit_status, not_negative, positive
from training.conditions import conditions, make_tasks
from training.corpora import Clip, fingerprint, read_table
from training.corpora.ravdess import SONG
from training.corpora.sounds import sound_files
from training.dataset import TrainingError, load_dataset
from training.report import BENCHMARK, LIBRARIES, hybrid_share
from training.robustness_answers import (
    FOLD,
    TrainedRun,
    answer,
    load_run,
    run_seed,
    with_hybrid,
)
from training.robustness_report import compute_rows, write_robustness


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options), again="The same command goes on.")


def _run(options: argparse.Namespace) -> None:
    folder = options.runs / options.run
    share = hybrid_share(options.out / BENCHMARK, FOLD)
    rooms = _rooms(options.rooms)
    dataset = load_dataset(
        read_table(options.table), cache=options.cache, seed=run_seed(folder), jobs=options.jobs
    )
    run = load_run(folder, dataset)
    spoken = [clip for clip in run.test if clip.corpus != SONG.name]
    clips = stratified(spoken, options.clips, seed=options.seed)
    tasks = make_tasks(clips, spoken, rooms, seed=options.seed)
    chosen = conditions(rooms=bool(rooms))
    names = [condition.name for condition in chosen]
    answers = answer(run, tasks, names, seed=options.seed, jobs=options.jobs, cache=options.cache)
    rows = compute_rows(clips, with_hybrid(answers, share), names)
    facts = _facts(options, run, clips, len(rooms)) | {"functionals_share": share}
    for path in write_robustness(options.out / "reports", rows, chosen, facts):
        print(f"Wrote {path}")


def stratified(clips: Sequence[Clip], count: int | None, *, seed: int) -> list[Clip]:
    """Draw clips at random, each emotion of each corpus by its share; in their old order.

    Each of these has one clip at least, where ``count`` allows; None keeps all.
    """
    if count is None or count >= len(clips):
        return list(clips)
    kinds = [(clip.corpus, clip.emotion) for clip in clips]
    places = np.empty(len(clips))
    order = np.random.default_rng(seed).permutation(len(clips))
    for kind in set(kinds):
        own = [i for i in order if kinds[i] == kind]
        places[own] = np.arange(len(own)) / len(own)
    first = sorted(order, key=lambda i: places[i])[:count]
    return [clips[i] for i in sorted(first)]


def _rooms(folder: Path | None) -> list[Path]:
    """Find recorded impulse responses.

    Raises
    ------
    TrainingError
        The folder holds none.
    """
    if folder is None:
        return []
    rooms = list(sound_files(folder))
    if not rooms:
        raise TrainingError(f"{folder} holds no sound files: give a folder of impulse responses.")
    return rooms


def _facts(
    options: argparse.Namespace, run: TrainedRun, clips: Sequence[Clip], rooms: int
) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "run": run.facts,
        "clips": len(clips),
        "sampled": options.clips is not None,
        "speakers": len({clip.speaker for clip in clips}),
        "data": fingerprint(clips),
        "recorded_rooms": rooms,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
            "libsndfile": soundfile.__libsndfile_version__,
        },
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.robustness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for option, default, what in (
        ("--table", "cleaned_data.csv", "clips, from training.prepare"),
        ("--cache", "runs/cache", "where features and answers are kept"),
        ("--runs", "runs", "where trainings are"),
        ("--out", "bundles/mine", "where reports/ is"),
    ):
        parser.add_argument(
            option, type=Path, default=Path(default), help=f"{what} (default: %(default)s)"
        )
    parser.add_argument(
        "--run", default="fold-1", metavar="NAME", help="which training (default: %(default)s)"
    )
    parser.add_argument("--rooms", type=Path, help="folder of recorded impulse responses")
    parser.add_argument(
        "--clips",
        type=positive,
        metavar="N",
        help="so many, drawn by corpus and emotion (default: all)",
    )
    parser.add_argument("--seed", type=not_negative, default=1)
    parser.add_argument("--jobs", type=int, default=-1, help="processes (default: one a core)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
