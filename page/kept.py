"""What takes time and is kept: the models for the server, the rest for the visit.

A visit is answered by the models that the program began with, until somebody chooses
others on the page "Train your own"; whatever depends on the answering models is kept
under their name: see :func:`answering`.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import streamlit as st

from page.background import in_background
from page.warm import stay_warm
from ser import Prediction, Recognizer, VoiceProfile, bundles
from ser.audio import SAMPLE_RATE, Sound, load
from ser.bundles import KnownBundle, first_bundle, models_in, saved_ns
from ser.overdrive import is_overdriven
from ser.prediction import TITLES

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go

Parameters = ParamSpec("Parameters")
Made = TypeVar("Made")

CHOSEN_KEY = "chosen_bundle"
"""In the visit's state: the bundle that somebody chose instead of the first one."""


@dataclass(frozen=True)
class Given:
    """A sound that somebody gave: its bytes and what it is called."""

    content: bytes
    name: str

    @cached_property
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
    return in_background(partial(_load, Path(which.root)), name="models")


def _load(root: Path) -> Recognizer:
    """Load the models and let each answer once: only then is everything in memory."""
    from ser.synthesis import sample_voice

    recognizer = Recognizer.load(root)
    for model in recognizer.models:
        recognizer.predict((sample_voice(), SAMPLE_RATE), model=model)
    stay_warm()
    return recognizer


def kept_for_visit(
    max_entries: int = 4,
) -> Callable[[Callable[Parameters, Made]], Callable[Parameters, Made]]:
    """Keep what is made of a sound until the visit ends; of more than that, the latest.

    A sound is known by its key, which is made once: a recording of minutes has tens of
    megabytes, and a page asks for it at every click.
    """
    return st.cache_resource(
        scope="session",
        max_entries=max_entries,
        show_spinner=False,
        hash_funcs={Given: lambda given: given.key, VoiceProfile: VoiceProfile.to_json},
    )


@kept_for_visit()
def read(given: Given) -> Sound:
    """Decode a file's bytes."""
    return load(given.content, empty_too=True)


@kept_for_visit()
def is_too_loud(given: Given) -> bool:
    """Tell whether a sound's peaks are cut off."""
    return is_overdriven(read(given).samples)


@kept_for_visit()
def playable(given: Given) -> bytes:
    """Turn any format into one that every browser plays, louder than full scale turned down."""
    samples = read(given).samples
    return as_wav(samples / max(1.0, float(abs(samples).max(initial=0.0))))


def predict(given: Given, profile: VoiceProfile | None) -> dict[str, Prediction]:
    """Ask both models, so that switching between them costs nothing."""
    return _predict(answering(), given, profile)


@kept_for_visit(8)
def _predict(which: Answering, given: Given, profile: VoiceProfile | None) -> dict[str, Prediction]:
    recognizer = models_of(which)
    heard = [recognizer.hear((read(given).samples, SAMPLE_RATE))]
    return {
        model: recognizer.answers(heard, model=model, profile=profile)[0]
        for model in recognizer.models
    }


@kept_for_visit()
def draw(given: Given, start_s: float, end_s: float) -> go.Figure:
    """Draw the picture of a stretch of a voice."""
    from ser.charts import voice_picture

    return voice_picture(read(given), start_s=start_s, end_s=end_s)


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
