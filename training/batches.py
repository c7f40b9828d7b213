"""Training batches: which clips are drawn, how they are varied, what is asked of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ser.features import Features
from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from ser.window import WINDOW_FRAMES, pad
from training.augment import augment
from training.dataset import Dataset

BATCH = 32
SHARE_DRAWN = 0.65
"""Clips drawn in an epoch, as a share of all."""

SHARE_VARIED = 0.2
"""How often a clip's varied copy stands for it."""

SMOOTHING = 0.05
_MIN_STD = 1e-3


class TrainingBatches(keras.utils.PyDataset):
    """Batches of one epoch after another, decided by seed, epoch and batch alone.

    A batch is (inputs, asked): inputs are spectrograms [shape=(b, 144, mels, 1)]
    and, for the hybrid, prosody [shape=(b, features)]; asked [shape=(b, 18)] is
    what :func:`masked_crossentropy` wants.
    """

    def __init__(
        self,
        dataset: Dataset,
        scaling: Scaling,
        *,
        with_prosody: bool,
        seed: int,
        epoch: int = 0,
        batch: int = BATCH,
    ) -> None:
        """Start at ``epoch``, as a resumed training does."""
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=20)
        self._dataset = dataset
        self._scaling = scaling
        self._with_prosody = with_prosody
        self._seed = seed
        self._epoch = epoch
        self._batch = min(batch, len(dataset))
        self._asked = _asked(dataset)
        self._chances = _chances(dataset)
        self._length = max(round(SHARE_DRAWN * len(dataset) / self._batch), 1)

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return self._length

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        """Draw and vary batch ``index`` of the present epoch."""
        # PCG64 is cheap to seed: each batch has its own stream, in any order.
        rng = np.random.default_rng([self._seed, self._epoch, index])
        drawn = self._drawn()[index * self._batch : (index + 1) * self._batch]
        chosen = [self._either(clip, rng) for clip in drawn]
        spectrograms = np.stack([_varied_window(item.log_mel, rng) for item in chosen])
        inputs: Any = self._scaling.spectrogram(spectrograms)[..., None]
        if self._with_prosody:
            inputs = (inputs, self._scaling.prosody(np.stack([item.prosody for item in chosen])))
        return inputs, self._asked[drawn]

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's draw."""
        self._epoch += 1

    def _drawn(self) -> np.ndarray:
        """Draw the indices of the epoch's clips, in order, none twice."""
        rng = np.random.default_rng([self._seed, self._epoch])
        size = min(self._length * self._batch, len(self._dataset))
        return rng.choice(len(self._dataset), size=size, replace=False, p=self._chances)

    def _either(self, clip: int, rng: np.random.Generator) -> Features:
        """Give the clip, or now and then its varied copy."""
        varied = rng.random() < SHARE_VARIED
        return (self._dataset.copies if varied else self._dataset.original)[clip]


def masked_crossentropy(asked: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy among the emotions that the clip's corpus has.

    ``asked`` [shape=(b, 18)] is the wanted distribution, and beside it 1 for each
    emotion of the corpus. The others take no part: if they did, the network would
    learn from CREMA-D that nobody there is surprised, and so to tell the corpus.
    """
    wanted, possible = keras.ops.split(asked, 2, axis=-1)
    log_probabilities = keras.ops.log_softmax(_among(logits, possible), axis=-1)
    return -keras.ops.sum(wanted * log_probabilities, axis=-1)


def masked_accuracy(asked: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Share of clips answered rightly among the emotions that their corpus has."""
    wanted, possible = keras.ops.split(asked, 2, axis=-1)
    right = keras.ops.argmax(wanted, -1) == keras.ops.argmax(_among(logits, possible), -1)
    return keras.ops.cast(right, "float32")


def fit_scaling(dataset: Dataset) -> Scaling:
    """Learn means and deviations on training clips; copies left out."""
    frames = np.concatenate([item.log_mel for item in dataset.original])
    prosody = np.stack([item.prosody for item in dataset.original]).astype(np.float64)
    return Scaling(
        spec_mean=frames.mean(axis=0, dtype=np.float64).astype(np.float32),
        spec_std=np.maximum(frames.std(axis=0, dtype=np.float64), _MIN_STD).astype(np.float32),
        pros_mean=prosody.mean(axis=0),
        pros_std=np.maximum(prosody.std(axis=0), _MIN_STD),
    )


def corpus_mask(dataset: Dataset, corpus: str) -> np.ndarray:
    """Mark the inner labels that a corpus has [shape=(9,), dtype=float32]."""
    present = dataset.emotions_of(corpus)
    return np.array([label in present for label in INNER_LABELS], dtype=np.float32)


def _among(logits: keras.KerasTensor, possible: keras.KerasTensor) -> keras.KerasTensor:
    return logits + (possible - 1.0) * 1e4


def _asked(dataset: Dataset) -> np.ndarray:
    """Smoothed targets beside masks [shape=(clips, 18)]."""
    masks = {corpus: corpus_mask(dataset, corpus) for corpus in {c.corpus for c in dataset.clips}}
    possible = np.stack([masks[clip.corpus] for clip in dataset.clips])
    wanted = np.eye(len(INNER_LABELS), dtype=np.float32)[dataset.targets()]
    smooth = possible / possible.sum(axis=1, keepdims=True)
    return np.hstack([(1 - SMOOTHING) * wanted + SMOOTHING * smooth, possible]).astype(np.float32)


def _chances(dataset: Dataset) -> np.ndarray:
    """Chance of each clip to be drawn: a speaker of a corpus counts by the root of their clips.

    Otherwise TESS's two actresses, with 1400 clips each, would be a fifth of
    all speech; weighing every voice alike would waste most of what they say.
    """
    _, inverse, counts = np.unique(
        [f"{clip.corpus} {clip.speaker}" for clip in dataset.clips],
        return_inverse=True,
        return_counts=True,
    )
    chances = 1 / np.sqrt(counts[inverse])
    return chances / chances.sum()


def _varied_window(log_mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One window of a varied clip, cut or placed at random [shape=(144, mels)]."""
    varied = augment(log_mel.astype(np.float32), rng)
    spare = len(varied) - WINDOW_FRAMES
    if spare > 0:
        start = int(rng.integers(spare + 1))
        return varied[start : start + WINDOW_FRAMES]
    return pad(varied, before=int(rng.integers(-spare + 1)))
