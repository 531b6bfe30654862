"""R17 over several releases: what earlier ones still tell of the figures as they are now lives here.

Who has read them all has more equations than the newest release has. An earlier one tells of figures that are hidden
now wherever these are what they were then; of figures that changed it tells what they were. Nobody outside knows
which hidden figures changed. The worst is assumed: an attacker who does.

Theory of operation. Each sum of an earlier release is written over the quantities of today: what was shown is a
number; what was hidden and is unchanged is today's quantity; what was hidden and has changed is a quantity of those
releases in which it was the same, and a secret still: it must not be found by what is published now. Sums that hang
together with no quantity of today tell nothing of it. Since when figures were what they are is remembered, not what
they were before; and it need not be: any world that agrees with all that was published will do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from fokusstrom.domain import attack, relations
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.relations import Quantity, Related
from fokusstrom.domain.releases import Presence, Shown
from fokusstrom.domain.sums import Knowledge, Sum

Forms = Mapping[Key, Shown]
"""How figures stand published."""


class Told(NamedTuple):
    """How the figures of a family and period stood after a release."""

    release: int
    forms: Forms


Since = Callable[[Key, int], int | None]
"""From which release on a figure was what it was at one, hidden or not; None when it still is so."""


@dataclass(frozen=True)
class Remembered:
    """What earlier releases tell, in the quantities of today and in others."""

    sums: Sequence[Sum[Quantity]] = ()
    values: Mapping[Quantity, int] = field(default_factory=dict)
    """Of the quantities that aren't today's."""
    known: AbstractSet[Quantity] = frozenset()
    secrets: Mapping[Key, tuple[Quantity, ...]] = field(default_factory=dict)
    """What was hidden and has changed, as records that are hidden: it must stay unknown."""


def stands(changes: Iterable[tuple[int, Forms]]) -> Iterator[Told]:
    """Give how a family stood after each release, given what each changed of it, in their order."""
    forms: dict[Key, Shown] = {}
    for release, changed in changes:
        forms = {**forms, **changed}
        yield Told(release, forms)


def remember(before: Iterable[Told], now: Related, known: Collection[Quantity], since: Since) -> Remembered:
    """Say what earlier releases tell; `known` are quantities of today that were shown as they are."""
    remembering = _Remembering(now, frozenset(known))
    for told in before:
        remembering.add(_Then.of(told, since))
    return remembering.remembered()


class _Remembering:
    def __init__(self, now: Related, known: frozenset[Quantity]) -> None:
        self._now, self._known = now, known
        self._sums_of_today = frozenset(now.sums)
        self._releases: list[_Then] = []
        self._shown: dict[Quantity, int] = {}

    def add(self, then: _Then) -> None:
        self._releases.append(then)
        self._shown |= then.shown

    def remembered(self) -> Remembered:
        still = {one for one, value in self._shown.items() if self._now.values.get(one) == value}
        known = {**self._shown, **{one: self._now.values[one] for one in self._known}}
        told = {self._given(one, known): None for then in self._releases for one in then.sums if self._tells(one, then)}
        numbers = {one: _number_of(one) for each in told for one in each.keys if _is_number(one)}
        sums: list[Sum[Quantity]] = []
        values: dict[Quantity, int] = {}
        for part in Knowledge(numbers, list(told)).parts():
            tied = {key: self._now.values[key] for key in part.unknown() if key in self._now.values}
            world = attack.a_world(replace(part, known={**numbers, **tied})) if tied else None
            if world is not None:
                sums += part.sums
                values |= world
        values |= {one: numbers[one] for each in sums for one in each.keys if one in numbers}
        hidden = {one for then in self._releases for one in then.hidden}
        secrets = {Key("earlier", one.area, one.period, one.codes): (one,) for one in values if one in hidden}
        return Remembered(sums, values, frozenset(still | (numbers.keys() & values.keys())), secrets)

    def _given(self, one: Sum[Quantity], known: Mapping[Quantity, int]) -> Sum[Quantity]:
        """Put numbers where a sum's quantities are known."""
        given = sum(known.get(part, 0) for part in one.parts)
        parts = tuple(part for part in one.parts if part not in known)
        if one.total in known:
            return Sum(_number(known[one.total] - given), parts)
        return Sum(one.total, (*parts, _number(given)) if given else parts)

    def _tells(self, one: Sum[Quantity], then: _Then) -> bool:
        """Whether it tells anything, and more than today's sums do whatever is hidden of what isn't known already."""
        if all(key in self._shown for key in one.keys):
            return False
        return one not in self._sums_of_today or not all(
            key in self._known or key not in then.shown for key in one.keys
        )


_NUMBER = "number"


def _number(number: int) -> Quantity:
    return Quantity(_NUMBER, "", str(number), ())


def _is_number(one: Quantity) -> bool:
    return one.what == _NUMBER


def _number_of(one: Quantity) -> int:
    return int(one.period)


@dataclass(frozen=True)
class _Then:
    """An earlier release, in quantities that have the name of the first release since which they were the same.

    What still is as it was has today's name.
    """

    sums: Sequence[Sum[Quantity]]
    shown: Mapping[Quantity, int]
    hidden: AbstractSet[Quantity]

    @classmethod
    def of(cls, told: Told, since: Since) -> _Then:
        there = {key: shown for key, shown in told.forms.items() if shown.presence is Presence.THERE}
        related = relations.relate(as_cell(key, shown) for key, shown in there.items())
        first: dict[Quantity, int] = {}
        still = set[Quantity]()
        for key, quantities in related.shows.items():
            release = since(key, told.release)
            if release is None:
                still.update(quantities)
            for one in quantities:
                first[one] = min(first.get(one, told.release), told.release if release is None else release)

        def name(one: Quantity) -> Quantity:
            return one if one in still else _at(first.get(one, told.release), one)

        shown = {
            name(one): related.values[one] for key in there if not there[key].is_hidden for one in related.shows[key]
        }
        every = {name(one) for quantities in related.shows.values() for one in quantities}
        sums = [Sum(name(one.total), tuple(map(name, one.parts))) for one in related.sums]
        return cls(sums, shown, every - shown.keys())


def _at(release: int, one: Quantity) -> Quantity:
    return Quantity(f"{one.what} at {release}", one.area, one.period, (*one.codes, ("release", release)))


def as_cell(key: Key, shown: Shown) -> Cell:
    """A record as a cell: a hidden one has the quantities that it has, whatever they are."""
    return Cell(key, shown.value or 0, None if MEASURES[key.measure].base_unit is None else shown.base or 0)
