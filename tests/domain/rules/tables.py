"""One rule on tables of two or three rows, written as text, worked out by hand.

    gives("previous_contact", "fact, previous_on", told_meetings='''
        fact | citizen | held_at | spell_start
        1    | 1       | ...     | 2021-01-01
    ''')

Cells are cast to the declared types, an empty cell is null; a column that a table lacks has the relation's
default below, or is null.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date

import duckdb
import pyarrow as pa

from fokusstrom.domain import rule_set
from fokusstrom.domain.book import Book
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, INPUTS, RULES, figures_of, sql_of

THROUGH = date(2021, 12, 31)

_MEETING = {
    "citizen": "1", "municipality": "751", "reporter": "JOBCENTER", "interview_type": "JOB", "mode": "PHYSICAL",
    "attendance": "HELD", "held_at": "2021-03-01 09:00:00+00", "local_date": "2021-03-01", "source": "s",
    "version": "1",
}  # fmt: skip
_SPELL = {
    "citizen": "1", "municipality": "751", "benefit": "CASH", "target_group": "2", "ends_on": "9999-12-31",
    "introduction_programme": "false", "source": "s",
}  # fmt: skip
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "meetings": _MEETING,
    "spells": _SPELL,
    "offers": {"citizen": "1", "source": "s", "offer_type": "INTERNSHIP", "ends_on": "9999-12-31"},
    "hours": {"citizen": "1", "source": "s"},
    "outcomes": {"citizen": "1", "source": "s", "outcome": "JOB"},
    "expected_shares": {
        "citizen": "1", "municipality": "751", "source": "s", "registered_at": "2022-01-01 00:00:00+00",
    },
    "told_meetings": _MEETING | {"told_by": "751", "kept": "true", "contact": "true"},
    "judged_meetings": {"citizen": "1", "told_by": "751", "local_date": "2021-03-01"},
    "spells_in_chains": _SPELL | {"chain": "1"},
    "chains": {"citizen": "1", "benefit": "CASH"},
    "in_scope": {"citizen": "1", "municipality": "751", "benefit": "CASH", "target_row": "1"},
    "focus_window": {"citizen": "1", "municipality": "751", "benefit": "CASH", "target_row": "1"},
    "kept_meetings": {
        "citizen": "1", "told_by": "751", "region": "Midtjylland", "interview_type": "JOB", "contact": "true",
        "mode": "PHYSICAL", "assessment_documented": "false", "first": "false", "six_months_reached": "false",
    },
    "mode_of_meeting": {"told_by": "751", "mode": "PHYSICAL"},
    "contact_between": {"citizen": "1", "told_by": "751"},
    "mode_in_force": {
        "region": "Midtjylland", "interview_type": "JOB", "first": "false", "six_months_reached": "false",
    },
    "focus_targets": {
        "name": "t", "valid_from": "1900-01-01", "valid_to": "9999-12-31", "min_meetings": "4", "min_hours": "225",
        "window_months": "12", "seniority_months": "12", "seniority_days": "365",
    },
    "early_contact": {"row": "1", "months": "6", "min_meetings": "4", "target_groups": "[2]"},
    "evaluation": {"row": "1", "horizon_months": "[3, 6, 12]", "outcome_months": "12"},
    "mode_rules": {
        "valid_from": "1900-01-01", "valid_to": "9999-12-31", "allowed": "[]", "with_assessment": "[]",
        "assessment_expected": "[]",
    },
}  # fmt: skip
"""What a row is where a table doesn't say; `fact_id` is the fact's number."""


@functools.cache
def declared() -> Mapping[str, Mapping[str, str]]:
    """Give the columns and types of every relation, by its name, of a fold of nothing."""
    connection = folded()
    names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    return {
        name: {column: sql for column, sql, *_ in connection.execute(f"DESCRIBE {name}").fetchall()}
        for name in [*(name for (name,) in names), *INPUTS]
    }


@functools.cache
def folded() -> duckdb.DuckDBPyConnection:
    """Give such a connection to look at, not to change."""
    return prepared()


def no_sums() -> dict[str, pa.Table]:
    """Give the rows of every figure of a fold of nothing."""
    return {name: figures_of(folded(), figure, f"folded_{name}") for name, figure in FIGURES.items()}


def prepared() -> duckdb.DuckDBPyConnection:
    """Give a connection with every relation of a fold of nothing, under the rule set that ships."""
    connection = duckdb.connect(config={"threads": 1})
    Book(connection)
    fold = Fold(connection, rule_set.in_force(), THROUGH, Slice())
    fold.begin()
    fold.run()
    fold.enrich()
    connection.execute(
        "INSERT INTO months SELECT month::DATE, last_day(month)"
        f" FROM range(DATE '2010-01-01', DATE '{THROUGH}', INTERVAL 1 MONTH) AS months(month)"
    )
    return connection


def gives(rule: str, columns: str, **tables: str) -> list[tuple[str | None, ...]]:
    """Run one rule on tables; give some columns of its rows as text, sorted."""
    connection = _emptied()
    for name, table in tables.items():
        connection.execute(f"DELETE FROM {name}")
        for row in _rows(name, table):
            connection.execute(
                f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", list(row.values())
            )
    folder = "rules" if rule in RULES else "figures"
    selected = ", ".join(f"{column.strip()}::VARCHAR" for column in columns.split(","))
    given = connection.execute(f"SELECT {selected} FROM ({sql_of(folder, rule)}) AS given ORDER BY ALL").fetchall()
    if tables.keys() & rule_set.TABLES.keys():
        rule_set.in_force().install(connection)
    return given


@functools.cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = prepared()
    for name in INPUTS:
        connection.execute(f"DROP VIEW {name}")
        columns = ", ".join(f"{column} {sql}" for column, sql in declared()[name].items())
        connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
    return connection


def _emptied() -> duckdb.DuckDBPyConnection:
    """Give the connection with nothing in it but rule set and calendar."""
    connection = _connection()
    for name in (*INPUTS, *RULES):
        connection.execute(f"DELETE FROM {name}")
    return connection


def _rows(relation: str, table: str) -> list[dict[str, str | None]]:
    head, *lines = [line.strip() for line in table.strip().splitlines()]
    names = [name.strip() for name in head.split("|")]
    known = {name: text for name, text in DEFAULTS.get(relation, {}).items() if name in declared()[relation]}
    rows = []
    for line in lines:
        cells = (cell.strip() or None for cell in line.split("|"))
        row: dict[str, str | None] = {**known, **dict(zip(names, cells, strict=True))}
        if "fact_id" in declared()[relation] and "fact" in row:
            row.setdefault("fact_id", row["fact"])
        rows.append(row)
    return rows
