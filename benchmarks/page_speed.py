"""How quick the page is, beside a Streamlit page that says one sentence.

    python -m benchmarks.page_speed
    python -m benchmarks.page_speed --json figures.json

Both run on this computer and are opened in headless Chromium turn by turn, so that
whatever else the machine does falls on both alike. Given are medians in seconds: from
the address to the title of the first screen, in a browser that has never been there and
on its next visit; from a new clip of 3 s to its answer once
the models are loaded; from a click on "Side by side" to the second model's bars. Needs
``requirements-dev.txt`` and Chromium.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from ser.audio import SAMPLE_RATE
from ser.synthesis import sample_voice
from tests.browser.serving import FLAGS, PATIENCE_MS, find_chromium, running_page

BARE_PAGE = "import streamlit as st\n\nst.title('One sentence')\n"
ANSWER = "h2:has-text('Sounds'), h2:has-text('Hard to say')"


def main() -> None:
    """Measure, print, and write the figures if asked to."""
    parser = argparse.ArgumentParser(description="Time the page in a real browser.")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each (default: 7)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("error: no Chromium found; install chromium or google-chrome first.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE_PAGE, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        with running_page() as ours, running_page(script=bare) as theirs:
            # In this order: then the models are loaded, and no longer on their way.
            figures = answers(browser, ours, Path(folder), options.repeats)
            figures |= first_screens(browser, ours, theirs, options.repeats)
        browser.close()
    for name, value in figures.items():
        print(f"{name:28} {value:6.2f}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def first_screens(browser: Browser, ours: str, theirs: str, repeats: int) -> dict[str, float]:
    """Open both pages in turn, each twice; the first turn after the start is left out."""
    visits: dict[str, list[tuple[float, float]]] = {ours: [], theirs: []}
    for _ in range(repeats + 1):
        for address, measured in visits.items():
            with fresh_page(browser) as page:
                visit = partial(open_title, page, address)
                measured.append((took(visit), took(visit)))
    our_first, our_next = map(statistics.median, zip(*visits[ours][1:], strict=True))
    their_first, their_next = map(statistics.median, zip(*visits[theirs][1:], strict=True))
    return {
        "first screen, s": our_first,
        "of a bare page, s": their_first,
        "ratio": our_first / their_first,
        "on the next visit, s": our_next,
        "of a bare page then, s": their_next,
    }


def answers(browser: Browser, address: str, folder: Path, repeats: int) -> dict[str, float]:
    """Give one new clip after another, each in a new window, and ask for both models."""
    heard, compared = [], []
    for turn in range(repeats + 1):
        clip = folder / f"clip-{turn}.wav"
        soundfile.write(clip, sample_voice("plain", seed=turn), SAMPLE_RATE)
        with fresh_page(browser) as page:
            open_title(page, address)
            heard.append(took(partial(give, page, clip)))
            page.locator(".js-plotly-plot").nth(1).wait_for()
            compared.append(took(partial(compare_models, page)))
    # The first answer after a start loads the models.
    return {
        "clip to answer, s": statistics.median(heard[1:]),
        "both models' answers, s": statistics.median(compared[1:]),
        "first answer of all, s": heard[0],
    }


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """Open a browser window that has seen nothing yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def open_title(page: Page, address: str) -> None:
    """Go to a page and wait for its title."""
    page.goto(address)
    page.get_by_role("heading", level=1).wait_for()


def give(page: Page, clip: Path) -> None:
    """Upload a clip and wait for its answer."""
    page.locator("input[type=file]").first.set_input_files(clip)
    page.locator(ANSWER).first.wait_for()


def compare_models(page: Page) -> None:
    """Set both models side by side and wait for the second one's bars."""
    page.get_by_text("Ask another model").click()
    page.get_by_role("radio", name="Side by side").click()
    page.locator(".js-plotly-plot").nth(2).wait_for()


def took(action: Callable[[], None]) -> float:
    """Time an action in seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
