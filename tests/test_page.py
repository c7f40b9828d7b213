"""The page without a browser: Streamlit's AppTest, and a stand-in for the models."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from ser import LABELS, BundleError, Prediction, Recognizer
from ser.prediction import Status

APP = Path(__file__).parent.parent / "app.py"
SHARES = {"hybrid": (0.05, 0.0, 0.62, 0.0, 0.22, 0.1, 0.01), "cnn": (0.9, 0.1, 0, 0, 0, 0, 0)}


class Models:
    """Answer the same to every sound, and remember what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.fault: Exception | None = None
        self.status: Status = "ok"
        self.may_load = threading.Event()
        self.may_load.set()

    def load(self) -> Models:
        self.may_load.wait(timeout=30)
        if isinstance(self.fault, BundleError):
            raise self.fault
        return self

    def predict(self, source: tuple[np.ndarray, int], *, model: str) -> Prediction:
        if self.fault:
            raise self.fault
        self.asked.append((model, len(source[0])))
        duration_s = len(source[0]) / source[1]
        if self.status in {"no_speech", "too_short"}:
            return Prediction(None, 0.0, {}, model, duration_s, self.status)
        shares = dict(zip(LABELS, SHARES[model], strict=True))
        label, second = sorted(shares, key=shares.__getitem__, reverse=True)[:2]
        return Prediction(label, shares[label], shares, model, duration_s, self.status, second)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    st.cache_resource.clear()
    stand_in = Models()
    monkeypatch.setattr(Recognizer, "load", stand_in.load)
    yield stand_in
    stand_in.may_load.set()
    st.cache_resource.clear()


@pytest.fixture
def page(models: Models) -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format="WAV", subtype="PCM_16")
    return file.getvalue()


def upload(page: AppTest, content: bytes, name: str = "voice.wav") -> AppTest:
    page.file_uploader[0].upload(name, content, "audio/wav")
    return page.run()


def headings(page: AppTest) -> list[str]:
    return [header.value for header in page.header]


def charts(page: AppTest) -> list[str]:
    """What a screen reader hears of each chart."""
    return [chart.proto.alt for chart in page.get("plotly_chart")]


def test_first_screen_does_not_wait_for_the_models(models: Models) -> None:
    models.may_load.clear()
    page = AppTest.from_file(str(APP), default_timeout=15).run()
    assert page.title[0].value == "What does this voice sound like?"
    assert [tab.label for tab in page.tabs] == ["Upload a file", "Record", "Try a sample"]
    assert not page.exception


def test_notice_stands_before_anything_can_be_given(page: AppTest) -> None:
    notice = " ".join(text.value for text in page.markdown)
    for part in ("from the sound of the voice", "not kept", "at work or in school", "5(1)(f)"):
        assert part in notice


def test_upload_is_answered(page: AppTest, speech_wav: Path) -> None:
    upload(page, speech_wav.read_bytes())
    assert headings(page) == ["Sounds sad. Fairly sure.", "The voice in a picture"]
    bars, picture = charts(page)
    assert bars.startswith("Probability of each emotion: sad 62 %, fear 22 %")
    assert picture.startswith("Waveform and spectrogram")
    assert len(page.get("audio")) == 1
    assert not page.error
    assert not page.exception


def test_changing_the_model_computes_nothing_again(
    page: AppTest, models: Models, speech_wav: Path
) -> None:
    upload(page, speech_wav.read_bytes())
    asked = len(models.asked)
    page.segmented_control(key="model").set_value("cnn").run()
    assert headings(page)[0] == "Sounds neutral. Quite sure."
    page.segmented_control(key="model").set_value("Side by side").run()
    assert headings(page)[:2] == ["Sounds sad.", "Sounds neutral."]
    assert len(charts(page)) == 3
    assert len(models.asked) == asked


def test_recording_is_answered_though_a_file_was_uploaded_before(
    page: AppTest, models: Models, speech_wav: Path, speech: np.ndarray
) -> None:
    upload(page, speech_wav.read_bytes())
    page.session_state["source"] = "Record"
    page.run()
    assert not page.header, "nothing was recorded yet, so there is nothing to answer"
    page.audio_input[0].set_value(("recording.wav", wav(speech[:20_000]), "audio/wav")).run()
    assert headings(page)[0] == "Sounds sad. Fairly sure."
    assert models.asked[-1][1] == 20_000
    page.session_state["source"] = "Upload a file"
    assert headings(page.run())[0] == "Sounds sad. Fairly sure."


def test_sample_is_one_click_away_and_says_what_it_is(page: AppTest, models: Models) -> None:
    page.session_state["source"] = "Try a sample"
    page.run()
    assert headings(page)[0] == "Sounds sad. Fairly sure."
    choice = page.segmented_control(key="voice")
    assert "no person has spoken" in choice.label
    asked = len(models.asked)
    choice.set_value("lively").run()
    assert len(models.asked) == asked + 2
    assert not page.exception


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"Dear diary, today I spoke.", "not a sound file"), (b"", "not a sound file")],
    ids=["text", "empty"],
)
def test_what_is_no_sound_gets_a_sentence(page: AppTest, content: bytes, part: str) -> None:
    upload(page, content)
    assert part in page.error[0].value
    assert not page.header
    assert not page.exception


@pytest.mark.parametrize(
    ("status", "says", "what_to_do"),
    [
        ("no_speech", "No speech heard.", "microphone"),
        ("too_short", "Too short to say.", "Two or three seconds"),
    ],
)
@pytest.mark.parametrize("count", [0, 3_000, 16_000])
def test_where_nobody_speaks_there_is_a_sentence_and_no_chart(
    page: AppTest, models: Models, status: Status, says: str, what_to_do: str, count: int
) -> None:
    models.status = status
    upload(page, wav(np.zeros(count)))
    assert headings(page) == [says]
    assert what_to_do in page.markdown[-1].value
    assert not charts(page)
    assert not page.error
    assert not page.exception


def test_an_answer_in_doubt_names_two_emotions(
    page: AppTest, models: Models, speech_wav: Path
) -> None:
    models.status = "uncertain"
    upload(page, speech_wav.read_bytes())
    assert headings(page)[0] == "Hard to say. Between sad and fear."
    assert len(charts(page)) == 2


def test_broken_models_get_their_own_sentence_and_can_be_mended(
    page: AppTest, models: Models, speech_wav: Path
) -> None:
    models.fault = BundleError("artifacts/manifest.json is missing.")
    st.cache_resource.clear()
    upload(page, speech_wav.read_bytes())
    assert "models cannot be used" in page.error[0].value
    assert "manifest.json is missing" in page.error[0].value
    assert headings(page) == ["The voice in a picture"], "the picture needs no model"
    models.fault = None
    assert headings(page.run())[0] == "Sounds sad. Fairly sure."


def test_fault_of_ours_shows_no_trace(page: AppTest, models: Models, speech_wav: Path) -> None:
    models.fault = ZeroDivisionError("division by zero")
    upload(page, speech_wav.read_bytes())
    assert "server's log" in page.error[0].value
    assert "division" not in page.error[0].value
    assert not page.exception
