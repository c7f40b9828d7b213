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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from playwright.sync_api import Locator, Page, expect

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


def press(button: Locator, expect_change: Callable[[float], None]) -> None:
    """Press as people do: again, where nothing came of it.

    What is drawn late pushes what is below it about, and a press that begins on a button
    and ends beside it does nothing.

    Parameters
    ----------
    button : Locator
    expect_change : callable
        Raises AssertionError where nothing came of it within the milliseconds it is given.
    """
    for patience_ms in (15_000, 30_000, 60_000):
        button.click()
        try:
            expect_change(patience_ms)
        except AssertionError:
            continue
        return
    expect_change(PATIENCE_MS)


def open_tab(page: Page, name: str) -> None:
    """Open a tab."""
    tab = page.get_by_role("tab", name=name)
    press(tab, lambda ms: expect(tab).to_have_attribute("aria-selected", "true", timeout=ms))


def choose(page: Page, name: str) -> None:
    """Choose one of several options."""
    option = page.get_by_role("radio", name=name)
    press(option, lambda ms: expect(option).to_be_checked(timeout=ms))


def open_section(page: Page, title: str) -> None:
    """Open a section, if it is closed."""
    section = _section(page, title)
    if section.get_attribute("open") is None:
        press(
            section.locator("summary").first,
            lambda ms: expect(section).to_have_attribute("open", "", timeout=ms),
        )


def close_section(page: Page, title: str) -> None:
    """Close a section that is open."""
    section = _section(page, title)
    press(
        section.locator("summary").first,
        lambda ms: expect(section).not_to_have_attribute("open", "", timeout=ms),
    )


def _section(page: Page, title: str) -> Locator:
    return page.locator("details").filter(has=page.locator("summary", has_text=title)).last


def go_to(page: Page, title: str, *, heading: str | None = None) -> None:
    """Go to another page by its link above this one, and wait until nothing is left of this."""
    shown = page.get_by_role("heading", level=1)
    link = page.get_by_test_id("stPageLink").get_by_text(title)
    press(link, lambda ms: expect(shown).to_have_text(heading or title, timeout=ms))
    wait_until_drawn(page)


def take_picture(page: Page, path: Path) -> None:
    """Save the whole page, which scrolls inside itself, as a PNG."""
    path.parent.mkdir(exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 1280
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(800, height)})
    page.wait_for_timeout(700)  # charts settle after the page has a new size
    page.screenshot(path=path)
