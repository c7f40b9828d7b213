"""Train the gate that tells speech from everything else, and say what it reaches.

    python -m training.gate --table cleaned_data.csv --noise data/noise more/music

Six trainings, one for each fold of speakers. Each also holds out a sixth of the
noise classes, real and synthetic, so every clip and every noise is judged once by
a gate that heard neither its speaker nor its class; the threshold is chosen on
the other folds' speakers. What is shipped then learns from everything.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ser.errors import SerError
from ser.gate import SpeechGate, span_means
from training.corpora import read_table
from training.dataset import TrainingError
from training.folds import held_out_speakers
from training.gate_examples import (
    HUMAN,
    Example,
    noise_examples,
    read_noise,
    speech_examples,
    synthetic_examples,
)
from training.gate_report import gate_report, summary

FOLDS = (1, 2, 3, 4, 5, 6)

HIDDEN = 64
WINDOWS = 120_000  # drawn with replacement, so that no corpus and no class outweighs the rest
EPOCHS = 15
DECAY = 0.01
JITTER = 0.3  # noise on standardised features: classes of noise are few, the world's are not
REFUSED = 5e-4
"""Share of unheard speakers' clean clips that the threshold may refuse."""

_LIMIT = 6.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    options = _parser().parse_args(arguments)
    try:
        examples = _examples(options)
        scores, thresholds = cross_validate(examples, seed=options.seed)
        folds = _folds(examples)
        taught = [i for i, e in enumerate(examples) if e.speech or e.group not in HUMAN]
        gate = fit_gate([examples[i] for i in taught], seed=options.seed)
        gate = replace(gate, threshold=_threshold(examples, scores, folds > 0))
        report = gate_report(examples, scores, thresholds[folds], folds=folds)
        report["made_from"] = _facts(options, examples, gate)
        artifact = gate.to_json() | {"made_from": report["made_from"]}
        _write(options.out / "artifacts" / "speech_gate.json", artifact, indent=None)
        _write(options.out / "reports" / "speech_gate.json", report, indent=1)
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(summary(report))
    return 0


