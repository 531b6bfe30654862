"""What the nation gets, specification section 6: which measures are published, and what each is made of, as data.

A measure has *tables*, each for an area, a kind of period and dimensions. A table counts columns of figures
(`domain.rules_and_figures.FIGURES`) and knows the distinct persons behind them; its cells are what small cells (R17)
and releases (R16) are judged of. Which cells are sums of which others stands in `domain.sums`, by the same tables.
What each measure means in words, in English and Danish, is in `contracts/metadata.toml`.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from fokusstrom.domain import periods
from fokusstrom.domain.periods import Kind
from fokusstrom.domain.rule_set import RuleSet

COUNTRY = "DK"
"""The area of figures of the whole country; every other area is a municipality's code."""

DIMENSIONS = (
    "assessment_missing",
    "benefit",
    "first",
    "horizon",
    "interview_type",
    "lawful",
    "mode",
    "outcome",
    "reason",
)
"""Every dimension of any table, besides area and period; sorted."""

DETAILS = ("code", "focus_gate", "met", "reasons", "result_gate", "threshold_permille")
"""What can be said of a figure besides numbers, by the names of a record's fields; sorted."""

Code = str | int | bool
Dimensions = tuple[tuple[str, Code], ...]
"""Names and codes, sorted by name."""
Row = Mapping[str, Any]
Figures = Mapping[str, Iterable[Row]]


class Key(NamedTuple):
    """What a published figure is of."""

    measure: str
    area: str
    period: str
    """As `domain.periods` names it."""
    dimensions: Dimensions = ()

    @property
    def horizon(self) -> int:
        """How many months after the period are looked at as well."""
        return int(dict(self.dimensions).get("horizon", 0))

    @property
    def observed_until(self) -> dt.date:
        """The day whose facts are the last that have a part in it."""
        return _observed_until(self.period, self.horizon)


@functools.cache
def _observed_until(period: str, horizon: int) -> dt.date:
    return periods.add_months(periods.final_day(period), horizon)


class Cell(NamedTuple):
    """A figure before anyone judges what may be shown of it."""

    key: Key
    value: int | None
    base: int | None = None
    """What the value is counted of, where there is such."""
    groups: tuple[int, ...] = ()
    """Distinct persons behind the value, its complement and its base: none may be small (R17)."""
    details: tuple[tuple[str, Any], ...] = ()
    """What a record says of it besides numbers, by the names of its fields."""


class Area(StrEnum):
    """Whose figures a table has."""

    MUNICIPALITY = "municipality"
    COUNTRY = "country"


class Quotient(StrEnum):
    """What value and base make together."""

    NONE = "none"
    SHARE = "share"
    """The value is a part of the base."""
    MEAN = "mean"
    """The value is an amount, the base what it is shared by."""


@dataclass(frozen=True)
class Count:
    """A column of a figure, summed by what a table has dimensions for."""

    figure: str
    column: str
    persons: str | None = None
    """The column of the distinct persons behind it; None: the column itself counts persons, each once."""
    only: str | None = None
    """The column of the persons of whom nothing is in the base but not in this; None: as `persons`."""
    where: tuple[tuple[str, Code], ...] = ()
    """Which rows."""
    named: tuple[tuple[str, str], ...] = ()
    """Columns of dimensions that aren't named as the dimension is."""
    sums_areas: bool = False
    """The country is the sum of municipalities; otherwise the figure has rows of its own for it."""

    def column_of(self, dimension: str) -> str:
        """Name the column that holds a dimension."""
        return dict(self.named).get(dimension, dimension)


@dataclass(frozen=True)
class Table:
    """One table of a measure."""

    area: Area
    kind: Kind
    dimensions: tuple[str, ...]
    """Sorted."""
    value: Count
    base: Count | None = None
    base_dimensions: tuple[str, ...] = ()
    """The dimensions that the base is counted by."""
    every: tuple[tuple[str, tuple[Code, ...]], ...] = ()
    """Dimensions of which each code is published wherever there is a base, also with zero."""


