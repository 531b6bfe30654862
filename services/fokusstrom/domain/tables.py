"""The tables of the specification's section 5, from figures that are summed over all slices.

Most tables are a figure as it is. What no slice can say by itself is made here, of the sums, the rule set and
the end date: the yearly average (R10, R11), supervision (R12), and whether what followed is complete (R14).
The SQL is in `from_sums/`, over the relations `sums_<figure>`, the rule set's, and `end_date`; the mean is exact
fractions, which SQL has not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING

import pyarrow as pa

from fokusstrom.domain import shares
from fokusstrom.domain.rules_and_figures import FIGURES, sql_of

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

TABLES: Mapping[str, tuple[str, ...]] = {
    "meetings_held": FIGURES["meetings_held"].columns,
    "focus_meetings": FIGURES["focus_meetings"].columns,
    "focus_offers": FIGURES["focus_offers"].columns,
    "focus_average": (
        "municipality", "year", "target", "months_counted", "average_share", "threshold", "met",
    ),
    "early_contact": FIGURES["early_contact"].columns,
    "transitions": (
        "municipality", "month", "benefit", "mode", "first", "horizon", "outcome", "meetings", "reached", "complete",
    ),
    "mode_use": FIGURES["mode_use"].columns,
    "supervision": ("municipality", "year", "status", "result_gate", "focus_gate", "reasons"),
}  # fmt: skip
"""Every table by its name, with its columns, in the specification's order."""

SUMMED = (
    *(name for name in TABLES if name in FIGURES), "meetings_followed", "outcomes_reached", "expected_shares",
)  # fmt: skip
"""The figures that tables are made of; the others are for the nation's measures alone."""

FROM_SUMS: Mapping[str, str] = {
    "monthly_shares": (
        "municipality VARCHAR, year BIGINT, target VARCHAR, months DATE[], not_served BIGINT[], persons BIGINT[],"
        " threshold_permille INTEGER"
    ),
    "transitions": (
        "municipality VARCHAR, month DATE, benefit VARCHAR, mode VARCHAR, first BOOLEAN, horizon INTEGER,"
        " outcome VARCHAR, meetings BIGINT, reached BIGINT, complete BOOLEAN"
    ),
    "supervision": (
        "municipality VARCHAR, year INTEGER, status VARCHAR, result_gate BOOLEAN, focus_gate BOOLEAN, reasons VARCHAR"
    ),
}
"""Every file of `from_sums`: the columns that it gives."""

_SHARE = pa.decimal128(7, 6)


@dataclass(frozen=True)
class Average:
    """R11: a municipality's year on one target."""

    municipality: str
    year: int
    target: str
    """`meetings` or `offers`."""
    months: tuple[dt.date, ...]
    """Those that are counted, by their first day."""
    share: Fraction
    threshold: Fraction

    @property
    def months_counted(self) -> int:
        """How many months the mean is of."""
        return len(self.months)

    @property
    def met(self) -> bool:
        """The average is strictly smaller than the threshold."""
        return self.share < self.threshold


class Tables:
    """The tables of one set of sums, in a connection that is used for nothing else."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sums: Mapping[str, pa.Table],
        rule_set: RuleSet,
        through: dt.date,
    ) -> None:
        """Take the rows of the figures in `SUMMED` (`figures_of`), and what they were folded under."""
        self._connection, self._sums, self._rule_set, self._through = connection, sums, rule_set, through
        self._made: dict[str, pa.Table] = {}
        connection.execute(resources.files(__package__).joinpath("words.sql").read_text("utf-8"))
        rule_set.install(connection)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE end_date AS SELECT DATE '{through}' AS through")
        self.averages = self._averages()
        """The yearly averages, exactly."""
        connection.register("focus_average", _as_table(self.averages))

    def table(self, name: str) -> pa.Table:
        """Return a table with its columns, made once; months are text, shares decimals of six places."""
        if name not in self._made:
            columns = ("month_text(month) AS month" if column == "month" else column for column in TABLES[name])
            made = self._query(f"SELECT {', '.join(columns)} FROM {_source(name)} AS made")
            self._made[name] = made.to_arrow_table()
        return self._made[name]

    def all(self, like: Tables | None = None) -> dict[str, pa.Table]:
        """Return every table by its name; those that can't differ from those of `like` are the very same."""
        return {name: (like if like is not None and self._is_as(like, name) else self).table(name) for name in TABLES}

    def _is_as(self, other: Tables, name: str) -> bool:
        """Whether a table is made of the same sums by the same rules as another's, up to the same day."""
        text = _source(name)
        if "focus_average" in text:
            text += sql_of("from_sums", "monthly_shares")
        rules = self._rule_set.rows.keys() & set(re.findall(r"\w+", text))
        return (
            self._through == other._through
            and all(self._rule_set.rows[table] == other._rule_set.rows[table] for table in rules)
            and all(self._sums[figure].equals(other._sums[figure]) for figure in _summed_in(text))
        )

    def _averages(self) -> list[Average]:
        rows = self._query(
            "SELECT municipality, year, target, months, not_served, persons, threshold_permille"
            f" FROM ({sql_of('from_sums', 'monthly_shares')}) AS monthly ORDER BY municipality, year, target"
        ).fetchall()
        return [
            Average(
                municipality,
                year,
                target,
                tuple(months),
                shares.mean(not_served, persons),
                Fraction(threshold, shares.PERMILLE),
            )
            for municipality, year, target, months, not_served, persons, threshold in rows
        ]

    def _query(self, sql: str) -> duckdb.DuckDBPyRelation:
        """Give what a query over sums selects; only figures that it names are asked for."""
        for name in _summed_in(sql):
            self._connection.register(f"sums_{name}", self._sums[name])
        return self._connection.sql(sql)


def _summed_in(sql: str) -> list[str]:
    """Name the figures whose sums a query reads."""
    return re.findall(r"\bsums_(\w+)", sql)


def _source(table: str) -> str:
    """Give the SQL for where the rows of a table are: a figure as it is, the averages, or what a file makes."""
    if table in FIGURES:
        return f"sums_{table}"
    return f"({sql_of('from_sums', table)})" if table in FROM_SUMS else table


def _as_table(averages: Iterable[Average]) -> pa.Table:
    rows = [
        {
            "municipality": average.municipality,
            "year": average.year,
            "target": average.target,
            "months_counted": average.months_counted,
            "average_share": Decimal(shares.six_decimals(average.share)),
            "threshold": Decimal(shares.six_decimals(average.threshold)),
            "met": average.met,
        }
        for average in averages
    ]
    types = (pa.string(), pa.int32(), pa.string(), pa.int32(), _SHARE, _SHARE, pa.bool_())
    schema = pa.schema(list(zip(TABLES["focus_average"], types, strict=True)))
    return pa.Table.from_pylist(rows, schema=schema)
