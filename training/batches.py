"""Training batches: which clips are drawn, how they are varied, what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import keras
import numpy as np

from ser.features.scaling import Scaling
from ser.labels import INNER_LABELS
from training.dataset import Dataset, half
from training.enrolment import neutral_by_voice, voice_of
from training.windows import varied_window

SHARE_VARIED = 0.2
"""How often varied functionals stand for a clip's own."""

SHARE_SPOILED = 0.5
"""How often a spoiled copy's stand for them."""

MIXING = 0.3
"""Of mixup: weights are drawn from Beta(0.3, 0.3), so most clips stay nearly pure."""

RESTYLED = 0.3
"""How often a spectrogram takes on part of another's long-term levels and contrasts."""

STYLE_MIXING = 0.4
"""The share taken on is the smaller part of a draw from Beta(0.4, 0.4): mostly small."""

_CONTRAST_FLOOR = 0.1
"""In standard deviations: a band that stands still is not blown up."""

SMOOTHING = 0.05
ABSENT = 2.0
"""What an emotion that a corpus lacks is held back by, in nats."""

CORPUS_TILT = 0.25
_MIN_STD = 1e-3


class Batches(keras.utils.PyDataset):
    """Batches of one epoch after another, decided by seed, epoch and batch alone.

    A batch is (inputs, asked): inputs are what :meth:`inputs` makes of the clips
    drawn; asked [shape=(b, 18 or more)] is what :func:`masked_crossentropy` wants, and
    what :meth:`ask_too` has added.
    """

    size = 64
    share = 1.0
    """Clips drawn in an epoch, as a share of all."""

    mixed = False
    """Whether each clip of a batch is mixed with another."""

    facts: Mapping[str, int | str] = MappingProxyType({})
    """What a checkpoint tells of how the clips were drawn, beside what all batches have."""

    def __init__(self, dataset: Dataset, scaling: Scaling, *, seed: int) -> None:
        """Start at epoch 0; a resumed training sets :attr:`epoch`."""
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=20)
        self._dataset = dataset
        self._scaling = scaling
        self._seed = seed
        self.epoch = 0
        self._asked = asked_of(dataset)
        self._chances = chances_of(dataset)
        self._batch = min(self.size, len(dataset))
        self._length = max(round(self.share * len(dataset) / self._batch), 1)

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        return self._length

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw and vary batch ``index`` of the present epoch."""
        # PCG64 is cheap to seed: each batch has its own stream, in any order.
        rng = np.random.default_rng([self._seed, self.epoch, index])
        drawn = self._drawn()[index * self._batch : (index + 1) * self._batch]
        inputs, asked = self.inputs(drawn, rng), self._asked[drawn]
        return _mix(inputs, asked, rng) if self.mixed else (inputs, asked)

    def inputs(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Make what the network is fed of the clips at these indices."""
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's draw."""
        self.epoch += 1

    def ask_too(self, wanted: np.ndarray) -> None:
        """Ask for more numbers of each clip [shape=(clips, n)], after the usual ones."""
        self._asked = np.hstack([self._asked, wanted])

    def _drawn(self) -> np.ndarray:
        """Draw the indices of the epoch's clips, in order.

        At even steps through the clips' chances, laid end to end in random order: each
        comes as often as its chance says, give or take one.
        """
        rng = np.random.default_rng([self._seed, self.epoch])
        size = self._length * self._batch
        order = rng.permutation(len(self._dataset))
        ends = np.cumsum(self._chances[order]) * size
        places = np.searchsorted(ends, np.arange(size) + rng.random())
        drawn = order[np.minimum(places, len(order) - 1)]
        return rng.permutation(drawn)


