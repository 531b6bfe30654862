"""Which tables of rules there are, what each of their columns takes, and what is wrong with a single row.

A row is what TOML gave: `from` and `to` are its dates there, `valid_from` and `valid_to` in the relations,
both included. What rows say to each other is `rule_checks`' matter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fokusstrom.domain import facts

_GREATEST = 2**31 - 1
BEGINNING = dt.date(1900, 1, 1)
"""No fact is dated earlier: a row that has always held is from this day."""
END = dt.date(2100, 12, 31)
"""No fact is dated later."""
FOREVER = dt.date(9999, 12, 31)
PROVENANCES = ("sourced", "seed", "assumed")
REGIONS = ("Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland", "Nordjylland")


@dataclass(frozen=True)
class Column:
    """One column of a table of rules: its SQL type, whether a row may lack it, its codes and its bounds."""

    sql: str
    optional: bool = False
    codes: tuple[str, ...] = ()
    least: int = -_GREATEST
    most: int = _GREATEST
    some: bool = False
    """A list of it must not be empty."""

    def problems(self, value: object) -> Iterator[str]:
        """Say what is wrong with a value that TOML gave."""
        if self.sql.endswith("[]"):
            yield from self._problems_of_list(value)
        elif not self._is_typed(self.sql, value):
            yield f"must be of type {self.sql}"
        else:
            yield from self._problems_of_one(value)

    def _problems_of_list(self, value: object) -> Iterator[str]:
        if not isinstance(value, list) or not all(self._is_typed(self.sql[:-2], one) for one in value):
            yield f"must be of type {self.sql}"
            return
        yield from dict.fromkeys(problem for one in value for problem in self._problems_of_one(one))
        if len(set(value)) < len(value):
            yield "must name nothing twice"
        if self.some and not value:
            yield "must not be empty"

    def _problems_of_one(self, value: object) -> Iterator[str]:
        if self.codes and value not in self.codes:
            yield f"must be of {', '.join(self.codes)}"
        elif isinstance(value, str) and not value.strip():
            yield "must not be empty"
        elif isinstance(value, dt.date) and not BEGINNING <= value <= END:
            yield f"must lie between {BEGINNING} and {END}, as every fact does"
        elif isinstance(value, int) and not self.least <= value <= self.most:
            yield f"must lie between {self.least} and {self.most}"

    def _is_typed(self, sql: str, value: object) -> bool:
        scalar = {"DATE": dt.date, "INTEGER": int, "BOOLEAN": bool, "VARCHAR": str}[sql]
        return type(value) is scalar and (type(value) is not int or abs(value) <= _GREATEST)


_DATES = {"valid_from": Column("DATE"), "valid_to": Column("DATE", optional=True)}
_MODES = Column("VARCHAR[]", codes=facts.MODES)
_MONTHS = Column("INTEGER", least=1, most=1200)
_COUNT = Column("INTEGER", least=1, most=100_000)
_YEAR = Column("INTEGER", least=BEGINNING.year, most=END.year)
_PERMILLE = Column("INTEGER", least=1, most=1000)

TABLES: Mapping[str, Mapping[str, Column]] = {
    "counting_modes": {"mode": Column("VARCHAR", codes=facts.MODES), **_DATES},
    "counting_reporters": {"reporter": Column("VARCHAR", codes=facts.REPORTERS), **_DATES},
    "mode_rules": {
        "name": Column("VARCHAR"),
        **_DATES,
        "regions": Column("VARCHAR[]", optional=True, codes=REGIONS, some=True),
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
        "min_meetings": _COUNT,
        "min_hours": _COUNT,
        "window_months": _MONTHS,
        "seniority_months": _MONTHS,
        "seniority_days": _COUNT,
        "meetings_threshold_permille": _PERMILLE,
        "offers_threshold_permille": _PERMILLE,
    },
    "excluded_months": _DATES,
    "early_contact": {
        **_DATES,
        "min_meetings": _COUNT,
        "months": _MONTHS,
        "target_groups": Column("INTEGER[]", least=1, most=13, some=True),
    },
    "selection": {
        **_DATES,
        "first_year": _YEAR,
        "regime_ends_after": Column("INTEGER", optional=True, least=_YEAR.least, most=_YEAR.most),
    },
    "suppression": {**_DATES, "fewest_hidden": _COUNT, "most_hidden": _COUNT, "fewest_candidates": _COUNT},
    "release": {**_DATES, "final_after_days": Column("INTEGER", least=0, most=100_000), "closing_months": _MONTHS},
    "evaluation": {
        **_DATES,
        "horizon_months": Column("INTEGER[]", least=1, most=1200, some=True),
        "outcome_months": _MONTHS,
    },
}
"""Every table of rules: its columns besides `row`, `reference` and `provenance`, which all have."""

EVERY_ROW = {"reference": Column("VARCHAR"), "provenance": Column("VARCHAR", codes=PROVENANCES)}
_IN_TOML = {"valid_from": "from", "valid_to": "to"}


def columns_in_toml(table: str) -> Mapping[str, Column]:
    """Map the keys of a row in a file to what they take."""
    return {_IN_TOML.get(name, name): column for name, column in {**TABLES[table], **EVERY_ROW}.items()}


def as_row(table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row of a file by the columns of its relation."""
    values = {name: row.get(_IN_TOML.get(name, name)) for name in {**TABLES[table], **EVERY_ROW}}
    if values["valid_to"] is None:
        values["valid_to"] = FOREVER
    return values


def problems_of_row(row: Mapping[str, Any], columns: Mapping[str, Column]) -> Iterator[str]:
    """Say what is wrong with the keys and values of one row of a file, each with its field."""
    for key in row.keys() - columns.keys():
        yield f"{key} is not one of {', '.join(columns)}"
    for key, column in columns.items():
        if key in row:
            yield from (f"{key} {problem}" for problem in column.problems(row[key]))
        elif not column.optional:
            yield f"{key} is missing"


def contradictions_in_row(table: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Say what a row that is well formed says against itself."""
    start, end = row["from"], row.get("to")
    if end is not None and end < start:
        yield "'to' lies before 'from'"
    if table in {"excluded_months", "focus_targets"}:
        yield from _parts_of_months(start, end)
    if table == "mode_rules":
        yield from _contradicting_modes(row)
    if table == "suppression" and row["most_hidden"] < row["fewest_hidden"]:
        yield "most_hidden is less than fewest_hidden"
    if table == "selection" and row.get("regime_ends_after", END.year) < row["first_year"]:
        yield "regime_ends_after lies before first_year: nobody could ever be selected"


def _parts_of_months(start: dt.date, end: dt.date | None) -> Iterator[str]:
    if start.day != 1:
        yield "from must be the first day of a month"
    if end is not None and (end + dt.timedelta(days=1)).day != 1:
        yield "to must be the last day of a month"


def _contradicting_modes(row: Mapping[str, Sequence[str]]) -> Iterator[str]:
    both = sorted(set(row["allowed"]) & set(row["with_assessment"]))
    if both:
        yield f"with_assessment names {', '.join(both)}, which allowed lets without one"
    astray = sorted(set(row["assessment_expected"]) - set(row["allowed"]))
    if astray:
        yield f"assessment_expected names {', '.join(astray)}, which allowed does not"
