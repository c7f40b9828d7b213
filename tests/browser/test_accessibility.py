"""Every page, as axe-core checks it (WCAG 2 A and AA): nothing serious, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import open_page
from tests.browser.serving import open_tab

PAGES = {
    "": "What does this voice sound like?",
    "many-files": "Many files",
    "how-good": "How good is it?",
    "train": "Train your own",
}

NOT_OURS: dict[str, str] = {}
"""Rule to the selector of Streamlit's own elements that break it."""


@pytest.fixture(params=["wide-light", "phone-dark"])
def any_page(browser: Browser, server: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    phone = request.param == "phone-dark"
    yield from open_page(browser, server, phone=phone, picture=request.node.name.strip("]"))


def serious(page: Page) -> list[str]:
    """Tell what axe-core finds serious or critical, with the elements."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
        if not any(part in node["html"] for part in NOT_OURS.get(violation["id"], "").split())
    ]


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible(any_page: Page, server: str, path: str) -> None:
    any_page.goto(f"{server}/{path}")
    expect(any_page.get_by_role("heading", level=1)).to_have_text(PAGES[path])
    any_page.wait_for_load_state("networkidle")
    assert serious(any_page) == []
    main = any_page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")


def test_an_answer_is_accessible(any_page: Page) -> None:
    open_tab(any_page, "Try a sample")
    expect(any_page.locator(".js-plotly-plot")).to_have_count(2)
    assert serious(any_page) == []
