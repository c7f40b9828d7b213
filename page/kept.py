"""What takes time and is kept: the models for the server, the rest for the visit."""

from __future__ import annotations

import io
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st

from ser import Prediction, Recognizer, VoiceProfile
from ser.audio import SAMPLE_RATE, Sound, load

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

MODELS = {"hybrid": "Hybrid", "cnn": "CNN"}


@dataclass(frozen=True)
class Given:
    """A sound that somebody gave: its bytes and what it is called."""

    content: bytes
    name: str

    @property
    def key(self) -> str:
        """A name for the content: the same bytes have the same."""
        return sha256(self.content).hexdigest()


@st.cache_resource(show_spinner=False)
def models_on_their_way() -> Future[Recognizer]:
    """Begin to load the models, once for the server, without waiting for them."""
    return ThreadPoolExecutor(1, thread_name_prefix="models").submit(load_models)


def load_models() -> Recognizer:
    """Load the models and let each answer once: only then is everything in memory."""
    from ser.synthesis import sample_voice

    recognizer = Recognizer.load()
    for model in MODELS:
        recognizer.predict((sample_voice(), SAMPLE_RATE), model=model)
    return recognizer


def models() -> Recognizer:
    """Wait for the models."""
    try:
        return models_on_their_way().result()
    except Exception:
        models_on_their_way.clear()  # so that mended models are found without a restart
        raise


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def read(content: bytes) -> Sound:
    """Decode a file's bytes."""
    return load(content, empty_too=True)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def playable(content: bytes) -> bytes:
    """Turn any format into one that every browser plays."""
    return as_wav(read(content).samples)


@st.cache_resource(
    scope="session",
    max_entries=8,
    show_spinner=False,
    hash_funcs={VoiceProfile: VoiceProfile.to_json},
)
def predict(content: bytes, profile: VoiceProfile | None) -> dict[str, Prediction]:
    """Ask both models, so that switching between them costs nothing."""
    recognizer, sound = models(), read(content)
    given = (sound.samples, SAMPLE_RATE)
    return {model: recognizer.predict(given, model=model, profile=profile) for model in MODELS}


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def draw(content: bytes) -> go.Figure:
    """Draw the picture of a voice."""
    from ser.charts import voice_picture

    return voice_picture(read(content))


@st.cache_resource(show_spinner=False)
def made_up_voice(name: str) -> bytes:
    """Synthesise one of the sample voices, as a WAV file."""
    from ser.synthesis import sample_voice

    return as_wav(sample_voice(name))


def as_wav(samples: np.ndarray) -> bytes:
    """Write samples as a WAV file."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()
