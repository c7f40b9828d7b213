"""What knowing the voice is worth: answers before and after, on the same clips.

An offset is estimated for each unheard voice (:mod:`ser.profile`), from some neutral
clips that are then not scored, or from a group of clips without labels. The means it
is compared with, and how far it is believed, come from the voices of the *other*
parts; where there is one part only, from the other half of its voices. The hybrid
asks another network about an enrolled voice (:mod:`ser.known_voices`); how far it is
listened to is fitted on the same others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ser.labels import INNER_LABELS, LABELS, to_public
from ser.network import softmax
from ser.profile import Trust, Voices
from training.benchmark.metrics import interval, uar
from training.benchmark.pool import NETWORKS, POOLED, Pool
from training.benchmark.predictions import UNTRAINED
from training.benchmark.protocols import SPEAKER_DEPENDENT
from training.benchmark.voice_fit import (
    Draw,
    answer_probabilities,
    enrol_draws,
    fit_joining,
    fit_voices,
    group_draws,
    known_clips,
    own_log_probabilities,
    public_index,
    relative_logits,
)
from training.enrolment import ENROL_CLIPS

SIZES = (5, 10, 20, None)
"""Clips in a group; None for all of a voice."""

ENROLLED, GROUPED = "enrolled", "grouped"


def voice_entries(pool: Pool) -> Iterator[dict[str, Any]]:
    """Gain in UAR for each model, way and corpus; ``pool`` holds tested speech."""
    if pool.protocol in SPEAKER_DEPENDENT:
        return
    others, chosen_on = _others(pool)
    for model in (name for name in pool.logits if name in NETWORKS):
        fitted = {part: fit_voices(pool.where(mask), model) for part, mask in others.items()}
        if any(voices is None for voices in fitted.values()):
            continue
        of_part = {part: voices for part, voices in fitted.items() if voices}
        listened = model == "hybrid" and known_clips(pool).any()
        if listened:
            yield from _known_voice_entries(pool, others, chosen_on)
        for facts, draws in _ways(pool):
            if listened and facts["way"] == ENROLLED:
                continue
            trusts = {part: asdict(_trust(own, facts["way"])) for part, own in of_part.items()}
            counts = _counts(pool, model, draws, of_part, facts["way"])
            for corpus, by_speaker in counts.items():
                yield {
                    "corpus": corpus,
                    "model": model,
                    "protocol": pool.protocol,
                    **facts,
                    **_gain(by_speaker),
                    "trust": trusts,
                    "chosen_on": chosen_on,
                }


def _known_voice_entries(
    pool: Pool, others: dict[str, np.ndarray], chosen_on: str
) -> Iterator[dict[str, Any]]:
    """Gain of the hybrid where a network for known voices listens too."""
    joined = {part: fit_joining(pool.where(mask)) for part, mask in others.items()}
    joinings = {part: own for part, own in joined.items() if own is not None}
    if len(joinings) < len(others):
        return
    known, possible, counts = known_clips(pool), _possible(pool), []
    for part, joining in joinings.items():
        own = pool.where(known & ~others[part])
        if own.clips.empty:
            continue
        before = own.logits["hybrid"]
        after = joining.log_probabilities(before, relative_logits(own))
        counts.append(_counts_by_speaker(own, (before, after), possible))
    by_corpus = {
        corpus: np.stack([stack for own in counts for stack in own.get(corpus, {}).values()])
        for corpus in dict.fromkeys(corpus for own in counts for corpus in own)
    }
    pooled = {POOLED: np.concatenate(list(by_corpus.values()))}
    for corpus, by_speaker in (pooled | by_corpus).items():
        yield {
            "corpus": corpus,
            "model": "hybrid",
            "protocol": pool.protocol,
            "way": ENROLLED,
            "clips": ENROL_CLIPS,
            "lopsided": False,
            **_gain(by_speaker),
            "trust": {part: asdict(own) for part, own in joinings.items()},
            "chosen_on": chosen_on,
        }


def _counts_by_speaker(
    pool: Pool, logits: tuple[np.ndarray, np.ndarray], possible: dict[str, np.ndarray]
) -> dict[str, dict[str, np.ndarray]]:
    """Confusions by corpus and speaker [shape=(2, 2, 7, 7)]: before and after, own and any."""
    truth = public_index(pool)
    counts: dict[str, dict[str, np.ndarray]] = {}
    for (corpus, speaker), rows in pool.clips.groupby(["corpus", "speaker"]).indices.items():
        kinds = [_answers(values[rows], possible[corpus]) for values in logits]
        counts.setdefault(str(corpus), {})[str(speaker)] = np.array(
            [[_confusion(truth[rows], answers) for answers in kind] for kind in kinds]
        )
    return counts


def _ways(pool: Pool) -> Iterator[tuple[dict[str, Any], list[Draw]]]:
    """All ways to know a voice, each with its draws."""
    yield {"way": ENROLLED, "clips": ENROL_CLIPS, "lopsided": False}, enrol_draws(pool)
    for lopsided in (False, True):
        for size in SIZES:
            draws = group_draws(pool, size, lopsided=lopsided)
            yield {"way": GROUPED, "clips": size, "lopsided": lopsided}, draws


def _others(pool: Pool) -> tuple[dict[str, np.ndarray], str]:
    """For each part the rows that it may be fitted on, and in words what these are.

    With one part, its speakers fall into two, turn by turn within each corpus.
    """
    names = pool.clips["part"].to_numpy(str)
    what = "the other parts"
    if len(set(names)) == 1:
        names, what = _halves(pool), "the other half of the speakers"
    return {str(name): names != name for name in sorted(set(names))}, what


def _halves(pool: Pool) -> np.ndarray:
    """Name each clip's half [shape=(clips,)], that of its speaker."""
    speakers = sorted(set(zip(pool.clips["corpus"], pool.clips["speaker"], strict=True)))
    half = {speaker: f"half-{i % 2 + 1}" for i, (_, speaker) in enumerate(speakers)}
    return pool.clips["speaker"].map(half).to_numpy(str)


