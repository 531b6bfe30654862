"""What every connector must pass, against a real server on loopback; a connector's tests give it a `Rig`.

    class TestDiary(Battery):
        @pytest.fixture
        def rig(self) -> Iterator[Rig]: ...

Delivery, checkpoints and refusals are judged at the outlet: nothing is lost, nothing is remembered too early, and
what can't be had is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from prometheus_client import CollectorRegistry

from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Page, Source, SourceUnavailable, State, Step
from fokusstrom_connectors.mapping import rules
from fokusstrom_connectors.mapping.mapper import Mapper
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms
from fokusstrom_connectors.runner.measures import Measures
from fokusstrom_connectors.runner.running import Options, Runner, Sums
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import KEY, meeting

SOON = timedelta(milliseconds=20)
OPTIONS = Options("test", "momentum:751", poll_every=SOON, batch_records=40, first_wait=SOON, longest_wait=SOON)
AT = datetime(2020, 3, 20, 12, tzinfo=UTC)


class Rig(Protocol):
    """A server with records of meetings, and a connector that reads it."""

    mapping: str
    """Of its records."""
    is_sent_to: bool
    """As `Connector.is_sent_to`."""
    repeats: int
    """How many records a restart may read again: a page, or all where pages are counted."""

    def add(self, *records: dict[str, Any]) -> None:
        """Let the server have records of the momentum profile, in its own way of saying them."""

    def make(self) -> Source:
        """Make the source, as a new process would."""

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """Do something once, when so many pages have been given, before the next."""

    def change(self, place: int, record: dict[str, Any]) -> None:
        """Let the server's record at a place be another, as an edit makes it."""

    def pages_given(self) -> int:
        """How many pages the server has given."""


class Listening:
    """A source, and what was acknowledged of its pages."""

    def __init__(self, source: Source) -> None:
        """Take the source."""
        self._source = source
        self.acknowledged: list[tuple[str, Exception | None]] = []
        self.connected = 0

    async def connect(self, state: State) -> None:
        """Count, and connect."""
        self.connected += 1
        await self._source.connect(state)

    async def read(self) -> Page:
        """Read, and listen to what becomes of the page."""
        page = await self._source.read()

        async def acknowledge(error: Exception | None) -> None:
            self.acknowledged.append((page.place, error))
            await page.acknowledge(error)

        return dataclasses.replace(page, acknowledge=acknowledge)

    async def close(self) -> None:
        """Close."""
        await self._source.close()


def runner(source: Source, outlet: MemoryOutlet, *, mapping: str = "momentum", options: Options = OPTIONS) -> Runner:
    """Make a runner as `fokusstrom connector NAME run` would, but for where it sends to."""
    pseudonyms = Pseudonyms(Key("test", KEY.encode()))
    return Runner(
        source,
        Mapper(rules.find(mapping), "momentum:751", pseudonyms),
        outlet,
        dataclasses.replace(options, remembered=outlet.state),
        clock=FixedClock(AT),
        measures=Measures(CollectorRegistry()),
    )


def run_once(one: Runner, rig: Rig, seconds: float = 30) -> None:
    """Run until the source has no more."""

    async def limited() -> None:
        async with asyncio.timeout(seconds):
            await one.run(once=True, waits_itself=rig.is_sent_to)

    asyncio.run(limited())


def run_until(one: Runner, rig: Rig, holds: Callable[[], bool], seconds: float = 20) -> None:
    """Run until something holds, and then stop it as a signal does, wherever it is."""

    async def stopped() -> None:
        running = asyncio.create_task(one.run(waits_itself=rig.is_sent_to))
        deadline = time.monotonic() + seconds
        while not holds() and not running.done():
            assert time.monotonic() < deadline, f"it takes too long: {one.trouble}, {one.state}"
            await asyncio.sleep(0.001)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(stopped())


def ids(numbers: Sequence[int]) -> list[str]:
    """Give the fact ids of meetings by their numbers."""
    return [meeting(number)["id"] for number in numbers]


