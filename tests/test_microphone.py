"""The microphone, with sounddevice played by a stand-in."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pytest

from ser import microphone
from ser.errors import MicrophoneError


class PortAudioError(Exception):
    """Stands in for sounddevice's own."""


class FakeSounddevice(SimpleNamespace):
    """A computer with one microphone that hears a 200 Hz tone."""

    PortAudioError = PortAudioError

    def __init__(self, *, rates: tuple[int, ...] = (16000,), level: float = 0.5) -> None:
        super().__init__(rates=rates, level=level, finished=False)

    def query_devices(self, kind: str) -> dict[str, object]:
        assert kind == "input"
        return {"index": 3, "name": "Built-in", "default_samplerate": float(self.rates[-1])}

    def check_input_settings(
        self, *, device: int, channels: int, dtype: str, samplerate: int
    ) -> None:
        if samplerate not in self.rates:
            raise PortAudioError("Invalid sample rate")

    def rec(
        self, frames: int, *, samplerate: int, channels: int, dtype: str, device: int
    ) -> np.ndarray:
        assert samplerate in self.rates
        assert device == 3
        time_s = np.arange(frames) / samplerate
        tone = self.level * np.sin(2 * np.pi * 200 * time_s)
        return np.repeat(tone[:, None], channels, axis=1).astype(dtype)

    def wait(self) -> None:
        self.finished = True


def install(monkeypatch: pytest.MonkeyPatch, sounddevice: object) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", sounddevice)


def test_records_mono_at_our_rate_and_waits_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeSounddevice(rates=(16000, 48000))
    install(monkeypatch, fake)
    started_before_end = []

    samples, sample_rate = microphone.record(
        1.5, on_start=lambda: started_before_end.append(not fake.finished)
    )

    assert sample_rate == 16000
    assert samples.shape == (24000,)
    assert samples.dtype == np.float32
    assert np.abs(samples).max() == pytest.approx(0.5, abs=1e-3)
    assert started_before_end == [True]
    assert fake.finished


def test_uses_the_rate_of_a_device_that_cannot_do_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeSounddevice(rates=(44100,)))

    samples, sample_rate = microphone.record(2)

    assert sample_rate == 44100
    assert samples.shape == (88200,)


def test_a_missing_portaudio_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPortAudio:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPortAudio(), *sys.meta_path])

    with pytest.raises(MicrophoneError, match="apt install libportaudio2"):
        microphone.record(1)


def test_a_missing_sounddevice_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)  # Python then raises ImportError

    with pytest.raises(MicrophoneError, match="pip install sounddevice"):
        microphone.record(1)


@pytest.mark.parametrize(
    "reason", [PortAudioError("Error querying device -1"), ValueError("Not an input device: 'X'")]
)
def test_a_computer_without_microphone_says_so(
    monkeypatch: pytest.MonkeyPatch, reason: Exception
) -> None:
    fake = FakeSounddevice()

    def query_devices(kind: str) -> NoReturn:
        raise reason

    monkeypatch.setattr(fake, "query_devices", query_devices)
    install(monkeypatch, fake)

    with pytest.raises(MicrophoneError, match="No microphone was found"):
        microphone.record(1)


@pytest.mark.parametrize("failing", ["rec", "wait"])
def test_a_microphone_in_use_is_named(monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    fake = FakeSounddevice()

    def fail(*args: object, **kwargs: object) -> NoReturn:
        raise PortAudioError("Device unavailable", -9985)

    monkeypatch.setattr(fake, failing, fail)
    install(monkeypatch, fake)

    with pytest.raises(MicrophoneError, match=r"'Built-in' cannot be used \(Device unavail"):
        microphone.record(1)


def test_a_muted_microphone_is_not_taken_for_a_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeSounddevice(level=0.0))

    with pytest.raises(MicrophoneError, match=r"only silence.*muted"):
        microphone.record(1)