def _trust(voices: Voices, way: str) -> Trust:
    return voices.enrolled if way == ENROLLED else voices.grouped


def _counts(
    pool: Pool, model: str, draws: Sequence[Draw], fitted: dict[str, Voices], way: str
) -> dict[str, np.ndarray]:
    """Confusions by corpus [shape=(speakers, 2, 2, 7, 7)]: before and after, own and any."""
    others, _ = _others(pool)
    part_of = {}
    for part, mask in others.items():
        part_of.update(dict.fromkeys(pool.clips["speaker"][~mask], part))
    values, truth = own_log_probabilities(pool, model), public_index(pool)
    corpora, possible = pool.clips["corpus"].to_numpy(str), _possible(pool)
    stacks: dict[str, dict[str, np.ndarray]] = {}
    for draw in draws:
        voices = fitted[part_of[draw.speaker]]
        reference = voices.neutral if way == ENROLLED else voices.overall
        corpus = corpora[draw.scored[0]]
        both = [
            _answers(answer_probabilities(values, draw, reference, trust), possible[corpus])
            for trust in (Trust(0.0, 1.0), _trust(voices, way))
        ]
        own = stacks.setdefault(corpus, {})
        count = np.array([[_confusion(truth[draw.scored], a) for a in kinds] for kinds in both])
        own[draw.speaker] = own.get(draw.speaker, 0) + count
    by_corpus = {corpus: np.stack(list(own.values())) for corpus, own in stacks.items()}
    return {POOLED: np.concatenate(list(by_corpus.values())), **by_corpus} if by_corpus else {}


def _possible(pool: Pool) -> dict[str, np.ndarray]:
    """Inner labels that each corpus has [shape=(9,)]."""
    return {
        str(corpus): np.isin(INNER_LABELS, own["emotion"].unique())
        for corpus, own in pool.clips.groupby("corpus")
    }


def _answers(values: np.ndarray, possible: np.ndarray) -> list[np.ndarray]:
    """Answer among the corpus's own emotions, and among all seven."""
    own = np.where(possible, values, UNTRAINED)
    return [to_public(softmax(kind)).argmax(axis=1) for kind in (own, values)]


def _confusion(truth: np.ndarray, answers: np.ndarray) -> np.ndarray:
    count = np.bincount(len(LABELS) * truth + answers, minlength=len(LABELS) ** 2)
    return count.reshape(len(LABELS), len(LABELS))


def _gain(by_speaker: np.ndarray) -> dict[str, Any]:
    """UAR before, after, and the paired difference; "any" with all seven answers allowed."""
    answer: dict[str, Any] = {}
    for i, name in enumerate(("uar", "uar_any")):
        stack = by_speaker[:, :, i]
        before, after = (float(value) for value in uar(stack.sum(axis=0)))
        answer[name] = {
            "before": before,
            "after": after,
            "difference": after - before,
            "ci95": interval(stack, _difference),
        }
    return {**answer, "n": int(by_speaker[:, 0, 0].sum()), "speakers": len(by_speaker)}


def _difference(counts: np.ndarray) -> Any:
    """UAR after less before, of counts [shape=(..., 2, 7, 7)]."""
    values = uar(counts)
    return values[..., 1] - values[..., 0]