@dataclass(frozen=True)
class Measure:
    """What is published under one name."""

    name: str
    unit: str
    tables: tuple[Table, ...]
    quotient: Quotient = Quotient.NONE
    rests_on: tuple[str, ...] = ()
    """The tables of rules that have a part in it."""
    window: tuple[str, str] | None = None
    """The table of rules, and its column, that say how many months back it looks; without, its period only."""
    while_running: bool = False
    """Published from its period's first reported month on, not only when the period is over."""
    base_unit: str | None = None
    version: int = 1
    """Version of its definition: a new one is a break in its series."""

    @property
    def definition(self) -> str:
        """Names the definition, which `docs/measures.md` has."""
        return f"urn:fokusstrom:measure:{self.name}:{self.version}"

    def is_reported(self, key: Key, through: dt.date) -> bool:
        """Whether its figure of a period can be told at this end date."""
        if self.while_running:
            return periods.last_day(periods.first_day(key.period)) <= through
        return key.observed_until <= through

    def nothing(self, key: Key) -> Cell | None:
        """The explicit zero: what a count becomes that was published and is no more; None for what isn't a count."""
        if not self.tables:
            return None
        return Cell(key, 0, None if self.base_unit is None else 0)

    def rests_on_assumed(self, rule_set: RuleSet, period: str) -> bool:
        """Whether a row of its rules that is valid in the period or its window is assumed, not read in the law."""
        last = periods.final_day(period)
        first = periods.months_before(periods.first_day(period), self._window(rule_set, last) - 1)
        return any(
            row["provenance"] == "assumed"
            and row.get("valid_from", first) <= last
            and first <= row.get("valid_to", last)
            for table in self.rests_on
            for row in rule_set.rows[table]
        )

    def _window(self, rule_set: RuleSet, day: dt.date) -> int:
        if self.window is None:
            return 1
        table, column = self.window
        rows = rule_set.rows[table]
        return max((row[column] for row in rows if row["valid_from"] <= day <= row["valid_to"]), default=1)


# --- the tables of section 6 ---------------------------------------------------------------------------

_JUDGED = ("counting_modes", "counting_reporters")
_BY_REGION = (
    (Area.MUNICIPALITY, ("benefit",)),
    (Area.MUNICIPALITY, ()),
    (Area.COUNTRY, ("benefit",)),
    (Area.COUNTRY, ()),
)


def _focus(target: str, *rules: str) -> Measure:
    figure = f"focus_{target}"
    not_served = Count(figure, "not_served", sums_areas=True)
    persons = Count(figure, "persons", sums_areas=True)
    return Measure(
        figure,
        unit="persons",
        base_unit="persons",
        quotient=Quotient.SHARE,
        tables=tuple(
            Table(area, Kind.MONTH, dimensions, not_served, persons, dimensions) for area, dimensions in _BY_REGION
        ),
        rests_on=("focus_targets", *rules),
        window=("focus_targets", "window_months"),
    )


AVERAGE = "_average"
"""What the name of a measure ends in that is the yearly average of another."""


def average_of(key: Key) -> Key:
    """Name the yearly average that a monthly share of a target goes into."""
    return Key(f"{key.measure}{AVERAGE}", key.area, periods.period_of(periods.first_day(key.period), Kind.YEAR))


def _average(target: str, *rules: str) -> Measure:
    return Measure(
        f"focus_{target}{AVERAGE}",
        unit="permille",
        base_unit="months",
        tables=(),
        rests_on=("focus_targets", "excluded_months", *rules),
        window=("focus_targets", "window_months"),
        while_running=True,
    )


_WAYS = ((Area.MUNICIPALITY, ("mode",)), (Area.COUNTRY, ("interview_type", "mode")))


def _meetings(part: str) -> Count:
    return Count("mode_parts", "meetings", persons="persons", only="persons_only", where=(("part", part),))


_CODES: Mapping[str, tuple[Code, ...]] = {
    "reason": ("counts", "mode_not_counted", "no_spell", "reported_by_a_kasse", "unconfirmed_joint"),
    "lawful": ("LAWFUL", "NO_RULE", "UNLAWFUL"),
    "assessment_missing": (False, True),
    "first": (False, True),
}
"""What can be said of a meeting by mode. All of it is published: a hidden figure must not tell by being there."""


