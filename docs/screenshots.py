"""Takes the pictures of the page that the README shows: `python docs/screenshots.py`.

It starts the page, clicks on the sample voice in headless Chromium, and writes
docs/page.png and docs/page-phone.png.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENCE_MS = 120_000

VIEWS: dict[str, tuple[int, Literal["light", "dark"]]] = {
    "page.png": (840, "light"),
    "page-phone.png": (380, "dark"),
}
"""Picture to width in pixels and colour scheme."""


def main() -> None:
    """Take every picture."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if chromium is None:
        sys.exit("error: no Chromium found; install chromium or google-chrome first.")
    with running_page() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (width, scheme) in VIEWS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 600}, color_scheme=scheme
            )
            take(context.new_page(), address, HERE / name, width=width)
            context.close()
            print(f"wrote {HERE / name}")
        browser.close()


@contextmanager
def running_page() -> Iterator[str]:
    """Run the page on a free port, give its address, and stop it in the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=HERE.parent
    )
    try:
        wait_until_healthy(address)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_healthy(address: str) -> None:
    """Return once the server answers, for a minute at most."""
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
    sys.exit("error: the page did not start within a minute.")


def take(page: Page, address: str, path: Path, *, width: int) -> None:
    """Open the page, let it answer to the lively sample, and save all of it as a PNG."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_role("tab", name="Try a sample").click()
    page.get_by_role("radio", name="High and quick").click()
    page.locator(".js-plotly-plot").nth(1).wait_for()
    page.wait_for_timeout(1_500)  # let the page settle, then give it its full height
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(1_500)
    page.screenshot(path=path)


if __name__ == "__main__":
    main()
