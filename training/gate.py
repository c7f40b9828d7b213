"""Train the gate that tells speech from everything else, and say what it reaches.

    python -m training.gate --table cleaned_data.csv --noise data/noise more/music

Six trainings, one for each fold of speakers. Each also holds out a sixth of the
noise classes, real and synthetic, so every clip and every noise is judged once by
a gate that heard neither its speaker nor its class; the threshold is chosen on
the other folds' speakers. Speech mixed with a noise counts where the same fold holds
out that noise too. What is shipped then learns from everything.

    python -m training.gate --unseen data/sounds/unseen --unseen-speech data/sounds/unseen_speech

Without ``--noise`` nothing is trained: the gate there is judges sounds and languages
of which it learnt nothing, and what it answers is added to the report.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ser.bundle import GATE_FILE, write_gate
from ser.gate import LIMIT, SpeechGate, span_means
from ser.gate_features import VERSION
from training.command import exit_status, not_negative
from training.corpora import read_table
from training.dataset import TrainingError
from training.folds import held_out_speakers
from training.gate_examples import HUMAN, Example, Noise, collect_examples, read_noise
from training.gate_report import gate_report, summary, unseen_report

FOLDS = (1, 2, 3, 4, 5, 6)
REPORT = Path("reports/gate.json")

NETWORKS = 3
HIDDEN = 64
WINDOWS = 120_000  # drawn with replacement, so that no corpus and no class outweighs the rest
EPOCHS = 15
DECAY = 0.01
JITTER = 0.3  # noise on standardised features: classes of noise are few, the world's are not
REFUSED = 3e-4
"""Share of unheard speakers' clean clips that the threshold may refuse."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not (options.noise or options.unseen or options.unseen_speech):
        parser.error("give --noise, to train a gate, or --unseen, to judge the one there is")
    return exit_status(lambda: _run(options), again="--cache FOLDER keeps what is measured.")


def _run(options: argparse.Namespace) -> None:
    noises, voices = _unseen(options.unseen), _unseen(options.unseen_speech)
    report = _trained(options) if options.noise else _read_report(options.out)
    gate = SpeechGate.load(options.out / GATE_FILE)
    unseen = unseen_report(gate, noises=noises, voices=voices)
    report["unseen"] = report.get("unseen", {}) | unseen
    path = options.out / REPORT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(summary(report))


def _trained(options: argparse.Namespace) -> dict[str, Any]:
    """Train a gate and save it; answer what it reaches."""
    _folds_of(clip.speaker for clip in read_table(options.table))  # before all is measured
    examples = _examples(options)
    scores, thresholds = cross_validate(examples, seed=options.seed)
    folds = _folds(examples)
    taught = [i for i, e in enumerate(examples) if e.speech or e.group not in HUMAN]
    gate = fit_gate([examples[i] for i in taught], seed=options.seed)
    gate = replace(gate, threshold=_threshold(examples, scores, folds > 0))
    made_from = _facts(options, examples, gate)
    write_gate(options.out, gate.to_json() | {"made_from": made_from})
    mixed = _mixed_folds(examples)
    unheard = (mixed == 0) | (mixed == folds)
    report = gate_report(examples, scores, thresholds[folds], folds=folds, unheard=unheard)
    return report | {"made_from": made_from}


