"""Notifications by webhook, and fetching what they announce, against the simulator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context
from fokusstrom_connectors.simulators.dfdg import CREATED, DELETED, ENTITIES, UPDATED, DfdgSimulator
from fokusstrom_connectors.simulators.pushing import Pusher, signed
from fokusstrom_connectors.simulators.rest import Trouble
from fokusstrom_connectors.simulators.tokens import CLIENT
from fokusstrom_connectors.sources.dfdg import CONNECTOR
from tests.connectors.battery import AT, run_once, runner
from tests.connectors.certificates import Certificates
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.sent_to import Patient, free_port, run_and_see
from tests.connectors.web_battery import EXPECTED, Simulated, WebBattery, certificates, listen_to_failures

__all__ = ["certificates"]

SECRET = "a-secret-that-both-sides-know"  # noqa: S105 - of the tests
TYPES = {"Jobsamtale": 7, "Kaffe": 99}
MEETING = "AfholdtSamtale"
CITIZEN = "0101700001"


def content(version: int = 1, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a field may hold
    """Give what is registered of a meeting."""
    told = {
        "VersionIdentifier": version,
        "InterviewTypeIdentifier": 7,
        "InterviewContactTypeIdentifier": "TELEFON",
        "InterviewDateTime": "2020-03-02T10:00:00",
        "MunicipalityCode": "751",
        "InterviewWithMoreAuthorities": False,
    }
    return told | changed


class DfdgRig(Simulated[DfdgSimulator]):
    """The simulator, sending, and the connector."""

    mapping = "dfdg"
    is_sent_to = True
    repeats = 1

    def __init__(self, certificates: Certificates, stack: ExitStack) -> None:
        """Register nothing yet."""
        self.port = free_port()
        self.clock = FixedClock(AT)
        self.pusher = Pusher(f"http://127.0.0.1:{self.port}/besked", SECRET.encode(), clock=self.clock)
        self.simulator = DfdgSimulator(self.pusher, token_seconds=3600)
        self._certificates = certificates
        self.serve_in(stack)
        stack.enter_context(self.pusher.sending())

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        for one in records:
            self._put(one, CREATED)

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`."""
        del place
        self._put(record, UPDATED)

    def _put(self, record: dict[str, Any], change: int) -> None:
        told = content(record["version"], InterviewTypeIdentifier=TYPES[record["samtaletype"]])
        told["InterviewDateTime"] = record["registreret"]
        self.simulator.put(MEETING, record["id"], record["borger"]["cpr"], told, change=change)

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """As `Rig`."""
        self.pusher.on_letter(number, does)

    def pages_given(self) -> int:
        """As `Rig`."""
        return self.pusher.taken

    def make(self, **changed: Any) -> Patient:  # noqa: ANN401 - any settings
        """As `Rig`."""
        told = {
            "listen": {
                "host": "127.0.0.1",
                "port": self.port,
                "path": "/besked",
                "entrance": {"kind": "signature", "secret": "env:SECRET"},
                **changed.pop("listen", {}),
            },
            "fetch": {
                "url": self.at,
                "timeout": "1s",
                "tls": {"ca_file": self._certificates.ca_file},
                "auth": {
                    "kind": "oauth2",
                    "token_url": f"{self.at}/token",
                    "client_id": CLIENT[0],
                    "client_secret": "env:CLIENT",
                },
            },
            "entities": ENTITIES,
            "content": "data",
            "error": "error",
            "quiet_after": "100ms",
            **changed,
        }
        settings = CONNECTOR.settings.model_validate(told)
        made = CONNECTOR.make(settings, Context(self.clock, {"SECRET": SECRET, "CLIENT": CLIENT[1]}))
        return Patient(made, lambda: self.pusher.is_sending)


@pytest.fixture(name="rig")
def _rig(certificates: Certificates) -> Iterator[DfdgRig]:
    """Serve the simulator."""
    with ExitStack() as stack:
        yield DfdgRig(certificates, stack)


