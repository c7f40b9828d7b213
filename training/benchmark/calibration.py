"""How far probabilities can be trusted, and when the answer is "not sure"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from ser.labels import LABELS, to_public
from ser.network import softmax
from ser.profile import Voices
from training.benchmark.fusion import best_share, fuse
from training.benchmark.metrics import (
    accuracy_at_coverage,
    best_temperature,
    calibration_bins,
    calibration_error,
    threshold_for,
)
from training.benchmark.pool import (
    AIM,
    FUSED,
    KEPT_APART,
    NETWORKS,
    OTHER_PARTS,
    POOLED,
    SURE,
    Fitted,
    Pool,
    public_indices,
    true_labels,
    with_share,
)
from training.benchmark.protocols import PROTOCOLS
from training.benchmark.voice_fit import (
    as_manifest,
    fit_joining,
    fit_voices,
    joined_sureness,
)

CONFIDENCE_BINS = 10
COVERAGES = [step / 20 for step in range(1, 21)]


def calibration_entries(pool: Pool) -> Iterator[dict[str, Any]]:
    """How far probabilities can be trusted, pooled and by corpus."""
    for model in pool.logits:
        if model not in NETWORKS:  # an SVM's scores are no probabilities
            continue
        sureness = _sureness(pool, model)
        thresholds = _thresholds(pool, model)
        tested = sureness[sureness["role"] == "test"]
        for corpus, own in [(POOLED, tested), *tested.groupby("corpus", sort=False)]:
            confidence, right = own["confidence"].to_numpy(), own["right"].to_numpy()
            yield {
                **_trustworthiness(confidence, right),
                "corpus": corpus,
                "model": model,
                "protocol": pool.protocol,
                "bins": calibration_bins(confidence, right),
                "sure_aim": SURE,
                "not_sure": _rule(own, thresholds),
                "coverage": COVERAGES,
                "accuracy_at_coverage": accuracy_at_coverage(confidence, right, COVERAGES),
            }


def _trustworthiness(confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    return {
        "ece": calibration_error(confidence, right),
        "accuracy": float(right.mean()),
        "mean_confidence": float(confidence.mean()),
        "n": len(right),
    }


def confidence_entries(pool: Pool) -> Iterator[dict[str, Any]]:
    """How sure each emotion is named, over all speech: clips by confidence, right and wrong.

    ``right`` and ``wrong`` count clips in :data:`CONFIDENCE_BINS` bins of equal width
    over [0, 1]; ``emotion`` is what was answered.
    """
    for model in (name for name in pool.logits if name in NETWORKS):
        sureness = _sureness(pool, model)
        tested = sureness[sureness["role"] == "test"]
        for emotion in LABELS:
            own = tested[tested["answer"] == emotion]
            yield {
                "model": model,
                "protocol": pool.protocol,
                "emotion": emotion,
                "right": _histogram(own["confidence"][own["right"]]),
                "wrong": _histogram(own["confidence"][~own["right"]]),
            }


def _histogram(confidence: pd.Series) -> list[int]:
    counts, _ = np.histogram(confidence, bins=CONFIDENCE_BINS, range=(0, 1))
    return [int(count) for count in counts]


def _sureness(pool: Pool, model: str) -> pd.DataFrame:
    """Public answer, its confidence, and whether it is right; boredom left out."""
    truth = true_labels(pool, LABELS)
    probabilities = to_public(softmax(pool.scaled(model)))
    answers = np.array(LABELS)[probabilities.argmax(axis=1)]
    table = pool.clips[["corpus", "part", "role"]].assign(
        answer=answers, confidence=probabilities.max(axis=1), right=answers == truth
    )
    return table[truth != ""]


def _thresholds(pool: Pool, model: str) -> dict[str, dict[str, Any]]:
    """For each part, the confidence below which the answer is "not sure".

    Chosen on the speakers that the part kept apart, or, where it kept none, on what
    the other parts tested: at the part's own share and temperature, for the others' were
    fitted on what it tests.
    """
    answer = {}
    for part, fitted in pool.fitted.items():
        own = pool.clips["part"] == part
        chosen_on, source = pool.where(own & (pool.clips["role"] == "calibration")), KEPT_APART
        if chosen_on.clips.empty:
            others = pool.where(~own & (pool.clips["role"] == "test"))
            chosen_on, source = _at(fitted, others, model), OTHER_PARTS
        if not chosen_on.clips.empty:
            sureness = _sureness(chosen_on, model)
            confidence, right = (sureness[name].to_numpy() for name in ("confidence", "right"))
            threshold = threshold_for(confidence, right, wanted=AIM)
            answer[part] = {"from": threshold, "chosen_on": source}
    return answer


def _at(fitted: Fitted, pool: Pool, model: str) -> Pool:
    """Let a pool answer at what was fitted for one part."""
    temperature = np.full(len(pool.clips), fitted.temperature.get(model, 1.0))
    return replace(with_share(pool, fitted.share), temperatures={model: temperature})


def _rule(own: pd.DataFrame, thresholds: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Coverage and accuracy under the parts' thresholds; None where a part has none."""
    parts = sorted(set(own["part"]))
    if not set(parts) <= set(thresholds):
        return None
    # A threshold of None was not to be found: then nothing is answered.
    lowest = {part: 2.0 if (level := thresholds[part]["from"]) is None else level for part in parts}
    answered = own["confidence"] >= own["part"].map(lowest)
    right = own["right"][answered]
    return {
        "coverage": float(answered.mean()),
        "accuracy": float(right.mean()) if len(right) else None,
        "thresholds": {part: thresholds[part] for part in parts},
    }


