"""How a network learns from a teacher what its few labels do not tell: distillation.

Ten hours of acted speech are little to learn to hear from. A network that must also
foretell what an encoder that others trained makes of a clip (:mod:`training.teacher`)
learns to hear more of what is in speech (knowledge distillation: Hinton et al., 2015; of
hidden layers: Romero et al., 2015, "FitNets"). Nothing of the teacher is in the
networks that are saved.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from ser.labels import INNER_LABELS
from training.batches import Batches, masked_crossentropy
from training.teacher import NAME

COMPONENTS = 128
"""Of the 2304 numbers that the teacher gives: a lesson is their first principal components."""

HIDDEN = 256
"""Units between the network's embedding and what it foretells; not kept."""

WEIGHT = 2.0
"""Of the teacher's mean squared error against the cross-entropy in nats."""


def lessons(heard: np.ndarray) -> np.ndarray:
    """Sum up what was heard of the clips that are learnt from.

    Returns
    -------
    np.ndarray [shape=(clips, 128), dtype=float32]
        Its first principal components, scaled together to a mean variance of 1.
    """
    values = heard.astype(np.float32)
    values = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-3)
    _, directions = np.linalg.eigh(values.T @ values / len(values))
    directions = directions[:, ::-1][:, :COMPONENTS]
    # Which of its two signs a direction gets is up to the library: make it the same everywhere.
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    components: np.ndarray = values @ (directions * np.sign(largest))
    return components / components.std()


def teach(network: keras.Model, batches: Batches, heard: np.ndarray) -> keras.Model:
    """Ask for what the teacher hears too, and give the model that answers it.

    Returns
    -------
    keras.Model
        See :func:`foretelling`; to be trained with :func:`taught_crossentropy`.
    """
    asked = lessons(heard)
    batches.ask_too(asked)
    batches.facts = {**batches.facts, "teacher": NAME}
    return foretelling(network, asked.shape[1])


def foretelling(network: keras.Model, count: int) -> keras.Model:
    """Have a network foretell ``count`` numbers, behind its own answers.

    Returns
    -------
    keras.Model
        To be trained in the network's stead: its layers are the network's, and some more
        on its embedding.
    """
    x = layers.Dense(HIDDEN, activation="relu", name="teacher_hidden")(
        network.get_layer("embedding_relu").output
    )
    foretold = layers.Dense(count, name="teacher")(x)
    both = layers.Concatenate(name="with_teacher")([network.output, foretold])
    return keras.Model(network.input, both, name=network.name)


def count_foretold(model: keras.Model) -> int:
    """Count what a model answers beside emotions."""
    width: int = model.output.shape[-1]
    return width - len(INNER_LABELS)


def taught_crossentropy(asked: keras.KerasTensor, answers: keras.KerasTensor) -> keras.KerasTensor:
    """Add the teacher's mean squared error to the cross-entropy."""
    error = asked[:, 2 * len(INNER_LABELS) :] - answers[:, len(INNER_LABELS) :]
    squared = keras.ops.mean(keras.ops.square(error), axis=-1)
    return masked_crossentropy(asked, answers) + WEIGHT * squared
