"""Is it speech? Asked before any emotion is named.

A detector of others (:mod:`ser.voice_activity`) is asked first, but loud anger and
fear mislead it at times, and so do animals and beeps. A network as small as they come
(:mod:`ser.gate_features` in, one hidden layer) judges windows of one second by what it
says and by how the sound changes; stretches of two seconds pass or fail by the mean of
their windows. One stretch of speech lets a whole recording pass.

That network runs in numpy, from a JSON file that :mod:`training.gate` writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ser.audio import Sound, is_silent
from ser.errors import BundleError
from ser.features import log_mel, trim_silence
from ser.features.spectral import HOP_S
from ser.gate_features import (
    FEATURES,
    VERSION,
    WINDOW_FRAMES,
    window_features,
    window_starts,
)

MIN_SPEECH_S = 0.4
"""Under this there is too little to judge an emotion by."""

SPAN_WINDOWS = 5
"""Windows that are judged together: a window of 1 s every 0.25 s makes a span of 2 s."""

LIMIT = 6.0
"""Standardised features are cut here, as in training."""

_ACTIVE_DB = 25.0  # under the loud part of a recording: pauses, breath, the room


@dataclass(frozen=True)
class SpeechCheck:
    """Whether a recording holds speech, and how much.

    Attributes
    ----------
    status : str
        ``"ok"``, ``"no_speech"`` or ``"too_short"``.
    speech_s : float
        Seconds of speech, pauses left out.
    """

    status: Literal["ok", "no_speech", "too_short"]
    speech_s: float


@dataclass(frozen=True)
class SpeechGate:
    """Tells speech from everything else.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(features,)]
        What the features are standardised by.
    weights, biases : tuple of np.ndarray
        Of each layer; rectifiers between them.
    threshold : float
        Log-odds from which a stretch counts as speech.
    """

    mean: np.ndarray
    std: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    threshold: float

    @classmethod
    def load(cls, path: Path) -> SpeechGate:
        """Read a gate.

        Raises
        ------
        BundleError
            The file is missing, damaged, or made for other features.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            gate = _from_json(content)
            made_for = (content["version"], tuple(content["features"]))
        except FileNotFoundError as error:
            raise BundleError(
                f"{path} is missing: fetch it again, or make it with python -m training.gate."
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BundleError(f"{path} is damaged: fetch it again.") from error
        if made_for != (VERSION, FEATURES):
            raise BundleError(
                f"{path} was made for other features than this version computes: train the models "
                "beside it again, which renews it, or make it with python -m training.gate --out."
            )
        return gate

    def check(self, sound: Sound) -> SpeechCheck:
        """Tell whether a sound holds speech.

        Parameters
        ----------
        sound : Sound
            As :func:`ser.audio.load` gives it; it may be silent or empty.
        """
        if sound.duration_s < MIN_SPEECH_S:
            return SpeechCheck("too_short", 0.0)
        if is_silent(sound.samples):
            return SpeechCheck("no_speech", 0.0)
        voice = trim_silence(sound.samples)
        spectrogram = log_mel(voice)
        passed = span_means(self.score(window_features(spectrogram, voice))) >= self.threshold
        if not passed.any():
            return SpeechCheck("no_speech", 0.0)
        speech_s = _speech_s(spectrogram, passed)
        return SpeechCheck("ok" if speech_s >= MIN_SPEECH_S else "too_short", speech_s)

    def score(self, features: np.ndarray) -> np.ndarray:
        """Log-odds of speech [shape=(windows,)] from features [shape=(windows, features)]."""
        values = np.clip((features - self.mean) / self.std, -LIMIT, LIMIT)
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = (np.maximum(values, 0.0) if number else values) @ weight + bias
        scores: np.ndarray = values[:, 0]
        return scores

    def to_json(self) -> dict[str, Any]:
        """Give what :meth:`load` reads."""
        return {
            "version": VERSION,
            "features": list(FEATURES),
            "threshold": round(self.threshold, 4),
            "mean": _rounded(self.mean),
            "std": _rounded(self.std),
            "weights": [_rounded(weight) for weight in self.weights],
            "biases": [_rounded(bias) for bias in self.biases],
        }


def span_means(scores: np.ndarray) -> np.ndarray:
    """Mean score of each span of windows; of all windows where they are few."""
    width = min(SPAN_WINDOWS, len(scores))
    return np.convolve(scores, np.full(width, 1 / width), "valid")


def _speech_s(spectrogram: np.ndarray, passed: np.ndarray) -> float:
    """Seconds that are loud enough and lie in spans that passed."""
    level = 10 * np.log10(np.mean(10 ** (spectrogram / 10), axis=1))
    active = level > np.percentile(level, 95) - _ACTIVE_DB
    inside = np.zeros(len(level), dtype=bool)
    starts = window_starts(len(level))
    last = min(SPAN_WINDOWS, len(starts)) - 1
    for span in np.flatnonzero(passed):
        # The frames after the last whole window belong to it.
        end = starts[span + last] + WINDOW_FRAMES if span < len(passed) - 1 else len(level)
        inside[starts[span] : end] = True
    return float((active & inside).sum()) * HOP_S


def _from_json(content: dict[str, Any]) -> SpeechGate:
    return SpeechGate(
        mean=np.array(content["mean"], dtype=np.float32),
        std=np.array(content["std"], dtype=np.float32),
        weights=tuple(np.array(weight, dtype=np.float32) for weight in content["weights"]),
        biases=tuple(np.array(bias, dtype=np.float32) for bias in content["biases"]),
        threshold=float(content["threshold"]),
    )


def _rounded(values: np.ndarray) -> list[Any]:
    """Give five digits of each value: what is more is noise, and the file is small."""
    exact = np.vectorize(lambda value: float(f"{value:.5g}"), otypes=[float])
    listed: list[Any] = exact(values).tolist()
    return listed
