"""A scenario as changes to a rule set that ships: what `based_on` and `[[replaced]]` mean lives here.

    based_on = "in_force"

    [[replaced]]
    table = "counting_modes"
    codes = ["PHONE"]
    from = 2020-03-20
    to = 2020-05-26

    [[counting_modes]]
    mode = "PHONE"
    from = 2020-03-20
    to = 2020-05-26
    ...

Within the dates of a `[[replaced]]`, the rows that the scenario gives for its table hold instead of those of
the rule set that it is based on; outside them, nothing changes. Without dates, the whole table is replaced.
Where rows are of a code each, `codes` can say of which: rows of all others stay.
A row of the base that reaches into the dates is cut there, and one that lies within them falls away. A row of
the scenario lies within them. So what comes out is a whole rule set of its own, which names no other.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fokusstrom.domain.rule_checks import Placed
from fokusstrom.domain.rule_tables import BEGINNING, FOREVER, TABLES, Column, problems_of_row

REPLACED: Mapping[str, Column] = {
    "table": Column("VARCHAR", codes=tuple(TABLES)),
    "codes": Column("VARCHAR[]", optional=True, some=True),
    "from": Column("DATE", optional=True),
    "to": Column("DATE", optional=True),
}
"""The keys of a `[[replaced]]`."""
_OF_A_CODE = {"counting_modes": "mode", "counting_reporters": "reporter"}
"""Tables whose rows are of a code each, and the column that has it."""
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Dates within which a scenario's rows hold."""

    where: str
    table: str
    first: dt.date
    last: dt.date
    codes: frozenset[str] | None = None
    """Only rows of these codes; None is all."""

    def concerns(self, row: Placed) -> bool:
        """Whether rows of this one's code are replaced, whatever its dates are."""
        return self.codes is None or row.values[_OF_A_CODE[self.table]] in self.codes

    def holds(self, row: Placed) -> bool:
        """Whether the row lies within it."""
        return self.concerns(row) and self.first <= row.first and row.last <= self.last

    def meets(self, other: Span) -> bool:
        """Whether both replace rows of a code on a day."""
        is_apart = self.codes is not None and other.codes is not None and not self.codes & other.codes
        return self.table == other.table and not is_apart and self.first <= other.last and other.first <= self.last

    def remains(self, row: Placed) -> Iterator[Placed]:
        """Give what of a row is not replaced."""
        if not self.concerns(row):
            yield row
            return
        if row.first < self.first:
            yield Placed(row.where, {**row.values, **_until(min(row.last, self.first - _DAY))})
        if row.last > self.last:
            yield Placed(row.where, {**row.values, "from": max(row.first, self.last + _DAY)})


def spans_of(content: Mapping[str, Any], problems: list[str]) -> list[Span]:
    """Read the `[[replaced]]` of a file, and add what is wrong with them to the problems."""
    given = content.get("replaced", [])
    rows = given if isinstance(given, list) else [given]
    spans = []
    for number, row in enumerate(rows, start=1):
        where = f"replaced row {number}"
        if not isinstance(row, dict):
            problems.append(f"{where}: write it as [[replaced]]")
            continue
        found = [f"{where}: {problem}" for problem in problems_of_row(row, REPLACED)]
        if not found:
            span = _span(where, row)
            found = list(_problems_of(span))
            spans += [] if found else [span]
        problems += found
    problems += _overlapping(spans)
    return spans


def replaced(table: str, base: Sequence[Placed], given: Sequence[Placed], spans: Sequence[Span]) -> list[Placed]:
    """Return the rows of a table after the changes: what is left of the base's, then those that are given."""
    left = list(base)
    for span in spans:
        if span.table == table:
            left = [part for row in left for part in span.remains(row)]
    return left + list(given)


def misplaced(table: str, base: Sequence[Placed], given: Sequence[Placed], spans: Sequence[Span]) -> Iterator[str]:
    """Say which given rows lie outside of what is replaced, and which replacements change nothing."""
    of_table = [span for span in spans if span.table == table]
    for row in given:
        if not any(span.holds(row) for span in of_table):
            yield f"{row.where}: from: no [[replaced]] of {table} has its dates: say in one that it holds there"
    for span in of_table:
        if not any(span.holds(row) for row in given) and all([*span.remains(row)] == [row] for row in base):
            yield f"{span.where}: table: {table} has no row there to replace, and none is given"


def _span(where: str, row: Mapping[str, Any]) -> Span:
    codes = frozenset(row["codes"]) if "codes" in row else None
    return Span(where, row["table"], row.get("from", BEGINNING), row.get("to", FOREVER), codes)


def _problems_of(span: Span) -> Iterator[str]:
    if span.last < span.first:
        yield f"{span.where}: 'to' lies before 'from'"
    if span.codes is None:
        return
    column = _OF_A_CODE.get(span.table)
    if column is None:
        yield f"{span.where}: codes: only rows of {', '.join(_OF_A_CODE)} are of a code each"
    elif not span.codes <= set(TABLES[span.table][column].codes):
        yield f"{span.where}: codes must be of {', '.join(TABLES[span.table][column].codes)}"


def _overlapping(spans: Sequence[Span]) -> Iterator[str]:
    for one, other in itertools.combinations(spans, 2):
        if one.meets(other):
            yield f"{other.where}: from: {one.where} replaces the same dates of {one.table}"


def _until(day: dt.date) -> Mapping[str, dt.date]:
    return {} if day == FOREVER else {"to": day}
