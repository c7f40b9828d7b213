"""The app's own two models as recipes among the others.

They have commands of their own, which a run calls one after the other: each protocol of
:mod:`training.evaluate`, then :mod:`training.train`. Every part of a protocol trains both
models for the better part of an hour, goes on where it was interrupted, and is not done
again once it is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser import Recognizer
from ser.audio import Source
from ser.labels import LABELS, to_public
from ser.network import softmax
from training.benchmark.pool import Pool, join_parts, true_labels
from training.benchmark.predictions import read_predictions
from training.corpora import CORPORA
from training.corpora.ravdess import SONG
from training.dataset import TrainingError
from training.recipes.scoring import PROTOCOLS, Protocol, measure

PROTOCOL_NAMES: dict[Protocol, str] = {"random": "random", "unheard": "speaker-independent"}
PARTS: dict[Protocol, list[str]] = {"random": ["1"], "unheard": []}
"""Which parts a run trains; all of them where none is named."""

BUNDLE = "multicorpus"


@dataclass(frozen=True)
class OwnModel:
    """One of the two models of the app.

    Attributes
    ----------
    name, title, claim, corpora, emotions
        As of a :class:`training.recipes.recipe.Recipe`.
    model : {"cnn", "hybrid"}
    network : {"cnn", "functionals"}
        Whose training is shown: the hybrid joins the CNN and the functionals.
    in_words, hears : str
        What it is, and what it is fed.
    """

    name: str
    title: str
    model: str
    network: str
    in_words: str
    claim: str = "no figure claimed"
    hears: str = "log-mel spectrogram; the hybrid also prosody, functionals and a speech encoder"
    corpora: tuple[str, ...] = tuple(corpus.name for corpus in CORPORA)
    emotions: tuple[str, ...] = LABELS


OWN = (
    OwnModel("cnn-multicorpus", "CNN of this app", "cnn", "cnn", "on spectrograms of all corpora"),
    OwnModel(
        "hybrid-multicorpus",
        "Hybrid of this app",
        "hybrid",
        "functionals",
        "that CNN, and a network on prosody, functionals and what a speech encoder hears",
    ),
)


def run_own(
    protocols: Sequence[Protocol],
    *,
    table: Path,
    cache: Path,
    runs: Path,
    bundle: Path,
    seed: int,
    teacher: Path | None,
) -> None:
    """Train, score and save both models in one folder, with a teacher or without.

    They go on in a folder of their own below ``runs``: another training's fold there, with
    other settings, could not be gone on with.

    Raises
    ------
    TrainingError
        One of the commands could not finish; it has said why.
    """
    from training import evaluate, train

    runs = runs / BUNDLE
    places = ["--table", table, "--cache", cache, "--runs", runs, "--out", bundle]
    shared = [*places, "--seed", seed, "--resume"]
    if teacher is not None:
        shared += ["--teacher", teacher]
    for protocol in protocols:
        folds = ["--folds", *PARTS[protocol]] if PARTS[protocol] else []
        name = PROTOCOL_NAMES[protocol]
        _call(evaluate.main, [*shared, "--protocol", name, *folds, "--no-calibration"])
    start = ["--start-from", "fold-1"] if (runs / "fold-1").is_dir() else []
    _call(train.main, [*shared, *start])


def own_rows(
    own: OwnModel, folder: Path, protocols: Sequence[Protocol] = PROTOCOLS
) -> list[dict[str, Any]]:
    """Measure what a folder of predictions holds of a model: a row for each protocol.

    All corpora but song together, the answer any of the seven, as on the page.
    """
    parts = [part for part in read_predictions(folder) if own.network in part.logits]
    pools = {pool.protocol: pool for pool in join_parts(parts)}
    first = {part.facts["protocol"]: part.facts for part in reversed(parts)}
    return [
        {**_row(own, protocol, pools[name], first[name]), "from": str(folder)}
        for protocol in protocols
        if (name := PROTOCOL_NAMES[protocol]) in pools
    ]


def own_answerer(own: OwnModel, bundles: Path) -> Callable[[list[Source]], np.ndarray]:
    """Open what a run has saved: sounds to labels [dtype='<U9'], "" where nobody speaks.

    Raises
    ------
    BundleError
        See :meth:`ser.Recognizer.load`.
    """
    recognizer = Recognizer.load(bundles / BUNDLE)

    def answers(sources: list[Source]) -> np.ndarray:
        labels = [recognizer.predict(source, model=own.model).label or "" for source in sources]
        return np.array(labels, dtype="<U9")

    return answers


def _row(own: OwnModel, protocol: Protocol, pool: Pool, part: dict[str, Any]) -> dict[str, Any]:
    truth = true_labels(pool, LABELS)
    counted = (truth != "") & (pool.clips["corpus"] != SONG.name) & (pool.clips["role"] == "test")
    tested = pool.where(counted)
    figures = measure(
        LABELS,
        LABELS,
        truth=truth[np.asarray(counted)],
        probabilities=to_public(softmax(tested.scaled(own.model))),
        speakers=tested.clips["speaker"].to_numpy(str),
    )
    return {
        "recipe": own.name,
        "title": own.title,
        "corpora": sorted(set(tested.clips["corpus"])),
        "emotions": list(own.emotions),
        "protocol": protocol,
        "claim": own.claim,
        "claimed": None,
        **figures,
        "parts": tested.clips["part"].nunique(),
        "curves": part.get("curves", {}).get(own.network, {}),
        "data": part["data"],
        "seed": part["seed"],
        "versions": part["versions"],
    }


def _call(command: Any, arguments: Sequence[object]) -> None:
    if command([str(argument) for argument in arguments]) != 0:
        raise TrainingError(
            "This recipe could not be finished: the same command goes on, or begins anew with "
            "another --runs and --out."
        )
