"""The pages over HTTP, made from a state of the world, without brokers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from fokusstrom.monitor.pages import Pages
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.operations import OperationsPort, Status
from tests.monitor import state

PATHS = ("/", "/operations")


class Site:
    """A served state that a test may replace."""

    def __init__(self) -> None:
        """Begin with everything."""
        self.seen: Snapshot = state.seen()
        self.address = ""

    def get(self, path: str) -> str:
        """The text of a page that is there."""
        answer = httpx.get(self.address + path, timeout=30)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def site() -> Iterator[Site]:
    """The pages on a free port."""
    site = Site()
    routes = Pages(lambda: site.seen, FixedClock(state.NOW)).routes()
    with OperationsPort(
        port=0, status=Status, registry=CollectorRegistry(), routes=routes, host="127.0.0.1"
    ) as operations:
        site.address = f"http://127.0.0.1:{operations.port}"
        yield site


@pytest.mark.parametrize("path", PATHS)
def test_danish_comes_first(site: Site, path: str) -> None:
    """A page is Danish unless English is asked for, and says so of itself."""
    assert '<html lang="da">' in site.get(path)
    assert '<html lang="da">' in site.get(f"{path}?lang=xx")
    assert '<html lang="en">' in site.get(f"{path}?lang=en")


def test_the_countrys_figures_are_marked_internal(site: Site) -> None:
    """The country's share stands with the warning that it is not suppressed and not published."""
    page = site.get("/?lang=en")
    assert "Internal: not for publication" in page
    assert "December 2021" in page
    assert "12.5" in page, "the share of December 2021: 126 of 1,012"


def test_months_before_the_first_meeting_are_left_out(site: Site) -> None:
    """Nobody can have been served before the first meeting that is known: such months are not drawn or listed."""
    page = site.get("/?lang=en")
    assert "January 2019" in page
    assert "December 2018" not in page


def test_hidden_figures_stay_hidden(site: Site) -> None:
    """A published figure that is hidden is said to be; its municipality is named."""
    page = site.get("/?lang=en")
    row = next(row for row in page.split("<tr>") if "Aarhus" in row)
    assert row.count("hidden") == 3


def test_a_cut_says_whom_it_waits_for(site: Site) -> None:
    """A cut under way names the slices that have not answered, and the newest complete one stays visible."""
    page = site.get("/operations?lang=en")
    assert "slice 1/2 has not answered" in page
    assert "31 December 2021" in page


def test_what_is_unknown_is_not_zero(site: Site) -> None:
    """Unknown lag, topics and cuts are called unknown."""
    assert "unknown" in site.get("/operations?lang=en")
    site.seen = state.nothing_known()
    for path in PATHS:
        assert "no Kafka broker answers" in site.get(f"{path}?lang=en")
    assert "The topics&#39; settings are unknown." in site.get("/operations?lang=en").replace("'", "&#39;")


def test_before_the_first_look_the_page_says_so(site: Site) -> None:
    """A monitor that has just begun says that, not that everything is down."""
    site.seen = dataclasses.replace(state.nothing_known(), has_looked=False)
    page = site.get("/?lang=en")
    assert "The monitor has just begun" in page
    assert "can't be reached" not in page.replace("&#39;", "'")


def test_a_page_needs_nothing_from_elsewhere(site: Site) -> None:
    """Style sheet, fonts and pictures come from the same port; there are no scripts."""
    for path in PATHS:
        page = site.get(path)
        assert "<script" not in page
        assert 'src="http' not in page
    for file in ("dkfds/css/dkfds.min.css", "fokusstrom.css", "dkfds/LICENSE.md", "icon.svg"):
        site.get(f"/static/{file}")
