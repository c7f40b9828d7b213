"""Every figure of the benchmark, computed from the prediction files and nothing else.

Conventions. A clip is answered **among its corpus's own emotions**, as publications
do (CREMA-D among six); ``uar_any`` is the same with the answer taken among all
seven, as the page gives it. A corpus with *calm* or *boredom* is scored twice, with
these and, folded by :func:`ser.labels.to_public`, without. Probabilities are those
of the seven public labels at the temperature of the clip's part. Song is scored by
itself, and stays out of everything pooled: this is a benchmark of speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from statistics import mean
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from ser.labels import INNER_LABELS, LABELS, public_label, to_public
from ser.network import softmax
from training.benchmark.calibration import (
    calibration_entries,
    confidence_entries,
    fit_to_ship,
    shipped_entries,
)
from training.benchmark.metrics import accuracy, confusions_by, interval, recalls, uar
from training.benchmark.pool import (
    NETWORKS,
    POOLED,
    Pool,
    join_parts,
    own_answers,
    true_labels,
    without_answers,
)
from training.benchmark.predictions import Predictions
from training.benchmark.protocols import PROTOCOLS, SPEAKER_DEPENDENT, part_names
from training.benchmark.voices import voice_entries
from training.corpora import CORPORA
from training.corpora.cremad import CORPUS as CREMAD
from training.corpora.ravdess import SONG

QUOTED = [
    {
        "corpus": "ravdess",
        "who": "people, audio only",
        "accuracy": 0.67,
        "source": "Livingstone & Russo (2018), doi:10.1371/journal.pone.0196391",
    }
]


def compute_benchmark(predictions: Sequence[Predictions]) -> dict[str, Any]:
    """Compute all figures, ready for JSON.

    Returns
    -------
    dict
        ``protocols`` (which parts are in, which are missing, what was fitted for
        each), ``rows``, ``differences``, ``calibration``, ``as_shipped``, ``confidence``,
        ``voices``, ``people``, ``quoted``, ``parts`` (the facts of each), and what to ship,
        fitted on all unheard speakers: see :func:`training.benchmark.calibration.fit_to_ship`.
    """
    pools = list(join_parts(predictions))
    tests = [pool.where(pool.clips["role"] == "test") for pool in pools]
    speech = [pool.where(pool.clips["corpus"] != SONG.name) for pool in pools]
    listeners, people = _listeners(tests)
    shipped = fit_to_ship(speech)
    return {
        "protocols": _protocols(pools),
        **shipped,
        "rows": sorted([*listeners, *(row for pool in tests for row in _rows(pool))], key=_order),
        "differences": [entry for pool in tests for entry in _differences(pool)],
        "calibration": [entry for pool in speech for entry in calibration_entries(pool)],
        "as_shipped": list(shipped_entries(speech, shipped)),
        "confidence": [entry for pool in speech for entry in confidence_entries(pool)],
        "voices": [
            entry
            for pool in speech
            for entry in voice_entries(pool.where(pool.clips["role"] == "test"))
        ],
        "people": people,
        "quoted": QUOTED,
        "parts": [entry.facts for entry in predictions],
    }


def _protocols(pools: Sequence[Pool]) -> dict[str, Any]:
    """Say which parts of each protocol are in and which are missing, and what was fitted."""
    answer: dict[str, Any] = {}
    for protocol in PROTOCOLS:
        own = [pool for pool in pools if pool.protocol == protocol]
        finished = {
            model: list(dict.fromkeys(pool.clips["part"])) for pool in own for model in pool.logits
        }
        answer[protocol] = {
            "speaker_dependent": protocol in SPEAKER_DEPENDENT,
            "models": {
                model: {
                    "parts": parts,
                    "missing": [name for name in part_names(protocol) if name not in parts],
                }
                for model, parts in finished.items()
            },
            "fitted": {
                part: asdict(fitted)
                for pool in own
                for part, fitted in pool.fitted.items()
                if set(NETWORKS) & set(pool.logits)
            },
        }
    return answer


# Rows -------------------------------------------------------------------------


def _rows(pool: Pool) -> Iterator[dict[str, Any]]:
    for corpus in dict.fromkeys(pool.clips["corpus"]):
        own = pool.of(corpus)
        for labels in _class_sets(own):
            truth = true_labels(own, labels)
            for model in pool.logits:
                answers = own_answers(own, model, labels)
                row = _row(own, model, labels, truth, answers)
                yield {**row, "uar_any": _uar_any(own, model, labels)}
        yield from _heard_rows(own, _class_sets(own)[-1])


_CORPORA = [corpus.name for corpus in CORPORA if corpus is not SONG]


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    """Sort by protocol, corpus (song last) and classes; our models first, people last."""
    corpus, model = row["corpus"], row["model"]
    return (
        PROTOCOLS.index(row["protocol"]),
        corpus == SONG.name,
        _CORPORA.index(corpus) if corpus in _CORPORA else len(_CORPORA),
        -row["classes"],
        row["truth"],
        model == "people",
        model not in NETWORKS,
        model != "hybrid",
        model,
    )


def _heard_rows(own: Pool, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Score against what listeners heard, where they were asked."""
    heard = _clear_votes(own, labels)
    if (heard != "").any():
        for model in own.logits:
            yield _row(own, model, labels, heard, own_answers(own, model, labels), "heard")


def _clear_votes(own: Pool, labels: Sequence[str]) -> np.ndarray:
    """Name what listeners heard; "" where nobody was asked, or where votes are tied."""
    heard = own.clips["heard"].to_numpy(str)
    return np.where(np.isin(heard, labels), heard, "")


