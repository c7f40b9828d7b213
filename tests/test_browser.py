"""The page in a real browser: headless Chromium against a running server.

Skipped where no Chromium is installed, unless SER_REQUIRE_BROWSER=1 is set.
Screenshots are left in test-output/.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from ser.labels import LABELS

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "test-output"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
NO_BRACKETS = str.maketrans({"[": "-", "]": None})
# The first answer after a start waits for TensorFlow, on a busy machine for long.
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        reason = f"No Chromium is installed: none of {', '.join(CHROMIUM_NAMES)} was found."
        if os.environ.get("SER_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    options = {"headless": "true", "port": port, "address": "127.0.0.1", "fileWatcherType": "none"}
    flags = [f"--server.{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *flags]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"The server did not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def browser(chromium: str, speech_wav: Path) -> Iterator[Browser]:
    """Chromium whose microphone hears a synthesised voice, over and over."""
    microphone = f"--use-file-for-fake-audio-capture={speech_wav}"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, microphone], timeout=PATIENCE_MS
        )
        yield launched
        launched.close()


@pytest.fixture(params=["wide-light", "phone-dark"])
def page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    phone = request.param == "phone-dark"
    context = browser.new_context(
        viewport={"width": 380 if phone else 1280, "height": 800},
        color_scheme="dark" if phone else "light",
        permissions=["microphone"],
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.goto(server)
    yield opened
    keep_picture(opened, request.node.name.removeprefix("test_").translate(NO_BRACKETS))
    context.close()


def keep_picture(page: Page, name: str) -> None:
    """Save the whole page, which scrolls inside itself, as a PNG."""
    PICTURES.mkdir(exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 1280
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(800, height)})
    page.wait_for_timeout(500)  # charts settle after the page has a new size
    page.screenshot(path=PICTURES / f"{name}.png")


def charts(page: Page) -> Locator:
    return page.locator(".js-plotly-plot")


def expect_answer(page: Page) -> None:
    """Bars with all seven labels, a sentence, the picture, and no scrolling sideways."""
    expect(charts(page)).to_have_count(2, timeout=PATIENCE_MS)
    expect(
        page.get_by_role("heading", name="Sounds").or_(
            page.get_by_role("heading", name="Hard to say")
        )
    ).to_be_visible()
    for label in LABELS:
        expect(charts(page).first.get_by_text(label, exact=True)).to_be_visible()
    expect(page.get_by_test_id("stAudio")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_upload_shows_the_chart(page: Page, speech_wav: Path) -> None:
    page.locator("input[type=file]").set_input_files(speech_wav)
    expect_answer(page)
    page.get_by_role("radio", name="Side by side").click()
    expect(charts(page)).to_have_count(3)


def test_microphone_shows_the_chart(page: Page) -> None:
    page.get_by_role("tab", name="Record").click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(2_500)
    page.get_by_role("button", name="Stop recording").click()
    expect_answer(page)


def test_sample_shows_the_chart_and_nothing_goes_elsewhere(page: Page, server: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_role("tab", name="Try a sample").click()
    expect_answer(page)
    assert asked
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []


def test_what_is_no_sound_gets_a_sentence(page: Page, tmp_path: Path) -> None:
    diary = tmp_path / "diary.wav"
    diary.write_text("Dear diary, today I spoke.")
    page.locator("input[type=file]").set_input_files(diary)
    expect(page.get_by_role("alert")).to_contain_text("not a sound file")
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(charts(page)).to_have_count(0)
