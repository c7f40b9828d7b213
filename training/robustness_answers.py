"""What the networks of a finished run answer to clips that are spoilt in many ways."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from joblib import Memory, Parallel, delayed, parallel_config

from ser.bundle import GATE_FILE, SHIPPED
from ser.features import Features, feature_names, feature_schema
from ser.features.scaling import Scaling
from ser.gate import SpeechGate
from ser.labels import INNER_LABELS
from training.adjustment import deaf_logits, take_off
from training.batches import fit_scaling
from training.benchmark.fusion import fuse
from training.benchmark.pool import FUSED
from training.benchmark.predictions import without_untrained
from training.benchmark.protocols import PROTOCOLS, Part, check_part, make_part
from training.checkpoint import load_trained
from training.conditions import VERSION, Heard, Task, hear
from training.corpora import Clip, fingerprint
from training.dataset import Dataset, TrainingError
from training.networks import build_cnn, build_functionals
from training.score import predict_logits

FOLD = "fold-1"
GATE = SHIPPED / GATE_FILE
STAGES = ("cnn", "functionals")

_CHUNK = 64  # clips; in all conditions, their features take some 100 MB


@dataclass(frozen=True)
class TrainedRun:
    """Both networks of a finished training, and the clips that it never heard.

    Attributes
    ----------
    models : dict of str to keras.Model
        ``cnn`` and ``functionals``.
    scaling : Scaling
        Fitted on the training part.
    emotions : tuple of str
        Inner labels that the training part has.
    test : list of Clip
    facts : dict
        Name, epochs, seed, data and digest of the weights.
    """

    models: dict[str, keras.Model]
    scaling: Scaling
    emotions: tuple[str, ...]
    test: list[Clip]
    facts: dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """What was answered to each clip in each condition.

    Attributes
    ----------
    logits : dict of str to np.ndarray [shape=(clips, conditions, 9)]
        By model, in the order of the inner labels; NaN where nothing could be analysed.
    refused : np.ndarray [shape=(clips, conditions), dtype=bool]
        By the speech gate.
    """

    logits: dict[str, np.ndarray]
    refused: np.ndarray


def with_hybrid(answers: Answers, share: float) -> Answers:
    """Give what the CNN and the hybrid answered; ``share`` is the functionals' in the latter."""
    cnn, functionals = (answers.logits[name] for name in FUSED)
    return replace(answers, logits={"cnn": cnn, "hybrid": fuse(cnn, functionals, share)})


def run_seed(folder: Path) -> int:
    """Tell the seed of a run: the features that it was trained on are kept by it.

    Raises
    ------
    TrainingError
        There is no such run, or it is not finished.
    """
    return int(_state(folder, STAGES[0])["settings"]["seed"])


def load_run(folder: Path, dataset: Dataset) -> TrainedRun:
    """Load what a run on fold 1 has reached.

    Raises
    ------
    TrainingError
        The run is not there or not finished, or was not trained on the training part
        of fold 1 of these clips.
    """
    states = {stage: _state(folder, stage) for stage in STAGES}
    part = _part_of(states, dataset, folder)
    check_part(part, dataset.clips)
    training = dataset.subset(part.training)
    cnn, functionals = build_cnn(), build_functionals(len(feature_names()))
    for network in (cnn, functionals):
        load_trained(network, folder / network.name)
        take_off(network, deaf_logits(training))
    present = {clip.emotion for clip in training.clips}
    return TrainedRun(
        models={"cnn": cnn, "functionals": functionals},
        scaling=fit_scaling(training),
        emotions=tuple(label for label in INNER_LABELS if label in present),
        test=dataset.subset(part.test).clips,
        facts=_facts(folder, states),
    )