class TestDfdg(WebBattery):
    """The battery: what is announced is asked for over HTTP."""

    simulator: DfdgSimulator
    share = 0.032
    expected = EXPECTED | {Trouble.NO_LIST: "page: no record at 'data'"}

    @pytest.fixture
    def rig(self, certificates: Certificates) -> Iterator[DfdgRig]:
        """Serve the simulator."""
        with ExitStack() as stack:
            yield DfdgRig(certificates, stack)


def facts(outlet: MemoryOutlet) -> list[tuple[str, int, bool]]:
    """Give id, version and whether it was deleted, of each fact."""
    return [(fact["fact_id"], fact["version"], fact["deleted"]) for _, fact in outlet.facts]


def test_creation_update_and_deletion(rig: DfdgRig) -> None:
    """Each change is a version of one fact; a deletion, which nothing can be fetched for, deletes it."""
    rig.simulator.put(MEETING, "s-1", CITIZEN, content(1))
    rig.pusher.on_letter(1, lambda: rig.simulator.put(MEETING, "s-1", CITIZEN, content(2), change=UPDATED))
    rig.pusher.on_letter(2, lambda: rig.simulator.delete(MEETING, "s-1", CITIZEN, 3))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="dfdg"), rig)
    assert facts(outlet) == [("s-1", 1, False), ("s-1", 2, False), ("s-1", 3, True)]
    assert [fact["change_reason"] for _, fact in outlet.facts] == ["CREATED", "CORRECTED", "UNKNOWN"]
    assert outlet.facts[0][1]["held_at"].isoformat() == "2020-03-02T09:00:00+00:00", "Copenhagen's, in winter"
    assert len(rig.simulator.requests) == 2


def test_what_was_changed_meanwhile_is_taken_as_it_is_now(rig: DfdgRig) -> None:
    """A notification of version 1 finds version 2: that is the fact, and its own notification repeats it exactly."""
    rig.simulator.announce(MEETING, "s-1", CITIZEN, CREATED, 1)
    rig.simulator.put(MEETING, "s-1", CITIZEN, content(2), change=UPDATED)
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="dfdg"), rig)
    assert facts(outlet) == [("s-1", 2, False), ("s-1", 2, False)]


def test_what_is_behind_its_notification_is_waited_for(rig: DfdgRig) -> None:
    """An older version than was announced is no answer: the sender is asked to send it again, until it is there."""
    rig.simulator.put(MEETING, "s-1", CITIZEN, content(1))
    rig.simulator.announce(MEETING, "s-1", CITIZEN, UPDATED, 2)

    def there_at_last(text: str) -> None:
        said.append(text)
        rig.simulator._held["s-1"] = content(2)

    outlet = MemoryOutlet()
    one = runner(rig.make(), outlet, mapping="dfdg")
    said: list[str] = []
    listen_to_failures(one, there_at_last)
    run_once(one, rig)
    assert facts(outlet) == [("s-1", 1, False), ("s-1", 2, False)]
    assert said == ["page: what is fetched is older than what was announced"]
    assert 503 in [status for status, _ in rig.pusher.answers]


def test_what_is_no_longer_there_is_refused_as_data_and_cleared_by_its_deletion(rig: DfdgRig) -> None:
    """Created and deleted before it could be fetched: refused, with its id; the deletion is a fact all the same."""
    rig.simulator.announce(MEETING, "s-1", CITIZEN, CREATED, 1)
    outlet = MemoryOutlet()
    one = runner(rig.make(), outlet, mapping="dfdg")
    rig.simulator.announce(MEETING, "s-1", CITIZEN, DELETED, 2)
    run_once(one, rig)
    (refused,) = outlet.refused
    assert (refused.fact_id, refused.version, refused.refusal.reason) == ("s-1", 1, Reason.MISSING)
    assert facts(outlet) == [("s-1", 2, True)]
    assert [(said.fact_id, said.reason) for said in outlet.said] == [("s-1", "corrected")]
    assert {status for status, _ in rig.pusher.answers} == {200}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b'{"EntitetNavn": {"a": 1}}', b"{}"),
        b'{"EntitetNavn": "AfholdtSamtale", "EksternIdentifier": 1E+999999999999, "VersionIdentifier": NaN}',
        b'{"EntitetNavn": "AfholdtSamtale", "EksternIdentifier": "\\ud800", "Body": {"a": '
        + b"[" * 500
        + b"]" * 500
        + b"}}",
    ],
    ids=["empty", "half", "list", "number", "no text", "deep", "odd", "nothing in it", "huge", "no letters"],
)
def test_faults_of_content_are_accepted_and_refused_as_data(rig: DfdgRig, body: bytes) -> None:
    """Whatever is in a letter, it is answered with 200, refused as data, and stops nobody."""
    rig.pusher.push(body)
    rig.simulator.put(MEETING, "s-1", CITIZEN, content())
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="dfdg"), rig)
    assert facts(outlet) == [("s-1", 1, False)]
    assert len(outlet.refused) == 1
    assert {status for status, _ in rig.pusher.answers} == {200}


