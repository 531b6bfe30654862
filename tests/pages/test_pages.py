"""The pages in a real browser: accessible, usable by keyboard, readable on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from prometheus_client import CollectorRegistry

from fokusstrom.commands import _evaluation_page
from fokusstrom.commands._scenario_page import write_pages
from fokusstrom.domain.rule_set import in_force
from fokusstrom.monitor.pages import Pages
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.operations import OperationsPort, Status
from tests.domain import comparing
from tests.domain.evaluating import THROUGH, evaluated, of_two_regions
from tests.monitor import state
from tests.programs import path_of

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
_STATES = {"everything": state.seen(), "nothing known": state.nothing_known()}
_TELEPHONE = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    """A page of a browser; what it complains about fails the test that saw it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path_of("chromium"), args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.fixture(params=_STATES)
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where pages of a state are served."""
    seen: Snapshot = _STATES[request.param]
    routes = Pages(lambda: seen, FixedClock(state.NOW)).routes()
    with OperationsPort(
        port=0, status=Status, registry=CollectorRegistry(), routes=routes, host="127.0.0.1"
    ) as operations:
        yield f"http://127.0.0.1:{operations.port}"


@pytest.mark.parametrize("path", ["/?lang=da", "/?lang=en", "/operations?lang=da", "/operations?lang=en"])
def test_a_page_is_accessible(browser_page: Page, address: str, path: str) -> None:
    """No rule of WCAG 2.1 AA that a machine can check is broken, also with every table unfolded."""
    complaints: list[str] = []
    browser_page.on("console", lambda message: complaints.append(f"{message.location['url']}: {message.text}"))
    browser_page.goto(address + path)
    for folded in browser_page.locator("summary").all():
        folded.click()
    result = Axe().run(browser_page, options=_RULES)
    assert result.violations_count == 0, result.generate_report()
    assert complaints == []


def test_the_first_key_leads_past_the_header(browser_page: Page, address: str) -> None:
    """The first thing that the keyboard reaches leads to the content."""
    browser_page.goto(address)
    browser_page.keyboard.press("Tab")
    assert browser_page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("document.activeElement.id") == "main-content"


def test_nothing_is_cut_off_on_a_telephone(browser_page: Page, address: str) -> None:
    """At 320 pixels the page itself does not scroll sideways; charts and tables do, by themselves."""
    browser_page.set_viewport_size(_TELEPHONE)  # type: ignore[arg-type]  # a typed dict of its own
    for path in ("/", "/operations"):
        browser_page.goto(address + path)
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= _TELEPHONE["width"]


def test_the_language_can_be_switched(browser_page: Page, address: str) -> None:
    """The switch leads to the same page in the other language."""
    browser_page.goto(f"{address}/operations")
    browser_page.get_by_role("link", name="English").click()
    assert browser_page.get_by_role("heading", level=1).inner_text() == "Operations"


@pytest.mark.parametrize("width", [320, 1200])
def test_a_comparison_is_accessible(browser_page: Page, tmp_path: Path, width: int) -> None:
    """The pages of two rule sets side by side break no rule either, read from files, wide and narrow."""
    for file in write_pages(comparing.comparison(), tmp_path):
        browser_page.set_viewport_size({"width": width, "height": 640})
        browser_page.goto(file.as_uri())
        for folded in browser_page.locator("summary").all():
            folded.click()
        result = Axe().run(browser_page, options=_RULES)
        assert result.violations_count == 0, result.generate_report()
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    browser_page.get_by_role("link", name="Dansk").click()
    assert browser_page.get_by_role("heading", level=1).inner_text().startswith("Telefon- og videosamtaler")


def test_an_evaluation_is_accessible(browser_page: Page, tmp_path: Path) -> None:
    """The pages of an evaluation break no rule either, wide and narrow, and lead to each other."""
    for file in _evaluation_page.write_pages(evaluated(of_two_regions(50)), in_force(), THROUGH, tmp_path):
        browser_page.set_viewport_size({"width": 1200, "height": 640})
        browser_page.goto(file.as_uri())
        for folded in browser_page.locator("summary").all():
            folded.click()
        result = Axe().run(browser_page, options=_RULES)
        assert result.violations_count == 0, result.generate_report()
        browser_page.set_viewport_size(_TELEPHONE)  # type: ignore[arg-type]  # a typed dict of its own
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= _TELEPHONE["width"]
    browser_page.get_by_role("link", name="Dansk").click()
    assert browser_page.get_by_role("heading", level=1).inner_text() == "Kontakt, og hvad der fulgte"
