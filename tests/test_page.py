"""The page without a browser: Streamlit's AppTest, and a stand-in for the models."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from page import background
from ser import BundleError, VoiceProfile
from ser.prediction import Status
from tests.stand_in import (
    PROFILE,
    SHARES,
    Models,
    buttons,
    charts,
    downloads,
    headings,
    wait_for,
    wav,
)

APP = Path(__file__).parent.parent / "app.py"


@pytest.fixture
def page(models: Models) -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def upload(page: AppTest, content: bytes, name: str = "voice.wav") -> AppTest:
    page.file_uploader[0].upload(name, content, "audio/wav")
    return page.run()


def test_first_screen_does_not_wait_for_the_models(models: Models) -> None:
    models.may_load.clear()
    page = AppTest.from_file(str(APP), default_timeout=15).run()
    assert page.title[0].value == "What does this voice sound like?"
    assert [tab.label for tab in page.tabs] == ["Upload a file", "Record", "Try a sample"]
    assert not page.exception


def test_notice_stands_before_anything_can_be_given(page: AppTest) -> None:
    assert page.markdown[0].value.startswith("Give it a few seconds"), "nothing else comes first"
    notice = " ".join(text.value for text in page.markdown)
    for part in ("from the sound of the voice", "not kept", "at work or in school", "5(1)(f)"):
        assert part in notice


def test_a_sound_and_the_choices_outlive_a_look_at_another_page(
    page: AppTest, models: Models, speech_wav: Path
) -> None:
    upload(page, speech_wav.read_bytes())
    page.segmented_control(key="model").set_value("cnn").run()
    # What Streamlit forgets of a page that is not drawn.
    del page.session_state["upload"]
    asked = len(models.asked)
    page.run()
    assert headings(page)[0] == "Sounds neutral. Quite sure."
    assert len(models.asked) == asked
    assert "Still here: `voice.wav`" in [caption.value for caption in page.caption]
    page.button(key="drop-upload").click().run()
    assert not page.header
    assert not page.exception


def test_a_sound_that_is_taken_away_is_gone(page: AppTest, speech_wav: Path) -> None:
    upload(page, speech_wav.read_bytes())
    page.file_uploader[0].clear().run()
    assert not page.header
    assert not page.exception


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
    choice.set_value("plain").run()
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


def test_an_answer_in_doubt_says_what_may_help(
    page: AppTest, models: Models, speech_wav: Path
) -> None:
    models.status = "uncertain"
    upload(page, speech_wav.read_bytes())
    assert headings(page)[0] == "Hard to say. Perhaps sad."
    said = "62 % sad, then fear with 22 %. This model is too often wrong when it is no surer"
    assert any(said in m.value and "Some seconds more" in m.value for m in page.markdown)
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
    assert downloads(page)[3:] == [
        "Timeline JSON",
        "Timeline CSV",
        "Subtitles (WebVTT)",
        "Audacity labels",
    ]
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


def leave_while_it_listens(page: AppTest, models: Models, content: bytes) -> None:
    """Begin a timeline, and do not look any more until it has been given up."""
    models.may_go_on.clear()
    upload(page, content)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(background, "LEFT_AFTER_S", 0.2)
        page.button(key="over-time").click().run()
        time.sleep(0.4)
        asked = len(models.asked)
        models.may_go_on.set()
        time.sleep(0.4)
    assert len(models.asked) == asked + 1, "the window under way, and no other"


def test_nobody_waits_any_more(page: AppTest, models: Models, long_wav: bytes) -> None:
    leave_while_it_listens(page, models, long_wav)


def test_a_chosen_stretch_never_becomes_another(page: AppTest, speech: np.ndarray) -> None:
    """Streamlit keeps the choice of a row as long as the table's own name stays the same."""
    upload(page, wav(np.tile(speech, 21)))
    ids: dict[str, str] = {}
    for model in ("hybrid", "cnn", "hybrid"):
        page.segmented_control(key="one-model").set_value(model).run()
        wait_for(page, lambda page: "Cancel" not in buttons(page))
        ids.setdefault(model, page.dataframe[0].proto.id)
        assert page.dataframe[0].proto.id == ids[model]
    assert ids["hybrid"] != ids["cnn"]


def test_advice_to_one_of_two_models_leaves_their_bars_level(
    page: AppTest, models: Models, speech_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHARES, "cnn", (0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1))
    upload(page, speech_wav.read_bytes())
    page.segmented_control(key="model").set_value("Side by side").run()
    for column in page.columns[:2]:
        kinds = [element.type for element in column]
        assert kinds[1:5] == ["header", "markdown", "markdown", "plotly_chart"]
    assert "may help" in page.columns[1].markdown[-1].value


