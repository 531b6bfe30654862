"""What is made of the sums of all slices, on a few sums, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from fokusstrom.domain import rule_set
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import TABLES, Tables
from tests import reference
from tests.domain.folding import csv_text
from tests.domain.rules.tables import no_sums

THROUGH = date(2021, 12, 31)
_CONNECTION = duckdb.connect(config={"threads": 1})

Rows = Sequence[tuple[Any, ...]]


def made(sums: Mapping[str, Rows], *, through: date = THROUGH, rules: RuleSet | None = None) -> Tables:
    """Make the tables of rows of some figures, in their columns' order; the others are empty."""
    every = no_sums()
    for name, rows in sums.items():
        schema = every[name].schema
        every[name] = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)
    return Tables(_CONNECTION, every, rules or rule_set.in_force(), through)


def lines(tables: Tables, name: str) -> list[str]:
    """Give a table's rows as the CSV file has them."""
    return csv_text(tables.table(name)).splitlines()[1:]


def focus(*months: tuple[date, int, int]) -> dict[str, Rows]:
    """Give months of Aarhus with persons and not served, the same for both targets."""
    rows = [("751", month, "CASH", persons, not_served) for month, persons, not_served in months]
    return {"focus_meetings": rows, "focus_offers": rows}


def changed(table: str, **columns: Any) -> RuleSet:  # noqa: ANN401 - what a column may hold
    """Give the rule set in force with something else in every row of a table."""
    shipped = rule_set.in_force()
    rows = tuple({**row, **columns} for row in shipped.rows[table])
    return RuleSet(shipped.name, shipped.version, shipped.text, {**shipped.rows, table: rows})


def test_columns() -> None:
    """Every table has the specification's columns, also where it has no rows."""
    assert {f"{name}.csv": ",".join(columns) for name, columns in TABLES.items()} == reference.COLUMNS
    for name, table in made({}).all().items():
        assert (tuple(table.schema.names), table.num_rows) == (TABLES[name], 0)


_SUMS = {
    **focus((date(2021, 3, 1), 10, 4)),
    "meetings_followed": [("751", date(2021, 3, 1), "CASH", "PHONE", False, 6)],
    "outcomes_reached": [("751", date(2021, 3, 1), "CASH", "PHONE", False, 3, "JOB", 2)],
    "expected_shares": [("751", 2021, 1, 60_000, 50_000)],
}


@pytest.mark.parametrize(
    ("sums", "rules", "through", "differ"),
    [
        ({}, {}, THROUGH, set()),
        (
            {"focus_meetings": [("751", date(2021, 3, 1), "CASH", 10, 10)]},
            {},
            THROUGH,
            {"focus_meetings", "focus_average", "supervision"},
        ),
        ({"meetings_followed": [("751", date(2021, 3, 1), "CASH", "PHONE", False, 7)]}, {}, THROUGH, {"transitions"}),
        ({}, {"table": "focus_targets", "meetings_threshold_permille": 1}, THROUGH, {"focus_average", "supervision"}),
        ({}, {"table": "selection", "first_year": 2030}, THROUGH, {"supervision"}),
        ({}, {"table": "evaluation", "horizon_months": [1]}, THROUGH, {"transitions"}),
        ({}, {}, date(2021, 6, 30), set(TABLES)),
    ],
)
def test_what_cannot_differ_is_not_made_again(
    sums: Mapping[str, Rows], rules: Mapping[str, Any], through: date, differ: set[str]
) -> None:
    """Tables that hang on what is another are made again, and are what they are without the others; no other is."""
    against = made(_SUMS)
    known = against.all()
    under = made({**_SUMS, **sums}, through=through, rules=changed(**rules) if rules else None)
    found = under.all(like=against)
    assert {name for name in TABLES if found[name] is not known[name]} == differ
    assert {name: csv_text(table) for name, table in found.items()} == {
        name: csv_text(table) for name, table in under.all().items()
    }


def test_exact_means() -> None:
    """The mean is in exact fractions, whatever the number of persons: no common denominator is too great."""
    primes = (19_937, 19_949, 19_961, 19_963, 19_973, 19_979, 19_991, 19_993, 19_997, 20_011, 20_021, 20_023)
    months = [(date(2021, month, 1), primes[month - 1], month) for month in range(1, 13)]
    (meetings, offers) = made(focus(*months)).averages
    assert meetings.share == sum(Fraction(month, primes[month - 1]) for month in range(1, 13)) / 12
    assert (meetings.target, offers.target, offers.share) == ("meetings", "offers", meetings.share)


@pytest.mark.parametrize(
    ("not_served", "written"),
    [
        (200_000_000, "0.200000,0.200000,false"),
        (199_999_999, "0.200000,0.200000,true"),
        (200_000_001, "0.200000,0.200000,false"),
        (0, "0.000000,0.200000,true"),
        (10**9, "1.000000,0.200000,false"),
        (7_812_500, "0.007812,0.200000,true"),
        (23_437_500, "0.023438,0.200000,true"),
    ],
)
def test_threshold_and_rounding(not_served: int, written: str) -> None:
    """Met is judged by the exact fraction; six decimals are rounded half to even, for show."""
    tables = made(focus((date(2021, 5, 1), 10**9, not_served)))
    assert lines(tables, "focus_average") == [f"751,2021,meetings,1,{written}", f"751,2021,offers,1,{written}"]


