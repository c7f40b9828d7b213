"""What noise, rooms, telephones and codecs cost, as ``robustness.json`` and ``ROBUSTNESS.md``.

A clip is answered among its corpus's own emotions, as in :mod:`training.benchmark`; over
all corpora together these are folded into the seven public ones. Points lost are the
UAR of the clean clips less that of the same clips changed, with a 95 % interval from
resampling speakers, both sides together. The speech gate is counted by itself: clips
that it refuses are answered all the same, and what cannot be analysed at all is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser.labels import INNER_LABELS, LABELS
from ser.prediction import MODELS
from training.benchmark.metrics import confusions_by, interval, uar
from training.benchmark.pool import POOLED, Pool, own_answers, true_labels
from training.benchmark.predictions import describe
from training.benchmark.protocols import PROTOCOLS
from training.benchmark.writing import as_json, percent, table, title, with_interval
from training.conditions import CLEAN, Condition
from training.corpora import Clip
from training.robustness_answers import Answers

NO_ANSWER = "no answer"

_INTRODUCTION = """# Robustness

What noise, rooms, telephones and codecs cost on voices that the models never heard. Made by
`python -m training.robustness`; more detail is in `robustness.json`.

UAR is the mean of the recalls of all emotions, in per cent, among the corpus's own emotions.
"Lost" is what it has less than on the same clips unchanged, in points; a minus sign stands for a
gain. In brackets stands a 95 % interval from resampling speakers. † marks fewer than five
speakers, where it says little; with one there is none. "Refused" is the share of clips that the
speech gate would have let go no further; they count in the UAR all the same.

Noise is measured against the mean power of the voice without the silence around it, and lasts
through the whole clip. Babble is six other people of the test at once, each equally loud. Rooms
are noise that dies away, as loud as the direct sound; what is clipped has its peak 12 dB over
full scale; codecs run at 16 kHz, mono. What is cleaned has been through `ser.cleaning`, which
people can switch on.

Training hears copies that the same functions have spoiled: steady noise from white to brown, rooms
that are made so, the telephone, both codecs and clipping. It hears no recorded rooms, no cuts to a
second, no noise reduction and no other people at once: its crowds are one voice over itself. Those
rows tell of what is new to the models, the others of what they were prepared for."""


def compute_rows(
    clips: Sequence[Clip], answers: Answers, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Compute all figures, the clean condition first in ``names``.

    Returns
    -------
    list of dict
        ``condition``, ``corpus`` (or all together), ``model``, ``uar`` in [0, 1], ``lost``
        and ``lost_ci95`` against clean (None for clean itself), ``refused`` in [0, 1],
        ``n`` and ``speakers``.
    """
    corpora = list(dict.fromkeys(clip.corpus for clip in clips))
    own = {corpus: np.array([clip.corpus == corpus for clip in clips]) for corpus in corpora}
    rows = []
    for model in answers.logits:
        pooled = [_counts(clips, answers, model, own[corpus], LABELS) for corpus in corpora]
        stacks = {POOLED: (np.concatenate(pooled), answers.refused)}
        for corpus, mask in own.items():
            labels = _own_labels(clips, mask)
            counts = _counts(clips, answers, model, mask, labels)
            stacks[corpus] = (counts, answers.refused[mask])
        for corpus, (counts, refused) in stacks.items():
            rows += [
                {"condition": name, "corpus": corpus, "model": model, **figures}
                for name, figures in zip(names, _figures(counts, refused), strict=True)
            ]
    return rows