class SpectrogramBatches(Batches):
    """Inputs are windows of varied clips [shape=(b, 128, mels, 1)]."""

    share = 0.65

    def inputs(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Cut one window of each clip, and give some of them the style of others."""
        return restyle(self._scaling.spectrogram(self.windows(drawn, rng)), rng)[..., None]

    def windows(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Vary each clip anew and cut one window of it [shape=(b, 128, mels)], in dB."""
        return np.stack([varied_window(self._dataset, clip, rng) for clip in drawn])


class FunctionalBatches(Batches):
    """Inputs are functionals [shape=(b, features)] of the clips or of what is varied of them."""

    size = 128
    mixed = True

    def __init__(self, dataset: Dataset, scaling: Scaling, *, seed: int) -> None:
        """Lay the varied functionals beside the clips' own."""
        super().__init__(dataset, scaling, seed=seed)
        self._own = np.stack([item.functionals for item in dataset.original])
        # Half precision, as the variants are kept: all of it lies in memory.
        copies = np.stack([item.functionals for item in dataset.copies])
        self._copies = half(copies)
        self._variants = np.stack(dataset.variants)
        self._spoiled = np.stack(dataset.spoiled)
        varied, spoiled = 1 + self._variants.shape[1], self._spoiled.shape[1]
        self._shares = np.array(
            [1 - SHARE_VARIED - SHARE_SPOILED]
            + [SHARE_VARIED / varied] * varied
            + [SHARE_SPOILED / spoiled] * spoiled
        )

    def inputs(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Take each clip's own functionals, or mostly others in their stead."""
        return self._values(drawn, self._kinds(len(drawn), rng))

    def _kinds(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Decide which functionals stand for each clip [shape=(count,)]; see :meth:`_values`."""
        return rng.choice(len(self._shares), count, p=self._shares)

    def _values(self, clips: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        """Give clips' functionals, standardised.

        Kind 0 is a clip's own, 1 its copy's; then come its variants, then its spoiled copies.
        The encoder did not hear the variants. What it heard of the clip stands beside half of
        them, and what it heard of the copy beside the others.
        """
        variants, measured = self._variants.shape[1:]
        is_variant = (kinds > 1) & (kinds < 2 + variants)
        is_spoiled = kinds >= 2 + variants
        heard_copy = (kinds == 1) | (is_variant & (kinds % 2 == 1))
        values = np.where(heard_copy[:, None], self._copies[clips], self._own[clips])
        values[is_variant, :measured] = self._variants[clips[is_variant], kinds[is_variant] - 2]
        values[is_spoiled] = self._spoiled[clips[is_spoiled], kinds[is_spoiled] - 2 - variants]
        return self._scaling.functionals(values)


class RelativeBatches(FunctionalBatches):
    """Inputs are functionals [shape=(b, features)] less the mean of the same voice at rest.

    How it sounds at rest is told by a few other clips in which it is neutral, drawn anew each
    time. They are of the clip's kind, but each is varied or spoiled in its own way. Voices with
    fewer than two of these are not drawn.
    """

    mixed = False
    most = 6
    """Neutral clips that tell of a voice at rest."""

    def __init__(self, dataset: Dataset, scaling: Scaling, *, seed: int) -> None:
        """Find the neutral clips of each voice."""
        super().__init__(dataset, scaling, seed=seed)
        neutral = neutral_by_voice(dataset.clips)
        self._at_rest = [neutral.get(voice_of(clip), np.empty(0, int)) for clip in dataset.clips]
        chances = self._chances * [len(clips) > 1 for clips in self._at_rest]
        self._chances = chances / chances.sum()
        # Some five rows are looked up for each that is drawn: standardised once, in half precision.
        clips = np.arange(len(dataset))
        self._standard = [
            self._values(clips, np.full(len(clips), kind)).astype(np.float16)
            for kind in range(len(self._shares))
        ]

    def inputs(self, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Vary each clip and its voice at rest, and give what is between them."""
        relative = np.empty((len(drawn), self._own.shape[1]), np.float32)
        for row, (clip, kind) in enumerate(zip(drawn, self._kinds(len(drawn), rng), strict=True)):
            values = self._standard[kind]
            at_rest = values[self._drawn_at_rest(clip, rng)].mean(axis=0, dtype=np.float32)
            relative[row] = values[clip] - at_rest
        return relative

    def _drawn_at_rest(self, clip: int, rng: np.random.Generator) -> np.ndarray:
        others = self._at_rest[clip][self._at_rest[clip] != clip]
        count = min(int(rng.integers(1, self.most + 1)), len(others))
        return rng.choice(others, count, replace=False)


def restyle(spectrograms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bring the bands of some spectrograms nearer to another's mean and deviation over time.

    What a microphone, a room and a collection's recording do to a spectrogram lies largely in
    these; whoever learns emotions from them alone does not know them elsewhere again. Method:
    MixStyle (Zhou et al., 2021) on frequency bands (Kim et al., 2022).

    Parameters
    ----------
    spectrograms : np.ndarray [shape=(b, frames, mels)]
        Standardised.

    Returns
    -------
    np.ndarray [shape=(b, frames, mels), dtype=float32]
    """
    mean = spectrograms.mean(axis=1, keepdims=True)
    deviation = spectrograms.std(axis=1, keepdims=True) + _CONTRAST_FLOOR
    each = (len(spectrograms), 1, 1)
    drawn = rng.beta(STYLE_MIXING, STYLE_MIXING, each)
    taken_on = np.minimum(drawn, 1 - drawn) * (rng.random(each) < RESTYLED)
    other = rng.permutation(len(spectrograms))
    new_mean = mean + taken_on * (mean[other] - mean)
    new_deviation = deviation + taken_on * (deviation[other] - deviation)
    restyled: np.ndarray = (spectrograms - mean) / deviation * new_deviation + new_mean
    return restyled.astype(np.float32)


def masked_crossentropy(asked: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Cross-entropy, chiefly among the emotions that the clip's corpus has.

    ``asked`` [shape=(b, 18)] is the wanted distribution, and beside it 1 for each
    emotion of the corpus; what stands behind it, and behind the logits, is left to
    others. The logits of the others are lowered by :data:`ABSENT`:
    were they not, the network would learn from CREMA-D that nobody there is
    surprised, and so to tell the corpus; were they left out, nothing would keep it
    from calling anybody there surprised.
    """
    wanted, possible, logits = _apart(asked, logits)
    lowered = logits + (possible - 1.0) * ABSENT
    return -keras.ops.sum(wanted * keras.ops.log_softmax(lowered, axis=-1), axis=-1)


def masked_accuracy(asked: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
    """Share of clips answered rightly among the emotions that their corpus has."""
    wanted, possible, logits = _apart(asked, logits)
    among = logits + (possible - 1.0) * 1e4
    right = keras.ops.argmax(wanted, -1) == keras.ops.argmax(among, -1)
    return keras.ops.cast(right, "float32")


def _apart(asked: keras.KerasTensor, answers: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Give what is wanted, what is possible, and the logits; each [shape=(b, 9)]."""
    emotions = len(INNER_LABELS)
    return [asked[:, :emotions], asked[:, emotions : 2 * emotions], answers[:, :emotions]]


def fit_scaling(dataset: Dataset) -> Scaling:
    """Learn means and deviations on training clips; copies left out."""
    frames = np.concatenate([item.log_mel for item in dataset.original])
    functionals = np.stack([item.functionals for item in dataset.original]).astype(np.float64)
    return Scaling(
        spec_mean=frames.mean(axis=0, dtype=np.float64).astype(np.float32),
        spec_std=np.maximum(frames.std(axis=0, dtype=np.float64), _MIN_STD).astype(np.float32),
        pros_mean=functionals.mean(axis=0),
        pros_std=np.maximum(functionals.std(axis=0), _MIN_STD),
    )


def _corpus_mask(dataset: Dataset, corpus: str) -> np.ndarray:
    """Mark the inner labels that a corpus has [shape=(9,), dtype=float32]."""
    present = dataset.emotions_of(corpus)
    return np.array([label in present for label in INNER_LABELS], dtype=np.float32)


def asked_of(dataset: Dataset) -> np.ndarray:
    """Lay smoothed targets beside masks [shape=(clips, 18)]; see :func:`masked_crossentropy`."""
    masks = {corpus: _corpus_mask(dataset, corpus) for corpus in {c.corpus for c in dataset.clips}}
    possible = np.stack([masks[clip.corpus] for clip in dataset.clips])
    wanted = np.eye(len(INNER_LABELS), dtype=np.float32)[dataset.targets()]
    smooth = possible / possible.sum(axis=1, keepdims=True)
    return np.hstack([(1 - SMOOTHING) * wanted + SMOOTHING * smooth, possible]).astype(np.float32)


def _mix(
    inputs: np.ndarray, asked: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mix each row with another of the batch, and what is asked of both.

    An emotion is possible if it is in either's corpus (mixup: Zhang et al., 2018).
    """
    other = rng.permutation(len(inputs))
    drawn = rng.beta(MIXING, MIXING, (len(inputs), 1)).astype(np.float32)
    weight = np.maximum(drawn, 1 - drawn)
    mixed = weight * inputs + (1 - weight) * inputs[other]
    wanted = weight * asked + (1 - weight) * asked[other]
    possible = slice(len(INNER_LABELS), 2 * len(INNER_LABELS))
    wanted[:, possible] = np.maximum(asked[:, possible], asked[other, possible])
    return mixed, wanted


def chances_of(dataset: Dataset) -> np.ndarray:
    """Give the chance of each clip to be drawn [shape=(clips,)].

    A speaker of a corpus counts by the root of their clips: otherwise TESS's two
    actresses, with 1400 each, would be a fifth of all speech; weighing every voice
    alike would waste most of what they say. A small corpus counts for more than
    its size, by the fourth root.
    """
    corpora = np.array([clip.corpus for clip in dataset.clips])
    voices = [f"{clip.corpus} {clip.speaker}" for clip in dataset.clips]
    chances = _counts(voices) ** -0.5 * _counts(corpora) ** -CORPUS_TILT
    answer: np.ndarray = chances / chances.sum()
    return answer


def _counts(names: list[str] | np.ndarray) -> np.ndarray:
    """Count, for each entry, the entries equal to it."""
    _, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
    answer: np.ndarray = counts[inverse].astype(np.float64)
    return answer