class Battery:
    """The tests."""

    share = 1.0
    """How many of the records are used: where they come one by one fewer are enough."""

    def some(self, count: int) -> int:
        """Give so many records, or fewer."""
        return max(1, round(count * self.share))

    def test_everything_is_delivered_in_order(self, rig: Rig) -> None:
        """Every record becomes a fact, once and in the order of the source, under a pseudonym."""
        rig.add(*map(meeting, range(self.some(250))))
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        assert list(dict.fromkeys(outlet.ids)) == ids(range(self.some(250))), outlet.state
        expected = Key("test", KEY.encode()).pseudonym(meeting(7)["borger"]["cpr"])
        assert next(fact["citizen"] for _, fact in outlet.facts if fact["fact_id"] == "m-00007") == expected

    def test_what_is_remembered_is_never_ahead_of_what_is_confirmed(self, rig: Rig) -> None:
        """Stopped anywhere and started again, it may repeat, and never skips."""
        rig.add(*map(meeting, range(self.some(300))))
        outlet = MemoryOutlet()
        for enough in map(self.some, (1, 60, 130, 131, 290)):
            run_until(runner(rig.make(), outlet, mapping=rig.mapping), rig, lambda: len(outlet.ids) >= enough)  # noqa: B023 - called at once
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        assert set(outlet.ids) == set(ids(range(self.some(300))))

    def test_a_restart_goes_on_where_it_was(self, rig: Rig) -> None:
        """What was delivered before isn't all read again, but for what is looked at twice by design."""
        rig.add(*map(meeting, range(self.some(300))))
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        before = len(outlet.ids)
        rig.add(meeting(300))
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        assert "m-00300" in outlet.ids[before:]
        assert len(outlet.ids) - before <= rig.repeats + 1

    def test_what_is_not_confirmed_is_refused_to_the_source_and_comes_again(self, rig: Rig) -> None:
        """A page whose facts were not confirmed is acknowledged with the error, and delivered later all the same."""
        rig.add(*map(meeting, range(self.some(100))))
        outlet = MemoryOutlet()
        outlet.failures = 2
        source = Listening(rig.make())
        run_once(runner(source, outlet, mapping=rig.mapping), rig)
        assert set(outlet.ids) == set(ids(range(self.some(100))))
        assert source.connected >= 3
        assert [error for _, error in source.acknowledged if error is not None]
        assert source.acknowledged[-1][1] is None

    def test_a_page_that_comes_twice_changes_nothing(self, rig: Rig) -> None:
        """A record that is delivered twice makes the same fact twice: an exact repeat, which no figure counts."""
        rig.add(*map(meeting, range(20)), *map(meeting, range(20)))
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        facts = {str(fact) for _, fact in outlet.facts}
        assert len(facts) == 20

    def test_nothing_slides_through_between_pages(self, rig: Rig) -> None:
        """Records are edited while pages are read: all of them arrive, those that were edited in their new version."""
        rig.add(*map(meeting, range(self.some(250))))
        later = meeting(9_000, id="m-00000", version=2)
        rig.on_page(1, lambda: rig.change(0, later))
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        assert set(outlet.ids) == set(ids(range(self.some(250))))
        assert {fact["version"] for _, fact in outlet.facts if fact["fact_id"] == "m-00000"} >= {2}

    def test_records_that_cannot_be_mapped_stop_nobody(self, rig: Rig) -> None:
        """They are refused as data, with place, reason and field, and everything else goes on."""
        rig.add(meeting(0), meeting(1, samtaletype="Kaffe"), meeting(2, borger={"cpr": "3102701234"}), meeting(3))
        outlet = MemoryOutlet()
        run_once(one := runner(rig.make(), outlet, mapping=rig.mapping), rig)
        assert outlet.ids == ids([0, 3])
        assert one.sums == Sums(records=4, facts=2, refused=2)
        told = {(one.fact_id, one.refusal.reason, one.refusal.field) for one in outlet.refused}
        assert told == {
            ("m-00001", Reason.UNMAPPED_CODE, "interview_type"),
            ("m-00002", Reason.BAD_PERSONAL_NUMBER, "citizen"),
        }
        assert all("3102701234" not in repr(one) for one in outlet.refused)

    def test_nothing_is_lost_and_memory_is_bounded_while_the_brokers_are_away(self, rig: Rig) -> None:
        """Reading stops when the line is full; when the brokers are back everything arrives."""
        rig.add(*map(meeting, range(self.some(2_000))))
        outlet = MemoryOutlet()
        outlet.open.clear()
        one = runner(rig.make(), outlet, mapping=rig.mapping)

        async def away_and_back() -> int:
            running = asyncio.create_task(one.run(once=True, waits_itself=rig.is_sent_to))
            await asyncio.sleep(0.7)
            given = rig.pages_given()
            await asyncio.sleep(0.3)
            assert rig.pages_given() == given, "it goes on reading while nothing is confirmed"
            outlet.open.set()
            await asyncio.wait_for(running, 60)
            return given

        given = asyncio.run(away_and_back())
        assert given < rig.pages_given()
        assert set(outlet.ids) == set(ids(range(self.some(2_000))))

    def test_the_day_is_declared(self, rig: Rig) -> None:
        """What was sent and refused on the day is declared, over restarts; and that there was nothing, if so."""
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        (nothing,) = outlet.declared.values()
        assert nothing.nothing_to_report
        assert nothing.sent == ()
        rig.add(*map(meeting, range(3)), meeting(3, form=None, samtaletype="Kaffe"))
        run_once(runner(rig.make(), outlet, mapping=rig.mapping), rig)
        (told,) = outlet.declared.values()
        assert not told.nothing_to_report
        assert [(one.type, one.records) for one in told.sent] == [("MeetingHeld", 3)]
        assert (told.refused, told.connector, told.day) == (1, "test", date(2020, 3, 20))

    def test_a_source_that_is_not_there_is_waited_for(self, rig: Rig) -> None:
        """Nothing is declared of a source that can't be read: silence isn't nothing."""

        class Away(Listening):
            async def read(self) -> Page:
                raise SourceUnavailable(Step.CONNECTION, "away")

        outlet = MemoryOutlet()
        source = Away(rig.make())
        one = runner(source, outlet, mapping=rig.mapping)
        run_until(one, rig, lambda: source.connected >= 3)
        assert one.trouble == "connection: away"
        assert outlet.declared == {}
