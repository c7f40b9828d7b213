"""Predictions of several parts together, and how they are read as answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.labels import INNER_LABELS, LABELS, public_label, to_public
from ser.network import softmax
from training.benchmark.metrics import best_temperature
from training.benchmark.predictions import UNTRAINED, Predictions
from training.benchmark.protocols import PROTOCOLS

POOLED = "all speech"
"""What figures over all corpora but song are called."""

NETWORKS = ("cnn", "hybrid")
"""The models whose answers are probabilities; the others are baselines."""

_AGES = [0, 30, 45, 60, 200]
AGE_NAMES = ["under 30", "30 to 44", "45 to 59", "60 and over"]


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
    """

    protocol: str
    clips: pd.DataFrame
    logits: dict[str, np.ndarray]
    temperatures: dict[str, np.ndarray]
    trained: frozenset[str]

    def where(self, mask: pd.Series | np.ndarray) -> Pool:
        """Keep some of the rows."""
        mask = np.asarray(mask)
        logits, temperatures = (
            {model: values[mask] for model, values in kind.items()}
            for kind in (self.logits, self.temperatures)
        )
        clips = self.clips[mask].reset_index(drop=True)
        return Pool(self.protocol, clips, logits, temperatures, self.trained)

    def of(self, corpus: str) -> Pool:
        """Keep one corpus."""
        return self.where(self.clips["corpus"] == corpus)

    def scaled(self, model: str) -> np.ndarray:
        """Logits over the temperature [shape=(clips, 9)]."""
        return self.logits[model] / self.temperatures[model][:, None]


def join_parts(predictions: Sequence[Predictions]) -> Iterator[Pool]:
    """Join the parts of each protocol that have the same models."""
    for protocol in PROTOCOLS:
        own = [entry for entry in predictions if entry.facts["protocol"] == protocol]
        for models in dict.fromkeys(tuple(entry.logits) for entry in own):
            yield _pool(protocol, models, [entry for entry in own if tuple(entry.logits) == models])


def without_answers(pools: Sequence[Pool]) -> Pool:
    """Join the clips of several pools, each clip once; what was answered is dropped."""
    clips = pd.concat([pool.clips for pool in pools], ignore_index=True)
    clips = clips.drop_duplicates(["corpus", "clip", "speaker"], ignore_index=True)
    return Pool(pools[0].protocol, clips, {}, {}, pools[0].trained)


def _pool(protocol: str, models: Sequence[str], parts: Sequence[Predictions]) -> Pool:
    clips = pd.concat(
        [part.clips.assign(part=part.facts["part"]) for part in parts], ignore_index=True
    )
    ages = pd.cut(clips["age"], _AGES, right=False, labels=AGE_NAMES)
    return Pool(
        protocol=protocol,
        clips=clips.assign(age_group=ages.astype(object).fillna("")),
        logits={model: np.concatenate([part.logits[model] for part in parts]) for model in models},
        temperatures={
            model: np.concatenate(
                [np.full(len(part.clips), _temperature(part, model, parts)) for part in parts]
            )
            for model in models
        },
        trained=frozenset.intersection(*(frozenset(part.facts["emotions"]) for part in parts)),
    )


def _temperature(part: Predictions, model: str, parts: Sequence[Predictions]) -> float:
    """Give the temperature of a part, fitted on speakers that it does not test.

    Its own, where it kept speakers apart; otherwise one fitted on what the other parts
    tested, and 1 where there is no other.
    """
    own = part.facts["temperature"].get(model)
    others = [other for other in parts if other.facts["part"] != part.facts["part"]]
    if own is not None or not others or model not in NETWORKS:
        return float(own or 1.0)
    emotions = pd.concat([other.clips for other in others])["emotion"]
    names = [public_label(emotion) for emotion in emotions]
    truth = np.array([-1 if name is None else LABELS.index(name) for name in names])
    tested = np.concatenate([other.clips["role"] == "test" for other in others])
    logits = np.concatenate([other.logits[model] for other in others])
    return best_temperature(logits, np.where(tested, truth, -1))


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