def test_each_target_has_its_threshold() -> None:
    """Thresholds are the rule set's: those of the last month that is counted."""
    (row,) = rule_set.in_force().rows["focus_targets"]
    turn = date(2021, 7, 1)
    rows = (
        {**row, "valid_to": date(2021, 6, 30)},
        {**row, "valid_from": turn, "offers_threshold_permille": 300},
    )
    rules = RuleSet("t", "1", "", {**rule_set.in_force().rows, "focus_targets": rows})
    assert lines(made(focus((date(2020, 12, 1), 4, 1), (turn, 4, 1)), rules=rules), "focus_average") == [
        "751,2020,meetings,1,0.250000,0.200000,false",
        "751,2020,offers,1,0.250000,0.200000,false",
        "751,2021,meetings,1,0.250000,0.200000,false",
        "751,2021,offers,1,0.250000,0.300000,true",
    ]


def test_months_that_are_not_counted() -> None:
    """Which months are left out is the rule set's to say."""
    months = focus((date(2020, 3, 1), 4, 4), (date(2020, 6, 1), 4, 4), (date(2020, 7, 1), 4, 0))
    none_excluded = RuleSet("t", "1", "", {**rule_set.in_force().rows, "excluded_months": ()})
    assert lines(made(months), "focus_average")[0] == "751,2020,meetings,1,0.000000,0.200000,true"
    assert lines(made(months, rules=none_excluded), "focus_average")[0] == (
        "751,2020,meetings,3,0.666667,0.200000,false"
    )


def test_benefits_together() -> None:
    """The monthly share is of all benefits of the municipality together, each municipality by itself."""
    rows = [
        ("751", date(2021, 1, 1), "CASH", 1, 1),
        ("751", date(2021, 1, 1), "SICKNESS", 9, 0),
        ("101", date(2021, 1, 1), "CASH", 1, 0),
    ]
    tables = made({"focus_meetings": rows})
    assert lines(tables, "focus_average") == [
        "101,2021,meetings,1,0.000000,0.200000,true",
        "751,2021,meetings,1,0.100000,0.200000,true",
    ]


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        (rule_set.in_force(), "SELECTED"),
        (changed("selection", first_year=2022), "POSTPONED"),
        (changed("selection", regime_ends_after=2020), "REGIME_ENDED"),
        (changed("selection", regime_ends_after=None), "SELECTED"),
    ],
)
def test_selection_is_the_rule_sets(rules: RuleSet, status: str) -> None:
    """From when there is selection, and until when, is the rule set's to say."""
    sums = focus((date(2021, 5, 1), 1, 1)) | {"expected_shares": [("751", 2021, 1, 250_000, 200_000)]}
    tables = made(sums, rules=rules)
    (row,) = lines(tables, "supervision")
    assert row.split(",")[2] == status


def test_years_of_supervision() -> None:
    """There is no row for years after the end date's, also when a share of one is known already."""
    shares = [("751", 2020, 1, 1, 2), ("751", 2021, 1, 1, 2), ("751", 2022, 1, 1, 2)]
    rows = lines(made({"expected_shares": shares}, through=date(2021, 1, 1)), "supervision")
    assert [row.split(",")[1] for row in rows] == ["2020", "2021"]


def test_all_combinations() -> None:
    """All nine combinations of horizon and outcome are rows, also with 0 reached."""
    tables = made(
        {
            "meetings_followed": [("751", date(2021, 8, 1), "CASH", "PHONE", True, 5)],
            "outcomes_reached": [("751", date(2021, 8, 1), "CASH", "PHONE", True, 3, "JOB", 2)],
        },
        through=date(2021, 11, 30),
    )
    assert lines(tables, "transitions") == [
        "751,2021-08,CASH,PHONE,true,12,EDUCATION,5,0,false",
        "751,2021-08,CASH,PHONE,true,12,FIT,5,0,false",
        "751,2021-08,CASH,PHONE,true,12,JOB,5,0,false",
        "751,2021-08,CASH,PHONE,true,3,EDUCATION,5,0,true",
        "751,2021-08,CASH,PHONE,true,3,FIT,5,0,true",
        "751,2021-08,CASH,PHONE,true,3,JOB,5,2,true",
        "751,2021-08,CASH,PHONE,true,6,EDUCATION,5,0,false",
        "751,2021-08,CASH,PHONE,true,6,FIT,5,0,false",
        "751,2021-08,CASH,PHONE,true,6,JOB,5,0,false",
    ]


def test_horizons_are_the_rule_sets() -> None:
    """Which horizons are asked for is the rule set's to say."""
    tables = made(
        {"meetings_followed": [("751", date(2021, 8, 1), "CASH", "PHONE", True, 5)]},
        rules=changed("evaluation", horizon_months=[1]),
    )
    assert [row.split(",")[5] for row in lines(tables, "transitions")] == ["1", "1", "1"]