def cross_validate(examples: Sequence[Example], *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Judge every example by a gate that knows neither its speaker nor its class.

    Returns
    -------
    scores : np.ndarray [shape=(examples,)]
        Log-odds of the surest span.
    thresholds : np.ndarray [shape=(7,)]
        By fold, chosen on the other folds' speakers; entry 0 is their mean.
    """
    folds = _folds(examples)
    mixed = _noise_folds(examples, [example.mixed_with for example in examples])
    scores = np.zeros(len(examples))
    for fold in FOLDS:
        known = np.flatnonzero((folds != fold) & (mixed != fold) & (folds > 0)).tolist()
        gate = fit_gate([examples[i] for i in known], seed=seed)
        unknown = np.flatnonzero(folds == fold).tolist()
        scores[unknown] = [_score(gate, examples[i]) for i in unknown]
        # What is never taught is judged by all six.
        never = np.flatnonzero(folds == 0).tolist()
        scores[never] += np.array([_score(gate, examples[i]) for i in never]) / len(FOLDS)
        print(f"fold {fold}: {len(known)} examples learnt, {len(unknown)} judged", flush=True)
    chosen = [_threshold(examples, scores, (folds != fold) & (folds > 0)) for fold in FOLDS]
    return scores, np.array([float(np.mean(chosen)), *chosen])


def fit_gate(examples: Sequence[Example], *, seed: int) -> SpeechGate:
    """Train one gate; its threshold is left at 0."""
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(seed)
    features = np.concatenate([example.features for example in examples])
    owner = np.repeat(np.arange(len(examples)), [len(e.features) for e in examples])
    chances = _chances(examples)[owner]
    drawn = rng.choice(len(features), size=WINDOWS, p=chances / chances.sum())
    values = features[drawn]
    mean, std = values.mean(axis=0), values.std(axis=0) + 1e-3
    scaled = np.clip((values - mean) / std, -_LIMIT, _LIMIT)
    size = JITTER * np.sqrt(2 * rng.random((len(scaled), 1)))
    scaled += (size * rng.standard_normal(scaled.shape)).astype(np.float32)
    network = MLPClassifier(
        (HIDDEN,),
        alpha=DECAY,
        batch_size=256,
        learning_rate_init=2e-3,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=seed,
    )
    with _no_warnings():
        network.fit(scaled, np.array([e.speech for e in examples])[owner[drawn]])
    return SpeechGate(mean, std, tuple(network.coefs_), tuple(network.intercepts_), 0.0)


def _examples(options: argparse.Namespace) -> list[Example]:
    """Collect all examples, or fetch them from the cache."""
    import joblib

    folders = [Path(folder) for folder in options.noise]
    collect = _collect
    if options.cache is not None:
        collect = joblib.Memory(options.cache, verbose=0).cache(_collect)
    examples: list[Example] = collect(options.table, folders, options.seed)
    return examples


def _collect(table: Path, folders: list[Path], seed: int) -> list[Example]:
    clips = read_table(table)
    noises, rooms = read_noise(folders)
    rng = np.random.default_rng(seed)
    sources = {
        "noise": noise_examples(noises, rooms, rng),
        "synthetic sounds": synthetic_examples(rooms, rng),
        "speech": speech_examples(clips, noises, rooms, rng),
    }
    examples: list[Example] = []
    for name, source in sources.items():
        before = len(examples)
        examples += source
        print(f"{name}: {len(examples) - before} examples", flush=True)
    return examples


def _folds(examples: Sequence[Example]) -> np.ndarray:
    """Give the fold that holds each example out [shape=(examples,)]; 0 where it is never taught."""
    by_speaker = {speaker: fold for fold in FOLDS for speaker in held_out_speakers(fold)}
    strangers = {e.speaker for e in examples if e.speech} - set(by_speaker)
    if strangers:
        raise TrainingError(f"In no fold: {', '.join(sorted(strangers)[:5])}.")
    speakers = np.array([by_speaker.get(example.speaker, 0) for example in examples])
    classes = ["" if example.speech else example.group for example in examples]
    return np.maximum(speakers, _noise_folds(examples, classes))


def _noise_folds(examples: Sequence[Example], classes: Sequence[str]) -> np.ndarray:
    """Deal the classes of noise out to the folds; 0 for none and for those never taught."""
    groups = sorted({e.group for e in examples if not e.speech} - HUMAN)
    fold = {group: FOLDS[number % len(FOLDS)] for number, group in enumerate(groups)}
    return np.array([fold.get(name, 0) for name in classes])


def _chances(examples: Sequence[Example]) -> np.ndarray:
    """Chance of an example's windows: speech and noise alike, groups by the root of their size."""
    keys = [(e.speech, e.group, e.variant == "clean" and e.speech) for e in examples]
    counts = {key: keys.count(key) for key in set(keys)}
    chances = np.array([counts[key] ** -0.5 for key in keys])
    chances /= np.sqrt([len(example.features) for example in examples])
    speech = np.array([example.speech for example in examples])
    windows = np.array([len(example.features) for example in examples])
    for side in (speech, ~speech):
        chances[side] /= (chances * windows)[side].sum()
    return chances


def _score(gate: SpeechGate, example: Example) -> float:
    return float(span_means(gate.score(example.features)).max())


def _threshold(examples: Sequence[Example], scores: np.ndarray, wanted: np.ndarray) -> float:
    clean = np.array([e.speech and e.variant == "clean" for e in examples])
    return float(np.quantile(scores[clean & wanted], REFUSED))


def _no_warnings() -> Any:
    """Keep quiet about the fixed number of epochs, which is what is wanted."""
    import warnings

    return warnings.catch_warnings(action="ignore")


def _facts(
    options: argparse.Namespace, examples: Sequence[Example], gate: SpeechGate
) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "noise": [Path(folder).name for folder in options.noise],
        "examples": {
            "speech": sum(e.speech for e in examples),
            "real noise": sum(not e.speech and not e.synthetic for e in examples),
            "synthetic": sum(e.synthetic for e in examples),
        },
        "hidden": HIDDEN,
        "windows_drawn": WINDOWS,
        "epochs": EPOCHS,
        "parameters": int(sum(layer.size for layer in (*gate.weights, *gate.biases))),
    }


def _write(path: Path, content: dict[str, Any], *, indent: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=indent) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.gate", description="Train the gate that tells speech from noise."
    )
    parser.add_argument("--table", type=Path, default=Path("cleaned_data.csv"))
    parser.add_argument(
        "--noise",
        type=Path,
        nargs="+",
        required=True,
        help="folders of sounds that are no speech, one folder a class; rooms/ has responses",
    )
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--cache", type=Path, help="keeps what was measured, for a second run")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
