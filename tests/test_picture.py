"""The picture on the page: a stretch of it to look at, and what a spoilt recording gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.stand_in import Models, charts, headings, wav

APP = Path(__file__).parent.parent / "app.py"


@pytest.fixture
def page(models: Models) -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def give(page: AppTest, samples: np.ndarray) -> AppTest:
    page.file_uploader[0].upload("voice.wav", wav(samples), "audio/wav")
    return page.run()


def test_a_chosen_stretch_is_drawn_and_can_be_played(page: AppTest, speech: np.ndarray) -> None:
    give(page, speech)
    assert len(page.get("audio")) == 1
    page.slider[0].set_value((0.5, 1.5)).run()
    figure = page.get("plotly_chart")[-1].proto.spec
    assert '"range":[0.5,1.5]' in figure
    stretch = page.get("audio")[-1].proto
    assert (stretch.start_time, stretch.end_time) == pytest.approx((0.5, 1.5), abs=1)
    assert not page.exception


def test_mfcc_and_chroma_of_the_stretch_are_drawn_when_asked_for(
    page: AppTest, speech: np.ndarray
) -> None:
    give(page, speech)
    before = len(charts(page))
    page.toggle(key="timbre").set_value(True).run()
    page.slider[0].set_value((0.5, 1.5)).run()
    assert len(charts(page)) == before + 1
    assert charts(page)[-1].startswith("MFCC")
    assert '"range":[0.5,1.5]' in page.get("plotly_chart")[-1].proto.spec
    assert not page.exception


def test_ends_that_meet_still_show_something(page: AppTest, speech: np.ndarray) -> None:
    give(page, speech)
    end_s = page.slider[0].value[1]
    page.slider[0].set_value((end_s, end_s)).run()
    assert not page.exception
    assert charts(page)[-1].startswith("Waveform and spectrogram")


def test_a_long_recording_is_drawn_from_its_start(page: AppTest, speech: np.ndarray) -> None:
    give(page, np.tile(speech, 20))
    assert page.slider[0].value == (0.0, 30.0)


def test_cut_off_peaks_are_said_beside_the_answer(page: AppTest, speech: np.ndarray) -> None:
    give(page, np.clip(8 * speech / np.abs(speech).max(), -1, 1))
    assert headings(page)[0].startswith("Sounds")
    assert "too loud" in page.warning[0].value
    give(page, speech)
    assert not page.warning
