"""The page for many files, without a browser and with a stand-in for the models."""

from __future__ import annotations

import io
import threading
import time
import tomllib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from page import analyse, background
from page.files_table import shortest_names
from page.many_files import MAX_UPLOAD_MB
from ser import LABELS, BundleError, Prediction
from ser.recognizer import Heard
from ser.table import Row
from tests.stand_in import (
    PROFILE,
    Models,
    answer,
    buttons,
    charts,
    downloads,
    headings,
    wait_for,
    wav,
)


def many_files() -> None:
    from page import many_files

    many_files.show()


def sounding(label: str) -> Prediction:
    shares = dict.fromkeys(LABELS, 0.0) | {label: 1.0}
    return answer(Heard(3.0, "ok", {"hybrid": np.zeros(9)}), shares, "hybrid")


def only_a_table() -> None:
    import streamlit as st

    from page.files_table import show_table
    from ser.batch import Batch

    show_table(Batch(), st.session_state["rows"])


@pytest.fixture
def page(models: Models) -> AppTest:
    return AppTest.from_function(many_files, default_timeout=60).run()


@pytest.fixture
def files(speech: np.ndarray) -> dict[str, bytes]:
    """Two voices, one of them twice, silence, and no sound at all."""
    return {
        "a.wav": wav(speech),
        "b.wav": wav(speech[:40_000]),
        "again.wav": wav(speech),
        "silent.wav": wav(np.zeros(16_000)),
        "diary.wav": b"Dear diary, today I spoke.",
    }


def give(page: AppTest, files: dict[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "audio/wav") for name, data in files.items()])
    return page.run()


def given(page: AppTest, files: dict[str, bytes]) -> AppTest:
    """Give files and wait until all were heard."""
    give(page, files)
    return wait_for(page, lambda page: "Cancel" not in buttons(page))


def column(page: AppTest, name: str) -> list[object]:
    return list(page.dataframe[0].value[name])


def words(page: AppTest) -> str:
    return " ".join(text.value for text in page.markdown)


def test_a_mixed_heap_is_summed_up_and_listed(page: AppTest, files: dict[str, bytes]) -> None:
    assert "at work or in school" in words(page), "the notice stands before anything is given"
    given(page, files)
    assert headings(page) == ["5 files, 1 of them a duplicate"]
    assert "2 sound sad, 1 without speech, 1 could not be read." in words(page)
    assert charts(page)[0].startswith("Bars: 5 files")
    assert column(page, "File") == list(files)
    assert column(page, "Sounds like") == ["▼ sad", "▼ sad", "▼ sad", "○ no speech", "! unreadable"]
    assert column(page, "Probability")[:3] == pytest.approx([62, 62, 62])
    assert str(column(page, "In words")[2]).startswith("Same sound as a.wav. ")
    assert "not a sound file" in str(column(page, "In words")[4])
    assert downloads(page) == ["Download the table (CSV)"]
    assert not page.exception
    assert not page.error


