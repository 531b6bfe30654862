"""R17 where most groups are small: which figures of the whole country can be shown beside nothing else lives here.

In a trial with few citizens nearly every figure of a municipality is small, and looking for the few that could be
shown would take longer than all the rest. What is left are figures of the country, all of whose parts are hidden.

They are safe when some can be *moved*: take four persons from one hidden group and put them into another, and all
that is shown is the same. A group that can give four - of each kind that there is: served and not - lets every other
group be greater by four, so each is left at least five values; where two can, each of them is too. Of a benefit whose
figure is shown both must be of that benefit, in two municipalities; of benefits that aren't shown, of two of them.
Who gives is no small group afterwards either: it is marked D, and that must be true in every world.

That is of one release. Over two a group must have been able to give at both; what three or more tell together is
checked by programs (`domain.publication`), as who gives at one of them need not at another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from fokusstrom.domain.measures import COUNTRY, Cell, Dimensions, Key

_TWO = 2
"""Each of two groups can be greater by what the other gives."""


class _Place(NamedTuple):
    area: str
    of: Dimensions


Places = Mapping[_Place, Sequence[Cell]]


def shown_of_country(
    cells: Iterable[Cell],
    hidden: Collection[Key],
    apart: int,
    most: int,
    gave: Callable[[Key, int], bool] = lambda *_: True,
) -> set[Key]:
    """Give the country's figures that may be shown when all others are hidden.

    `hidden` must be in any case; `apart` is how far a hidden number must be able to move, `most` how many a small
    group is. `gave` says whether a figure could give so many at earlier releases as well: their readers remember them.
    """
    places: dict[_Place, list[Cell]] = defaultdict(list)
    for cell in cells:
        places[_Place(cell.key.area, cell.key.dimensions)].append(cell)
    return _Country(places, hidden, apart + most + 1, gave).shown()


class _Country:
    def __init__(self, places: Places, hidden: Collection[Key], enough: int, gave: Callable[[Key, int], bool]) -> None:
        self._places, self._hidden, self._enough, self._gave = places, hidden, enough, gave
        self._whole = places.get(_Place(COUNTRY, ()), ())
        self._codes = [place.of for place in places if place.area == COUNTRY and place.of]
        self._is_crossed = any(place.area != COUNTRY and place.of for place in places)
        """There are figures of municipalities by the same codes; else both divide the country by themselves."""

    def shown(self) -> set[Key]:
        if not self._may_be_shown(self._whole) or not (self._is_crossed or self._is_kept(self._givers(()))):
            return set()
        codes = [of for of in self._codes if self._can_show(of)]
        codes.sort(key=lambda of: (max(cell.base or 0 for cell in self._at(of)), of))
        while not self._hides_enough(codes):
            if not codes:
                return set()
            codes.pop(0)
        return {cell.key for cells in (self._whole, *map(self._at, codes)) for cell in cells}

    def _at(self, of: Dimensions) -> Sequence[Cell]:
        return self._places[_Place(COUNTRY, of)]

    def _may_be_shown(self, cells: Sequence[Cell]) -> bool:
        return bool(cells) and not any(cell.key in self._hidden for cell in cells)

    def _can_show(self, of: Dimensions) -> bool:
        return self._may_be_shown(self._at(of)) and (not self._is_crossed or self._is_kept(self._givers(of)))

    def _hides_enough(self, codes: Sequence[Dimensions]) -> bool:
        """Whether what isn't shown of the codes can be moved among itself."""
        others = [of for of in self._codes if of not in codes]
        if not others:
            return True
        if not self._is_crossed:
            return sum(self._gives(_Place(COUNTRY, of), self._whole) for of in others) >= _TWO
        givers = [place for place in self._municipal() if place.of in others and self._gives(place, self._whole)]
        return self._is_kept(givers) and len({place.of for place in givers}) >= _TWO

    def _givers(self, of: Dimensions) -> list[_Place]:
        """Give the groups of municipalities, of a code whose figure is shown, that can give."""
        shown = self._places[_Place(COUNTRY, of)]
        return [place for place in self._municipal() if place.of == of and self._gives(place, shown)]

    def _municipal(self) -> Iterable[_Place]:
        return (place for place in self._places if place.area != COUNTRY and bool(place.of) == self._is_crossed)

    def _is_kept(self, givers: Iterable[_Place]) -> bool:
        return len({place.area for place in givers}) >= _TWO

    def _gives(self, place: _Place, shown: Sequence[Cell]) -> bool:
        """Whether a group can give enough of each kind that there is in what is shown of it, in all measures."""
        totals = {cell.key.measure: cell for cell in shown}
        cells = self._places[place]
        return len(cells) == len(totals) and all(self._has_enough(cell, totals[cell.key.measure]) for cell in cells)

    def _has_enough(self, cell: Cell, total: Cell) -> bool:
        kinds = zip(_kinds(cell), _kinds(total), strict=True)
        return all(own >= self._enough or not whole for own, whole in kinds) and self._gave(cell.key, self._enough)


def _kinds(cell: Cell) -> tuple[int, int]:
    value = cell.value or 0
    return value, (cell.base or 0) - value
