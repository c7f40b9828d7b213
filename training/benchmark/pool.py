"""Predictions of several parts together, and how they are read as answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ser.labels import INNER_LABELS, LABELS, public_label, to_public
from ser.network import softmax
from training.benchmark.fusion import EVEN, best_share, fuse
from training.benchmark.metrics import best_temperature
from training.benchmark.predictions import KNOWN_VOICE, UNTRAINED, Predictions
from training.benchmark.protocols import PROTOCOLS
from training.corpora.ravdess import SONG

POOLED = "all speech"
"""What figures over all corpora but song are called."""

NETWORKS = ("cnn", "hybrid")
"""The models whose answers are probabilities; the others are baselines and ablations."""

FUSED = ("cnn", "functionals")
"""What the hybrid is made of."""

KEPT_APART, OTHER_PARTS = "speakers kept apart", "other parts"
OTHER_CLIPS = "other clips of unheard speakers"

SURE = 0.8
"""Where a plain answer is given, at least this share is to be right."""

AIM = SURE + 0.005
"""What a threshold is chosen for: elsewhere it is right a little less often than there."""

_AGES = [0, 30, 45, 60, 200]
AGE_NAMES = ["under 30", "30 to 44", "45 to 59", "60 and over"]


@dataclass(frozen=True)
class Fitted:
    """What a part's probabilities need beside logits, fitted on speakers whom it does not test.

    Attributes
    ----------
    on : str
        On whom: :data:`KEPT_APART`, :data:`OTHER_PARTS`, :data:`OTHER_CLIPS`, or empty where
        there was nobody.
    share : float
        The functionals' in the hybrid; see :mod:`training.benchmark.fusion`.
    temperature : dict of str to float
        By model; 1 for those that are missing.
    """

    on: str
    share: float
    temperature: dict[str, float]


@dataclass(frozen=True)
class Pool:
    """The predictions of one protocol's finished parts together.

    Attributes
    ----------
    protocol : str
    clips : pd.DataFrame
        As in :class:`Predictions`, with ``part`` and ``age_group``.
    logits : dict of str to np.ndarray [shape=(clips, 9)]
        By model, as they came.
    temperatures : dict of str to np.ndarray [shape=(clips,)]
        By model; that of the clip's part.
    trained : frozenset of str
        Inner labels that every part's training had.
    fitted : dict of str to Fitted
        By part.
    relative : np.ndarray [shape=(clips, 9)], optional
        Logits of the network for known voices; NaN where nothing is known of a voice.
    """

    protocol: str
    clips: pd.DataFrame
    logits: dict[str, np.ndarray]
    temperatures: dict[str, np.ndarray]
    trained: frozenset[str]
    fitted: dict[str, Fitted] = field(default_factory=dict)
    relative: np.ndarray | None = None

    def where(self, mask: pd.Series | np.ndarray) -> Pool:
        """Keep some of the rows."""
        mask = np.asarray(mask)
        logits, temperatures = (
            {model: values[mask] for model, values in kind.items()}
            for kind in (self.logits, self.temperatures)
        )
        clips = self.clips[mask].reset_index(drop=True)
        relative = None if self.relative is None else self.relative[mask]
        return replace(
            self, clips=clips, logits=logits, temperatures=temperatures, relative=relative
        )

    def of(self, corpus: str) -> Pool:
        """Keep one corpus."""
        return self.where(self.clips["corpus"] == corpus)

    def scaled(self, model: str) -> np.ndarray:
        """Logits over the temperature [shape=(clips, 9)]."""
        return self.logits[model] / self.temperatures[model][:, None]


def join_parts(predictions: Sequence[Predictions]) -> Iterator[Pool]:
    """Join the parts of each protocol that have the same models."""
    by_protocol = {
        protocol: [entry for entry in predictions if entry.facts["protocol"] == protocol]
        for protocol in PROTOCOLS
    }
    for protocol, own in by_protocol.items():
        for models in dict.fromkeys(tuple(entry.logits) for entry in own):
            unheard = by_protocol[PROTOCOLS[0]] if protocol == PROTOCOLS[2] else []
            yield _pool(
                protocol,
                [entry for entry in own if tuple(entry.logits) == models],
                [entry for entry in unheard if tuple(entry.logits) == models],
            )


def without_answers(pools: Sequence[Pool]) -> Pool:
    """Join the clips of several pools, each clip once; what was answered is dropped."""
    clips = pd.concat([pool.clips for pool in pools], ignore_index=True)
    clips = clips.drop_duplicates(["corpus", "clip", "speaker"], ignore_index=True)
    return Pool(pools[0].protocol, clips, {}, {}, pools[0].trained)


def _pool(protocol: str, parts: Sequence[Predictions], unheard: Sequence[Predictions]) -> Pool:
    clips = pd.concat(
        [part.clips.assign(part=part.facts["part"]) for part in parts], ignore_index=True
    )
    ages = pd.cut(clips["age"], _AGES, right=False, labels=AGE_NAMES)
    fitted = {str(part.facts["part"]): _fit(part, parts, unheard) for part in parts}
    of_part = [fitted[str(part.facts["part"])] for part in parts]
    answers = [_fused(part.logits, own.share) for part, own in zip(parts, of_part, strict=True)]
    relative = [own.pop(KNOWN_VOICE) for own in answers if KNOWN_VOICE in own]
    return Pool(
        protocol=protocol,
        clips=clips.assign(age_group=ages.astype(object).fillna("")),
        logits={model: np.concatenate([own[model] for own in answers]) for model in answers[0]},
        temperatures={
            model: np.concatenate(
                [
                    np.full(len(part.clips), own.temperature.get(model, 1.0))
                    for part, own in zip(parts, of_part, strict=True)
                ]
            )
            for model in answers[0]
        },
        trained=frozenset.intersection(*(frozenset(part.facts["emotions"]) for part in parts)),
        fitted=fitted,
        relative=np.concatenate(relative) if relative else None,
    )


def _fit(part: Predictions, parts: Sequence[Predictions], unheard: Sequence[Predictions]) -> Fitted:
    """Fit a part's share and temperatures.

    On the speakers that it kept apart; otherwise on what the other parts tested, or where
    there is no other (a random split needs but one), on what was tested of unheard
    speakers, without the clips that this part tests.
    """
    source, chosen = KEPT_APART, [part.where(part.clips["role"] == "calibration")]
    if chosen[0].clips.empty:
        others = [other for other in parts if other.facts["part"] != part.facts["part"]]
        if others or not unheard:
            source, chosen = OTHER_PARTS, [o.where(o.clips["role"] == "test") for o in others]
        else:
            source, chosen = OTHER_CLIPS, [_without(own, part.clips) for own in unheard]
    clips = [own.where(own.clips["corpus"] != SONG.name) for own in chosen]
    if not sum(len(own.clips) for own in clips):
        return Fitted("", EVEN, {})
    logits = {model: np.concatenate([own.logits[model] for own in clips]) for model in part.logits}
    described = pd.concat([own.clips for own in clips])
    truth, speakers = public_indices(described["emotion"]), described["speaker"].to_numpy(str)
    share = EVEN
    if set(FUSED) <= set(logits):
        share = best_share(logits["cnn"], logits["functionals"], truth, speakers)
    logits = _fused(logits, share)
    networks = [model for model in NETWORKS if model in logits]
    return Fitted(source, share, {m: best_temperature(logits[m], truth) for m in networks})


def _without(answers: Predictions, clips: pd.DataFrame) -> Predictions:
    """Keep what was tested, save some clips."""
    columns = ["corpus", "clip", "speaker"]
    left_out = pd.MultiIndex.from_frame(clips[columns])
    kept = ~pd.MultiIndex.from_frame(answers.clips[columns]).isin(left_out)
    return answers.where(kept & (answers.clips["role"] == "test"))


def with_share(pool: Pool, share: float) -> Pool:
    """Make the hybrid's answers anew with one share for all, where its networks' are there."""
    return replace(pool, logits=_fused(pool.logits, share))


def _fused(logits: dict[str, np.ndarray], share: float) -> dict[str, np.ndarray]:
    """Add the hybrid's answers, where those of its two networks are there."""
    if not set(FUSED) <= set(logits):
        return dict(logits)
    return logits | {"hybrid": fuse(logits["cnn"], logits["functionals"], share)}


def public_indices(emotions: Iterable[str]) -> np.ndarray:
    """Index of inner labels into the public ones [shape=(n,)]; -1 for boredom."""
    names = [public_label(emotion) for emotion in emotions]
    return np.array([-1 if name is None else LABELS.index(name) for name in names], dtype=int)


def own_answers(own: Pool, model: str, labels: Sequence[str]) -> np.ndarray:
    """Answer clips of one corpus among its own emotions [shape=(clips,), dtype=str]."""
    possible = np.isin(INNER_LABELS, own.clips["emotion"].unique())
    logits = np.where(possible, own.scaled(model), UNTRAINED)
    if set(labels) <= set(LABELS):
        return np.array(LABELS)[to_public(softmax(logits)).argmax(axis=1)]
    return np.array(INNER_LABELS)[logits.argmax(axis=1)]


def true_labels(pool: Pool, labels: Sequence[str]) -> np.ndarray:
    """Name what was acted, in these labels; "" for what is none of them."""
    names = {
        emotion: emotion if emotion in labels else public_label(emotion) or ""
        for emotion in pool.clips["emotion"].unique()
    }
    return pool.clips["emotion"].map(names).to_numpy(str)
