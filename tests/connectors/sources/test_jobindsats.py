"""The table of expected shares, against a simulator of both versions of the API."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from fokusstrom.domain.facts import municipality_names
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.clock import Clock, FixedClock
from fokusstrom_connectors.interface import Context, Source
from fokusstrom_connectors.simulators.jobindsats import COLUMNS, JobindsatsSimulator
from fokusstrom_connectors.simulators.rest import Trouble
from fokusstrom_connectors.simulators.serving import served
from fokusstrom_connectors.simulators.tokens import CLIENT
from fokusstrom_connectors.sources.jobindsats import CONNECTOR, JobindsatsSettings, code_of
from tests.connectors.battery import run_once, run_until, runner
from tests.connectors.certificates import Certificates
from tests.connectors.counting import Counted, Counting
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting
from tests.connectors.web_battery import EXPECTED, Simulated, WebBattery, certificates

__all__ = ["certificates"]

AT = datetime(2021, 10, 29, 8, tzinfo=UTC)
ROWS_OF_PERIOD = 50
FIELDS = (*(name for name in meeting(0) if name != "borger"), "cpr")


class JobindsatsRig(Simulated[JobindsatsSimulator], Counting):
    """A table whose rows are meetings, so that it can be held to what every connector is."""

    is_sent_to = False
    repeats = ROWS_OF_PERIOD

    def __init__(self, folder: Path, certificates: Certificates, stack: ExitStack) -> None:
        """Serve a table without periods."""
        super().__init__()
        profile = resources.files("fokusstrom_connectors.mapping").joinpath("profiles/momentum.toml").read_text("utf-8")
        mapping = folder / "table.toml"
        mapping.write_text(profile.replace("borger.cpr", "cpr"), "utf-8")
        self.mapping = str(mapping)
        self._rows: list[list[Any]] = []
        self.simulator = JobindsatsSimulator(["Area", *FIELDS], token_seconds=3600)
        self._certificates = certificates
        self.serve_in(stack)

    def add(self, *records: dict[str, Any]) -> None:
        """As `Rig`: rows of the last period, and of further ones when it is full."""
        self._rows += [_row(record) for record in records]
        self._publish()

    def change(self, place: int, record: dict[str, Any]) -> None:
        """As `Rig`: a period is corrected where it is."""
        self._rows[place] = _row(record)
        self._publish()

    def _publish(self) -> None:
        for number in range(0, len(self._rows), ROWS_OF_PERIOD):
            year, quarter = divmod(number // ROWS_OF_PERIOD, 4)
            self.simulator.put(f"{2000 + year}QMAT0{quarter + 1}", self._rows[number : number + ROWS_OF_PERIOD])

    def make(self) -> Source:
        """As `Rig`."""
        auth = {"kind": "oauth2", "token_url": f"{self.at}/token", "client_id": CLIENT[0], "client_secret": "env:C"}
        told = {
            "url": f"{self.at}/v3",
            "endings": [],
            "timeout": "1s",
            "columns": {name: name for name in FIELDS},
            "tls": {"ca_file": self._certificates.ca_file},
            "auth": auth,
        }
        context = Context(FixedClock(AT), {"C": CLIENT[1]})
        return Counted(CONNECTOR.make(JobindsatsSettings.model_validate(told), context), self)


def _row(record: dict[str, Any]) -> list[Any]:
    told = {**record, "cpr": record["borger"]["cpr"]}
    return ["Aarhus", *(told[name] for name in FIELDS)]


class TestJobindsats(WebBattery):
    """The battery, and that of what is asked over HTTP."""

    simulator: JobindsatsSimulator
    share = 0.4
    expected = EXPECTED | dict.fromkeys((Trouble.ERROR_BODY, Trouble.NO_LIST), "page: no table with columns and rows")

    @pytest.fixture
    def rig(self, tmp_path: Path, certificates: Certificates) -> Iterator[JobindsatsRig]:
        """Serve a table."""
        with ExitStack() as stack:
            yield JobindsatsRig(tmp_path, certificates, stack)


class Ticking:
    """A clock that goes on by an hour each time that it is looked at."""

    def __init__(self) -> None:
        """Begin at a time."""
        self._hours = itertools.count()

    def now(self) -> datetime:
        """As `Clock`."""
        return AT + timedelta(hours=next(self._hours))

    def today(self) -> Any:  # noqa: ANN401 - as `Clock`
        """As `Clock`."""
        return AT.date()


SETTINGS = {
    "v2": {"api": "v2", "auth": {"kind": "api_key", "header": "Authorization", "key": "env:T"}},
    "v3": {"api": "v3", "auth": {"kind": "api_key", "header": "Authorization", "prefix": "Bearer", "key": "env:T"}},
}


class Published:
    """A table of shares, and what became of it."""

    is_sent_to = False

    def __init__(self, api: str, at: str, simulator: JobindsatsSimulator) -> None:
        """Take the API's version."""
        self.simulator = simulator
        self.outlet = MemoryOutlet()
        self._settings = JobindsatsSettings.model_validate({"url": f"{at}/{api}", **SETTINGS[api]})
        self._clock: Clock = Ticking()

    def source(self) -> Source:
        """Make the source."""
        return CONNECTOR.make(self._settings, Context(self._clock, {"T": "a token"}))

    def facts(self) -> list[dict[str, Any]]:
        """Give the facts of a run, of which the state is remembered for the next."""
        before = len(self.outlet.facts)
        run_once(runner(self.source(), self.outlet, mapping="jobindsats"), self)  # type: ignore[arg-type]
        return [fact for _, fact in self.outlet.facts[before:]]


