"""What takes time and is kept: the models for the server, the rest for the visit.

A visit is answered by the models that the program began with, until somebody chooses
others on the page "Train your own"; whatever depends on the answering models is kept
under their name: see :func:`answering`.
"""

from __future__ import annotations

import io
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from page.warm import stay_warm
from ser import Prediction, Recognizer, VoiceProfile, bundles
from ser.audio import SAMPLE_RATE, Sound, load
from ser.bundles import TITLES, KnownBundle, first_bundle, models_in, saved_ns

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

CHOSEN_KEY = "chosen_bundle"
"""In the visit's state: the bundle that somebody chose instead of the first one."""


@dataclass(frozen=True)
class Given:
    """A sound that somebody gave: its bytes and what it is called."""

    content: bytes
    name: str

    @property
    def key(self) -> str:
        """A name for the content: the same bytes have the same."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Answering:
    """Which models answer; what depends on them is kept under this.

    Attributes
    ----------
    root : str
        Folder of the bundle.
    saved_ns : int
        When it was saved, in nanoseconds since 1970; 0 where it is missing. Models
        that are trained anew in the same place are others.
    """

    root: str
    saved_ns: int


def answering() -> Answering:
    """Tell which models answer in this visit."""
    chosen: KnownBundle | None = st.session_state.get(CHOSEN_KEY)
    return version_of(first_bundle() if chosen is None else chosen.root)


def version_of(root: Path) -> Answering:
    """Tell which models lie in a folder."""
    return Answering(str(root), saved_ns(root))


def model_names() -> dict[str, str]:
    """Give the models that answer in this visit and what they are called, the usual one first."""
    return models_in(Path(answering().root))


def are_ours() -> bool:
    """Tell whether our two networks answer, and not another system: these alone say why."""
    return model_names() == TITLES


def can_learn_voices() -> bool:
    """Tell whether this visit's models can allow for a voice."""
    return are_ours() and bundles.can_learn_voices(Path(answering().root))


def models_on_their_way() -> Future[Recognizer]:
    """Begin to load this visit's models, without waiting for them."""
    return _on_their_way(answering())


def models() -> Recognizer:
    """Wait for this visit's models."""
    return models_of(answering())


def models_of(which: Answering) -> Recognizer:
    """Wait for these models."""
    try:
        return _on_their_way(which).result()
    except Exception:
        _on_their_way.clear(which)  # so that mended models are found without a restart
        raise


# For the server: what one visitor has loaded serves all, and the shipped models stay beside
# one or two others. Each takes some hundred megabytes.
@st.cache_resource(max_entries=3, show_spinner=False)
def _on_their_way(which: Answering) -> Future[Recognizer]:
    thread = ThreadPoolExecutor(1, thread_name_prefix="models")
    future = thread.submit(_load, Path(which.root))
    thread.shutdown(wait=False)
    return future


def _load(root: Path) -> Recognizer:
    """Load the models and let each answer once: only then is everything in memory."""
    from ser.synthesis import sample_voice

    recognizer = Recognizer.load(root)
    for model in recognizer.models:
        recognizer.predict((sample_voice(), SAMPLE_RATE), model=model)
    stay_warm()
    return recognizer


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def read(content: bytes) -> Sound:
    """Decode a file's bytes."""
    return load(content, empty_too=True)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def playable(content: bytes) -> bytes:
    """Turn any format into one that every browser plays."""
    return as_wav(read(content).samples)


def predict(content: bytes, profile: VoiceProfile | None) -> dict[str, Prediction]:
    """Ask both models, so that switching between them costs nothing."""
    return _predict(answering(), content, profile)


@st.cache_resource(
    scope="session",
    max_entries=8,
    show_spinner=False,
    hash_funcs={VoiceProfile: VoiceProfile.to_json},
)
def _predict(
    which: Answering, content: bytes, profile: VoiceProfile | None
) -> dict[str, Prediction]:
    recognizer, sound = models_of(which), read(content)
    given = (sound.samples, SAMPLE_RATE)
    heard = [recognizer.hear(given)]
    return {
        model: recognizer.answers(heard, model=model, profile=profile)[0]
        for model in recognizer.models
    }


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def draw(content: bytes, start_s: float, end_s: float) -> go.Figure:
    """Draw the picture of a stretch of a voice."""
    from ser.charts import voice_picture

    return voice_picture(read(content), start_s=start_s, end_s=end_s)


@st.cache_resource(show_spinner=False)
def made_up_voice(name: str) -> bytes:
    """Synthesise one of the sample voices, as a WAV file."""
    from ser.synthesis import sample_voice

    return as_wav(sample_voice(name))


def as_wav(samples: np.ndarray, *, subtype: str = "PCM_16") -> bytes:
    """Write samples as a WAV file; with the subtype "FLOAT" nothing is rounded."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, SAMPLE_RATE, format="WAV", subtype=subtype)
    return file.getvalue()