def answer(
    run: TrainedRun,
    tasks: Sequence[Task],
    names: Sequence[str],
    *,
    seed: int,
    jobs: int,
    cache: Path,
) -> Answers:
    """Change each clip in each of these ways and ask both networks; kept in the cache as it goes.

    Parameters
    ----------
    tasks : sequence of Task
        One for each clip.
    names : sequence of str
        Of conditions.
    jobs : int
        Processes that change clips and extract features; -1 for all cores.
    """
    from tqdm import tqdm

    gate = SpeechGate.load(GATE)
    key = {
        "weights": run.facts["weights"],
        "schema": feature_schema(),
        "gate": _digest([GATE]),
        "conditions": VERSION,
        "networks": list(run.models),
    }
    ask = Memory(cache, verbose=0).cache(_answer_chunk, ignore=["run", "gate", "jobs"])
    starts = range(0, len(tasks), _CHUNK)
    chunks = [
        ask(
            list(tasks[start : start + _CHUNK]),
            list(names),
            seed,
            key,
            run=run,
            gate=gate,
            jobs=jobs,
        )
        for start in tqdm(starts, desc=f"{_CHUNK} clips in {len(names)} conditions")
    ]
    return Answers(
        {model: np.concatenate([logits[model] for logits, _ in chunks]) for model in run.models},
        np.concatenate([refused for _, refused in chunks]),
    )


def _answer_chunk(
    tasks: list[Task],
    names: list[str],
    seed: int,
    key: dict[str, Any],
    *,
    run: TrainedRun,
    gate: SpeechGate,
    jobs: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Answer some clips; ``key`` says for the cache what else the answers depend on."""
    with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        heard: list[list[Heard]] = Parallel()(
            delayed(hear)(task, names, gate, seed=seed) for task in tasks
        )
    flat = [item for clip in heard for item in clip]
    shape = (len(tasks), len(names))
    logits = {
        name: _logits(model, [item.features for item in flat], run).reshape(*shape, -1)
        for name, model in run.models.items()
    }
    return logits, np.array([item.refused for item in flat]).reshape(shape)


def _logits(model: keras.Model, features: list[Features | None], run: TrainedRun) -> np.ndarray:
    """Ask one model [shape=(features, 9)]."""
    known = np.array([item is not None for item in features])
    answers = np.full((len(features), len(INNER_LABELS)), np.nan)
    if known.any():
        usable = [item for item in features if item is not None]
        # Only their number counts: clips and what is varied of them are for training.
        asked = Dataset([run.test[0]] * len(usable), usable, [], [], [], {})
        logits = predict_logits(model, asked, run.scaling)
        answers[known] = without_untrained(logits, run.emotions)
    return answers


def _state(folder: Path, stage: str) -> dict[str, Any]:
    """Read how far a stage has come."""
    path = folder / stage / "state.json"
    try:
        state: dict[str, Any] = json.loads(path.read_text())
        finished = state["epoch"] >= state["settings"]["stage"]["epochs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{path} tells of no training: run python -m training.evaluate --folds 1 first."
        ) from error
    if not finished:
        raise TrainingError(
            f"The training in {path.parent} has done {state['epoch']} of "
            f"{state['settings']['stage']['epochs']} epochs: let it finish first "
            "(python -m training.evaluate --folds 1 --resume)."
        )
    return state


def _part_of(states: dict[str, dict[str, Any]], dataset: Dataset, folder: Path) -> Part:
    """Find which training part it was: with speakers kept apart for a temperature, or without."""
    trained = {state["settings"]["data"] for state in states.values()}
    for part in _parts(dataset.clips):
        if trained == {fingerprint([dataset.clips[i] for i in part.training])}:
            return part
    raise TrainingError(
        f"The models in {folder} were not trained on {FOLD}'s training part of these clips: give "
        "the table that they were trained with, or train them anew."
    )


def _parts(clips: Sequence[Clip]) -> Iterator[Part]:
    for calibrate in (False, True):
        yield make_part(clips, PROTOCOLS[0], FOLD, seed=0, calibrate=calibrate)


def _facts(folder: Path, states: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first = states[STAGES[0]]["settings"]
    return {
        "name": folder.name,
        "epochs": {stage: state["epoch"] for stage, state in states.items()},
        "seed": first["seed"],
        "data": first["data"],
        "weights": _digest([folder / stage / states[stage]["weights"] for stage in STAGES]),
    }


def _digest(paths: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
