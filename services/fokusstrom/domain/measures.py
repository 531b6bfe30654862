"""What the nation gets, specification section 6: which measures are published, and what each is made of.

A measure sums a table of figures (`domain.fold.FIGURES`) by area, month and the dimensions named here. No
measure is a sum over another's cells: see `domain.small_cells`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fokusstrom.domain.rule_set import RuleSet

Dimensions = tuple[tuple[str, str], ...]
"""Names and codes, sorted by name."""


@dataclass(frozen=True, order=True)
class Key:
    """What a published figure is of."""

    measure: str
    area: str
    month: dt.date
    """Its first day."""
    dimensions: Dimensions = ()

    @property
    def period(self) -> str:
        """The month as records name it."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True)
class Cell:
    """A figure before anyone judges what may be shown of it."""

    key: Key
    value: int
    base: int | None = None
    """What the value is a part of, where it is one."""
    persons: int | None = None
    """Distinct persons behind the value, where they are not the value itself."""

    @property
    def behind(self) -> int:
        """How many persons are behind the value."""
        return self.value if self.persons is None else self.persons


@dataclass(frozen=True)
class Measure:
    """How a measure is made."""

    name: str
    figure: str
    """The table of figures that it sums."""
    value: str
    unit: str
    base: str | None = None
    persons: str | None = None
    dimensions: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    """The tables of rules that have a part in it."""
    window_table: str | None = None
    """The table of rules that says how many months back it looks; without one, its month only."""

    @property
    def definition(self) -> str:
        """Names the definition, for whoever reads a record."""
        return f"urn:fokusstrom:measure:{self.name}:1"

    def cells(self, rows: Iterable[Mapping[str, Any]]) -> list[Cell]:
        """Sum rows of its figure to cells, ordered by key."""
        columns = [self.value, *filter(None, (self.base, self.persons))]
        sums: dict[Key, dict[str, int]] = {}
        for row in rows:
            dimensions = tuple((name, str(row[name])) for name in sorted(self.dimensions))
            key = Key(self.name, row["municipality"], row["month"], dimensions)
            cell = sums.setdefault(key, dict.fromkeys(columns, 0))
            for column in columns:
                cell[column] += row[column]
        return [self._cell(key, sums[key]) for key in sorted(sums)]

    def nothing(self, key: Key) -> Cell:
        """The explicit zero: what a cell becomes that was published and is no more."""
        return self._cell(key, dict.fromkeys(filter(None, (self.value, self.base, self.persons)), 0))

    def rests_on_assumed(self, rule_set: RuleSet, month: dt.date) -> bool:
        """Whether a row of its rules that is valid in the month or its window is assumed, not read in the law."""
        last = last_day(month)
        first = months_before(month, self._window(rule_set, last) - 1)
        return any(
            row["provenance"] == "assumed" and row["valid_from"] <= last and first <= row["valid_to"]
            for table in self.rests_on
            for row in rule_set.rows[table]
        )

    def _cell(self, key: Key, sums: Mapping[str, int]) -> Cell:
        return Cell(
            key,
            sums[self.value],
            None if self.base is None else sums[self.base],
            None if self.persons is None else sums[self.persons],
        )

    def _window(self, rule_set: RuleSet, day: dt.date) -> int:
        if self.window_table is None:
            return 1
        rows = rule_set.rows[self.window_table]
        valid = [row["window_months"] for row in rows if row["valid_from"] <= day <= row["valid_to"]]
        return max(valid, default=1)


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "focus_meetings",
            figure="focus_meetings",
            value="not_served",
            base="persons",
            unit="persons",
            rests_on=("focus_targets", "counting_modes", "counting_reporters"),
            window_table="focus_targets",
        ),
        Measure(
            "meetings_by_mode",
            figure="mode_persons",
            value="meetings",
            persons="persons",
            unit="meetings",
            dimensions=("mode",),
        ),
    )
}
"""Every measure by its name."""


def cells_of(figures: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[Cell]:
    """Give the cells of every measure from the rows of the tables of figures."""
    for measure in MEASURES.values():
        yield from measure.cells(figures[measure.figure])


def last_day(month: dt.date) -> dt.date:
    """Give the last day of a date's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def months_before(month: dt.date, count: int) -> dt.date:
    """Give the first day of the month so many months before (or after, when negative).

    >>> months_before(dt.date(2020, 3, 1), 11)
    datetime.date(2019, 4, 1)
    """
    year, index = divmod(month.year * 12 + month.month - 1 - count, 12)
    return dt.date(year, index + 1, 1)