def _by_mode(name: str, dimension: str, *rules: str) -> Measure:
    counted = _meetings(dimension)
    value = Count(
        counted.figure, counted.column, counted.persons, counted.only, counted.where, named=((dimension, "code"),)
    )
    return Measure(
        name,
        unit="meetings",
        base_unit="meetings",
        quotient=Quotient.SHARE,
        tables=tuple(
            Table(
                area,
                Kind.MONTH,
                tuple(sorted((*ways, dimension))),
                value,
                _meetings("all"),
                ways,
                every=((dimension, _CODES[dimension]),),
            )
            for area, ways in _WAYS
        ),
        rests_on=rules,
    )


_FOLLOWED = (("horizon", (3, 6, 12)), ("outcome", ("EDUCATION", "FIT", "JOB")))


def _followed(area: Area, kind: Kind, *dimensions: str) -> Table:
    figure = f"followed_{kind}"
    return Table(
        area,
        kind,
        tuple(sorted((*dimensions, "horizon", "outcome"))),
        Count(figure, "meetings", persons="persons", only="persons_only", where=(("part", "reached"),)),
        Count(figure, "meetings", persons="persons", where=(("part", "all"),)),
        tuple(sorted(dimensions)),
        every=_FOLLOWED,
    )


_CONTACT = ((Area.MUNICIPALITY, Kind.QUARTER), (Area.COUNTRY, Kind.MONTH))


def _contact(
    name: str, unit: str, value: tuple[str, str], base: tuple[str, str], base_unit: str, by: str = ""
) -> Measure:
    """A measure of `contact_<kind>`: value and base are a column and a part of it; the base is counted by `by`."""
    tables = [
        Table(
            area,
            kind,
            ("mode",),
            Count(f"contact_{kind}", value[0], persons="persons", where=(("part", value[1]),)),
            Count(f"contact_{kind}", base[0], persons="persons", where=(("part", base[1]),)),
            (by,) if by else (),
        )
        for area, kind in _CONTACT
    ]
    return Measure(name, unit=unit, base_unit=base_unit, quotient=Quotient.MEAN, tables=tuple(tables))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        _focus("meetings", *_JUDGED),
        _focus("offers"),
        _average("meetings", *_JUDGED),
        _average("offers"),
        Measure(
            "supervision",
            unit="status",
            tables=(),
            rests_on=("selection", "focus_targets", "excluded_months", *_JUDGED),
            window=("focus_targets", "window_months"),
            while_running=True,
        ),
        Measure(
            "early_contact",
            unit="chains",
            base_unit="chains",
            quotient=Quotient.SHARE,
            tables=tuple(
                Table(
                    area,
                    Kind.MONTH,
                    dimensions,
                    Count("early_persons", "not_served", persons="persons_not_served", only="persons_only"),
                    Count("early_persons", "chains", persons="persons"),
                    dimensions,
                )
                for area, dimensions in ((Area.MUNICIPALITY, ()), (Area.COUNTRY, ("benefit",)))
            ),
            rests_on=("early_contact", *_JUDGED),
            window=("early_contact", "months"),
        ),
        Measure(
            "meetings_by_mode",
            unit="meetings",
            tables=tuple(Table(area, Kind.MONTH, ways, _meetings("all")) for area, ways in _WAYS),
        ),
        _by_mode("meetings_counting", "reason", *_JUDGED),
        _by_mode("meetings_lawful", "lawful", "mode_rules"),
        _by_mode("meetings_assessment", "assessment_missing", "mode_rules"),
        _by_mode("meetings_first", "first"),
        Measure(
            "transitions",
            unit="meetings",
            base_unit="meetings",
            quotient=Quotient.SHARE,
            tables=(
                _followed(Area.COUNTRY, Kind.QUARTER, "benefit", "mode", "first"),
                _followed(Area.MUNICIPALITY, Kind.YEAR, "mode"),
            ),
            rests_on=("evaluation",),
        ),
        _contact("contact_meetings", "meetings", ("counted", "meetings"), ("counted", "scope"), "person-months"),
        _contact("contact_interval", "days", ("amount", "interval"), ("counted", "interval"), "meetings", by="mode"),
        _contact("contact_duration", "minutes", ("amount", "duration"), ("counted", "duration"), "meetings", by="mode"),
    )
}
"""Every measure by its name."""

