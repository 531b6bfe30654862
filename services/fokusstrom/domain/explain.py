"""What an explanation is made of lives here: steps, each with its rule, its finding and the rows that decided.

Explanations read the relations that a fold left (`fold.Fold`); they decide nothing that a rule decides. The SQL
that reads is in `explanations/`. They are for readers inside the trust boundary: single citizens can be seen.
Of citizens with a protected address (R18) instants are cut to the date, the jobcenter is left out and no list
names them, unless the reader has the logged right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from fokusstrom.domain.rules_and_figures import sql_of

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.fold import Fold
    from fokusstrom.domain.rule_set import RuleSet

Cell: TypeAlias = str | int | bool | None
Record: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class RuleRow:
    """A row of the rule set: where it stands, when it holds, what it says and on what ground."""

    table: str
    number: int
    """From 1, in the order of the file."""
    valid_from: dt.date
    valid_to: dt.date
    says: Mapping[str, Any]
    reference: str
    provenance: str

    def holds_on(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True)
class Listing:
    """A table that belongs to a step."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True)
class Step:
    """One rule on the way, and what it found."""

    rule: str
    """Its number, such as R7, or the section of the specification."""
    finding: str
    rows: Sequence[RuleRow] = ()
    """The rows of the rule set that decided; where none did, those that say when one would have."""
    listing: Listing | None = None


@dataclass(frozen=True)
class Explanation:
    """A meeting's or a figure's way through the rules."""

    title: str
    outcome: str
    """What came out, in a word or two: `counts`, `duplicate`, `SELECTED`, `3 of 12`."""
    rule_set: RuleSet
    through: dt.date
    steps: Sequence[Step]
    hidden: int = 0
    """Citizens with a protected address who are in the numbers and in no list."""
    shown: int = field(default=0)
    """Citizens with a protected address who were shown by right."""

    def rests_on_assumed(self) -> list[RuleRow]:
        """The rows that decided and that nobody has read in the law yet."""
        rows = [row for step in self.steps for row in step.rows if row.provenance == "assumed"]
        return list({(row.table, row.number): row for row in rows}.values())


def rule_rows(rule_set: RuleSet, table: str) -> list[RuleRow]:
    """Return all rows of a table, in their order."""
    known = ("valid_from", "valid_to", "reference", "provenance")
    return [
        RuleRow(
            table,
            number,
            row["valid_from"],
            row["valid_to"],
            {name: value for name, value in row.items() if name not in known and value is not None},
            row["reference"],
            row["provenance"],
        )
        for number, row in enumerate(rule_set.rows[table], start=1)
    ]


def rule_row(rule_set: RuleSet, table: str, number: int) -> RuleRow:
    """Return the row that relations call `row`."""
    return rule_rows(rule_set, table)[number - 1]


def ask(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[Record]:
    """Run a file of `explanations/`, which gets values as variables; return its rows by their columns."""
    for variable, value in values.items():
        connection.execute(f"SET VARIABLE {variable} = ?", [value])
    asked = connection.execute(sql_of("explanations", name))
    columns = [column for column, *_ in asked.description]
    return [dict(zip(columns, row, strict=True)) for row in asked.fetchall()]


def collect_concerned(fold: Fold, connection: duckdb.DuckDBPyConnection, municipality: str) -> None:
    """Collect only the persons who can be in a municipality's figures: all others' come out too small.

    What is about a municipality and not a citizen is collected whole, as always.
    """
    connection.execute("SET VARIABLE municipality = ?", [municipality])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE concerned_by AS {sql_of('explanations', 'concerned')}")
    fold.begin()
    fold.collect("concerned_by")


def protected_citizens(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """Return the citizens of R18, by the fold's numbers."""
    return {citizen for (citizen,) in connection.execute(sql_of("rules", "protected_citizens")).fetchall()}


def listed(rows: Iterable[Mapping[str, Any]], *columns: str) -> Listing:
    """Make a listing of some columns of rows."""
    return Listing(columns, [tuple(cell(row[name]) for name in columns) for row in rows])


def cell(value: object) -> Cell:
    """Make a cell of what a relation holds: dates and instants are text, instants in UTC."""
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%SZ}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {value[name]}" for name in sorted(value))
    return str(value)


def number_of(count: int, one: str, many: str | None = None) -> str:
    """Say how many of something.

    >>> number_of(1, "record"), number_of(3, "day"), number_of(2, "person is", "persons are")
    ('1 record', '3 days', '2 persons are')
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"
