"""What everybody's voices share, and how far one voice's own offset is to be believed.

A :class:`Draw` says from which clips a voice is known and on which it is scored: for
an enrolled voice some neutral clips and all the others, for a group without labels
the same clips twice. Means, variances and losses count each voice once, however
often it was recorded.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from ser.known_voices import Joining
from ser.labels import INNER_LABELS, to_public
from ser.network import softmax
from ser.profile import Trust, Voices, log_probabilities, voice_offset
from training.benchmark.fusion import best_share, fuse
from training.benchmark.metrics import best_temperature
from training.benchmark.pool import Pool, public_indices
from training.benchmark.predictions import UNTRAINED
from training.enrolment import ENROL_CLIPS

DRAWS = 5
GROUP_DRAWS = 10
"""How often clips are drawn for each voice."""

_FIT_SIZES = (10, 40)

LOPSIDED = 0.6
"""Share of one emotion in a lopsided group."""

_STRENGTHS = [step / 20 for step in range(21)]


@dataclass(frozen=True)
class Draw:
    """Clips of one voice, as indices into a pool.

    Attributes
    ----------
    speaker : str
    known, scored : np.ndarray [dtype=int]
        What the voice is known from, and what is answered with that knowledge.
    """

    speaker: str
    known: np.ndarray
    scored: np.ndarray


def own_log_probabilities(pool: Pool, model: str) -> np.ndarray:
    """Log-probabilities [shape=(clips, 9)], NaN for an emotion that was not trained.

    One that no part's training had is NaN throughout: numpy warns of its mean.
    """
    return np.where(
        pool.logits[model] > UNTRAINED / 2, log_probabilities(pool.scaled(model)), np.nan
    )


def public_index(pool: Pool) -> np.ndarray:
    """Index of what was acted into the public labels [shape=(clips,)]; -1 for boredom."""
    return public_indices(pool.clips["emotion"])


# Drawing ----------------------------------------------------------------------


def enrol_draws(pool: Pool, *, seed: int = 1) -> list[Draw]:
    """Choose neutral clips of each voice that enrol; what remains is scored.

    Voices with fewer than two neutral clips are left out.
    """
    rng = np.random.default_rng(seed)
    truth = public_index(pool)
    neutral = pool.clips["emotion"].to_numpy(str) == "neutral"  # calm is scored, never enrolled
    draws = []
    for speaker, own in _by_speaker(pool.clips):
        candidates, scored = own[neutral[own]], own[truth[own] >= 0]
        if len(candidates) < 2:
            continue
        for _ in range(DRAWS):
            known = rng.choice(candidates, min(ENROL_CLIPS, len(candidates) - 1), replace=False)
            draws.append(Draw(speaker, known, np.setdiff1d(scored, known)))
    return draws


def group_draws(
    pool: Pool, size: int | None, *, lopsided: bool = False, seed: int = 1
) -> list[Draw]:
    """Choose groups of each voice's clips, blind to what was acted or lopsided.

    A corpus holds about as much of each emotion, which flatters every mean. In a
    lopsided group most clips are of one emotion, drawn anew for each group.

    Parameters
    ----------
    size : int or None
        Clips in a group; None for all there are. Fewer where a voice has fewer.
    lopsided : bool
    seed : int
    """
    rng = np.random.default_rng(seed)
    truth = public_index(pool)
    draws = []
    for speaker, own in _by_speaker(pool.clips):
        own = own[truth[own] >= 0]
        if len(own) < 2:
            continue
        for _ in range(GROUP_DRAWS if lopsided or size else 1):
            chosen = (
                _lopsided(own, truth, size, rng)
                if lopsided
                else rng.permutation(own)[: size or len(own)]
            )
            draws.append(Draw(speaker, chosen, chosen))
    return draws


def _lopsided(
    own: np.ndarray, truth: np.ndarray, size: int | None, rng: np.random.Generator
) -> np.ndarray:
    """Draw one emotion, all its clips if need be, and as many others as keep its share."""
    emotion = rng.choice(np.unique(truth[own]))
    same = rng.permutation(own[truth[own] == emotion])
    others = rng.permutation(own[truth[own] != emotion])
    wanted = len(same) if size is None else min(len(same), round(LOPSIDED * size))
    return np.concatenate([same[:wanted], others[: round(wanted * (1 / LOPSIDED - 1))]])


def _by_speaker(clips: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    for speaker, indices in clips.groupby("speaker", sort=True).indices.items():
        yield str(speaker), np.asarray(indices)


# Fitting ----------------------------------------------------------------------


def fit_voices(pool: Pool, model: str) -> Voices | None:
    """Fit what :class:`ser.profile.Voices` holds on a pool's speakers.

    None where fewer than two voices have two neutral clips.
    """
    enrolling = enrol_draws(pool)
    if len({draw.speaker for draw in enrolling}) < 2:
        return None
    values = own_log_probabilities(pool, model)
    neutral = pool.clips["emotion"].to_numpy(str) == "neutral"
    by_speaker = [own for _, own in _by_speaker(pool.clips)]
    neutral_clips = [values[own[neutral[own]]] for own in by_speaker if neutral[own].any()]
    all_clips = [values[own] for own in by_speaker]
    neutral_mean, overall_mean = _mean_of_means(neutral_clips), _mean_of_means(all_clips)
    grouping = [
        draw
        for size in _FIT_SIZES
        for lopsided in (False, True)
        for draw in group_draws(pool, size, lopsided=lopsided)
    ]
    truth = public_index(pool)
    return Voices(
        neutral=neutral_mean,
        overall=overall_mean,
        enrolled=_trust(values, truth, enrolling, neutral_mean, _half_at(neutral_clips)),
        grouped=_trust(values, truth, grouping, overall_mean, _half_at(all_clips)),
    )


def fit_joining(pool: Pool) -> Joining | None:
    """Fit how the hybrid and the network for known voices are joined.

    None where no voice of the pool is known.
    """
    known = known_clips(pool)
    if not known.any():
        return None
    own = pool.where(known)
    hybrid, relative, truth = own.logits["hybrid"], relative_logits(own), public_index(own)
    share = best_share(hybrid, relative, truth, own.clips["speaker"].to_numpy(str))
    return Joining(share, best_temperature(fuse(hybrid, relative, share), truth))


def joined_sureness(pool: Pool, joining: Joining) -> tuple[np.ndarray, np.ndarray]:
    """Confidence, and whether it is right [shape=(known clips,) each], of known voices."""
    own = pool.where(known_clips(pool))
    values = joining.log_probabilities(own.logits["hybrid"], relative_logits(own))
    probabilities = to_public(softmax(values))
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == public_index(own)


def known_clips(pool: Pool) -> np.ndarray:
    """Mark clips of an enrolled voice that are none of those which enrolled it."""
    known: np.ndarray = ~np.isnan(relative_logits(pool)).any(axis=1)
    return known & (public_index(pool) >= 0)


def relative_logits(pool: Pool) -> np.ndarray:
    """Give what hears known voices [shape=(clips, 9)]; NaN where it was not asked."""
    nothing = np.full((len(pool.clips), len(INNER_LABELS)), np.nan)
    return nothing if pool.relative is None else pool.relative


def as_manifest(voices: dict[str, Voices]) -> dict[str, Any]:
    """Give what :func:`ser.profile.read_voices` reads, by model."""
    return {
        "neutral_reference": {model: own.neutral.tolist() for model, own in voices.items()},
        "overall_reference": {model: own.overall.tolist() for model, own in voices.items()},
        "voice_trust": {
            "enrolled": {model: asdict(own.enrolled) for model, own in voices.items()},
            "grouped": {model: asdict(own.grouped) for model, own in voices.items()},
        },
    }


def answer_probabilities(
    values: np.ndarray, draw: Draw, reference: np.ndarray, trust: Trust
) -> np.ndarray:
    """Log-probabilities of the scored clips, less the voice's offset [shape=(scored, 9)].

    What was not trained is :data:`UNTRAINED` again.
    """
    offset = voice_offset(values[draw.known], reference, trust)
    return np.nan_to_num(values[draw.scored] - offset, nan=UNTRAINED)


def _mean_of_means(clips: Sequence[np.ndarray]) -> np.ndarray:
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # untrained emotions
        mean: np.ndarray = np.nanmean([own.mean(axis=0) for own in clips], axis=0)
    return mean


def _half_at(clips: Sequence[np.ndarray]) -> float:
    """Variance of a voice's clips over that between voices, both summed over the labels.

    The voices' means vary for their few clips too: that is taken off.
    """
    several = [own for own in clips if len(own) > 1]
    within = [np.nansum(own.var(axis=0, ddof=1)) for own in several]
    means = np.array([own.mean(axis=0) for own in several])
    by_chance = np.mean([value / len(own) for value, own in zip(within, several, strict=True)])
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # untrained emotions
        between = np.nansum(np.nanvar(means, axis=0, ddof=1)) - by_chance
    return float(np.mean(within) / between) if between > 0 else float(10 * ENROL_CLIPS)


def _trust(
    values: np.ndarray,
    truth: np.ndarray,
    draws: Sequence[Draw],
    reference: np.ndarray,
    half_at: float,
) -> Trust:
    """Choose the strength under which the seven public probabilities fit best."""
    scored = np.concatenate([draw.scored for draw in draws])
    weights = np.concatenate([np.full(len(d.scored), 1 / max(len(d.scored), 1)) for d in draws])
    full = Trust(1.0, half_at)
    offsets = np.concatenate(
        [
            np.tile(voice_offset(values[draw.known], reference, full), (len(draw.scored), 1))
            for draw in draws
        ]
    )

    def loss(strength: float) -> float:
        adjusted = np.nan_to_num(values[scored] - strength * offsets, nan=UNTRAINED)
        right = to_public(softmax(adjusted))[np.arange(len(scored)), truth[scored]]
        return float(-(weights * np.log(np.maximum(right, 1e-12))).sum())

    return Trust(min(_STRENGTHS, key=loss), half_at)