COUNTED = tuple(
    dict.fromkeys(
        count.figure
        for measure in MEASURES.values()
        for table in measure.tables
        for count in (table.value, table.base)
        if count is not None
    )
)
"""The figures that measures count."""


# --- cells -----------------------------------------------------------------------------------------------


class _Sums(NamedTuple):
    amount: int = 0
    persons: int = 0
    only: int = 0


_Place = tuple[str, str, tuple[Code, ...]]
"""Area, period and codes of dimensions."""
_NOTHING = _Sums()


class _Counted:
    """The rows of figures, looked up by figure, part and whether they are the country's: each is read once."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._rows: dict[tuple[str, tuple[str, ...]], dict[tuple[object, ...], list[Row]]] = {}

    def rows(self, count: Count, area: Area) -> Sequence[Row]:
        names = tuple(name for name, _ in count.where)
        if (count.figure, names) not in self._rows:
            found: dict[tuple[object, ...], list[Row]] = {}
            for row in self._figures[count.figure]:
                found.setdefault((row["municipality"] == COUNTRY, *(row[name] for name in names)), []).append(row)
            self._rows[count.figure, names] = found
        is_country = area is Area.COUNTRY and not count.sums_areas
        return self._rows[count.figure, names].get((is_country, *(code for _, code in count.where)), [])


def cells_of(figures: Figures) -> Iterator[Cell]:
    """Give the cells of every measure that counts, from the rows of the tables of figures."""
    counted = _Counted(figures)
    for measure in MEASURES.values():
        for table in measure.tables:
            yield from _cells(measure, table, counted)


def _cells(measure: Measure, table: Table, counted: _Counted) -> Iterator[Cell]:
    values = _summed(counted, table.value, table, table.dimensions)
    bases = None if table.base is None else _summed(counted, table.base, table, table.base_dimensions)
    if bases is not None and table.every:
        values = _with_every(values, bases, table)
    places = [table.dimensions.index(name) for name in table.base_dimensions] if bases is not None else []
    is_part = measure.quotient is Quotient.SHARE
    for (area, period, codes), sums in values.items():
        key = Key(measure.name, area, period, tuple(zip(table.dimensions, codes, strict=True)))
        if bases is None:
            yield Cell(key, sums.amount, None, (sums.persons,))
            continue
        base = bases.get((area, period, tuple([codes[place] for place in places])), _NOTHING)
        groups = (sums.persons, base.persons - sums.only, base.persons) if is_part else (sums.persons, base.persons)
        yield Cell(key, sums.amount, base.amount, groups)


def _period(row: Row, kind: Kind) -> str:
    if kind is Kind.YEAR:
        return f"{row['year']:04d}"
    return periods.period_of(row[kind], kind)


def _summed(counted: _Counted, count: Count, table: Table, dimensions: tuple[str, ...]) -> dict[_Place, _Sums]:
    columns = tuple(map(count.column_of, dimensions))
    persons = count.persons or count.column
    only = count.only or persons
    area = COUNTRY if count.sums_areas and table.area is Area.COUNTRY else None
    found: dict[_Place, _Sums] = {}
    for row in counted.rows(count, table.area):
        codes = tuple([_code(row[name]) for name in columns])
        place = (area or row["municipality"], _period(row, table.kind), codes)
        before = found.get(place, _NOTHING)
        found[place] = _Sums(before.amount + row[count.column], before.persons + row[persons], before.only + row[only])
    return found


_BOOLEANS: Mapping[Code, bool] = {"true": True, "false": False}


def _code(value: Code) -> Code:
    """The code as published: parts of meetings are told as text, whatever they are of."""
    return _BOOLEANS.get(value, value)


def _with_every(values: dict[_Place, _Sums], bases: Mapping[_Place, _Sums], table: Table) -> dict[_Place, _Sums]:
    """Give a cell for each code of `table.every` wherever there is a base."""
    every: list[dict[str, Code]] = [{}]
    for name, codes in table.every:
        every = [{**known, name: code} for known in every for code in codes]
    found: dict[_Place, _Sums] = {}
    for area, period, codes in bases:
        known = dict(zip(table.base_dimensions, codes, strict=True))
        for more in every:
            place = (area, period, tuple((known | more)[name] for name in table.dimensions))
            found[place] = values.get(place, _NOTHING)
    return found
