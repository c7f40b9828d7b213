"""The networks, in plain Keras, so that any backend trains them.

CNN: two looks at one log-mel window. Strided 3x3 convolutions see shapes in time
and frequency, wherever in frequency they are; convolutions over time alone see
each band for what it is. Both are pooled over time by mean, deviation and maximum
(the first also by a learnt attention), and one hidden layer makes the answer.

Functionals: a hidden layer on statistics of the whole clip (prosody, voice quality,
spectrum, what the speech encoder hears). Hybrid: a weighted mean of the CNN's and the
functionals' logits, in one network.

Known voice: a network like that of the functionals, on how these differ from those of
the same voice at rest (:mod:`ser.known_voices`).

All answer logits over :data:`ser.labels.INNER_LABELS`; the softmax is taken
outside, where a temperature can be applied.
"""

from __future__ import annotations

import keras
from keras import layers

from ser.features.spectral import N_MELS
from ser.labels import INNER_LABELS
from ser.layers import StatisticsPooling
from ser.window import WINDOW_FRAMES

STEM = 48
STAGES = ((64, 1), (128, 2), (208, 2))  # filters, convolutions
BAND_CONVOLUTIONS = ((5, 1), (3, 2), (3, 1))  # frames, stride
BAND_FILTERS = 128
EMBEDDING = 272
HIDDEN = 512
KNOWN_HIDDEN = 256
WEIGHT_DECAY = 1e-4


def build_cnn(*, dropout: float = 0.15) -> keras.Model:
    """CNN: standardised log-mel window [shape=(frames, mels, 1)] to logits [shape=(9,)]."""
    spectrogram = keras.Input((WINDOW_FRAMES, N_MELS, 1), name="spectrogram")
    pooled = [*_shapes(spectrogram, dropout), *_bands(spectrogram)]
    x = layers.Concatenate(name="pooled")(pooled)
    x = layers.Dropout(2 * dropout, name="pooled_dropout")(x)
    x = layers.Dense(EMBEDDING, use_bias=False, name="embedding")(x)
    x = _activated(x, "embedding")
    x = layers.Dropout(2 * dropout, name="embedding_dropout")(x)
    logits = layers.Dense(len(INNER_LABELS), name="cnn_logits")(x)
    return keras.Model(spectrogram, logits, name="cnn")


def build_functionals(
    features: int, *, name: str = "functionals", hidden: int = HIDDEN, dropout: float = 0.5
) -> keras.Model:
    """Functionals: standardised statistics [shape=(features,)] to logits [shape=(9,)].

    Ten thousand clips are few for two thousand features: noise on what comes in and
    much dropout keep it from learning the clips by heart.
    """
    functionals = keras.Input((features,), name="functionals")
    x = layers.GaussianNoise(0.3, name="functionals_noise")(functionals)
    x = layers.Dropout(0.1, name="functionals_dropout")(x)
    x = layers.Dense(hidden, use_bias=False, name="functionals_hidden")(x)
    x = _activated(x, "functionals_hidden")
    x = layers.Dropout(dropout, name="functionals_hidden_dropout")(x)
    logits = layers.Dense(len(INNER_LABELS), name="functionals_logits")(x)
    return keras.Model(functionals, logits, name=name)


def build_known_voice(features: int) -> keras.Model:
    """Known voice: functionals less those of the voice at rest [shape=(features,)] to logits.

    Narrower, so that it, the hybrid and the speech encoder stay under 8 MB together.
    """
    return build_functionals(features, name="known_voice", hidden=KNOWN_HIDDEN)


def build_hybrid(cnn: keras.Model, functionals: keras.Model, *, share: float) -> keras.Model:
    """Hybrid: inputs ``spectrogram`` and ``functionals``, the weighted mean of both answers.

    A mean of logits is a geometric mean of probabilities. Two networks that were
    each trained alone err on different clips; trained as one, the quicker learner
    leaves nothing for the other.

    Parameters
    ----------
    share : float
        Weight of the functionals, in [0, 1]; see :mod:`training.benchmark.fusion`.
    """
    weighted = [
        layers.Rescaling(1 - share, name="cnn_share")(cnn.output),
        layers.Rescaling(share, name="functionals_share")(functionals.output),
    ]
    logits = layers.Add(name="hybrid_logits")(weighted)
    return keras.Model([cnn.input, functionals.input], logits, name="hybrid")


def _shapes(spectrogram: keras.KerasTensor, dropout: float) -> list[keras.KerasTensor]:
    """Pool what 3x3 convolutions find in the window, and in it without its long-term spectrum."""
    x = layers.AveragePooling2D((WINDOW_FRAMES, 1), name="long_term")(spectrogram)
    x = layers.UpSampling2D((WINDOW_FRAMES, 1), name="long_term_everywhere")(x)
    x = layers.Subtract(name="short_term")([spectrogram, x])
    x = layers.Concatenate(name="both_terms")([spectrogram, x])
    x = _convolution(x, filters=STEM, size=5, strides=2, name="stem")
    for stage, (filters, depth) in enumerate(STAGES, start=1):
        for index in range(depth):
            x = _convolution(
                x, filters=filters, strides=2 if index == 0 else 1, name=f"stage{stage}_{index}"
            )
    frames, bands, filters = x.shape[1:]
    x = layers.Reshape((frames, bands * filters), name="bands_joined")(x)
    x = layers.Dropout(dropout, name="bands_dropout")(x)
    x = _activated(layers.Dense(EMBEDDING, use_bias=False, name="moment")(x), "moment")
    weights = layers.Softmax(axis=1, name="attention")(layers.Dense(1, name="score")(x))
    attended = layers.Dot(axes=1, name="attended")([weights, x])
    return [layers.Flatten(name="attended_flat")(attended), *_pooled(x, "moments")]


def _bands(spectrogram: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Pool the bands themselves, and what convolutions over time find in them."""
    bands = layers.Reshape((WINDOW_FRAMES, N_MELS), name="bands")(spectrogram)
    raw = layers.BatchNormalization(name="bands_norm")(StatisticsPooling(name="bands_pool")(bands))
    x = bands
    pooled = [raw]
    for index, (size, strides) in enumerate(BAND_CONVOLUTIONS):
        name = f"bands{index}"
        x = layers.Conv1D(
            BAND_FILTERS, size, strides=strides, padding="same", use_bias=False, name=name
        )(x)
        x = _activated(x, name)
        if index == 0:
            pooled.append(StatisticsPooling(name=f"{name}_pool")(x))
    return [*pooled, *_pooled(x, "bands_last")]


def _pooled(x: keras.KerasTensor, name: str) -> list[keras.KerasTensor]:
    return [
        StatisticsPooling(name=f"{name}_statistics")(x),
        layers.GlobalMaxPooling1D(name=f"{name}_max")(x),
    ]


def _convolution(
    x: keras.KerasTensor, *, filters: int, strides: int, name: str, size: int = 3
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return _activated(x, name)


def _activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