def test_nobody_is_answered_before_it_is_delivered(rig: DfdgRig) -> None:
    """While the brokers are away no letter is answered; when they refuse, the sender hears 503 and sends again."""
    rig.simulator.put(MEETING, "s-1", CITIZEN, content())
    outlet = MemoryOutlet()
    outlet.open.clear()
    one = runner(rig.make(), outlet, mapping="dfdg")

    async def away_and_back() -> None:
        running = asyncio.create_task(one.run(once=True, waits_itself=True))
        while not rig.simulator.requests:  # noqa: ASYNC110 - asked in another thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert rig.pusher.answers == []
        outlet.failures = 1
        outlet.open.set()
        await asyncio.wait_for(running, 30)

    asyncio.run(away_and_back())
    *refused, last = [status for status, _ in rig.pusher.answers]
    assert (set(refused), last) == ({503}, 200)
    assert facts(outlet) == [("s-1", 1, False)]


@pytest.mark.parametrize(("trouble", "within"), [(Trouble.FAILS, "30s"), (Trouble.SLOW, "1s")])
def test_one_that_cannot_be_fetched_stops_nobody(rig: DfdgRig, trouble: Trouble, within: str) -> None:
    """Of letters that are opened together one can't be fetched, or not while the others still hear in time.

    Its sender hears 503, and the others are delivered.
    """
    for number in range(3):
        rig.simulator._held[f"s-{number}"] = content()
    rig.simulator.trouble(trouble)
    source = rig.make(listen={"answer_within": within}).source

    async def sent() -> list[int]:
        await source.connect({})
        sending = [asyncio.create_task(asyncio.to_thread(by_hand, rig, f"s-{number}")) for number in range(3)]
        while source._receiver._line.qsize() < 3:  # type: ignore[attr-defined]  # noqa: ASYNC110 - other threads send
            await asyncio.sleep(0.01)
        for page in [await source.read(), await source.read()]:
            await page.acknowledge(None)
        answers = await asyncio.gather(*sending)
        await source.close()
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(sent()) == [200, 200, 503]
    assert rig.tokens_given() == 1, "who asks at the same time shares a token"


def by_hand(rig: DfdgRig, name: str) -> httpx.Response:
    """Send a notification outside the order of the others."""
    told = {"EntitetNavn": MEETING, "EksternIdentifier": name, "VersionIdentifier": 1, "Aendringstype": 1}
    body = json.dumps(told).encode()
    return rig.pusher.once(body, signed(SECRET.encode(), f"by-hand-{name}", body, rig.clock))


