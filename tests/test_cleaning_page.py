"""Cleaning on the page: seen and heard when it is opened, heard by the models when chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from page import analyse, cleaning
from page.kept import Given
from ser.audio import SAMPLE_RATE, Sound, load
from ser.cleaning import denoise
from ser.recognizer import Heard
from tests.stand_in import Models, charts, headings, wait_for, wav

APP = Path(__file__).parent.parent / "app.py"
SAYS = "This is the **cleaned** sound."


@pytest.fixture
def given(models: Models, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """What the models were given to hear."""
    given: list[np.ndarray] = []
    hear = models.hear

    def listen(source: tuple[np.ndarray, int], **options: Any) -> Heard:
        given.append(source[0])
        return hear(source, **options)

    monkeypatch.setattr(models, "hear", listen)
    return given


@pytest.fixture
def noisy(speech: np.ndarray) -> bytes:
    """Six seconds in a steady hiss."""
    twice = np.tile(speech, 2)
    hiss = np.random.default_rng(0).normal(0, 0.3 * np.std(speech), len(twice))
    return wav(twice + hiss)


@pytest.fixture
def page(given: list[np.ndarray], noisy: bytes) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=120).run()
    page.file_uploader[0].upload("street.wav", noisy, "audio/wav")
    return page.run()


def switch(page: AppTest, *, on: bool) -> AppTest:
    return page.toggle(key="hear-cleaned").set_value(on).run()


def players(page: AppTest) -> list[str]:
    return [audio.proto.alt for audio in page.get("audio")]


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def test_nothing_is_cleaned_until_somebody_asks(
    page: AppTest, given: list[np.ndarray], noisy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> bytes:
        raise AssertionError("cleaned unasked")

    monkeypatch.setattr(cleaning, "clean", refuse)
    assert not page.run().error
    assert headings(page)[0].startswith("Sounds sad")
    assert players(page) == ["The sound as the models hear it"]
    assert SAYS not in captions(page)
    np.testing.assert_array_equal(given[-1], load(noisy).samples)


def test_once_opened_both_can_be_heard_and_seen(page: AppTest, given: list[np.ndarray]) -> None:
    asked = len(given)
    page.session_state["clean"] = True
    page.run()
    assert players(page)[-2:] == ["The sound: as given", "The sound: cleaned"]
    first, as_given, cleaned = (audio.proto.url for audio in page.get("audio"))
    assert first == as_given != cleaned
    assert "Spectrograms of the sound as given and, below it, cleaned." in charts(page)[-1]
    assert "0.0 to 6.0 s are left as given" in charts(page)[-1]
    assert len(given) == asked, "to look at it asks no model"
    assert "Nothing at either end is silent enough" in captions(page)
    assert not page.exception


def test_the_models_hear_the_cleaned_sound_and_the_page_says_so(
    page: AppTest, given: list[np.ndarray], noisy: bytes
) -> None:
    switch(page, on=True)
    np.testing.assert_array_equal(given[-1], denoise(load(noisy)).samples)
    assert SAYS in captions(page)
    asked = len(given)
    page.button(key="over-time").click().run()
    wait_for(page, lambda page: len(charts(page)) == 3)
    piece = given[asked]
    assert not np.array_equal(piece, load(noisy).samples[: len(piece)])
    np.testing.assert_array_equal(piece, given[asked - 1][: len(piece)])
    switch(page, on=False)
    assert SAYS not in captions(page)
    assert page.button(key="over-time"), "the course was that of the cleaned sound"
    assert not page.exception


def test_what_was_given_stays_to_be_played_beside_the_cleaned_sound(page: AppTest) -> None:
    page.session_state["clean"] = True
    before = page.run().get("audio")[0].proto.url
    switch(page, on=True)
    first, as_given, cleaned = (audio.proto.url for audio in page.get("audio"))
    assert as_given == before
    assert first == cleaned != before


def test_the_choice_outlives_a_closed_section_and_a_sound_without_it(
    page: AppTest, noisy: bytes
) -> None:
    page.session_state["clean"] = True
    switch(page.run(), on=True)
    page.session_state["clean"] = False
    page.run()
    assert SAYS in captions(page)
    for content, is_cleaned in ((wav(np.zeros(SAMPLE_RATE)), False), (noisy, True)):
        page.file_uploader[0].upload("next.wav", content, "audio/wav")
        page.run()
        assert (SAYS in captions(page)) is is_cleaned


def test_where_the_cleaned_sound_is_refused_there_is_a_way_back(
    page: AppTest, models: Models
) -> None:
    models.status = "no_speech"
    switch(page, on=True)
    assert headings(page) == ["No speech heard."]
    assert SAYS in captions(page)
    models.status = "ok"
    switch(page, on=False)
    assert headings(page)[0].startswith("Sounds sad")


def test_there_is_nothing_to_clean_in_silence(page: AppTest, given: list[np.ndarray]) -> None:
    switch(page, on=True)
    page.file_uploader[0].upload("silence.wav", wav(np.zeros(SAMPLE_RATE)), "audio/wav")
    page.run()
    assert headings(page) == ["No speech heard."]
    assert "hear-cleaned" not in [toggle.key for toggle in page.toggle]
    assert SAYS not in captions(page)
    assert not page.exception


def test_results_to_take_away_are_those_of_the_cleaned_sound(
    page: AppTest, noisy: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[Given] = []
    monkeypatch.setattr(analyse, "show_downloads", lambda given, *rest: offered.append(given))
    switch(page, on=True)
    assert offered[-1].name == "street-cleaned.wav"
    expected = denoise(load(noisy)).samples
    np.testing.assert_array_equal(load(offered[-1].content).samples, expected)


def test_silence_that_is_cut_off_is_told(page: AppTest, speech: np.ndarray) -> None:
    page.session_state["clean"] = True
    page.file_uploader[0].upload("late.wav", wav(np.pad(speech, (SAMPLE_RATE, 0))), "audio/wav")
    page.run()
    assert "What is greyed is cut off" in captions(page)
    assert players(page)[-1] == "The sound: cleaned, silence cut off"
    cleaned, cut = (audio.proto.url for audio in page.get("audio")[-2:])
    assert cleaned != cut
    assert " to 4.0 s are left as given" in charts(page)[-1]
    assert '"x1":0.9' in page.get("plotly_chart")[-1].proto.spec


def test_a_sound_of_moments_can_be_looked_at(page: AppTest, speech: np.ndarray) -> None:
    page.session_state["clean"] = True
    page.run()
    page.file_uploader[0].upload("crumb.wav", wav(speech[8_000:9_700]), "audio/wav")
    page.run()
    assert not page.exception
    assert not page.error
    assert denoise(Sound(speech[8_000:9_700])).samples.shape == (1_700,)
