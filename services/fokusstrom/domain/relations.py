"""R17: which sums relate the published cells lives here, as data, for who suppresses and for who attacks.

A *quantity* is a column of a figure in one place - area, period, codes - whichever records show it: both focus
targets show the same persons in scope. `ADDS` says which quantities add up to which; a total that no record shows
relates two tables that add up to the same. A *family* are the measures whose quantities hang together, and its
kind of period says which of their cells do.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from fokusstrom.domain import periods
from fokusstrom.domain.measures import COUNTRY, MEASURES, Area, Cell, Code, Count, Key, Quotient, Table
from fokusstrom.domain.periods import Kind
from fokusstrom.domain.sums import Interval, Sum

Group = tuple[str, str]
"""A family and a period: cells that hang together."""
YEARLY: Group = ("yearly", "")


class Grain(NamedTuple):
    """What quantities are of: whose, how long, by which dimensions (sorted)."""

    area: Area
    kind: Kind
    dimensions: tuple[str, ...] = ()


class Quantity(NamedTuple):
    """One number, in one place."""

    what: str
    area: str
    period: str
    codes: tuple[tuple[str, Code], ...]

    @property
    def grain(self) -> Grain:
        """What it is of."""
        area = Area.COUNTRY if self.area == COUNTRY else Area.MUNICIPALITY
        return Grain(area, periods.kind_of(self.period), tuple([name for name, _ in self.codes]))

    def within(self, what: str, grain: Grain) -> Quantity:
        """Name the quantity of a coarser grain that this one is a part of."""
        return Quantity(
            what,
            COUNTRY if grain.area is Area.COUNTRY else self.area,
            periods.period_of(periods.first_day(self.period), grain.kind),
            tuple([code for code in self.codes if code[0] in grain.dimensions]),
        )


@dataclass(frozen=True)
class Adds:
    """Every quantity of `part` in one place of `total` adds up to it."""

    part: tuple[str, Grain]
    total: tuple[str, Grain]


@dataclass(frozen=True)
class Family:
    """Measures whose cells of one period hang together."""

    name: str
    measures: tuple[str, ...]
    kind: Kind

    @property
    def counts_persons(self) -> bool:
        """Whether its figures are shares of persons, or of what each has one of, that add up over municipalities."""
        return self.name in {"focus", "early_contact"}


FAMILIES = (
    Family("focus", ("focus_meetings", "focus_offers"), Kind.MONTH),
    Family("early_contact", ("early_contact",), Kind.MONTH),
    Family(
        "modes",
        ("meetings_by_mode", "meetings_counting", "meetings_lawful", "meetings_assessment", "meetings_first"),
        Kind.MONTH,
    ),
    Family("transitions", ("transitions",), Kind.YEAR),
    Family("contact_meetings", ("contact_meetings",), Kind.QUARTER),
    Family("contact_interval", ("contact_interval",), Kind.QUARTER),
    Family("contact_duration", ("contact_duration",), Kind.QUARTER),
)
"""Every measure that counts, once."""

_PARTS = ("reason", "lawful", "assessment_missing", "first")
_REST = "rest of "
SCOPE = "persons in scope"
_SAME = {("focus_meetings", "persons"): SCOPE, ("focus_offers", "persons"): SCOPE}
"""Columns of figures that are the same quantity."""


@functools.cache
def name_of(count: Count) -> str:
    """Name what a column of a figure is, whoever shows it."""
    named = _SAME.get((count.figure, count.column))
    return named or "/".join((_without_kind(count.figure), count.column, *(str(code) for _, code in count.where)))


def _without_kind(figure: str) -> str:
    """The same is counted for months and for quarters, in figures of their own."""
    for kind in Kind:
        figure = figure.removesuffix(f"_{kind}")
    return figure


def _grains(*each: tuple[Area, Kind, tuple[str, ...]]) -> tuple[Grain, ...]:
    return tuple(Grain(area, kind, tuple(sorted(dimensions))) for area, kind, dimensions in each)


def _adds(what: str, finest: Grain, *coarser: Grain) -> list[Adds]:
    return [Adds((what, finest), (what, grain)) for grain in coarser]


def _focus() -> Iterator[Adds]:
    each, municipality, benefit, country = _grains(
        (Area.MUNICIPALITY, Kind.MONTH, ("benefit",)),
        (Area.MUNICIPALITY, Kind.MONTH, ()),
        (Area.COUNTRY, Kind.MONTH, ("benefit",)),
        (Area.COUNTRY, Kind.MONTH, ()),
    )
    missed = ("focus_meetings/not_served", "focus_offers/not_served")
    for what in (SCOPE, *missed, *(_REST + one for one in missed)):
        yield from _adds(what, each, municipality, benefit)
        yield from _adds(what, municipality, country)
        yield from _adds(what, benefit, country)


def _early() -> Iterator[Adds]:
    municipality, benefit, country = _grains(
        (Area.MUNICIPALITY, Kind.MONTH, ()), (Area.COUNTRY, Kind.MONTH, ("benefit",)), (Area.COUNTRY, Kind.MONTH, ())
    )
    for what in ("early_persons/chains", "early_persons/not_served"):
        yield from _adds(what, municipality, country)
        yield from _adds(what, benefit, country)


def _modes() -> Iterator[Adds]:
    whole = "mode_parts/meetings/all"
    for dimension in ("", *_PARTS):
        more = (dimension,) if dimension else ()
        what = f"mode_parts/meetings/{dimension or 'all'}"
        municipality, kinds, country = _grains(
            (Area.MUNICIPALITY, Kind.MONTH, ("mode", *more)),
            (Area.COUNTRY, Kind.MONTH, ("interview_type", "mode", *more)),
            (Area.COUNTRY, Kind.MONTH, ("mode", *more)),
        )
        yield from _adds(what, municipality, country)
        yield from _adds(what, kinds, country)
        if more:
            for grain in (municipality, kinds):
                dimensions = tuple(name for name in grain.dimensions if name not in more)
                yield Adds((what, grain), (whole, grain._replace(dimensions=dimensions)))


def _followed() -> Iterator[Adds]:
    for what, more in (("followed/meetings/reached", ("horizon", "outcome")), ("followed/meetings/all", ())):
        quarter, municipality, year = _grains(
            (Area.COUNTRY, Kind.QUARTER, ("benefit", "first", "mode", *more)),
            (Area.MUNICIPALITY, Kind.YEAR, ("mode", *more)),
            (Area.COUNTRY, Kind.YEAR, ("mode", *more)),
        )
        yield from _adds(what, quarter, year)
        yield from _adds(what, municipality, year)


def _contact() -> Iterator[Adds]:
    municipality, month, quarter = _grains(
        (Area.MUNICIPALITY, Kind.QUARTER, ("mode",)),
        (Area.COUNTRY, Kind.MONTH, ("mode",)),
        (Area.COUNTRY, Kind.QUARTER, ("mode",)),
    )
    for what in ("counted/meetings", "amount/interval", "counted/interval", "amount/duration", "counted/duration"):
        yield from _adds(f"contact/{what}", municipality, quarter)
        yield from _adds(f"contact/{what}", month, quarter)


ADDS: tuple[Adds, ...] = (*_focus(), *_early(), *_modes(), *_followed(), *_contact())
"""All sums between published quantities, except that a base is its value and the rest.

