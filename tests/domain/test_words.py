"""The words that the rules use."""

from __future__ import annotations

import duckdb

from fokusstrom.domain import facts
from fokusstrom.domain.book import Book


def test_local_date() -> None:
    """R3: the date in Copenhagen, on every day on which a fact may lie, on both sides of where it may change."""
    connection = duckdb.connect()
    Book(connection)
    wrong = connection.execute("""
        WITH instants AS (
            SELECT day::TIMESTAMPTZ + milliseconds * INTERVAL 1 MILLISECOND AS instant
            FROM range(DATE '1900-01-01', DATE '2101-01-01', INTERVAL 1 DAY) AS days(day)
            CROSS JOIN (VALUES (0), (79199999), (79200000), (86399999)) AS moments(milliseconds)
        )
        SELECT instant FROM instants
        WHERE local_date_of(instant) <> timezone('Europe/Copenhagen', instant)::DATE
    """).fetchall()
    assert wrong == []


def test_local_midnight() -> None:
    """R3: 23:30 in Copenhagen is 21:30 UTC in summer and 22:30 in winter, the same day; an hour later is the next."""
    connection = duckdb.connect()
    Book(connection)
    instants = ("2021-06-30 21:30:00+00", "2021-06-30 22:30:00+00", "2020-12-31 22:30:00+00", "2020-12-31 23:30:00+00")
    dates = [connection.execute(f"SELECT local_date_of(TIMESTAMPTZ '{one}')::VARCHAR").fetchone() for one in instants]
    assert dates == [("2021-06-30",), ("2021-07-01",), ("2020-12-31",), ("2021-01-01",)]


def test_place_code() -> None:
    """Every area and period - month, quarter, year - has a number of its own, from the first year to the last."""
    connection = duckdb.connect()
    Book(connection)
    areas = ["DK", *facts.municipalities()]
    parts = ["", *(f"-Q{number}" for number in range(1, 5)), *(f"-{number:02}" for number in range(1, 13))]
    periods = [f"{year}{part}" for year in (1900, 1999, 2000, 2020, 2021, 2100) for part in parts]
    ((places, numbers),) = connection.execute(
        "SELECT count(*), count(DISTINCT place_code(area, period))"
        " FROM (SELECT unnest(?) AS area) CROSS JOIN (SELECT unnest(?) AS period)",
        [areas, periods],
    ).fetchall()
    assert places == numbers == len(areas) * len(periods)
