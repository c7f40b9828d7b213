"""The encoder that others trained: its layers are what they are called, on any recording."""

from __future__ import annotations

import struct
from pathlib import Path

import keras
import numpy as np
import pytest

from ser import speech_encoder
from ser.audio import SAMPLE_RATE
from ser.features.encoded import ENCODED, measure_encoded
from ser.speech_encoder import BLOCKS, CHANNELS, FRAME, WEIGHTS, encode
from ser.synthesis import MANNERS, sample_voice
from training.shrinking import on_grid
from training.speech_encoder import LARGEST, main, read_ctranslate2, rounded, shrunk


def test_there_is_a_row_for_each_20_ms(speech: np.ndarray) -> None:
    assert encode(speech).shape == (len(speech) // FRAME, CHANNELS)


@pytest.mark.parametrize(("gain", "offset"), [(0.01, 0.0), (8.0, 0.0), (1.0, 0.3)])
def test_neither_level_nor_offset_counts(speech: np.ndarray, gain: float, offset: float) -> None:
    changed = (gain * speech + offset).astype(np.float32)
    assert encode(changed) == pytest.approx(encode(speech), abs=0.02)


def test_digital_silence_is_heard_as_something_finite() -> None:
    assert np.isfinite(measure_encoded(np.zeros(SAMPLE_RATE, np.float32))).all()


def test_a_long_recording_is_heard_in_equal_parts(
    speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = np.tile(speech[: 100 * FRAME], 2)
    monkeypatch.setattr(speech_encoder, "_SPAN", 150 * FRAME)
    first, second = np.split(encode(twice), 2)
    np.testing.assert_allclose(first, second, atol=1e-3)
    np.testing.assert_allclose(first, encode(twice[: 100 * FRAME]), atol=1e-3)


def test_statistics_are_named_and_are_those_of_what_is_heard(speech: np.ndarray) -> None:
    by_name = dict(zip(ENCODED, measure_encoded(speech).tolist(), strict=True))
    heard = encode(speech)[:, 7]
    assert by_name["encoder mean 7"] == pytest.approx(heard.mean(), abs=1e-4)
    assert by_name["encoder deviation 7"] == pytest.approx(heard.std(), abs=1e-4)


def test_it_tells_manners_of_speaking_from_takes_of_one() -> None:
    """What it is for: takes of one manner are nearer to each other than manners are."""
    takes = {
        manner: [measure_encoded(sample_voice(manner, duration_s=d)) for d in (2.0, 3.0)]
        for manner in MANNERS
    }
    for manner, (shorter, longer) in takes.items():
        others = [takes[other][1] for other in MANNERS if other != manner]
        nearest = min(np.linalg.norm(shorter - other) for other in others)
        assert np.linalg.norm(shorter - longer) < nearest


def test_a_block_computes_what_the_layers_of_keras_do(speech: np.ndarray) -> None:
    weights = speech_encoder._weights()
    x = np.random.default_rng(0).normal(size=(40, CHANNELS)).astype(np.float32)
    attention = keras.layers.MultiHeadAttention(8, CHANNELS // 8)
    attention(x[None], x[None])
    joined = np.split(weights["0/query_key_value/weight"], 3, axis=1)
    biases = np.split(weights["0/query_key_value/bias"], 3)
    into = [m.reshape(CHANNELS, 8, -1) for m in joined]
    own = [part for pair in zip(into, (b.reshape(8, -1) for b in biases), strict=True)
           for part in pair]  # fmt: skip
    out = weights["0/attention_out/weight"].reshape(8, -1, CHANNELS)
    attention.set_weights([*own, out, weights["0/attention_out/bias"]])
    wanted = keras.ops.convert_to_numpy(attention(x[None], x[None]))[0]
    np.testing.assert_allclose(speech_encoder._attended(x, weights, 0), wanted, atol=1e-3)

    norm = keras.layers.LayerNormalization(epsilon=1e-5)
    norm(x)
    norm.set_weights([weights["0/mlp_norm/gain"], weights["0/mlp_norm/bias"]])
    wanted = keras.ops.convert_to_numpy(norm(x))
    np.testing.assert_allclose(
        speech_encoder._normalised(x, weights, "0/mlp_norm"), wanted, atol=1e-3
    )


def test_convolutions_are_those_of_keras() -> None:
    weights = speech_encoder._weights()
    x = np.random.default_rng(0).normal(size=(40, CHANNELS)).astype(np.float32)
    layer = keras.layers.Conv1D(CHANNELS, 3, strides=2, padding="valid", activation="gelu")
    padded = np.pad(x, ((1, 1), (0, 0)))[None]
    layer(padded)
    kernel = weights["conv2/weight"].reshape(CHANNELS, 3, CHANNELS).transpose(1, 0, 2)
    layer.set_weights([kernel, weights["conv2/bias"]])
    own = speech_encoder._gelu(speech_encoder._convolved(x, weights, "conv2", stride=2))
    exact = keras.activations.gelu(
        speech_encoder._convolved(x, weights, "conv2", stride=2), approximate=False
    )
    np.testing.assert_allclose(own, exact, atol=1e-4)
    np.testing.assert_allclose(own, keras.ops.convert_to_numpy(layer(padded))[0], atol=5e-3)


def test_its_weights_are_counted() -> None:
    assert sum(values.size for values in speech_encoder._weights().values()) == WEIGHTS


# The file ---------------------------------------------------------------------


def _ctranslate2(arrays: dict[str, np.ndarray]) -> bytes:
    """Write a model as CTranslate2 does."""
    kinds = {np.dtype(np.float32): 0, np.dtype(np.float16): 4}

    def name(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    parts = [struct.pack("<I", 6), name("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for key, values in arrays.items():
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        size = struct.pack("<BI", kinds[values.dtype], values.nbytes)
        parts += [name(key), shape, size, values.tobytes()]
    return b"".join(parts)


def _whisper(width: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float16)

    arrays: dict[str, np.ndarray] = {}
    for conv, inputs in (("conv1", 3), ("conv2", width)):
        arrays |= {f"encoder/{conv}/weight": some(width, inputs, 3),
                   f"encoder/{conv}/bias": some(width)}  # fmt: skip
    for block in range(BLOCKS + 1):
        there = f"encoder/layer_{block}"
        layers = {
            "self_attention/linear_0": 3,
            "self_attention/linear_1": 1,
            "ffn/linear_0": 4,
            "ffn/linear_1": 1,
        }
        for layer, widths in layers.items():
            outputs = widths * width
            inputs = 4 * width if layer == "ffn/linear_1" else width
            arrays |= {f"{there}/{layer}/weight": some(outputs, inputs),
                       f"{there}/{layer}/bias": some(outputs)}  # fmt: skip
        for norm in ("self_attention/layer_norm", "ffn/layer_norm"):
            arrays |= {f"{there}/{norm}/{part}": some(width) for part in ("gamma", "beta")}
    return arrays


def test_a_ctranslate2_model_is_read_whole() -> None:
    arrays = _whisper()
    read = read_ctranslate2(_ctranslate2(arrays))
    assert set(read) == set(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(read[name], values)


def test_only_what_is_run_is_kept() -> None:
    kept = shrunk(_whisper())
    assert set(kept) == set(np.load(speech_encoder.FILE).files)


def test_rounded_rows_are_near_what_they_were() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 200)).astype(np.float32)
    matrix[3] *= 100
    units, scale = rounded(matrix)
    assert abs(units).max() <= LARGEST
    error = units * scale[:, None].astype(np.float32) - matrix
    deviation = matrix.std(axis=1)
    assert (np.sqrt(np.square(error).mean(axis=1)) < 0.06 * deviation).all()


def test_the_command_writes_what_the_encoder_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.bin").write_bytes(_ctranslate2(_whisper()))
    assert main([str(tmp_path / "model.bin"), "--out", str(tmp_path / "own.npz")]) == 0
    monkeypatch.setattr(speech_encoder, "FILE", tmp_path / "own.npz")
    read = speech_encoder._weights.__wrapped__()
    wanted = _whisper()["encoder/layer_1/ffn/linear_0/weight"].T
    np.testing.assert_allclose(read["1/mlp_in/weight"], wanted, atol=0.1)


@pytest.mark.parametrize("content", [b"", b"RIFF" * 50, _ctranslate2({"a": np.ones(3, "f4")})])
def test_another_file_is_refused_in_words(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    assert main([str(tmp_path / "model.bin"), "--out", str(tmp_path / "own.npz")]) == 1
    assert "is not Whisper base" in capsys.readouterr().err
    assert not (tmp_path / "own.npz").exists()


def test_weights_on_a_grid_keep_what_is_small_beside_large_outputs() -> None:
    weights = np.random.default_rng(0).normal(size=(3, 3, 20, 8)).astype(np.float32)
    weights[..., 2] *= 1000
    grid = on_grid(weights)
    for output in range(8):
        off = abs(grid[..., output] - weights[..., output]).max()
        assert off <= abs(weights[..., output]).max() / 31
    np.testing.assert_array_equal(on_grid(grid), grid)
