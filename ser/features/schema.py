"""What the models are fed, and the description that keeps both sides honest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ser.audio import MIN_DURATION_S, SAMPLE_RATE, Sound
from ser.errors import AudioError
from ser.features import formants, functionals, pitch, spectral, speech
from ser.features.contours import CONTOURS, measure_contours
from ser.features.encoded import ENCODED, measure_encoded
from ser.features.prosody import PROSODIC_FEATURES, analyse, prosody_of

VERSION = 4
"""Raise it whenever the same sound is measured otherwise than before."""

ENCODER_VERSION = 1
"""Raise it whenever the encoder hears the same sound otherwise than before."""


@dataclass(frozen=True)
class Features:
    """One recording as the models see it.

    Attributes
    ----------
    log_mel : np.ndarray [shape=(frames, 64), dtype=float32]
    functionals : np.ndarray [shape=(2252,), dtype=float32]
        In the order of :func:`feature_names`: prosody first, what the encoder hears last.
    """

    log_mel: np.ndarray
    functionals: np.ndarray

    @property
    def prosody(self) -> np.ndarray:
        """In the order of :data:`ser.features.PROSODIC_FEATURES` [shape=(44,)]."""
        return self.functionals[: len(PROSODIC_FEATURES)]


def extract(sound: Sound) -> Features:
    """Compute all that the models need from a sound.

    Raises
    ------
    AudioError
        Less than 0.1 s is left once the silence at both ends is cut off.
    """
    course = follow(sound)
    measured = sum_up(course.log_mel, course.contours, prosody=course.prosody)
    encoded = measure_encoded(speech.trim(sound.samples))
    return Features(course.log_mel, np.concatenate([measured, encoded]))


@dataclass(frozen=True)
class Course:
    """One recording frame by frame, and its prosody: what functionals are computed from.

    Attributes
    ----------
    log_mel : np.ndarray [shape=(frames, 64), dtype=float32]
    contours : np.ndarray [shape=(frames, 8), dtype=float32]
        See :func:`ser.features.contours.measure_contours`.
    prosody : np.ndarray [shape=(44,)]
    """

    log_mel: np.ndarray
    contours: np.ndarray
    prosody: np.ndarray


def follow(sound: Sound) -> Course:
    """Follow spectrum, pitch and formants through a sound.

    Raises
    ------
    AudioError
        Less than 0.1 s is left once the silence at both ends is cut off.
    """
    voice = speech.trim(sound.samples)
    if len(voice) < MIN_DURATION_S * SAMPLE_RATE:
        raise AudioError(f"Only {len(voice) / SAMPLE_RATE:.2f} s of the recording is not silent.")
    log_mel = spectral.log_mel(voice)
    analysis = analyse(voice)
    contours = measure_contours(analysis.pitch, analysis.formant, frames=len(log_mel))
    return Course(log_mel, contours, np.array(list(prosody_of(analysis).values())))


def sum_up(log_mel: np.ndarray, contours: np.ndarray, *, prosody: np.ndarray) -> np.ndarray:
    """Sum up what was measured of a clip [shape=(1228,), dtype=float32]: prosody comes first."""
    values = functionals.measure_functionals(log_mel, contours)
    return np.concatenate([prosody, list(values.values())]).astype(np.float32)


def feature_names() -> list[str]:
    """Name the entries of :attr:`Features.functionals` in order."""
    prosodic = [feature.name for feature in PROSODIC_FEATURES]
    return [*prosodic, *functionals.functional_names(), *ENCODED]


def feature_schema() -> dict[str, Any]:
    """Describe the features; a model fits only where this description is equal."""
    return {**measured_schema(), "encoder": {"version": ENCODER_VERSION, "entries": len(ENCODED)}}


def measured_schema() -> dict[str, Any]:
    """Describe all but what the encoder hears."""
    return {
        "version": VERSION,
        "sample_rate_hz": SAMPLE_RATE,
        "trim_top_db": speech.TOP_DB,
        "log_mel": {
            "n_fft": spectral.N_FFT,
            "hop_length": spectral.HOP_LENGTH,
            "n_mels": spectral.N_MELS,
            "f_min_hz": spectral.F_MIN_HZ,
            "f_max_hz": spectral.F_MAX_HZ,
            "floor_db": spectral.FLOOR_DB,
        },
        "pitch": {
            "floor_hz": pitch.F0_FLOOR_HZ,
            "ceiling_hz": pitch.F0_CEILING_HZ,
            "step_s": pitch.STEP_S,
        },
        "formants": {"step_s": formants.STEP_S, "ceiling_hz": formants.CEILING_HZ},
        "contours": list(CONTOURS),
        "prosody": [feature.name for feature in PROSODIC_FEATURES],
        "functionals": len(functionals.functional_names()),
    }
