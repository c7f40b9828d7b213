"""Voices for every test: synthesised, so that none needs a recording."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ser import Recognizer
from ser.synthesis import MANNERS, sample_voice
from tests.stand_in import Models
from tests.stepwise import step_by_step

SAMPLE_RATE = 16_000


@pytest.fixture(scope="session")
def voices() -> dict[str, np.ndarray]:
    """Three seconds at 16 kHz in each manner: ``subdued``, ``plain`` and ``lively``."""
    spoken = {name: sample_voice(name) for name in MANNERS}
    for samples in spoken.values():
        samples.flags.writeable = False  # shared by all tests of a session
    return spoken


@pytest.fixture(scope="session")
def speech(voices: dict[str, np.ndarray]) -> np.ndarray:
    """Three seconds of plain speech, float32 at 16 kHz."""
    return voices["plain"]


@pytest.fixture(scope="session")
def speech_wav(speech: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a 16-bit WAV file; read it, don't change it."""
    import soundfile

    path = tmp_path_factory.mktemp("speech") / "plain.wav"
    soundfile.write(path, speech, SAMPLE_RATE, subtype="PCM_16")
    return path


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    """Stand in for the models on the page, and forget what pages kept."""
    import streamlit as st

    st.cache_resource.clear()
    stand_in = Models()
    monkeypatch.setattr(Recognizer, "load", stand_in.load)
    yield stand_in
    stand_in.may_load.set()
    stand_in.may_go_on.set()
    st.cache_resource.clear()


@pytest.fixture
def teacher_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A teacher of our own: its layers say what it is fed, once, twice and thrice as loud.

    Two frames of 10 ms are one of its own, as in the real one.
    """
    from training import teacher

    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Transpose", ["input_features"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Reshape", ["frames", "shape"], [teacher.LAYERS[0]]),
        helper.make_node("Add", [teacher.LAYERS[0], teacher.LAYERS[0]], [teacher.LAYERS[1]]),
        helper.make_node("Add", [teacher.LAYERS[0], teacher.LAYERS[1]], [teacher.LAYERS[2]]),
        helper.make_node("Identity", [teacher.LAYERS[2]], ["answer"]),
    ]
    graph = helper.make_graph(
        nodes,
        "teacher",
        [helper.make_tensor_value_info("input_features", kind, [1, 80, 800])],
        [helper.make_tensor_value_info("answer", kind, [1, 400, 160])],
        [helper.make_tensor("shape", onnx.TensorProto.INT64, [3], [1, 400, 160])],
    )
    file = tmp_path / "teacher.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(file))
    monkeypatch.setattr(teacher, "DIGEST", hashlib.sha256(file.read_bytes()).hexdigest())
    return file


@pytest.fixture
def stepwise() -> Iterator[None]:
    """Run networks as :func:`tests.stepwise.step_by_step` does."""
    with step_by_step():
        yield
