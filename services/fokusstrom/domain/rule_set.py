"""What a rule set is: the tables of rules that the law changes, read from TOML; specification section 3.

A rule set is named by the digest of its text. Its tables become relations of the same names and columns,
which the rules in `rules/` join; `from` and `to` become `valid_from` and `valid_to`, both included.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from fokusstrom.domain import facts
from fokusstrom.domain.errors import ConfigError

if TYPE_CHECKING:
    import duckdb

_GREATEST = 2**31 - 1
FOREVER = dt.date(9999, 12, 31)
PROVENANCES = ("sourced", "seed", "assumed")
REGIONS = ("Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland", "Nordjylland")


@dataclass(frozen=True)
class Column:
    """One column of a table of rules: its SQL type, whether a row may lack it, and its codes."""

    sql: str
    optional: bool = False
    codes: tuple[str, ...] = ()

    def takes(self, value: object) -> bool:
        """Say whether TOML gave what the column holds."""
        if self.sql.endswith("[]"):
            return isinstance(value, list) and all(Column(self.sql[:-2]).takes(one) for one in value)
        scalar = {"DATE": dt.date, "INTEGER": int, "BOOLEAN": bool, "VARCHAR": str}[self.sql]
        return type(value) is scalar and (type(value) is not int or abs(value) <= _GREATEST)


_DATES = {"valid_from": Column("DATE"), "valid_to": Column("DATE", optional=True)}
_MODES = Column("VARCHAR[]", codes=facts.MODES)

TABLES: Mapping[str, Mapping[str, Column]] = {
    "counting_modes": {"mode": Column("VARCHAR", codes=facts.MODES), **_DATES},
    "counting_reporters": {"reporter": Column("VARCHAR", codes=facts.REPORTERS), **_DATES},
    "mode_rules": {
        "name": Column("VARCHAR"),
        **_DATES,
        "regions": Column("VARCHAR[]", optional=True, codes=REGIONS),
        "only_type": Column("VARCHAR", optional=True, codes=facts.INTERVIEW_TYPES),
        "only_first": Column("BOOLEAN", optional=True),
        "only_six_months": Column("BOOLEAN", optional=True),
        "allowed": _MODES,
        "with_assessment": _MODES,
        "assessment_expected": _MODES,
    },
    "focus_targets": {
        "name": Column("VARCHAR"),
        **_DATES,
        "min_meetings": Column("INTEGER"),
        "min_hours": Column("INTEGER"),
        "window_months": Column("INTEGER"),
        "seniority_months": Column("INTEGER"),
        "seniority_days": Column("INTEGER"),
        "meetings_threshold_permille": Column("INTEGER"),
        "offers_threshold_permille": Column("INTEGER"),
    },
    "excluded_months": _DATES,
    "early_contact": {**_DATES, "min_meetings": Column("INTEGER"), "months": Column("INTEGER")},
    "selection": {"first_year": Column("INTEGER"), "regime_ends_after": Column("INTEGER", optional=True)},
    "suppression": {
        "fewest_hidden": Column("INTEGER"),
        "most_hidden": Column("INTEGER"),
        "fewest_candidates": Column("INTEGER"),
    },
    "release": {"final_after_days": Column("INTEGER"), "closing_months": Column("INTEGER")},
    "evaluation": {"horizon_months": Column("INTEGER[]"), "outcome_months": Column("INTEGER")},
}
"""Every table of rules: its columns besides `row`, `reference` and `provenance`, which all have."""

_EVERY_ROW = {"reference": Column("VARCHAR"), "provenance": Column("VARCHAR", codes=PROVENANCES)}
_SINGLE_ROW = ("selection", "suppression", "release", "evaluation", "early_contact")
_IN_TOML = {"valid_from": "from", "valid_to": "to"}


@dataclass(frozen=True)
class RuleSet:
    """A rule set as read: `rows` are the rows of each table, by the column names of the relations."""

    name: str
    version: str
    text: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the text: what cut marks and figures name the rule set by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def row(self, table: str) -> Mapping[str, Any]:
        """Return the row of a table that has one row."""
        return self.rows[table][0]

    def install(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables relations of a connection, in place of those of an earlier rule set."""
        for table, rows in self.rows.items():
            columns = {"row": Column("INTEGER"), **TABLES[table], **_EVERY_ROW}
            declared = ", ".join(f"{name} {column.sql}" for name, column in columns.items())
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({declared})")
            marks = ", ".join("?" for _ in columns)
            for number, row in enumerate(rows, start=1):
                values = {**row, "row": number}
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", [values[name] for name in columns])


def parse(text: str) -> RuleSet:
    """Read a rule set from the text of its file; raises ConfigError with every problem found."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the rule set is not TOML: {error}") from error
    problems = list(_problems(content))
    if problems:
        raise ConfigError(*problems)
    rows = {table: tuple(_row(row, columns) for row in content[table]) for table, columns in TABLES.items()}
    return RuleSet(content["name"], content["version"], text, rows)


@functools.cache
def in_force() -> RuleSet:
    """Return the rule set that ships with the project."""
    return parse(resources.files(__package__).joinpath("rulesets/in_force.toml").read_text("utf-8"))


def _row(row: Mapping[str, Any], columns: Mapping[str, Column]) -> Mapping[str, Any]:
    values = {name: row.get(_IN_TOML.get(name, name)) for name in {**columns, **_EVERY_ROW}}
    if "valid_to" in values and values["valid_to"] is None:
        values["valid_to"] = FOREVER
    return values


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    for key in ("name", "version"):
        if not isinstance(content.get(key), str):
            yield f"{key}: give the rule set a {key}, as text"
    for key in content.keys() - TABLES.keys() - {"name", "version"}:
        yield f"{key}: there is no such table of rules; there are {', '.join(TABLES)}"
    for table, columns in TABLES.items():
        rows = content.get(table)
        if not isinstance(rows, list):
            yield f"{table}: write its rows as [[{table}]]"
            continue
        if table in _SINGLE_ROW and len(rows) != 1:
            yield f"{table}: has {len(rows)} rows, needs exactly one"
        for number, row in enumerate(rows, start=1):
            if isinstance(row, dict):
                yield from _problems_of_row(f"{table} row {number}", row, {**columns, **_EVERY_ROW})
            else:
                yield f"{table} row {number}: write it as [[{table}]]"


def _problems_of_row(where: str, row: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[str]:
    known = {_IN_TOML.get(name, name): column for name, column in columns.items()}
    for key in row.keys() - known.keys():
        yield f"{where}: {key} is not one of {', '.join(known)}"
    for key, column in known.items():
        value = row.get(key)
        if value is None:
            if not column.optional:
                yield f"{where}: {key} is missing"
        elif not column.takes(value):
            yield f"{where}: {key} must be of type {column.sql}"
        elif column.codes and not set(value if isinstance(value, list) else [value]) <= set(column.codes):
            yield f"{where}: {key} must be of {', '.join(column.codes)}"
    start, end = row.get("from"), row.get("to")
    if type(start) is dt.date and type(end) is dt.date and end < start:
        yield f"{where}: 'to' lies before 'from'"