def _row(
    own: Pool,
    model: str,
    labels: Sequence[str],
    truth: np.ndarray,
    answers: np.ndarray,
    kind: str = "acted",
) -> dict[str, Any]:
    """One line of the benchmark, and what lies behind it; clips without truth left out."""
    known = truth != ""
    truth, answers, clips = truth[known], answers[known], own.clips[known]
    by_speaker = confusions_by(clips["speaker"].to_numpy(str), truth, answers, labels)
    stack = np.stack(list(by_speaker.values()))
    total = stack.sum(axis=0)
    return {
        "corpus": clips["corpus"].iloc[0],
        "classes": len(labels),
        "model": model,
        "protocol": own.protocol,
        "truth": kind,
        "uar": float(uar(total)),
        "uar_ci95": interval(stack, uar),
        "accuracy": float(accuracy(total)),
        "macro_f1": float(
            f1_score(truth, answers, labels=np.unique(truth), average="macro", zero_division=0)
        ),
        "n": len(truth),
        "speakers": len(stack),
        "parts": sorted(set(clips["part"])),
        "labels": list(labels),
        "confusion": total.tolist(),
        "recall": {
            label: None if np.isnan(value) else float(value)
            for label, value in zip(labels, recalls(total), strict=True)
        },
        "by_speaker": _scores(by_speaker),
        "by_sex": _scores(confusions_by(clips["sex"].to_numpy(str), truth, answers, labels)),
        "by_age": _scores(confusions_by(clips["age_group"].to_numpy(str), truth, answers, labels)),
    }


def _scores(confusions: dict[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """UAR and accuracy of each group; clips of which the group is unknown left out."""
    return {
        group: {"uar": float(uar(c)), "accuracy": float(accuracy(c)), "n": int(c.sum())}
        for group, c in confusions.items()
        if group
    }


def _class_sets(own: Pool) -> list[tuple[str, ...]]:
    """Name the classes a corpus is scored in: all of its own, then those that are public."""
    emotions = set(own.clips["emotion"])
    inner = tuple(label for label in INNER_LABELS if label in emotions)
    public = tuple(label for label in LABELS if label in map(public_label, emotions))
    # A model that never met calm cannot be asked to tell it from neutral.
    return [inner, public] if inner != public and emotions <= own.trained else [public]


def _uar_any(own: Pool, model: str, labels: Sequence[str]) -> float | None:
    """UAR of the seven-way answer; None for classes of which some are not public."""
    if not set(labels) <= set(LABELS):
        return None
    truth = true_labels(own, labels)
    answers = np.array(LABELS)[to_public(softmax(own.scaled(model))).argmax(axis=1)]
    known = truth != ""
    (total,) = confusions_by(np.zeros(known.sum()), truth[known], answers[known], LABELS).values()
    return float(uar(total))


# Hybrid against CNN -----------------------------------------------------------


def _differences(pool: Pool) -> Iterator[dict[str, Any]]:
    """Hybrid less CNN on the same clips, speakers resampled together."""
    if not set(NETWORKS) <= set(pool.logits):
        return
    speech = pool.where(pool.clips["corpus"] != SONG.name)
    counts = [_public_counts(speech.of(corpus)) for corpus in dict.fromkeys(speech.clips["corpus"])]
    for corpus, stack in [(POOLED, np.concatenate([own for _, own in counts])), *counts]:
        yield {
            "corpus": corpus,
            "protocol": pool.protocol,
            "models": ["hybrid", "cnn"],
            **{
                name: {
                    "difference": float(_less(measure)(stack.sum(axis=0))),
                    "ci95": interval(stack, _less(measure)),
                }
                for name, measure in (("uar", uar), ("accuracy", accuracy))
            },
            "n": int(stack[:, 0].sum()),
            "speakers": len(stack),
        }


def _public_counts(own: Pool) -> tuple[str, np.ndarray]:
    """Confusions of both models by speaker [shape=(speakers, 2, 7, 7)], and the corpus."""
    truth = true_labels(own, LABELS)
    known = truth != ""
    speakers = own.clips["speaker"].to_numpy(str)[known]
    both = [
        list(
            confusions_by(
                speakers, truth[known], own_answers(own, model, LABELS)[known], LABELS
            ).values()
        )
        for model in ("hybrid", "cnn")
    ]
    return own.clips["corpus"].iloc[0], np.stack(both, axis=1)


def _less(measure: Any) -> Any:
    """Turn a measure into the first model's less the second's."""

    def difference(counts: np.ndarray) -> Any:
        values = measure(counts)
        return values[..., 0] - values[..., 1]

    return difference


def _listeners(tests: Sequence[Pool]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Score CREMA-D's listeners as a model, and their agreement with ties by their share.

    Returns
    -------
    rows, people : list of dict
        Empty where what they heard is not known.
    """
    own = [pool.where(pool.clips["heard"] != "") for pool in tests if pool.protocol == PROTOCOLS[0]]
    if not any(len(pool.clips) for pool in own):
        return [], []
    asked = without_answers(own)
    labels = _class_sets(asked)[-1]
    votes = _clear_votes(asked, labels)
    acted = np.where(votes != "", true_labels(asked, labels), "")
    heard = [vote.split(":") for vote in asked.clips["heard"]]
    shares = [
        (emotion in vote) / len(vote)
        for emotion, vote in zip(asked.clips["emotion"], heard, strict=True)
    ]
    agreement = {
        "corpus": CREMAD.name,
        "agreement": mean(shares),
        "clips": len(heard),
        "tied": sum(len(vote) > 1 for vote in heard),
    }
    return [_row(asked, "people", labels, acted, votes)], [agreement]
