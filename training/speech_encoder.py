"""Make the file of the speech encoder from Whisper base's weights.

    python -m training.speech_encoder model.bin

``model.bin`` is Whisper base as CTranslate2 keeps it; README.md says where to get it. Only
what :mod:`ser.speech_encoder` runs is kept: each matrix in 39 steps, every row with a scale
of its own, packed to some four bits for each weight. Rows are outputs.
"""

from __future__ import annotations

import argparse
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser.speech_encoder import BLOCKS, FILE
from training.command import exit_status
from training.dataset import TrainingError
from training.shrinking import pack

LARGEST = 19
"""Of a weight, in units of its row's scale."""

_CLIPPED = (1.0, 0.9, 0.8, 0.7)  # shares of a row's largest weight that become LARGEST
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_NAMES = {
    "query_key_value": "self_attention/linear_0",
    "attention_out": "self_attention/linear_1",
    "mlp_in": "ffn/linear_0",
    "mlp_out": "ffn/linear_1",
}
_NORMS = {"attention_norm": "self_attention/layer_norm", "mlp_norm": "ffn/layer_norm"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; answer its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.speech_encoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="model.bin of Whisper base for CTranslate2")
    parser.add_argument("--out", type=Path, default=FILE, help="default: %(default)s")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _make(options.model, options.out))


def _make(model: Path, out: Path) -> None:
    try:
        content = model.read_bytes()
        arrays = read_ctranslate2(content)
        kept = shrunk(arrays)
    except (OSError, KeyError, ValueError, struct.error) as error:
        raise TrainingError(f"{model} is not Whisper base for CTranslate2: {error}") from error
    save: Any = np.savez  # its types take the names for options
    with out.open("wb") as file:
        save(file, **kept)
    pack(out)
    print(f"Wrote {out}, {out.stat().st_size / 1e6:.1f} MB")


def read_ctranslate2(content: bytes) -> dict[str, np.ndarray]:
    """Read all arrays of a CTranslate2 model by name.

    The format, little-endian: version, name of the kind of model, revision, number of
    arrays; then of each its name, number of dimensions, dimensions, type, bytes, content. A
    name is its length in two bytes, and ends with a zero.
    """
    offset = 0

    def take(layout: str) -> int:
        nonlocal offset
        (value,) = struct.unpack_from(f"<{layout}", content, offset)
        offset += struct.calcsize(layout)
        return int(value)

    def name() -> str:
        nonlocal offset
        length = take("H")
        offset += length
        return content[offset - length : offset].rstrip(b"\0").decode()

    take("I"), name(), take("I")
    arrays = {}
    for _ in range(take("I")):
        key = name()
        shape = [take("I") for _ in range(take("B"))]
        kind, size = take("B"), take("I")
        if kind in _TYPES:
            values = np.frombuffer(content[offset : offset + size], _TYPES[kind])
            arrays[key] = values.reshape(shape)
        offset += size
    return arrays


def shrunk(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keep what :mod:`ser.speech_encoder` runs, under its names."""
    kept: dict[str, np.ndarray] = {}
    for name in ("conv1", "conv2"):
        matrix = arrays[f"encoder/{name}/weight"]
        kept |= _layer(name, matrix.reshape(len(matrix), -1), arrays[f"encoder/{name}/bias"])
    for block in range(BLOCKS):
        for name, source in _NAMES.items():
            there = f"encoder/layer_{block}/{source}"
            kept |= _layer(f"{block}/{name}", arrays[f"{there}/weight"], arrays[f"{there}/bias"])
        for name, source in _NORMS.items():
            there = f"encoder/layer_{block}/{source}"
            kept[f"{block}/{name}/gain"] = arrays[f"{there}/gamma"]
            kept[f"{block}/{name}/bias"] = arrays[f"{there}/beta"]
    return kept


def _layer(name: str, matrix: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    units, scale = rounded(matrix.astype(np.float32))
    return {f"{name}/weight": units, f"{name}/scale": scale, f"{name}/bias": bias}


def rounded(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round a matrix to whole units [shape=(outputs, inputs), dtype=int8] of a scale for each row.

    A row's few largest weights are cut where this lowers the squared error of all.
    """
    largest = np.abs(matrix).max(axis=1) / LARGEST
    scales = [(share * largest).astype(np.float16) for share in _CLIPPED]
    tries = [
        np.clip(np.round(matrix / scale.astype(np.float32)[:, None]), -LARGEST, LARGEST)
        for scale in scales
    ]
    errors = [
        np.square(units * scale.astype(np.float32)[:, None] - matrix).sum(axis=1)
        for units, scale in zip(tries, scales, strict=True)
    ]
    best = np.argmin(errors, axis=0)
    rows = np.arange(len(matrix))
    return np.stack(tries)[best, rows].astype(np.int8), np.stack(scales)[best, rows]


if __name__ == "__main__":
    sys.exit(main())