def test_what_the_register_would_not_take_is_flagged_and_sent(rig: DfdgRig) -> None:
    """The same citizen, type and time twice; a type that the group doesn't have; another authority, and no status."""
    rig.simulator.put(MEETING, "s-1", CITIZEN, content())
    rig.simulator.put(MEETING, "s-2", CITIZEN, content())
    rig.simulator.put(MEETING, "s-3", "0201700001", content(ContactGroupIdentifier=13, InterviewTypeIdentifier=10))
    rig.simulator.put(MEETING, "s-4", "0301700001", content(InterviewWithMoreAuthorities=True))
    rig.simulator.put(
        MEETING,
        "s-5",
        "0401700001",
        content(InterviewWithMoreAuthorities=True, ParticipationStatusTypeIdentifier=1, ContactGroupIdentifier=13),
    )
    outlet = MemoryOutlet()
    checks = {"allowed_types": {"13": ["7", "4"]}}
    run_once(runner(rig.make(checks=checks), outlet, mapping="dfdg"), rig)
    assert outlet.ids == ["s-1", "s-2", "s-3", "s-4", "s-5"]
    assert [(one.fact_id, one.refusal.reason, one.refusal.field) for one in outlet.flagged] == [
        ("s-2", Reason.SAME_MEETING, "InterviewDateTime"),
        ("s-3", Reason.TYPE_NOT_ALLOWED, "InterviewTypeIdentifier"),
        ("s-4", Reason.NO_PARTICIPATION_STATUS, "ParticipationStatusTypeIdentifier"),
    ]
    assert outlet.refused == []


def test_a_flag_is_cleared_by_a_fact_without_it(rig: DfdgRig) -> None:
    """The other meeting is deleted, and the flagged one corrected: the correction is said, and not before."""
    rig.simulator.put(MEETING, "s-1", CITIZEN, content())
    rig.simulator.put(MEETING, "s-2", CITIZEN, content())
    rig.simulator.put(MEETING, "s-2", CITIZEN, content(2, InterviewDateTime="2020-03-02T11:00:00"), change=UPDATED)
    rig.simulator._held["s-2"] = content()
    rig.pusher.on_letter(2, lambda: rig.simulator._held.update({"s-2": content(2, InterviewTypeIdentifier=4)}))
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="dfdg"), rig)
    assert [one.version for one in outlet.flagged] == [1]
    assert [(said.fact_id, said.version, said.reason) for said in outlet.said] == [("s-2", 2, "corrected")]


HIDDEN = "1202701234"
"""A personal number that hides in every field."""


def test_no_personal_number_leaves(rig: DfdgRig, capsys: pytest.CaptureFixture[str]) -> None:
    """A number in every field of notification and content, in free text, in the letter's name: seen nowhere after."""
    everywhere = dict.fromkeys(("EntitetNavn", "EksternIdentifier", "VersionIdentifier", "Aendringstype"), HIDDEN)
    numbers = [f"{HIDDEN[:6]}-{HIDDEN[6:]}", f"borger {HIDDEN} ringede", HIDDEN]
    letters: list[object] = [everywhere, HIDDEN, [HIDDEN], {"EntitetNavn": MEETING, **everywhere, HIDDEN: HIDDEN}]
    for number, told in enumerate(letters):
        rig.pusher.push(json.dumps(told).encode(), name=f"{HIDDEN}{'x' * number}")
    rig.pusher.push(f"<{HIDDEN}".encode())
    for text in numbers:
        rig.simulator.announce(MEETING, text, HIDDEN, CREATED, 1, Note=text)
        rig.simulator.announce(MEETING, f"s-{len(text)}", text, CREATED, 1, Body=dict.fromkeys(content(), text))
        rig.simulator.put(MEETING, f"t-{len(text)}", HIDDEN, content(Bemaerkning=text, InterviewDateTime=text))
        rig.simulator.put(MEETING, f"u-{len(text)}", HIDDEN, content(Bemaerkning=text, UnemploymentFundCode=text))
    rig.simulator.put(MEETING, "s-good", HIDDEN, content(Bemaerkning=f"{HIDDEN}"))
    rig.simulator.put("Kontaktgruppe", HIDDEN, HIDDEN, content())
    outlet = MemoryOutlet()
    seen = [*run_and_see(rig, outlet), rig.simulator.requests]
    assert "s-good" in outlet.ids
    assert len(outlet.refused) >= 11
    assert [text for text in (*map(repr, seen), *capsys.readouterr()) if HIDDEN in text.replace("-", "")] == []
