"""What page tests share: a stand-in for the models, quick and with a known answer; and eyes."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from ser import LABELS, AudioError, BundleError, Prediction, ProfileError, VoiceProfile
from ser.audio import load
from ser.prediction import Status
from ser.recognizer import Heard

SHARES = {"hybrid": (0.05, 0.0, 0.62, 0.0, 0.22, 0.1, 0.01), "cnn": (0.9, 0.1, 0, 0, 0, 0, 0)}
PROFILE = VoiceProfile("these", 9.6, {"cnn": (0.5,) * 9, "hybrid": (0.25,) * 9})


class Models:
    """Answer the same to every sound, and remember what was asked."""

    models = ("hybrid", "cnn")

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.loaded: list[Path] = []
        self.knows = PROFILE.models
        self.fault: Exception | None = None
        self.status: Status = "ok"
        self.may_load = threading.Event()
        self.may_load.set()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.waits = threading.Event()

    def load(self, bundle: Path) -> Models:
        self.loaded.append(bundle)
        self.may_load.wait(timeout=30)
        if isinstance(self.fault, BundleError):
            raise self.fault
        return self

    def predict(
        self,
        source: tuple[np.ndarray, int],
        *,
        model: str,
        profile: VoiceProfile | None = None,
    ) -> Prediction:
        return self.answers([self.hear(source, models=[model])], model=model, profile=profile)[0]

    def hear(self, source: tuple[np.ndarray, int], *, models: Sequence[str] | None = None) -> Heard:
        if threading.current_thread().name.startswith("background"):
            self.waits.set()
            self.may_go_on.wait(timeout=30)
        if self.fault:
            raise self.fault
        samples, rate = source
        self.asked += [(model, len(samples)) for model in models or self.models]
        silent = self.status == "ok" and not np.any(samples)
        return Heard(len(samples) / rate, "no_speech" if silent else self.status, {})

    def answers(
        self,
        heard: Sequence[Heard],
        *,
        model: str,
        profile: VoiceProfile | None = None,
        same_speaker: bool = False,
    ) -> list[Prediction]:
        if profile is not None and profile.models != self.knows:
            raise ProfileError("The voice profile was made for other models than these.")
        known = bool(profile or same_speaker)
        shares = dict(zip(LABELS, SHARES["cnn" if known else model], strict=True))
        return [replace(answer(each, shares, model), voice_known=known) for each in heard]

    def check(
        self, model: str, *, profile: VoiceProfile | None = None, same_speaker: bool = False
    ) -> str:
        self.answers([], model=model, profile=profile, same_speaker=same_speaker)
        return model

    def enrol(self, neutral: bytes) -> VoiceProfile:
        if len(load(neutral).samples) < 16_000:
            raise AudioError("There are 0.5 s of speech to learn the voice from.")
        return PROFILE


def answer(heard: Heard, shares: dict[str, float], model: str) -> Prediction:
    if heard.status in {"no_speech", "too_short"}:
        return Prediction(None, 0.0, {}, model, heard.duration_s, heard.status)
    label, second = sorted(shares, key=shares.__getitem__, reverse=True)[:2]
    return Prediction(label, shares[label], shares, model, heard.duration_s, heard.status, second)


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


def headings(page: AppTest) -> list[str]:
    return [header.value for header in page.header]


def charts(page: AppTest) -> list[str]:
    """What a screen reader hears of each chart."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def buttons(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def downloads(page: AppTest) -> list[str]:
    return [button.proto.label for button in page.get("download_button")]


def wait_for(page: AppTest, condition: Callable[[AppTest], bool]) -> AppTest:
    """Run the page again, as a browser does every half second, until it shows something."""
    for _ in range(100):
        if condition(page):
            return page
        time.sleep(0.05)
        page.run()
    pytest.fail("the page did not get there in time")
