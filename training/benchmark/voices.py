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
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ser.known_voices import Joining
from ser.labels import INNER_LABELS, LABELS, to_public
from ser.network import softmax
from ser.profile import Trust, Voices
from training.benchmark.fusion import EVEN
from training.benchmark.metrics import calibration_error, interval, threshold_for, uar
from training.benchmark.pool import AIM, NETWORKS, POOLED, Pool, with_share
from training.benchmark.predictions import UNTRAINED
from training.benchmark.protocols import SPEAKER_DEPENDENT
from training.benchmark.voice_fit import (
    Draw,
    answer_probabilities,
    enrol_draws,
    fit_joining,
    fit_voices,
    group_draws,
    joined_sureness,
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
        listeners = _listeners(pool, others) if model == "hybrid" else {}
        yield from _known_voice_entries(listeners, chosen_on)
        for facts, draws in _ways(pool):
            if listeners and facts["way"] == ENROLLED:
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


@dataclass(frozen=True)
class Listener:
    """How a part's known voices are heard, and the clips that are scored so.

    Attributes
    ----------
    joining : Joining
    sure_from : float or None
        Confidence under which an answer is "not sure"; None where none is high enough.
    scored : Pool
    possible : dict of str to np.ndarray [shape=(9,)]
        By corpus, the inner labels that it has.
    """

    joining: Joining
    sure_from: float | None
    scored: Pool
    possible: dict[str, np.ndarray]


def _listeners(pool: Pool, others: dict[str, np.ndarray]) -> dict[str, Listener]:
    """Fit on the others of each part how its known voices are heard; none if one cannot be.

    The hybrid's own share must be the part's there too: the others' was fitted on it.
    """
    answer, known = {}, known_clips(pool)
    for part, mask in others.items():
        share = pool.fitted[part].share if part in pool.fitted else EVEN
        fused = with_share(pool, share)
        joining = fit_joining(fused.where(mask))
        if joining is None:
            return {}
        sure_from = threshold_for(*joined_sureness(fused.where(mask), joining), wanted=AIM)
        scored = fused.where(known & ~mask)
        if len(scored.clips):
            answer[part] = Listener(joining, sure_from, scored, _possible(pool))
    return answer


def _known_voice_entries(
    listeners: dict[str, Listener], chosen_on: str
) -> Iterator[dict[str, Any]]:
    """Gain of the hybrid where a network for known voices listens too, all speech first."""
    counts: dict[str, list[np.ndarray]] = {}
    for own in listeners.values():
        for corpus, by_speaker in _counts_by_speaker(own).items():
            counts.setdefault(corpus, []).extend(by_speaker)
    by_corpus = {corpus: np.stack(stacks) for corpus, stacks in counts.items()}
    pooled = {POOLED: np.concatenate(list(by_corpus.values()))} if by_corpus else {}
    for corpus, stack in (pooled | by_corpus).items():
        yield {
            "corpus": corpus,
            "model": "hybrid",
            "protocol": next(iter(listeners.values())).scored.protocol,
            "way": ENROLLED,
            "clips": ENROL_CLIPS,
            "lopsided": False,
            **_gain(stack),
            **(_trustworthy(listeners) if corpus == POOLED else {}),
            "trust": {part: asdict(own.joining) for part, own in listeners.items()},
            "chosen_on": chosen_on,
        }


def _trustworthy(listeners: dict[str, Listener]) -> dict[str, Any]:
    """Calibration error of known voices' answers, and what the rule "not sure" leaves of them."""
    sureness = [joined_sureness(own.scored, own.joining) for own in listeners.values()]
    levels = [
        np.full(len(confidence), np.inf if own.sure_from is None else own.sure_from)
        for own, (confidence, _) in zip(listeners.values(), sureness, strict=True)
    ]
    confidence, right = (np.concatenate(kind) for kind in zip(*sureness, strict=True))
    sure = confidence >= np.concatenate(levels)
    return {
        "ece": calibration_error(confidence, right),
        "not_sure": {
            "coverage": float(sure.mean()),
            "accuracy": float(right[sure].mean()) if sure.any() else None,
        },
    }


def _counts_by_speaker(own: Listener) -> dict[str, list[np.ndarray]]:
    """Confusions of each speaker [shape=(2, 2, 7, 7)] by corpus: before and after, own and any."""
    before = own.scored.logits["hybrid"]
    after = own.joining.log_probabilities(before, relative_logits(own.scored))
    truth, clips = public_index(own.scored), own.scored.clips
    counts: dict[str, list[np.ndarray]] = {}
    for (corpus, _), rows in clips.groupby(["corpus", "speaker"]).indices.items():
        kinds = [_answers(values[rows], own.possible[corpus]) for values in (before, after)]
        counts.setdefault(str(corpus), []).append(
            np.array([[_confusion(truth[rows], a) for a in kind] for kind in kinds])
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
