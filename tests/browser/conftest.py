"""A real browser on the running page: headless Chromium, wide and light or narrow and dark.

Skipped where no Chromium is installed, unless SER_REQUIRE_BROWSER=1 is set.
Screenshots of how each story ends are left in test-output/.

With SER_BROWSER_LATE_MS=1500 all that the browser sends leaves it that much later, as over
a slow line or on a busy machine: what a story forgets to wait for fails then each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.serving import (
    FLAGS,
    PATIENCE_MS,
    ROOT,
    PageError,
    find_chromium,
    running_page,
    take_picture,
    wait_until_drawn,
)

PICTURES = ROOT / "test-output"
SEND_LATE = """
for (const kind of [WebSocket, XMLHttpRequest]) {
    const send = kind.prototype.send;
    kind.prototype.send = function (data) { setTimeout(() => send.call(this, data), LATE_MS); };
}
"""
expect.set_options(timeout=PATIENCE_MS)
NO_BRACKETS = str.maketrans({"[": "-", "]": None})


@pytest.fixture(scope="session")
def chromium() -> str:
    found = find_chromium()
    if found is None:
        reason = "No Chromium is installed."
        if os.environ.get("SER_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    runs = tmp_path_factory.mktemp("runs")
    try:
        with running_page({**os.environ, "SER_RUNS": str(runs)}) as address:
            yield address
    except PageError as error:
        pytest.fail(str(error))


@pytest.fixture(scope="session")
def browser(chromium: str, speech_wav: Path) -> Iterator[Browser]:
    """Chromium whose microphone hears a synthesised voice, over and over."""
    microphone = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={speech_wav}",
    ]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, *microphone], timeout=PATIENCE_MS
        )
        yield launched
        launched.close()


def open_page(
    browser: Browser, address: str, *, phone: bool, picture: str, path: str = ""
) -> Iterator[Page]:
    """Open the page in a browser of its own, and leave a picture of how it ends."""
    context = browser.new_context(
        viewport={"width": 380 if phone else 1280, "height": 800},
        color_scheme="dark" if phone else "light",
        permissions=["microphone"],
        accept_downloads=True,
    )
    if late_ms := os.environ.get("SER_BROWSER_LATE_MS"):
        context.add_init_script(SEND_LATE.replace("LATE_MS", late_ms))
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.goto(f"{address}/{path}")
    wait_until_drawn(opened)
    yield opened
    take_picture(opened, PICTURES / f"{picture}.png")
    context.close()


def _name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name).removeprefix("test_").translate(NO_BRACKETS)


@pytest.fixture(params=["wide-light", "phone-dark"])
def page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The first page, for stories that both sizes must tell."""
    phone = request.param == "phone-dark"
    yield from open_page(browser, server, phone=phone, picture=_name(request))


@pytest.fixture
def wide_page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The first page at a desk, for stories that need telling once."""
    yield from open_page(browser, server, phone=False, picture=_name(request))
