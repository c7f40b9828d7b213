"""The page without a browser: Streamlit's AppTest, and a stand-in for the models."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from page import over_time
from ser import (
    LABELS,
    AudioError,
    BundleError,
    Prediction,
    ProfileError,
    Recognizer,
    VoiceProfile,
)
from ser.audio import load
from ser.prediction import Status

APP = Path(__file__).parent.parent / "app.py"
SHARES = {"hybrid": (0.05, 0.0, 0.62, 0.0, 0.22, 0.1, 0.01), "cnn": (0.9, 0.1, 0, 0, 0, 0, 0)}


PROFILE = VoiceProfile("these", 9.6, {"cnn": (0.5,) * 9, "hybrid": (0.25,) * 9})


class Models:
    """Answer the same to every sound, and remember what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.fault: Exception | None = None
        self.status: Status = "ok"
        self.may_load = threading.Event()
        self.may_load.set()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def load(self) -> Models:
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
        if threading.current_thread().name.startswith("timeline"):
            self.may_go_on.wait(timeout=30)
        if self.fault:
            raise self.fault
        if profile is not None and profile.models != PROFILE.models:
            raise ProfileError("The voice profile was made for other models than these.")
        self.asked.append((model, len(source[0])))
        duration_s = len(source[0]) / source[1]
        if self.status in {"no_speech", "too_short"}:
            return Prediction(None, 0.0, {}, model, duration_s, self.status)
        shares = dict(zip(LABELS, SHARES["cnn" if profile else model], strict=True))
        label, second = sorted(shares, key=shares.__getitem__, reverse=True)[:2]
        return Prediction(label, shares[label], shares, model, duration_s, self.status, second)

    def enrol(self, neutral: bytes) -> VoiceProfile:
        if len(load(neutral).samples) < 16_000:
            raise AudioError("There are 0.5 s of speech to learn the voice from.")
        return PROFILE


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    st.cache_resource.clear()
    stand_in = Models()
    monkeypatch.setattr(Recognizer, "load", stand_in.load)
    yield stand_in
    stand_in.may_load.set()
    stand_in.may_go_on.set()
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


@pytest.fixture
def long_wav(speech: np.ndarray) -> bytes:
    """Twelve seconds."""
    return wav(np.tile(speech, 4))


def test_a_short_sound_has_no_timeline(page: AppTest, speech_wav: Path) -> None:
    upload(page, speech_wav.read_bytes())
    assert "Over time" not in headings(page)
    assert downloads(page) == ["Report", "JSON", "CSV"]


def test_a_longer_sound_becomes_a_timeline_when_asked_and_only_once(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    upload(page, long_wav)
    assert "Over time" in headings(page)
    assert len(models.asked) == 4, "two to warm up, two answers: nothing that was not asked for"
    page.button(key="over-time").click().run()
    wait_for(page, lambda page: len(charts(page)) == 3)
    assert charts(page)[1].startswith(
        "Probability of each emotion over time: 0:00 to 0:12 Sounds sad (62 %)"
    )
    assert page.dataframe[0].value.iloc[0].tolist() == ["0:00", "0:12", "Sounds sad (62 %)"]
    assert downloads(page)[3:] == ["Timeline CSV", "Subtitles (WebVTT)", "Audacity labels"]
    asked = len(models.asked)
    assert asked == 4 + 10
    page.segmented_control(key="model").set_value("cnn").run()
    assert page.button(key="over-time"), "the other model was not asked yet"
    page.segmented_control(key="model").set_value("hybrid").run()
    assert len(charts(page)) == 3
    assert len(models.asked) == asked
    assert not page.exception


def test_a_timeline_can_be_cancelled_and_keeps_what_was_heard(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    models.may_go_on.clear()
    upload(page, long_wav)
    page.button(key="over-time").click().run()
    assert "Cancel" in buttons(page)
    assert "Show how it changes" not in buttons(page)
    assert headings(page)[0] == "Sounds sad. Fairly sure.", "the page stays alive"
    page.button(key="cancel").click().run()
    models.may_go_on.set()
    wait_for(page, lambda page: bool(page.info))
    assert page.info[0].value == "You stopped this: 0:03 of 0:12 were heard."
    page.button(key="again").click().run()
    assert "Show how it changes" in buttons(page)
    assert not page.exception


def test_nobody_waits_any_more(
    monkeypatch: pytest.MonkeyPatch, page: AppTest, models: Models, long_wav: bytes
) -> None:
    models.may_go_on.clear()
    upload(page, long_wav)
    monkeypatch.setattr(over_time, "LEFT_AFTER_S", 0.2)
    page.button(key="over-time").click().run()
    time.sleep(0.4)
    asked = len(models.asked)
    models.may_go_on.set()
    time.sleep(0.4)
    assert len(models.asked) == asked + 1, "the window under way, and no other"


def test_a_timeline_that_fails_gets_a_sentence_and_another_try(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    upload(page, long_wav)
    models.fault = BundleError("The hybrid model has gone.")
    page.button(key="over-time").click().run()
    wait_for(page, lambda page: bool(page.error))
    assert page.error[0].value == "The hybrid model has gone."
    assert "Show how it changes" in buttons(page.run())


def test_my_voice_is_learnt_used_set_aside_and_forgotten(
    page: AppTest, speech_wav: Path, long_wav: bytes
) -> None:
    upload(page, speech_wav.read_bytes())
    page.audio_input(key="neutral").set_value(("neutral.wav", long_wav, "audio/wav")).run()
    page.button(key="learn").click().run()
    assert page.success[0].value == "Your voice is known, from 10 s of speech."
    assert downloads(page)[0] == "Save my profile"
    assert headings(page)[0] == "Sounds neutral. Quite sure."
    page.toggle(key="use_voice_profile").set_value(False).run()
    assert headings(page)[0] == "Sounds sad. Fairly sure."
    page.button(key="forget").click().run()
    assert not page.success
    assert "voice_profile" not in page.session_state
    assert not page.exception


def test_too_little_neutral_speech_is_told(page: AppTest, speech: np.ndarray) -> None:
    crumb = ("neutral.wav", wav(speech[:8_000]), "audio/wav")
    page.audio_input(key="neutral").set_value(crumb).run()
    page.button(key="learn").click().run()
    assert "0.5 s of speech" in page.error[0].value
    assert not page.success


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (PROFILE.to_json(), None),
        (VoiceProfile("others", 9.6, PROFILE.offsets).to_json(), "other models"),
        ("[1, 2", "not a voice profile"),
    ],
    ids=["own", "of other models", "damaged"],
)
def test_a_saved_profile_is_loaded_or_refused(
    page: AppTest, content: str, says: str | None
) -> None:
    page.segmented_control(key="learn-from").set_value("Load a saved profile").run()
    file = page.file_uploader(key="profile-file")
    file.upload("my-voice.json", content.encode(), "application/json")
    page.run()
    page.button(key="learn").click().run()
    if says is None:
        assert page.success
    else:
        assert says in page.error[0].value
        assert not page.success
