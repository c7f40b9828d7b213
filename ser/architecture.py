"""What the networks look like, read from their files without opening them.

A ``.keras`` file is a ZIP with a description of its layers in ``config.json``.
Layers with weights are gathered into the few blocks that a person tells apart.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser.bundle import MODEL_FILES
from ser.errors import ReportError


@dataclass(frozen=True)
class Block:
    """A part of a network.

    Attributes
    ----------
    key : str
        What it is in :data:`BLOCKS`.
    shape : tuple of int
        Of what leaves it, without the batch.
    parameters : int
    """

    key: str
    shape: tuple[int, ...]
    parameters: int


# Block to the beginnings of its layers' names, and the layer that receives what leaves
# it (or, for inputs and answers, is it). See training/networks.py.
BLOCKS: dict[str, tuple[tuple[str, ...], str]] = {
    "spectrogram": (("spectrogram",), "spectrogram"),
    "shapes": (("stem", "stage"), "stage3_1_norm"),
    "moments": (("moment", "score"), "moment_norm"),
    "bands": (("bands",), "bands2_norm"),
    "pooled": (("pooled",), "embedding"),
    "embedding": (("embedding",), "embedding_norm"),
    "cnn answer": (("cnn_logits",), "cnn_logits"),
    "functionals": (("functionals",), "functionals"),
    "hidden": (("functionals_hidden",), "functionals_hidden_norm"),
    "functionals answer": (("functionals_logits",), "functionals_logits"),
    "hybrid answer": (("hybrid_logits",), "hybrid_logits"),
}


def read_blocks(root: Path, model: str) -> tuple[Block, ...]:
    """Read the blocks of a bundle's network, in the order of :data:`BLOCKS`.

    Raises
    ------
    ReportError
        The file is missing, damaged, or of a network of another kind.
    """
    name = MODEL_FILES[model]
    try:
        with zipfile.ZipFile(root / name) as file:
            layers = json.loads(file.read("config.json"))["config"]["layers"]
        return tuple(_blocks({str(layer["config"]["name"]): layer for layer in layers}))
    except FileNotFoundError as error:
        raise ReportError(f"{name} is not there: python -m training.train makes it.") from error
    except (OSError, zipfile.BadZipFile, ValueError, TypeError, LookupError) as error:
        raise ReportError(f"{name} is damaged, or another network than can be drawn.") from error


def layers_of(model: Any) -> tuple[Block, ...]:
    """List what any opened Keras model is made of, layer by layer.

    Layers that only cut, reshape or switch off are left out: they have no weights.
    """
    layers = [layer for layer in model.layers if layer.count_params()]
    inputs = [Block("input", tuple(one.shape[1:]), 0) for one in model.inputs]
    return tuple(
        inputs
        + [
            Block(type(layer).__name__, tuple(layer.output.shape[1:]), int(layer.count_params()))
            for layer in layers
        ]
    )


def _blocks(layers: dict[str, Any]) -> Iterator[Block]:
    owners = {name: _owner(name) for name, layer in layers.items() if count_parameters(layer)}
    for key, (_, receiver) in BLOCKS.items():
        if receiver in layers:
            own = [layers[name] for name, owner in owners.items() if owner == key]
            yield Block(key, _shape(layers[receiver]), sum(map(count_parameters, own)))


def _owner(name: str) -> str:
    """Name the block of a layer: that whose beginning fits best."""
    fitting = [
        (len(start), key)
        for key, (starts, _) in BLOCKS.items()
        for start in starts
        if name.startswith(start)
    ]
    return max(fitting)[1]  # ValueError: no block of ours


def count_parameters(layer: dict[str, Any]) -> int:
    """Count a layer's weights, those that are not trained too, from its description."""
    kind, config = layer["class_name"], layer["config"]
    if kind not in {"Dense", "Conv1D", "Conv2D", "BatchNormalization"}:
        return 0
    channels = int(layer["build_config"]["input_shape"][-1])
    if kind == "BatchNormalization":
        return channels * (2 + bool(config["scale"]) + bool(config["center"]))
    outputs = int(config["units"] if kind == "Dense" else config["filters"])
    size = math.prod(config.get("kernel_size", ()))
    return size * channels * outputs + (outputs if config["use_bias"] else 0)


def _shape(receiver: dict[str, Any]) -> tuple[int, ...]:
    config = receiver["config"]
    if receiver["class_name"] == "InputLayer":
        return tuple(config["batch_shape"][1:])
    shape = receiver["build_config"]["input_shape"]
    if receiver["class_name"] in {"Add", "Average"}:  # the latter until 0.1.0
        shape = shape[0]
    elif config["name"].endswith("_logits"):
        return (int(config["units"]),)
    return tuple(int(size) for size in shape[1:])
