"""Takes the pictures of the page that the README shows: `make pictures`.

It starts the page, visits it in headless Chromium, and writes docs/*.png.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from tests.browser.serving import (
    FLAGS,
    PATIENCE_MS,
    choose,
    find_chromium,
    open_section,
    open_tab,
    running_page,
    take_picture,
)

HERE = Path(__file__).parent


def analyse(page: Page) -> None:
    """Let it answer to the lively sample."""
    open_tab(page, "Try a sample")
    choose(page, "High and quick")
    page.locator(".js-plotly-plot").nth(1).wait_for()


def ask_why(page: Page) -> None:
    """Ask what the answer hung on."""
    analyse(page)
    open_section(page, "Why?")
    page.locator(".js-plotly-plot").nth(3).wait_for()


def look_around(page: Page) -> None:
    """Wait for the last chart."""
    page.locator(".js-plotly-plot").nth(5).wait_for(state="attached")


@dataclass(frozen=True)
class View:
    """One picture.

    Attributes
    ----------
    name : str
        Of the file.
    visit : callable
        What is done on the page first.
    width : int
        In pixels.
    scheme : str
        ``"light"`` or ``"dark"``.
    path : str
        Of the page.
    first : str
        The text with which the picture begins, where it is not that of the whole page.
    height : int or None
        In pixels; None down to the end.
    """

    name: str
    visit: Callable[[Page], None]
    width: int = 840
    scheme: Literal["light", "dark"] = "light"
    path: str = ""
    first: str = ""
    height: int | None = None


VIEWS = (
    View("page.png", analyse),
    View("page-phone.png", analyse, width=380, scheme="dark"),
    View("why.png", ask_why, first="What spoke for", height=620),
    View("how-good.png", look_around, path="how-good", first="How often is it right?", height=560),
)


def main() -> None:
    """Take every picture."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("error: no Chromium found; install chromium or google-chrome first.")
    with running_page() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for view in VIEWS:
            take(browser, address, view)
            print(f"wrote {HERE / view.name}")
        browser.close()


def take(browser: Browser, address: str, view: View) -> None:
    """Open the page, do what the view wants, and save all of it as a PNG."""
    context = browser.new_context(
        viewport={"width": view.width, "height": 600}, color_scheme=view.scheme
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}/{view.path}")
    page.get_by_role("heading", level=1).wait_for()
    view.visit(page)
    page.wait_for_timeout(1_500)  # let the page settle before it is measured
    take_picture(page, HERE / view.name)
    if view.height is not None:
        cut(page, HERE / view.name, view.first, view.height)
    context.close()


def cut(page: Page, path: Path, first: str, height: int) -> None:
    """Save only what begins with a text, over the page's full width."""
    box = page.get_by_text(first).first.bounding_box()
    size = page.viewport_size
    if box is None or size is None:
        sys.exit(f"error: {first!r} is not on the page.")
    top = box["y"] - 16
    clip: FloatRect = {"x": 0, "y": top, "width": size["width"], "height": height}
    page.screenshot(path=path, clip=clip)


if __name__ == "__main__":
    main()