def shipped_entries(pools: Sequence[Pool], shipped: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Tell what the shipped percentages, and the rule "not sure", are worth on corpora left out.

    Who uses the models records in no corpus's room, but their temperature and threshold
    were fitted on voices from rooms that the networks had heard others in.

    Parameters
    ----------
    pools : sequence of Pool
    shipped : dict
        What :func:`fit_to_ship` answers.
    """
    for pool in (pool for pool in pools if pool.protocol == PROTOCOLS[1]):
        tested = pool.where(pool.clips["role"] == "test")
        if "functionals_share" in shipped:
            tested = with_share(tested, shipped["functionals_share"])
        for model in (name for name in tested.logits if name in shipped["temperature"]):
            temperature = np.full(len(tested.clips), shipped["temperature"][model])
            sureness = _sureness(replace(tested, temperatures={model: temperature}), model)
            level = shipped["sure_from"][model]
            for corpus, own in [(POOLED, sureness), *sureness.groupby("corpus", sort=False)]:
                confidence, right = own["confidence"].to_numpy(), own["right"].to_numpy()
                sure = confidence >= (np.inf if level is None else level)
                yield {
                    **_trustworthiness(confidence, right),
                    "corpus": corpus,
                    "model": model,
                    "protocol": pool.protocol,
                    "not_sure": {
                        "coverage": float(sure.mean()),
                        "accuracy": float(right[sure].mean()) if sure.any() else None,
                    },
                }


def fit_to_ship(pools: Sequence[Pool]) -> dict[str, Any]:
    """Fit what the models to ship need beside their weights, on all unheard speakers.

    Returns
    -------
    dict
        ``functionals_share``, ``known_voice`` (:class:`ser.known_voices.Joining`), if
        there is any, and by model: ``temperature``, ``sure_from`` (the
        threshold), and what :func:`ser.profile.read_voices` reads, without the models
        for which there are too few voices.
    """
    shares: dict[str, float] = {}
    known_voice: dict[str, dict[str, float]] = {}
    temperature: dict[str, float] = {}
    sure_from: dict[str, float | None] = {}
    voices: dict[str, Voices] = {}
    for pool in (pool for pool in pools if pool.protocol == PROTOCOLS[0]):
        tested = pool.where(pool.clips["role"] == "test")
        truth = public_indices(tested.clips["emotion"])
        if set(FUSED) <= set(tested.logits):
            cnn, functionals = (tested.logits[name] for name in FUSED)
            speakers = tested.clips["speaker"].to_numpy(str)
            share = best_share(cnn, functionals, truth, speakers)
            hybrid = fuse(cnn, functionals, share)
            tested = replace(tested, logits={**tested.logits, "hybrid": hybrid})
            shares["functionals_share"] = share
        for model in (name for name in NETWORKS if name in tested.logits):
            temperature[model] = best_temperature(tested.logits[model], truth)
            fitted = np.full(len(truth), temperature[model])
            calibrated = replace(tested, temperatures={model: fitted})
            sureness = _sureness(calibrated, model)
            confidence, right = (sureness[name].to_numpy() for name in ("confidence", "right"))
            sure_from[model] = threshold_for(confidence, right, wanted=AIM)
            own = fit_voices(calibrated, model)
            if own is not None:
                voices[model] = own
        joining = fit_joining(tested)
        if joining is not None:
            known_voice["known_voice"] = asdict(joining)
            sure_from["known_voice"] = threshold_for(*joined_sureness(tested, joining), wanted=AIM)
    return {
        **shares,
        **known_voice,
        "temperature": temperature,
        "sure_from": sure_from,
        **as_manifest(voices),
    }
