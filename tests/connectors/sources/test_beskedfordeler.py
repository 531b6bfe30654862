"""Messages of Beskedfordeler, pushed over HTTP and as files, as the simulator makes them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, SourceUnavailable
from fokusstrom_connectors.simulators.beskedfordeler import FolderWay, element, envelope, in_base64, soap
from fokusstrom_connectors.simulators.pushing import Pusher, signed
from fokusstrom_connectors.sources._beskedfordeler.folder import DELIVERED, UNREADABLE, FolderSettings
from fokusstrom_connectors.sources._beskedfordeler.folder import Folder as MessageFolder
from fokusstrom_connectors.sources._beskedfordeler.messages import records
from fokusstrom_connectors.sources._beskedfordeler.xml import NotReadable, parsed
from fokusstrom_connectors.sources.beskedfordeler import CONNECTOR
from tests.connectors.battery import AT, Battery, run_once, run_until, runner
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.sent_to import Patient, free_port, run_and_see
from tests.connectors.web_battery import listen_to_failures

SECRET = "a-secret-that-both-sides-know"  # noqa: S105 - of the tests
CITIZEN = "0101700001"
REGISTERED = "2020-03-02T12:00:00"


def held(number: int = 1, **changed: object) -> str:
    """Give the data of a held meeting, in the profile's shape."""
    told = {
        "Id": f"s-{number}",
        "Version": 1,
        "Kommunekode": "751",
        "Samtaletype": "Jobsamtale",
        "Samtaleform": "Telefon",
        "Afholdelsestidspunkt": f"2020-03-02T{number:02}:00:00",
    }
    return element("SamtaleAfholdt", told | changed)


