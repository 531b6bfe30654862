"""A scenario as changes to a rule set that ships: what `based_on` and `[[replaced]]` mean lives here.

    based_on = "in_force"

    [[replaced]]
    table = "counting_modes"
    from = 2020-03-20
    to = 2020-05-26

    [[counting_modes]]
    mode = "PHONE"
    from = 2020-03-20
    to = 2020-05-26
    ...

Within the dates of a `[[replaced]]`, the rows that the scenario gives for its table hold instead of those of
the rule set that it is based on; outside them, nothing changes. Without dates, the whole table is replaced.
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
    "from": Column("DATE", optional=True),
    "to": Column("DATE", optional=True),
}
"""The keys of a `[[replaced]]`."""
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Dates within which a scenario's rows hold."""

    where: str
    table: str
    first: dt.date
    last: dt.date

    def holds(self, row: Placed) -> bool:
        """Whether the row lies within it."""
        return self.first <= row.first and row.last <= self.last

    def remains(self, row: Placed) -> Iterator[Placed]:
        """Give what of a row lies before and after it."""
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
            span = Span(where, row["table"], row.get("from", BEGINNING), row.get("to", FOREVER))
            found = [f"{where}: 'to' lies before 'from'"] if span.last < span.first else []
            spans.append(span)
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


def _overlapping(spans: Sequence[Span]) -> Iterator[str]:
    for one, other in itertools.combinations(spans, 2):
        if one.table == other.table and one.first <= other.last and other.first <= one.last:
            yield f"{other.where}: from: {one.where} replaces the same dates of {one.table}"


def _until(day: dt.date) -> Mapping[str, dt.date]:
    return {} if day == FOREVER else {"to": day}
