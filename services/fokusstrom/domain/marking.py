"""R17, which marks there are: what C and D say of the quantities of figures lives here.

What marks tell together, and with what is shown, is `domain.marked`'s; what is hidden against it `domain.disclosure`'s.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fokusstrom.domain import attack, marked, relations
from fokusstrom.domain.lines import Table
from fokusstrom.domain.marked import Mark, Seen
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.relations import Quantity, Related
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval


@dataclass(frozen=True)
class Marking:
    """The marks of the cells of one family and period, were all of them hidden."""

    cells: Sequence[Cell]
    related: Related
    groups: Suppression

    @property
    def persons(self) -> dict[Quantity, Mark[Quantity]]:
        """Give the small numbers of records that count persons."""
        small = Interval(self.groups.fewest, self.groups.most)
        marks: dict[Quantity, Mark[Quantity]] = {}
        for cell in self.cells:
            if _counts_persons(cell):
                value, _, rest = self.related.shows[cell.key]
                both = ((value, rest), (rest, value))
                marks |= {one: Mark(other, small) for one, other in both if self._is_small(one)}
        return marks

    @property
    def few(self) -> dict[Quantity, Quantity | None]:
        """Give the numbers of small records that count meetings or chains: these can be many of one person.

        With their base where it is no small group: neither they nor the rest of it are nothing then.
        """
        few: dict[Quantity, Quantity | None] = {}
        for key, (value, *base_and_rest) in self._small_of_many():
            few |= dict.fromkeys((value, *base_and_rest))
            if relations.is_counted(key) and self._many in map(self.alone.get, base_and_rest[:1]):
                few |= dict.fromkeys((value, *base_and_rest[1:]), base_and_rest[0])
        return few

    @functools.cached_property
    def alone(self) -> Mapping[Quantity, Interval]:
        """Say what marks would tell of single numbers to who knows which of those marked D are nothing.

        Where no group is small each is nothing or many; beside such a base no meetings of a small record are nothing.
        """
        nothing = Interval(0, self.groups.fewest - 1)
        large = (one for quantities in self._large.values() for one in quantities)
        values = self.related.values
        told = {one: nothing if values[one] < self.groups.fewest else self._many for one in large}
        return told | self._beside(told)

    def told(self, table: Table[Key, Quantity], hidden: Collection[Key]) -> dict[Quantity, Interval]:
        """Give what is told of hidden figures to who doesn't know which of those marked D are nothing.

        Who chooses takes that for known. Where nothing protects a figure from who knows it, it may still be safe.
        """
        unknown = [one for key, quantities in self._large.items() if key in hidden for one in quantities]
        shown = (one for key, quantities in self._large.items() if key not in hidden for one in quantities)
        told = {one: table.told[one] for one in shown} | {one: self._many for one in unknown if table.low(one)}
        reader = replace(table, told=told | self._beside(told))
        unshown = replace(reader, never={one for one in table.never if not table.values[one]})

        def seen(table: Table[Key, Quantity], hidden: Collection[Key]) -> Seen[Quantity]:
            return Seen(table.with_marks(hidden), table.read_marks(hidden), unknown)

        found = attack.too_tight(table.knowledge(hidden), table.secrets(hidden), self.groups.candidates)
        return found | marked.read(seen(reader, hidden), lambda: seen(unshown, table.shows), self.groups).by_figures

    @property
    def _many(self) -> Interval:
        """What is no small group, unless it is nothing."""
        return Interval(self.groups.most + 1)

    @functools.cached_property
    def _large(self) -> Mapping[Key, Sequence[Quantity]]:
        """The numbers of records none of whose groups is small."""
        large = (cell.key for cell in self.cells if not self.groups.any_is_small(cell.groups))
        return {key: relations.counted(key, self.related.shows[key]) for key in large}

    def _small_of_many(self) -> Iterator[tuple[Key, Sequence[Quantity]]]:
        """Give the quantities of small records that count meetings or chains."""
        for cell in self.cells:
            if self.groups.any_is_small(cell.groups) and not _counts_persons(cell):
                yield cell.key, self.related.shows[cell.key]

    def _beside(self, told: Mapping[Quantity, Interval]) -> dict[Quantity, Interval]:
        """Give what a base that is no small group tells of meetings of a small record."""
        somebody, beside = Interval(self.groups.fewest), dict[Quantity, Interval]()
        for _, (value, *base_and_rest) in self._small_of_many():
            if self._many in map(told.get, base_and_rest[:1]):
                beside |= {one: somebody for one in (value, *base_and_rest[1:]) if one not in told}
        return beside

    def _is_small(self, one: Quantity) -> bool:
        return self.groups.is_small(self.related.values[one])


def _counts_persons(cell: Cell) -> bool:
    return MEASURES[cell.key.measure].unit == "persons"