class BeskedRig:
    """Messages, and the connector; they come over HTTP or lie in a folder."""

    mapping = "beskedfordeler"
    is_sent_to = True
    repeats = 1

    def __init__(self, folder: Path | None, stack: ExitStack) -> None:
        """Send nothing yet."""
        self.clock = FixedClock(AT)
        self.folder = folder
        self.port = free_port()
        url = f"http://127.0.0.1:{self.port}/besked"
        self.pusher = Pusher(url, SECRET.encode(), "application/xml", self.clock)
        self.way = self.pusher if folder is None else FolderWay(folder)
        if folder is None:
            stack.enter_context(self.pusher.sending())

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        for one in records:
            registered = one["registreret"].removesuffix("Z")
            data = held(1, Id=one["id"], Version=one["version"], Samtaletype=one["samtaletype"])
            self.way.push(envelope(one["borger"]["cpr"], registered, data).encode())

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`."""
        del place
        self.add(record)

    def on_page(self, number: int, does: Callable[[], None]) -> None:
        """As `Rig`; in a folder what comes later lies behind, whenever it is left there."""
        if self.folder is None:
            self.pusher.on_letter(number, does)
        else:
            does()

    def pages_given(self) -> int:
        """As `Rig`."""
        return self.pusher.taken if self.folder is None else len(list((self.folder / DELIVERED).glob("*")))

    def make(self) -> Patient:
        """As `Rig`."""
        told: dict[str, Any] = {"quiet_after": "100ms"}
        if self.folder is None:
            entrance = {"kind": "signature", "secret": "env:SECRET"}
            told["listen"] = {"host": "127.0.0.1", "port": self.port, "path": "/besked", "entrance": entrance}
        else:
            told["folder"] = {"path": self.folder, "look_every": "50ms"}
        settings = CONNECTOR.settings.model_validate(told)
        made = CONNECTOR.make(settings, Context(self.clock, {"SECRET": SECRET}))
        return Patient(made, lambda: self.pusher.is_sending)


@pytest.fixture(name="rig", params=["http", "folder"])
def _rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BeskedRig]:
    """Either way."""
    with ExitStack() as stack:
        yield BeskedRig(tmp_path if request.param == "folder" else None, stack)


class TestBeskedfordeler(Battery):
    """The battery."""

    share = 0.032

    @pytest.fixture(params=["http", "folder"])
    def rig(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BeskedRig]:
        """Either way."""
        with ExitStack() as stack:
            yield BeskedRig(tmp_path if request.param == "folder" else None, stack)


def delivered(rig: BeskedRig) -> MemoryOutlet:
    """Run until there is no more."""
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="beskedfordeler"), rig)
    return outlet


def test_a_message_says_these_things() -> None:
    """The person's number out of its URN, the task without its own, the times as they came, cut to milliseconds."""
    (told,) = records(envelope(CITIZEN, "2020-03-02T12:00:00.1234567", held()).encode())
    assert (told["cpr"], told["kle"], told["myndighed"]) == (CITIZEN, "15.20.00", "12345678")
    assert (told["registreret"], told["version"]) == ("2020-03-02T12:00:00.123", "1.0")
    assert told["registrering"] == "00000000-0000-0000-0000-000000000003"
    assert told["data"]["SamtaleAfholdt"]["Id"] == "s-1"


def test_a_person_may_be_the_related_object() -> None:
    """Where the registered object is a case, the citizen is the related person."""
    (told,) = records(envelope(CITIZEN, REGISTERED, held(), related=True).encode())
    assert told["cpr"] == CITIZEN


@pytest.mark.parametrize(
    "data",
    [
        in_base64(held()),
        in_base64(f'<?xml version="1.0" encoding="iso-8859-1"?>{held()}'.encode("latin-1")),
        in_base64('{"SamtaleAfholdt": {"Id": "s-1", "Version": 1}}'),
    ],
    ids=["xml", "latin-1", "json"],
)
def test_base64_is_what_it_encodes(data: str) -> None:
    """XML in whatever encoding it says, or an object of JSON."""
    (told,) = records(envelope(CITIZEN, REGISTERED, data).encode())
    assert told["data"]["SamtaleAfholdt"]["Id"] == "s-1"


def test_times_without_a_zone_are_copenhagens(rig: BeskedRig) -> None:
    """Noon in March is 11 in UTC, in July 10; one with an offset is what it says."""
    for number, at in enumerate(("2020-03-02T12:00:00", "2020-07-01T12:00:00", "2020-07-01T12:00:00Z"), 1):
        rig.way.push(envelope(CITIZEN, at, held(number, Afholdelsestidspunkt=at)).encode())
    outlet = delivered(rig)
    expected = [datetime(2020, 3, 2, 11, tzinfo=UTC), *(datetime(2020, 7, 1, hour, tzinfo=UTC) for hour in (10, 12))]
    assert [fact["held_at"] for _, fact in outlet.facts] == expected
    assert [fact["registered_at"] for _, fact in outlet.facts] == expected


def test_a_changed_number_and_a_protection_are_facts(rig: BeskedRig) -> None:
    """The new number is joined to the one before; ids are hashed, since they would be personal numbers."""
    rig.way.push(envelope(CITIZEN, REGISTERED, element("Personnummerskift", {"TidligerePersonnummer": "0201700002"})).encode())  # fmt: skip  # noqa: E501
    rig.way.push(envelope(CITIZEN, REGISTERED, element("Adressebeskyttelse", {"Beskyttet": "true"})).encode())
    outlet = delivered(rig)
    (_, link), (_, protection) = outlet.facts
    assert link["citizen"] == protection["citizen"] != link["same_as"]
    assert protection["protected"]
    assert [fact["version"] for fact in (link, protection)] == [1_583_146_800_000] * 2, "11:00 in UTC"


BOMB = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
WRONG = {
    "empty": b"",
    "no xml": b"besked",
    "half": envelope(CITIZEN, REGISTERED, held()).encode()[:-30],
    "entities": f"{BOMB}{envelope(CITIZEN, REGISTERED, held().replace('s-1', '&c;'))}".encode(),
    "entity outside": f"{OUTSIDE}{envelope(CITIZEN, REGISTERED, held().replace('s-1', '&b;'))}".encode(),
    "declaration": f"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'>{envelope(CITIZEN, REGISTERED, held())}".encode(),
    "deep": b"<a>" * 10_000 + b"</a>" * 10_000,
    "wide": b"<a>" + b"<b/>" * 30_000 + b"</a>",
    "another": b"<Besked/>",
    "no envelope": b"<Haendelsesbesked><BeskedId/></Haendelsesbesked>",
    "no base64": envelope(CITIZEN, REGISTERED, in_base64(held()).replace("P", "%")).encode(),
    "bomb in base64": envelope(CITIZEN, REGISTERED, in_base64(f"{BOMB}<a>&c;</a>")).encode(),
    "no xml in base64": envelope(CITIZEN, REGISTERED, in_base64("besked")).encode(),
    "no such encoding": b"<?xml version='1.0' encoding='klingon'?><a/>",
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_message_is_not_read(document: bytes) -> None:
    """Nothing of it: no entity, inner or outer, no declaration, no more and no deeper elements than there may be."""
    with pytest.raises(NotReadable):
        records(document)


def test_depth_and_number_of_elements_have_limits() -> None:
    """Exactly so many are taken."""
    assert parsed(b"<a><b/></a>", most_elements=2, deepest=2) == ("a", {"b": ""})
    for limits in ({"most_elements": 1}, {"deepest": 1}):
        with pytest.raises(NotReadable):
            parsed(b"<a><b/></a>", **limits)


def test_what_cannot_be_understood_is_accepted_and_refused_as_data(rig: BeskedRig) -> None:
    """Each is refused by its place, and stops nobody; a file of it is put aside."""
    for document in WRONG.values():
        rig.way.push(document)
    rig.way.push(envelope(CITIZEN, REGISTERED, held()).encode())
    rig.way.push(envelope(CITIZEN, REGISTERED, element("Andet", {"Id": 1})).encode())
    outlet = delivered(rig)
    assert outlet.ids == ["s-1"]
    reasons = [one.refusal.reason for one in outlet.refused]
    assert sorted(reasons) == sorted([Reason.UNREADABLE] * len(WRONG) + [Reason.NO_RULE])
    assert {status for status, _ in rig.pusher.answers} <= {200}
    if rig.folder is not None:
        assert len(list((rig.folder / UNREADABLE).iterdir())) == len(WRONG)
        assert len(list((rig.folder / DELIVERED).iterdir())) == 2


def test_who_pushes_is_answered_as_the_interface_says() -> None:
    """StatusKode 20 when it is delivered, 53 with HTTP 503 when not, 40 for who isn't let in; SOAP to who sent SOAP."""
    with ExitStack() as stack:
        rig = BeskedRig(None, stack)
        source = rig.make().source
        message = envelope(CITIZEN, REGISTERED, held())

        async def answers() -> list[httpx.Response]:
            await source.connect({})
            found: list[httpx.Response] = []
            for body, headers, error in (
                (message.encode(), {}, None),
                (message.encode(), {}, OSError("away")),
                (soap(message).encode(), {"SOAPAction": "ModtagBesked", "Content-Type": "text/xml"}, None),
            ):
                told = signed(SECRET.encode(), f"msg_{len(found)}", body, rig.clock) | headers
                sending = asyncio.create_task(asyncio.to_thread(rig.pusher.once, body, told))
                while (page := await source.read()).caught_up:
                    assert not sending.done()
                assert [record["cpr"] for record in page.records] == [CITIZEN]
                await page.acknowledge(error)
                found.append(await sending)
            found.append(await asyncio.to_thread(rig.pusher.once, message.encode()))
            await source.close()
            return found

        taken, failed, in_soap, stranger = asyncio.run(answers())
    assert (taken.status_code, failed.status_code, stranger.status_code) == (200, 503, 401)
    codes = [parsed(one.content)[1]["StandardRetur"]["StatusKode"] for one in (taken, failed, stranger)]  # type: ignore[index]
    assert codes == ["20", "53", "40"]
    name, element_ = parsed(in_soap.content)
    assert name == "Envelope"
    assert element_["Body"]["ModtagBeskedOutput"]["StandardRetur"]["StatusKode"] == "20"  # type: ignore[index]
    assert in_soap.headers["content-type"].startswith("text/xml")


def test_a_file_is_taken_when_it_is_whole(tmp_path: Path) -> None:
    """What has another ending, or lies deeper, is left alone; what is too large is put aside unread."""
    with ExitStack() as stack:
        rig = BeskedRig(tmp_path, stack)
        whole = envelope(CITIZEN, REGISTERED, held()).encode()
        (tmp_path / "a.xml.part").write_bytes(whole)
        (tmp_path / "b.xml").write_bytes(whole)
        (tmp_path / "c.xml").write_bytes(whole + b" " * 10_000_000)
        outlet = delivered(rig)
    assert outlet.ids == ["s-1"]
    assert [(one.refusal.file, one.refusal.reason) for one in outlet.refused] == [("c.xml", Reason.UNREADABLE)]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.xml.part", DELIVERED, UNREADABLE]


def test_a_file_of_the_same_name_may_come_again(tmp_path: Path) -> None:
    """The one before was delivered and moved away: the next is another, also without a restart."""
    with ExitStack() as stack:
        rig = BeskedRig(tmp_path, stack)
        file = tmp_path / "besked.xml"
        file.write_bytes(envelope(CITIZEN, REGISTERED, held()).encode())
        (tmp_path / "folder.xml").mkdir()
        outlet = MemoryOutlet()

        def next_one() -> bool:
            if outlet.ids == ["s-1"] and not file.exists():
                file.write_bytes(envelope(CITIZEN, REGISTERED, held(2)).encode())
            return outlet.ids == ["s-1", "s-2"]

        run_until(runner(rig.make(), outlet, mapping="beskedfordeler"), rig, next_one)


def test_a_message_has_one_place_however_often_it_is_sent() -> None:
    """Its own id says where it stands: a refusal of the second time is in the place of the first."""
    with ExitStack() as stack:
        rig = BeskedRig(None, stack)
        for _ in range(2):
            rig.pusher.push(envelope(CITIZEN, REGISTERED, element("Andet", {"Id": 1}), number=77).encode())
        outlet = delivered(rig)
    assert {one.refusal.file for one in outlet.refused} == {"message 00000000-0000-0000-0000-00000000004d"}


def test_a_folder_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    """The step and what to change; it goes on when it is there."""
    folder = tmp_path / "later"
    with ExitStack() as stack:
        rig = BeskedRig(folder, stack)
        outlet = MemoryOutlet()
        one = runner(rig.make(), outlet, mapping="beskedfordeler")
        said: list[str] = []

        def made(text: str) -> None:
            said.append(text)
            folder.mkdir(exist_ok=True)

        listen_to_failures(one, made)
        run_once(one, rig)
    assert (
        said[0]
        == "page: the folder can't be read (No such file or directory); check `folder.path` and our rights there"
    )


def test_a_folder_that_hangs_is_left(tmp_path: Path) -> None:
    """A network drive whose server is gone, so that opening a message never ends: the step, and what to check."""
    folder = MessageFolder(FolderSettings.model_validate({"path": tmp_path, "timeout": "200ms"}))
    for name in ("1.xml", "2.xml"):
        (tmp_path / name).write_text("<a/>")

    async def take() -> None:
        (first,) = await folder.take(1, timedelta(0))
        assert first.path.name == "1.xml"
        (tmp_path / "2.xml").unlink()
        os.mkfifo(tmp_path / "2.xml")
        with pytest.raises(SourceUnavailable, match="page: the folder didn't answer within `timeout`"):
            await folder.take(1, timedelta(0))

    asyncio.run(take())
    (tmp_path / "2.xml").open("wb").close()  # lets the thread go that opened it to read


HIDDEN = "1202701234"
"""A personal number that hides in every field."""


def test_no_personal_number_leaves(rig: BeskedRig, capsys: pytest.CaptureFixture[str]) -> None:
    """A number in every field, in free text, in names of files and letters, in what is broken: seen nowhere after."""
    texts = [HIDDEN, f"{HIDDEN[:6]}-{HIDDEN[6:]}", f"borger {HIDDEN} ringede"]
    fields = ("Id", "Version", "Kommunekode", "Jobcenterkode", "Samtaletype", "Samtaleform", "Afholdelsestidspunkt")
    for text in texts:
        for field in fields:
            _push(rig, envelope(HIDDEN, REGISTERED, held(1, **{field: text})))
        _push(rig, envelope(HIDDEN, text, held()))
        _push(rig, envelope(text, REGISTERED, held(), kle=text))
        _push(rig, envelope(HIDDEN, REGISTERED, element("Andet", {f"a{HIDDEN}": text})))
        _push(rig, f"<{text}")
    _push(rig, envelope(HIDDEN, REGISTERED, held(2, Bemaerkning=texts[2], Id="s-good")))
    outlet = MemoryOutlet()
    seen = run_and_see(rig, outlet)
    assert "s-good" in outlet.ids
    assert len(outlet.refused) >= 15
    assert [text for text in (*map(repr, seen), *capsys.readouterr()) if HIDDEN in text.replace("-", "")] == []


def _push(rig: BeskedRig, message: str) -> None:
    if isinstance(rig.way, FolderWay):
        rig.way.push(message.encode(), name=f"borger-{HIDDEN}")
    else:
        rig.pusher.push(message.encode(), name=f"{HIDDEN}-{len(rig.pusher._letters)}")