def test_a_zip_is_opened_and_a_broken_one_is_a_row(page: AppTest, files: dict[str, bytes]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("monday/a.wav", files["a.wav"])
        archive.writestr("monday/readme.txt", "Recorded on Monday.")
    given(page, {"calls.zip": packed.getvalue(), "bad.zip": b"PK\x03\x04"})
    assert column(page, "File") == ["a.wav", "bad.zip"]
    assert column(page, "Sounds like") == ["▼ sad", "! unreadable"]
    assert "Left out of the zip: 1 file that is no sound." in [text.value for text in page.caption]


def test_neither_a_choice_nor_another_file_hears_anything_again(
    page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    given(page, files)
    asked = len(models.asked)
    page.segmented_control(key="many-model").set_value("cnn").run()
    assert column(page, "Sounds like")[0] == "● neutral"
    page.segmented_control(key="many-model").set_value("hybrid").run()
    page.segmented_control(key="many-speaker").set_value("One person").run()
    assert column(page, "Sounds like")[0] == "● neutral"
    assert len(models.asked) == asked
    given(page, files | {"new.wav": wav(np.full(20_000, 0.1))})
    assert len(column(page, "File")) == 6
    assert models.asked[asked:] == [("hybrid", 20_000), ("cnn", 20_000)]


def test_a_known_voice_can_be_allowed_for(page: AppTest, files: dict[str, bytes]) -> None:
    page.session_state["voice_profile"] = PROFILE
    given(page, files)
    assert column(page, "Sounds like")[0] == "▼ sad"
    page.segmented_control(key="many-speaker").set_value("Me").run()
    assert column(page, "Sounds like")[0] == "● neutral"
    del page.session_state["voice_profile"]
    page.run()
    assert column(page, "Sounds like")[0] == "▼ sad", "a voice forgotten is allowed for no more"
    assert not page.exception


def test_the_list_is_narrowed_and_outlives_a_change_of_answers(
    page: AppTest, files: dict[str, bytes]
) -> None:
    given(page, files)
    page.pills(key="only").set_value(["sad", "unreadable"]).run()
    assert column(page, "File") == ["a.wav", "b.wav", "again.wav", "diary.wav"]
    page.segmented_control(key="many-model").set_value("cnn").run()
    assert "diary.wav" in column(page, "File")
    assert not page.exception


def test_the_server_takes_what_the_page_offers_to_take() -> None:
    """What a page allows only the browser hears: the server refuses by its own setting."""
    with (Path(__file__).parents[1] / ".streamlit/config.toml").open("rb") as file:
        taken = tomllib.load(file)["server"]["maxUploadSize"]
    assert taken == max(MAX_UPLOAD_MB, analyse.MAX_UPLOAD_MB)


def test_names_are_as_short_as_tells_them_apart() -> None:
    short = {
        "z.zip/one/a.wav": "one/a.wav",
        "z.zip/two/a.wav": "two/a.wav",
        "z.zip/b.wav": "b.wav",
        "y/one/c.wav": "y/one/c.wav",
        "z/one/c.wav": "z/one/c.wav",
        "d.wav": "d.wav",
    }
    assert shortest_names([Row(name, None) for name in [*short, "d.wav"]]) == short


def test_a_chosen_row_never_becomes_another_file() -> None:
    """Streamlit keeps the choice of a row as long as the table's own name stays the same."""
    page = AppTest.from_function(only_a_table, default_timeout=60)
    ids = []
    for labels in (["sad", "sad", "angry"], ["sad", "sad", "happy"], ["angry", "sad", "sad"]):
        page.session_state["rows"] = [
            Row(f"{name}.wav", sounding(label)) for name, label in zip("abc", labels, strict=True)
        ]
        page.session_state["only"] = ["sad"]
        ids.append(page.run().dataframe[0].proto.id)
    assert ids[0] == ids[1] != ids[2]


def test_cancelling_keeps_what_was_heard_and_the_rest_can_follow(
    page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    models.may_go_on.clear()
    give(page, files)
    assert "Cancel" in buttons(page)
    assert models.waits.wait(timeout=30), "in the middle of the second one"
    page.button(key="cancel").click().run()
    models.may_go_on.set()
    wait_for(page, lambda page: bool(page.info))
    assert page.info[0].value == "You stopped this: 2 of 5 files were heard."
    assert column(page, "File") == ["silent.wav", "diary.wav"], "the short ones first"
    page.button(key="rest").click().run()
    wait_for(page, lambda page: "Cancel" not in buttons(page))
    assert len(column(page, "File")) == 5
    assert not page.info


def test_rows_are_there_while_the_rest_is_still_heard(
    page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    models.may_go_on.clear()
    give(page, files)
    wait_for(page, lambda page: bool(page.dataframe))
    assert column(page, "File") == ["diary.wav"]
    assert "Cancel" in buttons(page)
    assert not downloads(page), "half a table could be taken for all of it"
    models.may_go_on.set()
    wait_for(page, lambda page: "Cancel" not in buttons(page))
    assert len(column(page, "File")) == 5
    assert downloads(page)


def test_the_page_is_drawn_anew_for_news_only(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = list[str]()
    monkeypatch.setattr(st, "rerun", lambda: drawn.append("anew"))
    on, over = threading.Event(), threading.Event()

    def listen(*, progress: Callable[[float], object], cancelled: Callable[[], bool]) -> None:
        on.wait(timeout=30)
        progress(0.5)
        on.clear()
        over.wait(timeout=30)

    work = background.Background(listen)
    look = partial(background._show_progress, work, "{:.0%}".format)
    look(0.0, 0.0)
    assert not drawn, "nothing is new"
    on.set()
    while on.is_set():
        time.sleep(0.01)
    look(None, 0.0)
    look(0.5, 0.0)
    look(0.0, time.monotonic() + 60)
    assert not drawn, "not asked for, shown already, too early"
    look(0.0, 0.0)
    assert drawn == ["anew"]
    over.set()
    work.result()
    look(None, 0.0)
    assert drawn == ["anew", "anew"], "all is done"


def test_who_only_looked_away_finds_it_going_on(
    monkeypatch: pytest.MonkeyPatch, page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    models.may_go_on.clear()
    monkeypatch.setattr(background, "LEFT_AFTER_S", 0.2)
    give(page, files)
    time.sleep(0.4)
    models.may_go_on.set()
    time.sleep(0.3)
    monkeypatch.setattr(background, "LEFT_AFTER_S", 60.0)
    wait_for(page, lambda page: bool(page.dataframe) and "Cancel" not in buttons(page))
    assert len(column(page, "File")) == 5
    assert not page.info


def test_models_that_fail_get_a_sentence_and_another_try(
    page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    models.fault = BundleError("The hybrid model has gone.")
    give(page, files)
    wait_for(page, lambda page: bool(page.error))
    assert "The hybrid model has gone." in page.error[0].value
    models.fault = None
    if "Hear the rest" in buttons(page):
        page.button(key="rest").click()
    page.run()
    wait_for(page, lambda page: bool(page.dataframe) and "Cancel" not in buttons(page))
    assert len(column(page, "File")) == 5
    assert not page.error


def test_answers_and_choices_are_there_after_a_look_at_another_page(
    page: AppTest, models: Models, files: dict[str, bytes]
) -> None:
    given(page, files)
    page.segmented_control(key="many-model").set_value("cnn").run()
    asked = len(models.asked)
    # Streamlit forgets the state of what another page does not show, and keeps the rest.
    back = AppTest.from_function(many_files, default_timeout=60)
    for key in ("heap", "kept-choices"):
        back.session_state[key] = page.session_state[key]
    back.run()
    assert column(back, "Sounds like")[0] == "● neutral"
    assert len(models.asked) == asked
    assert "Cancel" not in buttons(back)


def test_starting_over_forgets_everything(page: AppTest, files: dict[str, bytes]) -> None:
    given(page, files)
    page.button(key="start-over").click().run()
    assert not page.dataframe
    assert len(page.session_state["heap"].batch) == 0
    page.button(key="samples").click().run()
    wait_for(page, lambda page: bool(page.dataframe) and "Cancel" not in buttons(page))
    assert len(column(page, "File")) == 3
