"""The feed of an unemployment fund, over REST and as files: both pass the battery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, Source, Window
from fokusstrom_connectors.simulators.akasse import AkasseSimulator
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.sftp import sftp_served
from fokusstrom_connectors.simulators.tokens import CLIENT
from fokusstrom_connectors.sources.akasse import CONNECTOR, AkasseSettings
from tests.connectors.battery import Battery, run_once, runner
from tests.connectors.certificates import Certificates
from tests.connectors.counting import Counted, Counting
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import KEY, cpr, meeting
from tests.connectors.sftp_battery import SftpBattery
from tests.connectors.sources.test_files import sftp_settings
from tests.connectors.web_battery import Simulated, WebBattery, certificates

__all__ = ["certificates"]

CLOCK = FixedClock(datetime(2020, 3, 20, tzinfo=UTC))
_TYPES = {"Jobsamtale": "7", "CV-samtale": "10", "Fælles jobsamtale": "17"}


def of_fund(record: dict[str, Any]) -> dict[str, Any]:
    """Give a meeting of the momentum profile as a fund says it."""
    told = {name: value for name, value in record.items() if name not in {"id", "borger", "haendelse", "samtaletype"}}
    kind = record["samtaletype"]
    return told | {
        "kontaktnummer": record["id"],
        "cpr": record["borger"]["cpr"],
        "samtaletype": _TYPES.get(kind, kind),
    }


class AkasseRig(Simulated[RestSimulator], Counting):
    """A fund, and the connector that takes its meetings one way or another."""

    mapping = "akasse"
    is_sent_to = False
    repeats = 100
    of: str | None = "3F"
    """The fund's code, where the feed is one fund's."""

    def __init__(self, way: str, folder: Path, stack: ExitStack, certificates: Certificates) -> None:
        """Begin with no meetings."""
        super().__init__()
        out = folder / "out"
        out.mkdir(exist_ok=True)
        self.fund = AkasseSimulator(out, token_seconds=3600)
        self.simulator = self.fund.rest
        self.simulator.wait_seconds = 2.0
        self.way, self._folder, self._certificates = way, out, certificates
        self._sftp: dict[str, Any] | None = None
        if way == "rest":
            self.serve_in(stack)
        if way == "sftp":
            self.machine = stack.enter_context(sftp_served(out, folder))
            self._sftp = sftp_settings(self.machine)

    def _over_http(self) -> dict[str, Any]:
        auth = {"kind": "oauth2", "token_url": f"{self.at}/token", "client_id": CLIENT[0], "client_secret": "env:C"}
        return {
            "url": self.at + PATH,
            "records": "data",
            "error": "error",
            "timeout": "1s",
            "pages": {"kind": "cursor", "next": "meta.next"},
            "parameters": {"limit": "50"},
            "tls": {"ca_file": self._certificates.ca_file},
            "auth": auth,
        }

    def _as_files(self) -> dict[str, Any]:
        return {
            "folder": "/" if self._sftp else str(self._folder),
            "sftp": self._sftp,
            "rows": 50,
            "settle": "0s",
            "format": {"kind": "csv", "encoding": "iso-8859-1"},
        }

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`."""
        if records:
            self.fund.add(map(of_fund, records))

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`: an edit is another entry of the feed."""
        del place
        self.add(record)

    def make(self, window: Window | None = None) -> Source:
        """As `Rig`."""
        way = {"rest": self._over_http()} if self.way == "rest" else {"files": self._as_files()}
        settings = AkasseSettings.model_validate({"fund": self.of, **way})
        return Counted(CONNECTOR.make(settings, Context(CLOCK, {"C": CLIENT[1]}, window=window)), self)


class TestAkasseOverHttp(WebBattery):
    """The battery, and that of what is asked over HTTP."""

    simulator: RestSimulator
    share = 0.4

    @pytest.fixture
    def rig(self, tmp_path: Path, certificates: Certificates) -> Iterator[AkasseRig]:
        """A fund with an API."""
        with ExitStack() as stack:
            yield AkasseRig("rest", tmp_path, stack, certificates)


class TestAkasseFiles(SftpBattery, Battery):
    """The battery, of files, and that of another machine."""

    share = 0.2

    @pytest.fixture
    def rig(self, tmp_path: Path, certificates: Certificates) -> Iterator[AkasseRig]:
        """A fund that puts files into a folder."""
        with ExitStack() as stack:
            yield AkasseRig("files", tmp_path, stack, certificates)

    @pytest.fixture
    def sftp_rig(self, tmp_path: Path, certificates: Certificates) -> Iterator[AkasseRig]:
        """A fund whose files lie on another machine."""
        with ExitStack() as stack:
            yield AkasseRig("sftp", tmp_path, stack, certificates)


@pytest.fixture(params=["rest", "files"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> Iterator[AkasseRig]:
    """A fund."""
    with ExitStack() as stack:
        yield AkasseRig(request.param, tmp_path, stack, certificates)


def facts_of(rig: AkasseRig, *records: dict[str, Any]) -> tuple[list[dict[str, Any]], MemoryOutlet]:
    """Give the meetings that entries of the feed become."""
    rig.fund.add(records)
    outlet = MemoryOutlet()
    run_once(runner(rig.make(), outlet, mapping="akasse"), rig)
    return [fact for name, fact in outlet.facts if name == "MeetingHeld"], outlet


def test_a_meeting_that_only_the_fund_knows(rig: AkasseRig) -> None:
    """It is the fund's report, under its code; the type's number is DFDG's, the local time Copenhagen's."""
    entry = of_fund(meeting(1, samtaletype="15", form="Video", varighed=20))
    ((fact,), outlet) = facts_of(rig, entry)
    expected = {
        "fact_id": "m-00001",
        "reporter": "A_KASSE",
        "a_kasse": "3F",
        "interview_type": "AVAILABILITY",
        "held_at": datetime(2020, 3, 2, 9, tzinfo=UTC),
        "mode": "VIDEO",
        "attendance": "HELD",
        "duration_minutes": 20,
        "municipality": "751",
        "deleted": False,
    }
    assert {name: fact[name] for name in expected} == expected
    assert outlet.flagged == []


def test_a_feed_of_several_funds_says_whose_each_meeting_is(tmp_path: Path, certificates: Certificates) -> None:
    """Where no fund is configured, records name it."""
    with ExitStack() as stack:
        rig = AkasseRig("rest", tmp_path, stack, certificates)
        rig.of = None
        rig.fund.rest.add(*(of_fund(meeting(number)) | {"fund": fund} for number, fund in ((1, "3F"), (2, "HK"))))
        outlet = MemoryOutlet()
        run_once(runner(rig.make(), outlet, mapping="akasse"), rig)
    assert [(fact["fact_id"], fact["a_kasse"]) for _, fact in outlet.facts] == [("m-00001", "3F"), ("m-00002", "HK")]


def test_a_joint_meeting_that_the_fund_took_part_in(rig: AkasseRig) -> None:
    """Both numbers of joint meetings, 17 and 19, are its side of one; without a word of its part it is flagged."""
    facts, outlet = facts_of(
        rig,
        of_fund(meeting(1, samtaletype="17")) | {"deltagelse": "Deltog"},
        of_fund(meeting(2, samtaletype="19")),
    )
    assert {(fact["fact_id"], fact["interview_type"], fact["deleted"]) for fact in facts} == {
        ("m-00001", "JOINT", False),
        ("m-00002", "JOINT", False),
    }
    (flagged,) = outlet.flagged
    assert (flagged.fact_id, flagged.refusal.reason) == ("m-00002", Reason.NO_PARTICIPATION_STATUS)


def test_a_joint_meeting_without_the_fund_is_none_of_its_own(rig: AkasseRig) -> None:
    """It is withdrawn, whatever was said of it before."""
    first = of_fund(meeting(1, samtaletype="17")) | {"deltagelse": "Deltog"}
    facts, _ = facts_of(rig, first)
    assert [fact["deleted"] for fact in facts] == [False]
    facts, _ = facts_of(rig, first | {"version": 2, "deltagelse": "Deltog ikke", "aarsag": "rettet"})
    assert {(fact["version"], fact["deleted"]) for fact in facts} >= {(2, True)}


def test_types_that_funds_do_not_have_are_refused(rig: AkasseRig) -> None:
    """A follow-up meeting (4) is the jobcentre's alone."""
    facts, outlet = facts_of(rig, of_fund(meeting(1, samtaletype="4")))
    assert facts == []
    assert [(one.refusal.reason, one.refusal.field) for one in outlet.refused] == [
        (Reason.UNMAPPED_CODE, "interview_type")
    ]


def test_a_member_with_a_new_number_is_joined_to_the_old(rig: AkasseRig) -> None:
    """The meeting is the new pseudonym's, and a link joins it to the old."""
    facts, outlet = facts_of(rig, of_fund(meeting(1)) | {"tidligere_cpr": cpr(2)})
    (link,) = [fact for name, fact in outlet.facts if name == "CitizenLink"]
    assert link["citizen"] == facts[0]["citizen"]
    assert link["same_as"] != link["citizen"]
    assert KEY not in repr(outlet.facts)


def test_a_backfill_of_files_is_refused(tmp_path: Path) -> None:
    """They have no time to go by: all of them are read anew by another command."""
    window = Window(CLOCK.now(), CLOCK.now() + timedelta(days=1))
    settings = AkasseSettings.model_validate({"fund": "3F", "files": {"folder": str(tmp_path)}})
    with pytest.raises(ConfigError, match="use `state reset`"):
        CONNECTOR.make(settings, Context(CLOCK, {}, window=window))
