"""The page running for a real browser: the server, the browser, and where pictures go.

The browser tests use it, and docs/screenshots.py.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from playwright.sync_api import Page, expect

ROOT = Path(__file__).parent.parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The first answer after a start waits for TensorFlow, on a busy machine for long.
PATIENCE_MS = 240_000


class PageError(Exception):
    """The page did not start; the text is what its server said."""


def find_chromium() -> str | None:
    """Find a Chromium that is installed."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextmanager
def running_page(
    environment: Mapping[str, str] | None = None, *, script: Path = ROOT / "app.py"
) -> Iterator[str]:
    """Run the page, or another script, on a free port, give its address, and stop it in the end.

    Raises
    ------
    PageError
        It does not start within a minute.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"headless": "true", "port": port, "address": "127.0.0.1", "fileWatcherType": "none"}
    flags = [f"--server.{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
        try:
            if not _answers(f"http://127.0.0.1:{port}", process):
                log.seek(0)
                raise PageError(log.read() or "The server said nothing.")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers; tell whether it does."""
    for _ in range(240):
        if process.poll() is not None:
            return False
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return True
        except OSError:
            time.sleep(0.25)
    return False


def wait_until_drawn(page: Page) -> None:
    """Wait until the page shows its title and has been run through."""
    page.get_by_role("heading", level=1).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def open_tab(page: Page, name: str) -> None:
    """Click a tab as people do: again, where it moved from under the pointer.

    What loads late pushes the tabs about, and a press that begins on one and ends beside
    it opens nothing.
    """
    tab = page.get_by_role("tab", name=name)
    for _ in range(5):
        tab.click()
        try:
            expect(tab).to_have_attribute("aria-selected", "true", timeout=3_000)
        except AssertionError:
            continue
        return
    raise PageError(f"The tab {name!r} does not open.")


def press_section(page: Page, title: str) -> None:
    """Open a section that is closed, or close an open one; press again where a press missed."""
    section = page.locator("details").filter(has=page.locator("summary", has_text=title)).last
    was_open = section.get_attribute("open") is not None
    changed = (
        expect(section).not_to_have_attribute if was_open else expect(section).to_have_attribute
    )
    for _ in range(5):
        section.locator("summary").first.click()
        try:
            changed("open", "", timeout=15_000)
        except AssertionError:  # what is drawn late pushes what is below it about
            continue
        return
    raise PageError(f"The section {title!r} does not {'close' if was_open else 'open'}.")


def go_to(page: Page, title: str, *, heading: str | None = None) -> None:
    """Go to another page by its link above this one; click again where the first click missed."""
    shown = page.get_by_role("heading", level=1)
    for _ in range(5):
        page.get_by_test_id("stPageLink").get_by_text(title).click()
        try:
            expect(shown).to_have_text(heading or title, timeout=15_000)
        except AssertionError:  # what is drawn late pushes what is below it about
            continue
        return
    expect(shown).to_have_text(heading or title)


def take_picture(page: Page, path: Path) -> None:
    """Save the whole page, which scrolls inside itself, as a PNG."""
    path.parent.mkdir(exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 1280
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(800, height)})
    page.wait_for_timeout(700)  # charts settle after the page has a new size
    page.screenshot(path=path)