def test_who_comes_back_to_an_unfinished_timeline_is_not_told_to_have_stopped_it(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    leave_while_it_listens(page, models, long_wav)
    wait_for(page.run(), lambda page: bool(page.dataframe))
    assert page.dataframe[0].value.iloc[0].tolist()[:2] == ["0:00", "0:12"]
    assert not page.info


def test_another_model_does_not_leave_a_stopped_timeline_behind(
    page: AppTest, models: Models, speech: np.ndarray
) -> None:
    models.may_go_on.clear()
    upload(page, wav(np.tile(speech, 21)))
    for model in ("cnn", "hybrid"):
        page.segmented_control(key="one-model").set_value(model).run()
    models.may_go_on.set()
    wait_for(page, lambda page: "Cancel" not in buttons(page))
    assert headings(page)[0] == "Mostly sounds sad."
    assert not page.info


def test_a_timeline_that_fails_gets_a_sentence_and_another_try(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    upload(page, long_wav)
    models.fault = BundleError("The hybrid model has gone.")
    page.button(key="over-time").click().run()
    wait_for(page, lambda page: bool(page.error))
    assert page.error[0].value == "The hybrid model has gone."
    assert "Show how it changes" in buttons(page.run())


def test_a_timeline_that_failed_for_no_known_reason_can_be_tried_again(
    page: AppTest, models: Models, long_wav: bytes
) -> None:
    upload(page, long_wav)
    models.fault = RuntimeError("out of memory")
    page.button(key="over-time").click().run()
    wait_for(page, lambda page: bool(page.error))
    assert "Something in this program failed" in page.error[0].value
    models.fault = None
    page.run()
    assert not page.error
    assert "Show how it changes" in buttons(page)


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
    page.audio_input(key="neutral").set_value(("again.wav", long_wav, "audio/wav")).run()
    page.button(key="learn").click().run()
    assert page.toggle(key="use_voice_profile").value, "another voice is used at once"
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


def test_minutes_are_heard_piece_by_piece_at_once_and_summed_up(
    page: AppTest, models: Models, speech: np.ndarray
) -> None:
    upload(page, wav(np.tile(speech, 21)))
    wait_for(page, lambda page: len(charts(page)) == 2)
    assert headings(page)[0] == "Mostly sounds sad."
    assert {length for _, length in models.asked} <= {16_000 * 3, 16_000 * 2, 16_000}
    assert "Timeline CSV" in downloads(page)
    assert "CSV" not in downloads(page), "there is no one answer to take away"
    assert not page.exception


def test_a_known_voice_is_named_under_minutes_too(page: AppTest, speech: np.ndarray) -> None:
    page.session_state["voice_profile"] = PROFILE
    upload(page, wav(np.tile(speech, 21)))
    wait_for(page, lambda page: len(charts(page)) == 2)
    assert any("allows for your voice" in caption.value for caption in page.caption)


def test_minutes_get_the_sentence_of_models_that_cannot_be_used(
    page: AppTest, models: Models, speech: np.ndarray
) -> None:
    models.fault = BundleError("The hybrid model is missing.")
    upload(page, wav(np.tile(speech, 21)))
    assert [error.value for error in page.error] == ["The hybrid model is missing."]
    assert len(charts(page)) == 1, "and the voice is drawn all the same"


def test_minutes_are_heard_without_a_voice_that_does_not_fit(
    page: AppTest, models: Models, speech: np.ndarray
) -> None:
    page.session_state["voice_profile"] = PROFILE
    page.run()
    models.knows = "others"
    upload(page, wav(np.tile(speech, 21)))
    wait_for(page, lambda page: len(charts(page)) == 2)
    assert headings(page)[0] == "Mostly sounds sad."
    assert "voice_profile" not in page.session_state
    assert not page.error


def test_more_than_99_percent_is_no_quotation(
    models: Models, speech_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHARES, "hybrid", (0.002, 0.0, 0.998, 0.0, 0.0, 0.0, 0.0))
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    upload(page, speech_wav.read_bytes())
    assert any(text.value.startswith(r"\> 99") for text in page.markdown)


def test_a_classic_system_answers_without_what_it_cannot_do(
    models: Models, speech_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One model, no choice; no voice to be learnt, no why."""
    monkeypatch.setattr(models, "models", ("mlp-ravdess",), raising=False)
    monkeypatch.setattr(
        "page.kept.models_in", lambda root: {"mlp-ravdess": "Multilayer perceptron"}
    )
    monkeypatch.setitem(SHARES, "mlp-ravdess", SHARES["hybrid"])
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    upload(page, speech_wav.read_bytes())
    assert headings(page)[0] == "Sounds sad. Fairly sure."
    assert {model for model, _ in models.asked} == {"mlp-ravdess"}
    folded = [expander.label for expander in page.expander]
    assert not {"Ask another model", "Why?", "My voice"} & set(folded)
    assert "Take it away" in folded
    assert not page.exception
