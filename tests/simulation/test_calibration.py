"""The simulated country resembles the real one, by the project's own definitions."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fokusstrom.simulation.arrival import write
from fokusstrom.simulation.country import FACTS_A_CITIZEN, country
from fokusstrom.simulation.engine import simulate
from fokusstrom.simulation.settings import Settings
from tests import reference

SETTINGS = Settings(8_000, 1, "2019-01", "2021-12")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The figures of 8,000 citizens to the end of 2021, by the plain reference."""
    path: Path = tmp_path_factory.mktemp("calibration") / "facts.jsonl"
    write(SETTINGS, path)
    with path.open("rb") as lines:
        texts = reference.tables_from_lines(lines, dt.date(2021, 12, 31))
    return {name: list(csv.DictReader(text.splitlines())) for name, text in texts.items()}


@pytest.mark.slow
def test_in_2021_94_percent_had_four_meetings_and_81_percent_an_offer(
    tables: dict[str, list[dict[str, str]]],
) -> None:
    """Of persons in scope in 2021, R8 serves about 94 % and R9 about 81 %."""
    for name, expected in (("focus_meetings.csv", 0.94), ("focus_offers.csv", 0.81)):
        months = [row for row in tables[name] if row["month"].startswith("2021")]
        persons = sum(int(row["persons"]) for row in months)
        served = 1 - sum(int(row["not_served"]) for row in months) / persons
        assert served == pytest.approx(expected, abs=0.02), name


@pytest.mark.slow
def test_meetings_went_remote_and_partly_came_back(tables: dict[str, list[dict[str, str]]]) -> None:
    """Phone and video had 22 % of contact meetings in 2019, nearly all in April 2020, 69 % in 2021."""
    meetings: Counter[tuple[str, bool]] = Counter()
    for row in tables["mode_use.csv"]:
        if row["interview_type"] in {"JOB", "FOLLOW_UP", "JOINT"}:
            remote = row["mode"] in {"PHONE", "VIDEO"}
            for period in (row["month"], row["month"][:4]):
                meetings[period, remote] += int(row["meetings"])
    share = {
        period: meetings[period, True] / (meetings[period, True] + meetings[period, False])
        for period in ("2019", "2020", "2021", "2020-04", "2020-05")
    }

    assert share["2019"] == pytest.approx(0.22, abs=0.02)
    assert share["2020-04"] > 0.97
    assert share["2020-05"] > 0.97
    assert share["2019"] + 0.1 < share["2020"] < share["2021"] - 0.02
    assert share["2021"] == pytest.approx(0.69, abs=0.02)


def one(query: str, facts: pa.Table) -> float:
    """The number that a query gives over `facts`."""
    with duckdb.connect() as database:
        database.register("facts", facts)
        row = database.execute(query).fetchone()
    assert row is not None
    return float(row[0])


@pytest.mark.parametrize("name", FACTS_A_CITIZEN)
def test_the_country_comes_out_at_any_scale(name: str) -> None:
    """Facts a citizen are those of the country: 12 million meetings of 1.5 million citizens, and so on."""
    settings = country(20_000 / 1_500_000, seed=2)
    ids = "SELECT count(DISTINCT fact_id) FROM facts"
    found = sum(one(ids, chunk[name]) for chunk in simulate(settings))

    assert settings.citizens == 20_000
    assert found / settings.citizens == pytest.approx(FACTS_A_CITIZEN[name], rel=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("year", "expected"), [(2019, 0.22), (2021, 0.69), (2022, 0.5), (2023, 0.44)])
def test_remote_meetings_are_as_frequent_at_any_seed(seed: int, year: int, expected: float) -> None:
    """Phone and video had 22 % of contact meetings in 2019, 69 % in 2021 and 44 % in 2023."""
    (chunk,) = simulate(Settings(6_000, seed, f"{year}-01", f"{year}-12"))
    share = """SELECT avg((mode IN ('PHONE', 'VIDEO'))::INT) FROM facts
        WHERE attendance = 'HELD' AND interview_type IN ('JOB', 'FOLLOW_UP', 'JOINT')"""

    assert one(share, chunk["MeetingHeld"]) == pytest.approx(expected, abs=0.02)
