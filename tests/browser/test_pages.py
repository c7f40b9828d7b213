"""The other pages as people use them, in a real browser."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Page, expect

from ser.audio import SAMPLE_RATE
from tests.browser.serving import go_to, open_section
from tests.browser.test_analyse import charts, download, give


def test_a_heap_of_files_gets_a_table_and_the_broken_one_stops_nothing(
    page: Page, tmp_path: Path, voices: dict[str, np.ndarray]
) -> None:
    heap = []
    for name, samples in voices.items():
        heap.append(tmp_path / f"{name}.wav")
        soundfile.write(heap[-1], samples, SAMPLE_RATE)
    heap.append(tmp_path / "broken.wav")
    heap[-1].write_text("Dear diary, today I spoke.")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(heap[0], "folder/again.wav")
        archive.write(heap[0], "__MACOSX/._again.wav")
    heap.append(tmp_path / "more.zip")
    go_to(page, "Many files")
    page.locator("input[type=file]").set_input_files(heap)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    table = download(page, "Download the table (CSV)")
    rows = {Path(row["file"]).name: row for row in csv.DictReader(io.StringIO(table))}
    assert len(rows) == len(voices) + 2
    assert "not a sound file" in rows["broken.wav"]["problem"]
    assert rows["again.wav"]["duplicate_of"] == f"{next(iter(voices))}.wav"
    assert rows["again.wav"]["label"] == rows[f"{next(iter(voices))}.wav"]["label"] != ""
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_table_is_still_there_after_a_look_at_another_page(wide_page: Page) -> None:
    go_to(wide_page, "Many files")
    wide_page.get_by_role("button", name="Try it with made-up voices").click()
    expect(wide_page.get_by_test_id("stDataFrame")).to_be_visible()
    go_to(wide_page, "How good is it?")
    go_to(wide_page, "Many files")
    expect(wide_page.get_by_test_id("stDataFrame")).to_be_visible()


def test_the_model_card_says_how_good_it_is(page: Page) -> None:
    go_to(page, "How good is it?")
    expect(
        page.get_by_text(re.compile("Of ten recordings of people it never heard"))
    ).to_be_visible()
    for title in ("How often is it right?", "What must it not be used for?", "What is inside?"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(charts(page).nth(5)).to_be_attached()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_an_answer_tells_why(page: Page, speech_wav: Path) -> None:
    give(page, speech_wav)
    expect(charts(page)).to_have_count(2)
    open_section(page, "Why?")
    expect(page.get_by_role("heading", name="What spoke for")).to_be_visible()
    expect(page.get_by_role("heading", name="This voice beside others")).to_be_visible()
    expect(charts(page).nth(3)).to_be_attached()


def test_training_is_explained_and_a_wrong_folder_is_told(wide_page: Page, tmp_path: Path) -> None:
    go_to(wide_page, "Train your own")
    # Commands stand in closed expanders as well, whose text comes when it likes.
    command = wide_page.get_by_text("make train DATA=").filter(visible=True)
    expect(command.first).to_be_visible()
    wide_page.get_by_label("A folder with models/ and artifacts/ in it").fill(str(tmp_path))
    wide_page.get_by_role("button", name="Use these models").click()
    expect(wide_page.get_by_role("alert").first).to_be_visible()
    expect(wide_page.get_by_test_id("stException")).to_have_count(0)
    expect(wide_page.get_by_text("Answers come from the models that this program")).to_be_visible()
