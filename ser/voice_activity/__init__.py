"""How sure a detector of others is that somebody speaks, moment by moment.

It is Silero VAD (Silero Team, MIT, https://github.com/snakers4/silero-vad), a small
recurrent network trained on thousands of hours. ``silero_vad.onnx`` is the file
``silero_vad_16k_sequence.onnx`` of its wheel, version 6.2.3, unchanged; the wheel
itself wants PyTorch, for which there is no need here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ser.onnx_models import open_onnx

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FILE = Path(__file__).with_name("silero_vad.onnx")

CHUNK = 512
"""Samples that are judged together: 32 ms."""

_CONTEXT = 64  # samples before each chunk that the network sees too
_STATE = (1, 1, 128)
_BLOCK = 1_000  # chunks at a time: twenty minutes must not fill the memory
_RMS = 0.05  # of a whole sound, however loud it comes
_FLOOR = 1e-6  # of a probability, and of its distance from 1


def speech_log_odds(samples: np.ndarray) -> np.ndarray:
    """Tell how sure the detector is that each chunk holds speech.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,)]
        At 16 kHz and at any level; not empty. The last chunk is filled up with silence.

    Returns
    -------
    np.ndarray [shape=(chunks,)]
        Natural logarithm of probability over counter-probability, -13.8 to 13.8.
    """
    centred = samples - np.mean(samples, dtype=np.float64)
    level = float(np.sqrt(np.mean(centred**2)))
    scaled = np.clip(centred * (_RMS / max(level, 1e-9)), -1.0, 1.0).astype(np.float32)
    padded = np.pad(scaled, (_CONTEXT, -len(scaled) % CHUNK))
    chunks = np.lib.stride_tricks.sliding_window_view(padded, _CONTEXT + CHUNK)[::CHUNK]
    hidden = cell = np.zeros(_STATE, np.float32)
    parts = []
    for first in range(0, len(chunks), _BLOCK):
        block = np.ascontiguousarray(chunks[first : first + _BLOCK])
        part, hidden, cell = _detector().run(None, {"input": block, "h": hidden, "c": cell})
        parts.append(part)
    chance = np.clip(np.concatenate(parts).astype(np.float64), _FLOOR, 1 - _FLOOR)
    return np.log(chance / (1 - chance))


@cache
def _detector() -> InferenceSession:
    return open_onnx(str(FILE))
