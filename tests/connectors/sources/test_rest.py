"""Polling a REST API, against the simulator of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, Page, Source, SourceUnavailable, State, Window
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.serving import served
from fokusstrom_connectors.simulators.tokens import CLIENT
from fokusstrom_connectors.sources.rest import CONNECTOR, RestSettings
from tests.connectors.battery import ids
from tests.connectors.certificates import Certificates
from tests.connectors.records import meeting
from tests.connectors.web_battery import Simulated, WebBattery, certificates

__all__ = ["certificates"]

PAGES: dict[str, dict[str, Any]] = {
    "cursor": {"pages": {"kind": "cursor", "next": "meta.next"}},
    "number": {"pages": {"kind": "number"}},
    "link": {"pages": {"kind": "link"}},
    "since": {"since": {"parameter": "since", "field": "registreret"}, "pages": {"kind": "number"}},
}


class RestRig(Simulated[RestSimulator]):
    """The simulator behind HTTP, and the connector."""

    mapping = "momentum"
    is_sent_to = False

    def __init__(self, pages: str, certificates: Certificates, stack: ExitStack) -> None:
        """Serve no records yet."""
        self.simulator = RestSimulator(token_seconds=3600)
        self.simulator.wait_seconds = 3.0
        self._certificates = certificates
        self._pages = PAGES[pages]
        self.repeats = 300 if pages == "number" else 100
        self._stack = stack
        self.serve_in(stack)

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        self.simulator.add(*records)

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`."""
        self.simulator.change(place, record)

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """As `Rig`."""
        self.simulator.on_request(number, does)

    def pages_given(self) -> int:
        """As `Rig`."""
        return self.simulator.requests

    def make(self, look_back: timedelta = timedelta(0)) -> Source:
        """As `Rig`."""
        settings = RestSettings.model_validate(
            {
                "url": self.at + PATH,
                "records": "data",
                "error": "error",
                "holds": "meta.total",
                "timeout": "2s",
                "tls": {"ca_file": self._certificates.ca_file},
                "auth": {
                    "kind": "oauth2",
                    "token_url": f"{self.at}/token",
                    "client_id": CLIENT[0],
                    "client_secret": "env:CLIENT",
                },
                **self._pages,
            }
        )
        context = Context(FixedClock(datetime(2020, 3, 20, tzinfo=UTC)), {"CLIENT": CLIENT[1]}, look_back)
        return CONNECTOR.make(settings, context)


