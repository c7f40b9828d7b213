"""The computer's own microphone, through sounddevice and PortAudio.

sounddevice is imported only when somebody records: without PortAudio its
import raises ``OSError``, and nobody who only analyses files should notice.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ser.audio import SAMPLE_RATE
from ser.errors import MicrophoneError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import numpy as np


def record(seconds: float, *, on_start: Callable[[], None] | None = None) -> tuple[np.ndarray, int]:
    """Record the default microphone, and return when the time is over.

    Parameters
    ----------
    seconds : float
        How long to record, in seconds; above 0.
    on_start : Callable[[], None], optional
        Called once as the recording starts, to tell people to speak.

    Returns
    -------
    samples : np.ndarray [shape=(n,), dtype=float32]
        One channel, in [-1, 1].
    sample_rate : int
        In hertz: :data:`ser.audio.SAMPLE_RATE` where the device can do that,
        else the device's own rate.

    Raises
    ------
    MicrophoneError
        If PortAudio or sounddevice is missing, no microphone is there, it
        cannot be opened, or it delivers nothing but digital silence.
    """
    sounddevice = _import_sounddevice()
    device = _default_input(sounddevice)
    try:
        sample_rate = _usable_rate(sounddevice, device)
        samples = sounddevice.rec(
            round(seconds * sample_rate),
            samplerate=sample_rate,
            channels=1,
            dtype="float32",
            device=device["index"],
        )
        if on_start:
            on_start()
        sounddevice.wait()
    except sounddevice.PortAudioError as error:
        raise MicrophoneError(
            f"The microphone {device['name']!r} cannot be used ({error.args[0]}). Close programs "
            "that hold it, or choose another input in the system's sound settings."
        ) from error
    # A muted microphone, or one that the system keeps from us, gives exact zeros.
    if not samples.any():
        raise MicrophoneError(
            f"The microphone {device['name']!r} gave only silence. See that it is not muted and "
            "that this program is allowed to use it."
        )
    return samples[:, 0], sample_rate


def _import_sounddevice() -> ModuleType:
    """Import sounddevice, or say what to install."""
    try:
        return import_module("sounddevice")
    except ImportError as error:
        raise MicrophoneError(
            "Recording needs the Python package sounddevice. "
            "Install it with: python -m pip install sounddevice"
        ) from error
    except OSError as error:
        raise MicrophoneError(
            "Recording needs the PortAudio library, which is not installed. "
            "On Debian or Ubuntu type: sudo apt install libportaudio2"
        ) from error


def _default_input(sounddevice: ModuleType) -> dict[str, Any]:
    """Describe the device that the system records from unless told otherwise."""
    try:
        device: dict[str, Any] = sounddevice.query_devices(kind="input")
    # ValueError: the default device is one that only plays.
    except (sounddevice.PortAudioError, ValueError) as error:
        raise MicrophoneError(
            "No microphone was found. Connect one, or choose an input in the system's sound "
            "settings, and try again."
        ) from error
    return device


def _usable_rate(sounddevice: ModuleType, device: dict[str, Any]) -> int:
    """Choose our own rate (Hz) where the device can do it, else the device's."""
    try:
        sounddevice.check_input_settings(
            device=device["index"], channels=1, dtype="float32", samplerate=SAMPLE_RATE
        )
    except sounddevice.PortAudioError:
        return int(device["default_samplerate"])
    return SAMPLE_RATE
