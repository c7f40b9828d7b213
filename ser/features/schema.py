"""What the models are fed, and the description that keeps both sides honest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ser.audio import MIN_DURATION_S, SAMPLE_RATE, Sound
from ser.errors import AudioError
from ser.features import formants, pitch, spectral, speech
from ser.features.prosody import PROSODIC_FEATURES, measure_prosody

VERSION = 1
"""Raise it whenever the same sound gives other values than before."""


@dataclass(frozen=True)
class Features:
    """One recording as the models see it.

    Attributes
    ----------
    log_mel : np.ndarray [shape=(frames, 64), dtype=float32]
    prosody : np.ndarray [shape=(44,), dtype=float32]
        In the order of :data:`ser.features.PROSODIC_FEATURES`.
    """

    log_mel: np.ndarray
    prosody: np.ndarray


def extract(sound: Sound) -> Features:
    """Compute all that the models need from a sound.

    Raises
    ------
    AudioError
        Less than 0.1 s is left once the silence at both ends is cut off.
    """
    voice = speech.trim(sound.samples)
    if len(voice) < MIN_DURATION_S * SAMPLE_RATE:
        raise AudioError(f"Only {len(voice) / SAMPLE_RATE:.2f} s of the recording is not silent.")
    return Features(
        log_mel=spectral.log_mel(voice),
        prosody=np.array(list(measure_prosody(voice).values()), dtype=np.float32),
    )


def feature_schema() -> dict[str, Any]:
    """Describe the features; a model fits only where this description is equal."""
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
        "prosody": [feature.name for feature in PROSODIC_FEATURES],
    }