class TestRest(WebBattery):
    """The battery, for each way of going from page to page."""

    simulator: RestSimulator

    @pytest.fixture(params=PAGES)
    def rig(self, request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[RestRig]:
        """Serve the simulator."""
        with ExitStack() as stack:
            yield RestRig(request.param, certificates, stack)


def made(at: str, simulator_says: dict[str, Any] | None = None, **context: Any) -> Source:  # noqa: ANN401
    """Make the source for an address, with further settings."""
    told = {"url": at + PATH, "records": "data", "timeout": "2s", **(simulator_says or {})}
    environ = {"KEY": "a-key"} | context.pop("environ", {})
    clock = FixedClock(datetime(2020, 3, 20, tzinfo=UTC))
    return CONNECTOR.make(RestSettings.model_validate(told), Context(clock, environ, **context))


def read_all(source: Source, state: State | None = None, *, pages: int = 1_000) -> list[Page]:
    """Read until the source has no more, or so many pages."""

    async def reading() -> list[Page]:
        await source.connect(state or {})
        try:
            found = [await source.read()]
            while not found[-1].caught_up and len(found) < pages:
                found.append(await source.read())
        finally:
            await source.close()
        return found

    return asyncio.run(reading())


def ids_of(pages: Iterable[Page]) -> list[str]:
    """Give the records' ids."""
    return [str(record["id"]) for page in pages for record in cast("list[dict[str, Any]]", page.records)]


SINCE = PAGES["since"]


def test_what_has_not_changed_costs_nothing() -> None:
    """The newest page is asked for with its ETag: 304 is a page without records, and new ones are found."""
    simulator = RestSimulator([meeting(1)])

    async def polled(at: str) -> list[Page]:
        source = made(at, PAGES["cursor"])
        await source.connect({})
        found = [await source.read(), await source.read()]
        simulator.add(meeting(2))
        found.append(await source.read())
        await source.close()
        return found

    with served(simulator.application) as at:
        first, second, third = asyncio.run(polled(at))
    assert (len(first.records), len(second.records), len(third.records)) == (1, 0, 2)
    assert simulator.not_modified == 1


@pytest.mark.parametrize("pages", ["cursor", "link"])
def test_a_feed_that_gives_a_next_cursor_at_its_end_is_not_read_twice(pages: str) -> None:
    """What is asked for at the end is what comes next: new records come alone."""
    simulator = RestSimulator([meeting(1)], is_feed=True)

    async def polled(at: str) -> list[Page]:
        source = made(at, PAGES[pages])
        await source.connect({})
        found = [await source.read(), await source.read()]
        simulator.add(meeting(2))
        found += [await source.read(), await source.read()]
        await source.close()
        return found

    with served(simulator.application) as at:
        found = asyncio.run(polled(at))
    assert [ids_of([page]) for page in found] == [ids([1]), [], ids([2]), []]
    assert [page.caught_up for page in found] == [False, True, False, True]


def test_look_back_catches_late_edits_once() -> None:
    """A record that appears with an older time is found within the look-back; what was read before isn't repeated."""
    simulator = RestSimulator([meeting(number) for number in range(10)])

    async def polled(at: str) -> list[Page]:
        source = made(at, SINCE, look_back=timedelta(minutes=5))
        await source.connect({})
        found = [await source.read()]
        while not found[-1].caught_up:
            found.append(await source.read())
        simulator.add(meeting(6, id="late"), meeting(1, id="too late"))
        found.append(await source.read())
        await source.close()
        return found

    with served(simulator.application) as at:
        pages = asyncio.run(polled(at))
    assert ids_of(pages) == [*ids(range(10)), "late"]


def test_a_backfill_reads_its_window_whatever_is_remembered() -> None:
    """It begins where the window does."""
    simulator = RestSimulator([meeting(number) for number in range(10)])
    start = datetime(2020, 3, 2, 8, 7, tzinfo=UTC)  # the time of change of the seventh
    with served(simulator.application) as at:
        source = made(at, SINCE, window=Window(start, start + timedelta(days=1)))
        assert ids_of(read_all(source, {"since": "2021-01-01T00:00:00Z"})) == ids(range(7, 10))


def test_a_time_that_fills_a_page_is_read_page_by_page() -> None:
    """More records of one time than a page holds are all read."""
    same = meeting(0)["registreret"]
    simulator = RestSimulator([meeting(number, registreret=same) for number in range(250)])
    with served(simulator.application) as at:
        assert ids_of(read_all(made(at, SINCE))) == ids(range(250))


def test_a_cursor_that_does_not_move_is_the_end() -> None:
    """A source that repeats its cursor isn't asked for ever."""
    simulator = RestSimulator([meeting(1)])
    with served(simulator.application) as at:
        settings = {"pages": {"kind": "cursor", "next": "meta.total", "parameter": "page"}}
        assert len(read_all(made(at, settings), pages=10)) == 2


def test_a_cursor_with_a_personal_number_is_used_and_not_remembered() -> None:
    """A restart repeats from the cursor before; nothing is skipped."""
    cursors = ["7", "0101701234", "9", None]

    async def answer(request: Request) -> Response:
        at = cursors.index(asked) + 1 if (asked := request.query_params.get("cursor")) else 0
        return JSONResponse({"data": [meeting(at)], "next": cursors[at]})

    with served(Starlette(routes=[Route(PATH, answer)])) as at:
        pages = read_all(made(at, {"pages": {"kind": "cursor", "next": "next"}}))
    assert ids_of(pages) == ids(range(4))
    assert [page.state for page in pages] == [{"cursor": "7"}, {}, {"cursor": "9"}, {}]


def test_credentials_are_not_sent_to_another_host() -> None:
    """A next page on another host is refused, by the step and the reason."""

    async def answer(_request: Request) -> Response:
        return JSONResponse({"data": [], "next": "http://elsewhere.example.dk/next"})

    with served(Starlette(routes=[Route(PATH, answer)])) as at, pytest.raises(SourceUnavailable) as refused:
        read_all(made(at, {"pages": {"kind": "link", "next": "next"}}))
    assert str(refused.value) == "page: the next page is on another host: credentials are not sent there"


def test_certificates_are_reloaded_without_a_restart(certificates: Certificates, tmp_path: Path) -> None:
    """The source asks for our certificate; one that is put there while the connector runs is used at once."""
    simulator = RestSimulator([meeting(1)])
    mine = tmp_path / "mine.pem"
    mine.write_bytes(Certificates(tmp_path).good.read_bytes())  # of an authority that the source doesn't know
    tls = {"ca_file": certificates.ca_file, "certificate_file": mine}

    async def asked(at: str) -> tuple[str, Page]:
        source = made(at, {"tls": tls})
        await source.connect({})
        try:
            await source.read()
        except SourceUnavailable as error:
            said = str(error)
        mine.write_bytes(certificates.issued("mine").read_bytes())
        page = await source.read()
        await source.close()
        return said, page

    with served(simulator.application, certificate=certificates.good, client_ca=certificates.ca_file) as at:
        said, page = asyncio.run(asked(at))
    assert said.startswith(("TLS", "page: the answer broke off"))
    assert ids_of([page]) == ids([1])


def test_an_api_key_is_sent_in_its_header_and_shown_nowhere() -> None:
    """It is read when it is needed, and is in no `repr`."""
    seen: list[str] = []

    async def answer(request: Request) -> Response:
        seen.append(request.headers["authorization"])
        return JSONResponse({"data": []})

    auth = {"kind": "api_key", "header": "Authorization", "prefix": "Token", "key": "env:KEY"}
    with served(Starlette(routes=[Route(PATH, answer)])) as at:
        source = made(at, {"auth": auth})
        read_all(source)
    assert seen == ["Token a-key"]
    assert "a-key" not in repr(source.__dict__)
