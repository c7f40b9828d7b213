"""Answers do not lean towards what was heard more often in training."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from ser.labels import INNER_LABELS
from training.adjustment import NEVER, deaf_logits, take_off
from training.batches import asked_of, chances_of, masked_crossentropy
from training.corpora import Clip
from training.dataset import Dataset
from training.networks import build_cnn, build_functionals, build_known_voice


def _dataset(counts: dict[tuple[str, str], int]) -> Dataset:
    clips = [
        Clip(Path(f"{i}.wav"), corpus, emotion, "", f"{corpus}-{i % 2}")
        for (corpus, emotion), count in counts.items()
        for i in range(count)
    ]
    return Dataset(clips, [], [], [], [], {})


TWO = {
    ("cremad", "sad"): 90,
    ("cremad", "angry"): 30,
    ("tess", "sad"): 40,
    ("tess", "surprised"): 40,
}


def test_a_network_that_hears_nothing_can_learn_nothing_better() -> None:
    dataset = _dataset(TWO)
    asked, chances = asked_of(dataset), chances_of(dataset)

    def loss(logits: np.ndarray) -> float:
        each = masked_crossentropy(asked, np.tile(logits, (len(asked), 1)).astype(np.float32))
        return float(chances @ keras.ops.convert_to_numpy(each))

    best = deaf_logits(dataset)
    trained = np.isin(INNER_LABELS, ["sad", "angry", "surprised"])
    # What no clip has is out of it: the loss of those is lowest infinitely far down.
    floor = np.where(trained, best, -30.0)
    for index in np.flatnonzero(trained):
        for step in (-0.3, 0.3):
            assert loss(floor) < loss(floor + step * np.eye(9)[index])


def test_what_is_common_is_taken_down_and_what_is_rare_up() -> None:
    by_name = dict(zip(INNER_LABELS, deaf_logits(_dataset(TWO)), strict=True))
    assert by_name["sad"] > by_name["angry"]
    assert by_name["sad"] > by_name["surprised"]
    assert by_name["fear"] == NEVER, "what was never taught is never answered"
    taught = [value for value in by_name.values() if value != NEVER]
    assert sum(taught) == pytest.approx(0.0, abs=1e-6)


def test_balanced_clips_ask_for_nothing() -> None:
    even = _dataset({("cremad", emotion): 10 for emotion in ("sad", "angry", "fear")})
    found = deaf_logits(even)
    np.testing.assert_allclose(found[found != NEVER], 0.0, atol=1e-3)


@pytest.mark.parametrize(
    "network", [build_cnn(), build_functionals(5), build_known_voice(5)], ids=lambda n: str(n.name)
)
def test_every_answer_is_lowered_alike(network: keras.Model) -> None:
    shape = (6, *network.input_shape[1:])
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    before = network.predict(values, verbose=0)
    lean = np.linspace(-1, 1, 9)
    take_off(network, lean)
    np.testing.assert_allclose(network.predict(values, verbose=0), before - lean, atol=1e-4)