def write_robustness(
    folder: Path,
    rows: Sequence[dict[str, Any]],
    conditions: Sequence[Condition],
    facts: dict[str, Any],
) -> list[Path]:
    """Write both files; answer their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    data, text = folder / "robustness.json", folder / "ROBUSTNESS.md"
    listed = [{"name": c.name, "title": c.title, "goal_points": c.goal} for c in conditions]
    figures = {"facts": facts, "conditions": listed, "rows": list(rows)}
    data.write_text(as_json(figures), encoding="utf-8")
    text.write_text(as_markdown(rows, conditions, facts), encoding="utf-8")
    return [data, text]


def as_markdown(
    rows: Sequence[dict[str, Any]], conditions: Sequence[Condition], facts: dict[str, Any]
) -> str:
    """Tell the figures to a reader."""
    found = {(row["condition"], row["corpus"], row["model"]): row for row in rows}
    corpora = [
        corpus for corpus in dict.fromkeys(row["corpus"] for row in rows) if corpus != POOLED
    ]
    blocks = [_INTRODUCTION, "## All corpora together", _pooled(found, conditions)]
    for model in MODELS:
        blocks += [
            f"## The {model}, corpus by corpus",
            _by_corpus(found, conditions, corpora, model),
        ]
    return "\n\n".join([*blocks, "## What it was made from", _origin(facts)]) + "\n"


# Figures ----------------------------------------------------------------------


def _own_labels(clips: Sequence[Clip], mask: np.ndarray) -> tuple[str, ...]:
    present = {clip.emotion for clip, own in zip(clips, mask, strict=True) if own}
    return tuple(label for label in INNER_LABELS if label in present)


def _counts(
    clips: Sequence[Clip], answers: Answers, model: str, mask: np.ndarray, labels: Sequence[str]
) -> np.ndarray:
    """Confusions of one corpus [shape=(speakers, conditions, labels + 1, labels + 1)].

    The last label stands for no answer; no truth is that.
    """
    own = [clip for clip, chosen in zip(clips, mask, strict=True) if chosen]
    frame = describe(own, role=["test"] * len(own))
    speakers = frame["speaker"].to_numpy(str)
    by_condition = []
    for logits in np.moveaxis(answers.logits[model][mask], 1, 0):
        pool = _pool(model, frame, np.nan_to_num(logits))
        truth = true_labels(pool, labels)
        said = np.where(np.isnan(logits).any(axis=1), NO_ANSWER, own_answers(pool, model, labels))
        known = truth != ""
        counts = confusions_by(speakers[known], truth[known], said[known], (*labels, NO_ANSWER))
        by_condition.append(list(counts.values()))
    return np.stack(by_condition, axis=1)


def _pool(model: str, frame: Any, logits: np.ndarray) -> Pool:
    """Make of one corpus in one condition what the benchmark reads answers from."""
    temperatures = {model: np.ones(len(frame))}
    return Pool(PROTOCOLS[0], frame, {model: logits}, temperatures, frozenset(INNER_LABELS))


def _figures(counts: np.ndarray, refused: np.ndarray) -> Iterator[dict[str, Any]]:
    """Score each condition against the first."""
    for index in range(counts.shape[1]):
        pair = counts[:, [0, index]]
        total = pair.sum(axis=0)
        yield {
            "uar": float(uar(total)[1]),
            "lost": float(_lost(total)) if index else None,
            "lost_ci95": interval(pair, _lost) if index else None,
            "refused": float(refused[:, index].mean()),
            "n": int(total[1].sum()),
            "speakers": len(counts),
        }


def _lost(pair: np.ndarray) -> Any:
    """UAR of the first confusion less that of the second [shape=(...)]."""
    values = uar(pair)
    return values[..., 0] - values[..., 1]


# Text -------------------------------------------------------------------------

Found = dict[tuple[str, str, str], dict[str, Any]]


def _pooled(found: Found, conditions: Sequence[Condition]) -> str:
    lines = []
    for condition in conditions:
        both = [found[condition.name, POOLED, model] for model in MODELS]
        cells = [cell for row in both for cell in (percent(row["uar"]), _loss(row))]
        lines.append(
            [condition.title, *cells, _goal(condition, both[0]), percent(both[0]["refused"])]
        )
    head = [f"{model}{what}" for model in MODELS for what in ("", ", lost")]
    return table(["condition", *head, "goal for the hybrid", "refused"], lines)


def _by_corpus(
    found: Found, conditions: Sequence[Condition], corpora: Sequence[str], model: str
) -> str:
    clean = [percent(found[CLEAN, corpus, model]["uar"]) for corpus in corpora]
    lines = [
        [condition.title, *(_loss(found[condition.name, corpus, model]) for corpus in corpora)]
        for condition in conditions
        if condition.name != CLEAN
    ]
    titles = [f"{title(corpus)}, lost" for corpus in corpora]
    return table(["condition", *titles], [["clean (UAR)", *clean], *lines])


def _loss(row: dict[str, Any]) -> str:
    if row["lost"] is None:
        return "-"
    return with_interval(row["lost"], row["lost_ci95"], row["speakers"])


def _goal(condition: Condition, row: dict[str, Any]) -> str:
    """Say what may be lost, and whether no more is, to a tenth of a point."""
    if condition.goal is None:
        return "-"
    reached = round(100 * row["lost"], 1) <= condition.goal
    return f"{condition.goal:g} at most: {'reached' if reached else 'missed'}"


def _origin(facts: dict[str, Any]) -> str:
    run, versions = facts["run"], facts["versions"]
    sampled = ", drawn by corpus and emotion" if facts["sampled"] else ""
    lines = [
        f"- {facts['clips']} clips of {facts['speakers']} unheard speakers{sampled}; song left out",
        f"- the networks of the run `{run['name']}`: "
        + ", ".join(f"{stage} {epochs} epochs" for stage, epochs in run["epochs"].items()),
        f"- seed {facts['seed']}; {facts['recorded_rooms'] or 'no'} recorded rooms",
        "- the shipped speech gate, which has heard these speakers: what it reaches on unheard "
        "ones is in `gate.json`",
        "- " + ", ".join(f"{name} {number}" for name, number in versions.items()),
    ]
    return "\n".join(lines)
