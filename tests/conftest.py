"""Voices for every test: synthesised, so that none needs a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ser import Recognizer
from ser.synthesis import MANNERS, sample_voice
from tests.stand_in import Models

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