def _read_report(root: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads((root / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"{root / REPORT} cannot be read: give --noise, to train a gate."
        ) from error
    return report


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
    mixed = _mixed_folds(examples)
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
    """Train small networks that differ by chance, and average them into one wide one.

    Its threshold is left at 0.
    """
    rng = np.random.default_rng(seed)
    features = np.concatenate([example.features for example in examples])
    owner = np.repeat(np.arange(len(examples)), [len(e.features) for e in examples])
    speech = np.array([e.speech for e in examples])[owner]
    chances = _chances(examples)[owner]
    chances /= chances.sum()
    typical = features[rng.choice(len(features), size=WINDOWS, p=chances)]
    mean, std = typical.mean(axis=0), typical.std(axis=0) + 1e-3
    layers = []
    for _ in range(NETWORKS):
        drawn = rng.choice(len(features), size=WINDOWS, p=chances)
        scaled = np.clip((features[drawn] - mean) / std, -LIMIT, LIMIT)
        layers.append(_fit_network(scaled, speech[drawn], rng))
    inner, inner_bias, outer, outer_bias = zip(*layers, strict=True)
    weights = (np.hstack(inner), np.vstack(outer) / NETWORKS)
    biases = (np.concatenate(inner_bias), np.mean(outer_bias, axis=0))
    return SpeechGate(mean, std, weights, biases, 0.0)


def _fit_network(
    scaled: np.ndarray, speech: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Train one network; answer weights and biases of both its layers."""
    from sklearn.neural_network import MLPClassifier

    size = JITTER * np.sqrt(2 * rng.random((len(scaled), 1)))
    jittered = scaled + (size * rng.standard_normal(scaled.shape)).astype(np.float32)
    network = MLPClassifier(
        (HIDDEN,),
        alpha=DECAY,
        batch_size=256,
        learning_rate_init=2e-3,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=int(rng.integers(2**31)),
    )
    with warnings.catch_warnings(action="ignore"):  # that the epochs are fixed is what is wanted
        network.fit(jittered, speech)
    (inner, outer), (inner_bias, outer_bias) = network.coefs_, network.intercepts_
    return inner, inner_bias, outer, outer_bias


def _examples(options: argparse.Namespace) -> list[Example]:
    """Collect all examples, or fetch them from the cache."""
    import joblib

    collect = joblib.Memory(options.cache, verbose=0).cache(collect_examples)
    examples: list[Example] = collect(options.table, options.noise, options.seed, version=VERSION)
    return examples


def _unseen(folders: Sequence[Path]) -> list[Noise]:
    return read_noise(folders)[0] if folders else []


def _folds(examples: Sequence[Example]) -> np.ndarray:
    """Give the fold that holds each example out [shape=(examples,)]; 0 where it is never taught."""
    by_speaker = _folds_of(example.speaker for example in examples if example.speech)
    speakers = np.array([by_speaker.get(example.speaker, 0) for example in examples])
    classes = ["" if example.speech else example.group for example in examples]
    return np.maximum(speakers, _noise_folds(examples, classes))


def _folds_of(speakers: Iterable[str]) -> dict[str, int]:
    """Give the fold that holds each speaker out.

    Raises
    ------
    TrainingError
        One is in none.
    """
    fold_of = {speaker: fold for fold in FOLDS for speaker in held_out_speakers(fold)}
    strangers = sorted(set(speakers) - set(fold_of))
    if strangers:
        raise TrainingError(
            f"In no fold: {', '.join(strangers[:5])}. The gate learns from the published corpora: "
            "make the table without --own."
        )
    return fold_of


def _noise_folds(examples: Sequence[Example], classes: Sequence[str]) -> np.ndarray:
    """Deal the classes of noise out to the folds; 0 for none and for those never taught."""
    groups = sorted({e.group for e in examples if not e.speech} - HUMAN)
    fold = {group: FOLDS[number % len(FOLDS)] for number, group in enumerate(groups)}
    return np.array([fold.get(name, 0) for name in classes])


def _mixed_folds(examples: Sequence[Example]) -> np.ndarray:
    """Give the fold that holds out what is mixed with each example; 0 for coloured noise."""
    return _noise_folds(examples, [example.mixed_with for example in examples])


def _chances(examples: Sequence[Example]) -> np.ndarray:
    """Chance of an example's windows: speech and noise alike, groups by the root of their size.

    Each corpus is a group in each of its variants, so that what is whispered or spoken
    in noise counts beside the many clean clips.
    """
    keys = [(e.group, e.variant if e.speech else "") for e in examples]
    counts = Counter(keys)
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


def _facts(
    options: argparse.Namespace, examples: Sequence[Example], gate: SpeechGate
) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "examples": {
            "speech": sum(e.speech for e in examples),
            "real noise": sum(not e.speech and not e.synthetic for e in examples),
            "synthetic": sum(e.synthetic for e in examples),
        },
        "networks": NETWORKS,
        "hidden": HIDDEN,
        "windows_drawn": WINDOWS,
        "epochs": EPOCHS,
        "parameters": int(sum(layer.size for layer in (*gate.weights, *gate.biases))),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.gate",
        description="Train or judge the gate that tells speech from other sounds.",
    )
    parser.add_argument("--table", type=Path, default=Path("cleaned_data.csv"))
    parser.add_argument(
        "--noise",
        type=Path,
        nargs="+",
        default=[],
        help="folders of sounds that are no speech, one folder a class; rooms/ has responses",
    )
    parser.add_argument(
        "--unseen", type=Path, nargs="+", default=[], help="the same, but only judged"
    )
    parser.add_argument(
        "--unseen-speech", type=Path, nargs="+", default=[], help="speech that is only judged"
    )
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--cache", type=Path, help="keeps what was measured, for a second run")
    parser.add_argument("--seed", type=not_negative, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
