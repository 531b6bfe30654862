"""Which figures of a cut are certainly what they were at the last release, and need no judging, lives here.

A release says only what changed, so of five years a month's release has one month to judge, and what hangs together
with it. A group (`relations.Group`) is left out where all that its judgement reads is what it was:

- the rule set, and the rows of figures that its cells are counted of;
- whether its figures are reported, settled or frozen (R16) at the end date;
- what was said of it: a group that was held back is judged anew, unless nothing was ever said of it;
- for person-months in scope, the persons in scope of their months.

Yearly averages and statuses are always looked at; what a year's averages tell is judged anew where one of its months
is, or the year has ended since. Then all of its months are read.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.domain import periods
from fokusstrom.domain.measures import COUNTED, COUNTRY, MEASURES, Key, Table
from fokusstrom.domain.periods import Kind
from fokusstrom.domain.relations import YEARLY, Group, group_of
from fokusstrom.domain.releases import first_open_day
from fokusstrom.domain.rules_and_figures import FIGURES

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_FOCUS, _CONTACT = "focus", "contact_meetings"


class Rows(NamedTuple):
    """The rows of a figure that are of one period."""

    figure: str
    time: dt.date | int
    """As the figure has it: the first day of a month or quarter, or a year."""

    @property
    def timings(self) -> Iterator[Key]:
        """Name the timings (`timing_of`) of the figures that count these rows."""
        for measure, table in _tables_of(self.figure):
            day = self.time if isinstance(self.time, dt.date) else dt.date(self.time, 1, 1)
            for horizon in dict(table.every).get("horizon", (0,)):
                yield timing_of(Key(measure, COUNTRY, periods.period_of(day, table.kind), (("horizon", horizon),)))


@dataclass(frozen=True)
class Basis:
    """What a release was made of, as far as the next one compares it."""

    signs: Mapping[Rows, int]
    """The sum of a hash of each row: others when rows are others."""
    rule_set: RuleSet
    through: dt.date
    held_back: Collection[Key] = ()
    """Of what it said nothing, as no hiding would have protected it."""

    @classmethod
    def of(
        cls,
        connection: duckdb.DuckDBPyConnection,
        figures: Mapping[str, pa.Table],
        rule_set: RuleSet,
        through: dt.date,
    ) -> Basis:
        """Read the figures that measures count, in a connection that is used for nothing else."""
        signs: dict[Rows, int] = {}
        for name in COUNTED:
            connection.register("counted", figures[name])
            time, columns = FIGURES[name].period.value, ", ".join(FIGURES[name].columns)
            found = connection.execute(f"SELECT {time}, sum(hash({columns})::HUGEINT) FROM counted GROUP BY ALL")
            signs |= {Rows(name, time): int(sign) for time, sign in found.fetchall()}
        return cls(signs, rule_set, through)

    def stage(self, timing: Key) -> tuple[bool, bool, bool]:
        """Say whether figures are reported at the end date, whether they are settled, and whether they are frozen."""
        final_after = dt.timedelta(days=self.rule_set.row("release")["final_after_days"])
        is_reported = MEASURES[timing.measure].is_reported(timing, self.through)
        is_frozen = periods.final_day(timing.period) < first_open_day(self.rule_set, self.through)
        return is_reported, timing.observed_until + final_after <= self.through, is_frozen

    def is_over(self, year: str) -> bool:
        """Say whether the end date is the year's last day, or later."""
        return periods.final_day(year) <= self.through


@dataclass(frozen=True)
class Opened:
    """What a release has to look at."""

    groups: Collection[Group]
    years: Collection[str]
    """Those whose averages are judged anew."""
    held_back: Collection[Key]
    """What was held back, and is because nothing has changed."""

    def narrowed(self, figures: Mapping[str, pa.Table], signs: Iterable[Rows]) -> dict[str, pa.Table]:
        """Give the rows of figures that the cells of these groups are counted of, and maybe of others."""
        wanted = defaultdict[str, list[dt.date | int]](list)
        for rows in signs:
            if any(group_of(one) in self.groups for one in rows.timings):
                wanted[rows.figure].append(rows.time)
        return {name: _only(figures[name], FIGURES[name].period.value, wanted[name]) for name in COUNTED}


def opened(before: Basis, now: Basis, spoken_of: Mapping[Group, Iterable[Key]]) -> Opened | None:
    """Say what may be other than at the last release; None where that may be anything.

    `spoken_of`: the timings (`timing_of`) of all figures that anything was published of.
    """
    if before.rule_set.digest != now.rule_set.digest:
        return None
    groups = {group_of(one) for rows in _differing(before, now) for one in rows.timings}
    counted = (one for rows in now.signs for one in rows.timings)
    known = (one for timings in spoken_of.values() for one in timings)
    groups |= {group_of(one) for one in {*counted, *known} if before.stage(one) != now.stage(one)}
    groups |= {YEARLY, *(group_of(key) for key in before.held_back if group_of(key) in spoken_of)}
    months = {period for family, period in groups if family == _FOCUS}
    groups |= {(_CONTACT, _period_with(month, Kind.QUARTER)) for month in months}
    every = {_period_with(period, Kind.YEAR) for family, period in spoken_of if family == _FOCUS}
    years = {_period_with(month, Kind.YEAR) for month in months}
    years |= {year for year in every if before.is_over(year) != now.is_over(year)}
    groups |= {(_FOCUS, month) for year in years for month in periods.months_of(year)}
    stay = {key for key in before.held_back if not _is_judged(key, groups, years)}
    return Opened(groups, years, stay)


def _is_judged(key: Key, groups: Collection[Group], years: Collection[str]) -> bool:
    group = group_of(key)
    return key.period in years if group == YEARLY else group in groups


def timing_of(key: Key) -> Key:
    """Give what alone says whether a figure is reported and settled: its measure, period and horizon."""
    return Key(key.measure, COUNTRY, key.period, (("horizon", key.horizon),) if key.horizon else ())


def _differing(before: Basis, now: Basis) -> Iterator[Rows]:
    for rows in before.signs.keys() | now.signs.keys():
        if before.signs.get(rows) != now.signs.get(rows):
            yield rows


@functools.cache
def _tables_of(figure: str) -> list[tuple[str, Table]]:
    """Give the tables that count a figure, with the names of their measures."""
    return [
        (measure.name, table)
        for measure in MEASURES.values()
        for table in measure.tables
        if figure in {count.figure for count in (table.value, table.base) if count is not None}
    ]


def _period_with(period: str, kind: Kind) -> str:
    return periods.period_of(periods.first_day(period), kind)


def _only(table: pa.Table, column: str, values: Collection[dt.date | int]) -> pa.Table:
    return table.filter(pc.is_in(table.column(column), pa.array(values, table.column(column).type)))
