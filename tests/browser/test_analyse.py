"""The first page as people use it, in a real browser with a microphone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import Locator, Page, TimeoutError, expect

from ser.audio import SAMPLE_RATE
from ser.labels import LABELS
from tests.browser.serving import (
    PATIENCE_MS,
    choose,
    close_section,
    go_to,
    open_section,
    open_tab,
    wait_until_drawn,
)

TITLE = "What does this voice sound like?"
ANSWER = re.compile("^(Sounds|Hard to say)")


def charts(page: Page) -> Locator:
    return page.locator(".js-plotly-plot")


def give(page: Page, path: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(path)


def give_another(page: Page, path: Path) -> None:
    """Give another file, and wait until the one before is gone with its answer.

    The player is drawn first, and what the answer before left below stays until all is drawn.
    """
    player = page.get_by_test_id("stAudio").first
    heard_before = player.get_attribute("src") or ""
    give(page, path)
    expect(player).not_to_have_attribute("src", heard_before)
    wait_until_drawn(page)


def write(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16")
    return path


def expect_answer(page: Page) -> None:
    """Bars with all seven labels, a sentence, the picture, and no scrolling sideways."""
    expect(charts(page)).to_have_count(2)
    expect(page.get_by_role("heading", name=ANSWER)).to_be_visible()
    for label in LABELS:
        expect(charts(page).first.locator("text", has_text=label)).to_be_visible()
    expect(page.get_by_test_id("stAudio").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_upload_shows_the_chart(page: Page, speech_wav: Path) -> None:
    give(page, speech_wav)
    expect_answer(page)
    open_section(page, "Ask another model")
    choose(page, "Side by side")
    expect(charts(page)).to_have_count(3)


def test_one_file_after_the_other_is_answered_by_the_model_that_was_chosen(
    page: Page, voices: dict[str, np.ndarray], tmp_path: Path
) -> None:
    """Between two files the page is drawn once without either, and so without the choice."""
    files = [write(tmp_path / f"{name}.wav", samples) for name, samples in voices.items()]
    give(page, files[0])
    expect_answer(page)
    open_section(page, "Ask another model")
    choose(page, "CNN")
    for file in [*files[1:], *files]:
        give_another(page, file)
        expect_answer(page)
        open_section(page, "Ask another model")
        expect(page.get_by_role("radio", name="CNN")).to_be_checked()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_choices_outlive_a_look_at_another_page(page: Page) -> None:
    open_tab(page, "Try a sample")
    choose(page, "Plain")
    expect_answer(page)
    open_section(page, "Ask another model")
    choose(page, "CNN")
    for _ in range(2):
        go_to(page, "How good is it?")
        go_to(page, "Analyse", heading=TITLE)
        open_section(page, "Clean the sound")
        expect(charts(page)).to_have_count(3)
        close_section(page, "Clean the sound")
        expect(page.get_by_role("radio", name="Plain")).to_be_checked()
        open_section(page, "Ask another model")
        expect(page.get_by_role("radio", name="CNN")).to_be_checked()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_microphone_shows_the_chart(page: Page) -> None:
    open_tab(page, "Record")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(2_500)
    page.get_by_role("button", name="Stop recording").click()
    expect_answer(page)


def test_sample_shows_the_chart_and_nothing_goes_elsewhere(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    open_tab(page, "Try a sample")
    expect_answer(page)
    assert asked
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []


def test_what_is_no_sound_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    diary = tmp_path / "diary.wav"
    diary.write_text("Dear diary, today I spoke.")
    give(page, diary)
    expect(page.get_by_role("alert")).to_contain_text("not a sound file")
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(charts(page)).to_have_count(0)


def test_silence_is_no_speech(wide_page: Page, tmp_path: Path) -> None:
    give(wide_page, write(tmp_path / "silence.wav", np.zeros(3 * SAMPLE_RATE)))
    expect(wide_page.get_by_role("heading", name="No speech heard.")).to_be_visible()
    expect(charts(wide_page)).to_have_count(0)


def test_a_chord_is_no_speech(wide_page: Page, tmp_path: Path) -> None:
    time_s = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hertz * time_s) for hertz in (262, 330, 392, 523))
    give(wide_page, write(tmp_path / "chord.wav", 0.15 * np.asarray(chord)))
    expect(wide_page.get_by_role("heading", name="No speech heard.")).to_be_visible()


def test_a_syllable_is_too_short(wide_page: Page, tmp_path: Path, speech: np.ndarray) -> None:
    give(wide_page, write(tmp_path / "ah.wav", speech[8_000:11_200]))
    expect(wide_page.get_by_role("heading", name="Too short to say.")).to_be_visible()


def test_a_longer_recording_is_followed_over_time_and_taken_away(
    page: Page, tmp_path: Path, speech: np.ndarray
) -> None:
    pause = np.zeros(3 * SAMPLE_RATE, dtype=np.float32)
    give(page, write(tmp_path / "talk.wav", np.concatenate([speech, speech, pause, speech])))
    page.get_by_role("button", name="Show how it changes").click()
    expect(page.get_by_text("Choose a row to hear it.")).to_be_visible()
    expect(charts(page)).to_have_count(3)
    open_section(page, "Take it away")
    result = json.loads(download(page, "JSON"))
    assert [answer["model"] for answer in result["results"]] == ["hybrid", "cnn"]
    rows = download(page, "Timeline CSV").splitlines()
    assert len(rows) > 5
    assert download(page, "Subtitles (WebVTT)").startswith("WEBVTT")
    assert all(
        len(line.split("\t")) == 3 for line in download(page, "Audacity labels").splitlines()
    )
    report = download(page, "Report")
    assert "talk.wav" in report
    assert "http://" not in re.sub(
        r"<script.*?</script>|http://www.w3.org\S+", "", report, flags=re.S
    )


def download(page: Page, name: str) -> str:
    """Press a download button, again where the first click missed; read what the browser saved."""
    for patience_ms in (PATIENCE_MS // 4, PATIENCE_MS):
        try:
            with page.expect_download(timeout=patience_ms) as waiting:
                page.get_by_role("button", name=name, exact=True).click()
        except TimeoutError:  # what is drawn late pushes what is below it about
            continue
        return waiting.value.path().read_text(encoding="utf-8")
    raise AssertionError(f"The button {name!r} saves nothing.")


def test_a_voice_is_learnt_used_and_forgotten(
    wide_page: Page, tmp_path: Path, speech: np.ndarray
) -> None:
    open_section(wide_page, "My voice")
    choose(wide_page, "Upload a recording")
    neutral = write(tmp_path / "neutral.wav", np.tile(speech, 4))
    wide_page.locator("input[type=file]").nth(1).set_input_files(neutral)
    wide_page.get_by_role("button", name="Learn my voice").click()
    expect(wide_page.get_by_text("Your voice is known")).to_be_visible()
    give(wide_page, write(tmp_path / "voice.wav", speech))
    expect(wide_page.get_by_text("The answer allows for your voice.")).to_be_visible()
    wide_page.get_by_role("button", name="Forget my voice").click()
    expect(wide_page.get_by_text("Your voice is known")).to_have_count(0)
    expect(wide_page.get_by_text("The answer allows for your voice.")).to_have_count(0)


def test_a_keyboard_is_enough(wide_page: Page) -> None:
    wide_page.get_by_role("tab", name="Upload a file").focus()
    wide_page.keyboard.press("ArrowRight")
    wide_page.keyboard.press("ArrowRight")
    wide_page.keyboard.press("Enter")
    expect_answer(wide_page)


def test_a_sound_is_still_there_after_a_look_at_another_page(page: Page, speech_wav: Path) -> None:
    give(page, speech_wav)
    expect_answer(page)
    go_to(page, "How good is it?")
    go_to(page, "Analyse", heading=TITLE)
    expect_answer(page)
    page.get_by_role("button", name="Remove").click()
    expect(charts(page)).to_have_count(0)