@pytest.fixture(params=["v2", "v3"])
def published(request: pytest.FixtureRequest) -> Iterator[Published]:
    """A table of the API's version."""
    simulator = JobindsatsSimulator(COLUMNS)
    with served(simulator.application) as at:
        yield Published(request.param, at, simulator)


def shares(area: str, expected: Any, actual: Any, group: str = "Ydelsesgrupper i alt") -> list[Any]:  # noqa: ANN401
    """Give a row of the table."""
    return [area, "3. kvt. 2020 - 2. kvt. 2021", group, expected, actual, 17]


def test_shares_of_municipalities_become_facts(published: Published) -> None:
    """Of all benefits together, for the year that the four quarters end in; the country is no municipality."""
    published.simulator.put(
        "2021QMAT02",
        [
            shares("Hele landet", 15.1, 15.1),
            shares("Aarhus", 14.25, "14,5"),
            shares("Aarhus", 3.1, 3.2, "A-dagpenge mv."),
            shares("Læsø", "-", "-"),
        ],
    )
    (fact,) = published.facts()
    expected = {
        "fact_id": "y30r21/751/2021QMAT02",
        "municipality": "751",
        "assessment_year": 2021,
        "expected_share": 142_500,  # 14.25 per cent, in millionths
        "actual_share": 145_000,
        "registered_at": AT,
        "version": 1_635_494_400_000,  # 29 October 2021, 8:00 UTC
        "deleted": False,
    }
    assert {name: fact[name] for name in expected} == expected
    assert published.outlet.refused == []


def test_only_periods_that_end_as_wanted_are_asked_for(published: Published) -> None:
    """Four quarters that end with the second, unless it is told otherwise."""
    for period in ("2020QMAT04", "2021QMAT02", "2021QMAT04", "2020QMAT02"):
        published.simulator.put(period, [shares("Aarhus", 14, 15)])
    assert [fact["assessment_year"] for fact in published.facts()] == [2020, 2021]
    assert len(published.simulator.asked) == 2


def test_the_rows_of_the_table_are_declared(published: Published) -> None:
    """All rows of the periods that are asked for, also when nothing has changed since."""
    published.simulator.put("2020QMAT02", [shares("Aarhus", 14, 15), shares("Hele landet", 15, 15)])
    published.simulator.put("2020QMAT04", [shares("Aarhus", 14, 15)])
    published.simulator.put("2021QMAT02", [shares("Aarhus", 14, 15)])
    for expected_facts in (2, 0):
        assert len(published.facts()) == expected_facts
        (told,) = published.outlet.declared.values()
        assert told.holds == 3


def test_a_period_comes_again_when_it_was_corrected_and_only_then(published: Published) -> None:
    """With a later version, also after everything was forgotten; what didn't change isn't sent again."""
    published.simulator.put("2020QMAT02", [shares("Aarhus", 14, 15)])
    published.simulator.put("2021QMAT02", [shares("Aarhus", 14, 15)])
    first = published.facts()
    assert published.facts() == []
    published.simulator.put("2020QMAT02", [shares("Aarhus", 14, 16)])
    (corrected,) = published.facts()
    assert (corrected["assessment_year"], corrected["actual_share"]) == (2020, 160_000)
    assert corrected["version"] > max(fact["version"] for fact in first)
    published.outlet.state.clear()
    assert min(fact["version"] for fact in published.facts()) > corrected["version"]


def test_an_area_that_nobody_knows_is_refused_not_left_out(published: Published) -> None:
    """A name that is neither a municipality's nor one of the greater areas' is told, by its row."""
    published.simulator.put("2021QMAT02", [shares("Aarhus", 14, 15), shares("Nyby", 14, 15)])
    assert [fact["municipality"] for fact in published.facts()] == ["751"]
    (refused,) = published.outlet.refused
    assert (refused.refusal.file, refused.refusal.line) == ("y30r21 2021QMAT02", 2)
    assert (refused.refusal.reason, refused.refusal.field) == (Reason.UNKNOWN_MUNICIPALITY, "municipality")


def test_a_table_without_its_columns_is_named() -> None:
    """A label that has changed stops the connector, with the setting to change; no share is taken for another's."""
    simulator = JobindsatsSimulator(["Area", "Periode", "Ydelsesgrupper", "Forventet", "Faktisk", "Placering"])
    simulator.put("2021QMAT02", [shares("Aarhus", 14, 15)])
    with served(simulator.application) as at:
        told = Published("v3", at, simulator)
        one = runner(told.source(), told.outlet, mapping="jobindsats")
        expected = "page: the table has no column 'Faktisk andel (pct.)'; check `columns` and `area`"
        run_until(one, told, lambda: one.trouble == expected)  # type: ignore[arg-type]


def test_each_municipality_is_found_by_its_name() -> None:
    """Also with another spelling of å, without the genitive, with what kind of place it is; no two are one."""
    for code, name in municipality_names().items():
        spellings = (name, name.replace("Aa", "Å"), name.removesuffix("s"), f"{name} Kommune")
        assert [code_of(spelling) for spelling in spellings] == [code] * 4, name
