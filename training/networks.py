"""The two networks, in plain Keras 3 layers, so that any backend trains them.

CNN: strided 3x3 convolutions over the log-mel spectrogram, then each moment's
bands are joined and the moments pooled (mean, and a learnt attention).
Hybrid: the same trunk, and beside it a small network on the prosody. It starts
as the trained CNN and learns what prosody adds to that answer.

Both answer logits over :data:`ser.labels.INNER_LABELS`; the softmax is taken
outside, where a temperature can be applied.
"""

from __future__ import annotations

import keras
from keras import layers

from ser.features.spectral import N_MELS
from ser.labels import INNER_LABELS
from ser.window import WINDOW_FRAMES

STAGES = ((48, 2), (96, 2), (144, 2))  # filters, convolutions
EMBEDDING = 192
WEIGHT_DECAY = 1e-4


def build_cnn(*, dropout: float = 0.15) -> keras.Model:
    """CNN: standardised log-mel window [shape=(frames, mels, 1)] to logits [shape=(9,)]."""
    spectrogram, embedding = _trunk(dropout)
    logits = layers.Dense(len(INNER_LABELS), name="logits")(embedding)
    return keras.Model(spectrogram, logits, name="cnn")


def build_hybrid(cnn: keras.Model, *, features: int, dropout: float = 0.15) -> keras.Model:
    """Hybrid on a trained CNN: inputs ``spectrogram`` and ``prosody`` [shape=(features,)].

    What prosody adds starts at zero, so the first answer is the CNN's own.
    """
    spectrogram, embedding = _trunk(dropout)
    logits = layers.Dense(len(INNER_LABELS), name="logits")(embedding)
    prosody = keras.Input((features,), name="prosody")
    x = layers.GaussianNoise(0.1)(prosody)
    x = layers.Dense(96, activation="relu", name="prosody_hidden")(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Concatenate(name="joined")([x, embedding])
    x = layers.Dense(96, activation="relu", name="joined_hidden")(x)
    x = layers.Dropout(dropout)(x)
    added = layers.Dense(len(INNER_LABELS), kernel_initializer="zeros", name="added")(x)
    hybrid = keras.Model(
        [spectrogram, prosody], layers.Add(name="hybrid_logits")([logits, added]), name="hybrid"
    )
    for layer in cnn.layers:
        hybrid.get_layer(layer.name).set_weights(layer.get_weights())
    return hybrid


def _trunk(dropout: float) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    spectrogram = keras.Input((WINDOW_FRAMES, N_MELS, 1), name="spectrogram")
    x = _convolution(spectrogram, filters=32, size=5, strides=2, name="stem")
    for stage, (filters, depth) in enumerate(STAGES, start=1):
        for index in range(depth):
            x = _convolution(
                x, filters=filters, strides=2 if index == 0 else 1, name=f"stage{stage}_{index}"
            )
    frames, bands, filters = x.shape[1:]
    x = layers.Reshape((frames, bands * filters), name="bands_joined")(x)
    x = layers.Dense(EMBEDDING, name="moment")(x)
    x = layers.BatchNormalization(name="moment_norm")(x)
    x = layers.Activation("relu", name="moment_relu")(x)
    weights = layers.Softmax(axis=1, name="attention")(layers.Dense(1, name="score")(x))
    attended = layers.Dot(axes=1, name="attended")([weights, x])
    pooled = layers.Concatenate(name="pooled")(
        [
            layers.Flatten(name="attended_flat")(attended),
            layers.GlobalAveragePooling1D(name="mean")(x),
            layers.GlobalMaxPooling1D(name="max")(x),
        ]
    )
    x = layers.Dropout(dropout, name="pooled_dropout")(pooled)
    x = layers.Dense(EMBEDDING, activation="relu", name="embedding")(x)
    return spectrogram, layers.Dropout(dropout, name="embedding_dropout")(x)


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
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