The person-months that contact is counted by are left out: they are the persons in scope of the focus targets, and
are shown only where those are (`domain.publication`).
"""

_BY_PART: Mapping[tuple[str, Grain], tuple[tuple[str, Grain], ...]] = {
    part: tuple(adds.total for adds in ADDS if adds.part == part) for part in {adds.part for adds in ADDS}
}
_SOMEBODY = Interval(1)
_WITHOUT_REST = frozenset(f"mode_parts/meetings/{part}" for part in _PARTS)
"""Quantities whose rest are the other codes, each published by itself."""
_LEFT_OUT = "contact/counted/scope"
_AMOUNTS = ("days", "minutes")


@dataclass(frozen=True)
class Related:
    """Cells that hang together, as quantities."""

    shows: Mapping[Key, tuple[Quantity, ...]]
    """What the record of each cell shows."""
    values: Mapping[Quantity, int]
    sums: tuple[Sum[Quantity], ...]
    rests: tuple[Sum[Quantity], ...]
    """What is between values and bases adds up as well. `sums` tell it together; who looks at one alone needs these."""

    @property
    def somebody(self) -> dict[Quantity, Interval]:
        """What is 1 at least, as there are figures only of somebody: bases, and what has none."""
        counted = (quantities[1 if len(quantities) > 1 else 0] for quantities in self.shows.values())
        return {one: _SOMEBODY for one in counted if self.values[one] > 0}

    @property
    def zeros(self) -> frozenset[Quantity]:
        """What is nothing because a sum that it is a part of is nothing: there is no group that it could tell of."""
        return frozenset(one for each in self.sums if self.values[each.total] == 0 for one in each.keys)


def family_of(key: Key) -> Group:
    """Name the family and the period of all cells that a cell can hang together with."""
    family = FAMILY_OF[key.measure]
    return family.name, periods.period_of(periods.first_day(key.period), family.kind)


def group_of(key: Key) -> Group:
    """Name the group of any figure: yearly averages and statuses, which are made of others, are one."""
    return family_of(key) if MEASURES[key.measure].tables else YEARLY


def counted(key: Key, quantities: Sequence[Quantity]) -> Sequence[Quantity]:
    """Give those quantities of a record that are no less than the persons behind them: days and minutes can be."""
    return quantities if is_counted(key) else quantities[1:]


def is_counted(key: Key) -> bool:
    """Whether the value of a record is no less than the persons behind it."""
    return MEASURES[key.measure].unit not in _AMOUNTS


def relate(cells: Iterable[Cell]) -> Related:
    """Give the quantities of cells of one family and period, and all sums between them."""
    shows: dict[Key, tuple[Quantity, ...]] = {}
    values: dict[Quantity, int] = {}
    sums: dict[Quantity, Sum[Quantity]] = {}
    for cell in cells:
        told = dict(_told(cell))
        shows[cell.key] = tuple(told)
        values |= told
        if len(told) == _WITH_REST:
            value, base, rest = told
            sums[rest] = Sum(base, (value, rest))
    totals = list(_totals(values))
    rests = tuple(one for one in totals if one.total.what.startswith(_REST))
    others = (one for one in totals if not one.total.what.startswith(_REST))
    return Related(shows, values, (*sums.values(), *others), rests)


_WITH_REST = 3


def _told(cell: Cell) -> Iterator[tuple[Quantity, int]]:
    key, table = cell.key, _table_of(cell.key)
    value = Quantity(name_of(table.value), key.area, key.period, key.dimensions)
    yield value, cell.value or 0
    if table.base is None or cell.base is None or name_of(table.base) == _LEFT_OUT:
        return
    codes = tuple([code for code in key.dimensions if code[0] in table.base_dimensions])
    yield Quantity(name_of(table.base), key.area, key.period, codes), cell.base
    if MEASURES[key.measure].quotient is Quotient.SHARE and value.what not in _WITHOUT_REST:
        yield value._replace(what=_REST + value.what), cell.base - (cell.value or 0)


def _totals(values: dict[Quantity, int]) -> Iterator[Sum[Quantity]]:
    """Give each sum; what no record shows gets its value from the first sum that has it as its total."""
    parts: dict[tuple[Quantity, tuple[str, Grain]], list[Quantity]] = defaultdict(list)
    for quantity in values:
        grain = (quantity.what, quantity.grain)
        for what, coarser in _BY_PART.get(grain, ()):
            parts[quantity.within(what, coarser), grain].append(quantity)
    for (total, _), quantities in parts.items():
        values.setdefault(total, sum(values[one] for one in quantities))
        yield Sum(total, tuple(quantities))


FAMILY_OF: Mapping[str, Family] = {measure: family for family in FAMILIES for measure in family.measures}
"""The family of each measure."""
_TABLES: Mapping[tuple[str, Grain], Table] = {
    (measure.name, Grain(table.area, table.kind, table.dimensions)): table
    for measure in MEASURES.values()
    for table in measure.tables
}


def _table_of(key: Key) -> Table:
    area = Area.COUNTRY if key.area == COUNTRY else Area.MUNICIPALITY
    return _TABLES[key.measure, Grain(area, periods.kind_of(key.period), tuple([name for name, _ in key.dimensions]))]
