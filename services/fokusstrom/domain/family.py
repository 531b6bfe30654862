"""R17, one family of figures and period: what of it may be shown lives here.

Families don't tell of each other (`domain.relations`), so each is judged by itself, with what earlier releases said of
it. `Family` holds all that its judgement needs, and so can be judged in a process of its own.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from fokusstrom.domain import averages, disclosure, earlier, periods, relations
from fokusstrom.domain.coarse import shown_of_country
from fokusstrom.domain.earlier import Remembered
from fokusstrom.domain.lines import Table
from fokusstrom.domain.marking import Marking
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.relations import Quantity
from fokusstrom.domain.releases import Confidence
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval

_FEW, _MOSTLY_SMALL = 50, 0.7
"""Where more cells than a few are small, and of all cells more than this part, none but the country's is shown."""
_CONTACT = "contact_meetings"


@dataclass(frozen=True)
class Judgement:
    """What may not be shown, and of what nothing is to be said."""

    hidden: Mapping[Key, Confidence] = field(default_factory=dict)
    held_back: AbstractSet[Key] = frozenset()


@dataclass(frozen=True)
class Family:
    """Figures of one family and period."""

    name: tuple[str, str]
    """As `relations.family_of` says it."""
    keys: Sequence[Key]
    """Those published before that are no more, too."""
    cells: Sequence[Cell]
    past: Past
    """What earlier releases said of these, and maybe of others."""
    rule_set: str
    """Digest."""
    suppression: Suppression
    through: dt.date
    frozen: AbstractSet[tuple[str, str]] = frozenset()
    """Measures and periods of what is published once and for all."""
    unshown: AbstractSet[tuple[str, str]] = frozenset()
    """Areas and months whose persons in scope are hidden: asked of person-months in scope only."""

    @functools.cached_property
    def _by_key(self) -> Mapping[Key, Cell]:
        return {cell.key: cell for cell in self.cells}

    @property
    def is_as_before(self) -> bool:
        """Whether nothing changed."""
        if self.past.rule_set != self.rule_set:
            return False
        return all(
            self.past.is_same(self._by_key.get(key) or MEASURES[key.measure].nothing(key) or Cell(key, None))
            or self._is_frozen(key)
            or not self._is_reported(key)
            for key in self.keys
        )

    @property
    def alone(self) -> Family:
        """The same, with the past of its own figures only, so that it can be pickled."""
        return replace(self, past=self.past.of(self.keys, self.name))

    def judge(self) -> Judgement:
        """Say what may not be shown of it."""
        if self.is_as_before:
            return Judgement(self._hidden_before())
        primary = {cell.key for cell in self.cells if self.suppression.any_is_small(cell.groups)}
        given = {cell.key for cell in self.cells if self._must_stay_hidden(cell)} - primary
        if not primary and not given:
            return Judgement()
        if self._is_mostly_small(primary):
            shown = self._shown_of_country(primary | given)
            is_possible = all(cell.key in shown for cell in self.cells if self._was_shown(cell))
            if is_possible and not self._is_exposed_by_the_past(shown):
                others = dict.fromkeys((cell.key for cell in self.cells if cell.key not in shown), Confidence.SECONDARY)
                return Judgement(others | dict.fromkeys(primary, Confidence.PRIMARY))
        found = self._suppress(primary | given)
        if found.exposed:
            given |= self._hidden_with(found.exposed) - primary
            found = self._suppress(primary | given)
        if found.exposed:
            return Judgement(self._hidden_before(), frozenset(self.keys))
        hidden = dict.fromkeys(primary, Confidence.PRIMARY)
        return Judgement(hidden | dict.fromkeys((*found.secondary, *given), Confidence.SECONDARY))

    def month(self, hidden: Collection[Key]) -> averages.Published:
        """Give what is published of it, where so much is hidden."""
        table, told = self._table(self._marking())
        its_own = {*told.secrets, *(cell.key for cell in self.cells if cell.key in hidden)}
        return averages.Published(table, its_own, self.suppression.candidates)

    def _hidden_before(self) -> dict[Key, Confidence]:
        said = {key: self.past.confidence(key) or Confidence.FREE for key in self.keys}
        return {key: one for key, one in said.items() if one is not Confidence.FREE}

    def _hidden_with(self, exposed: Iterable[Quantity]) -> set[Key]:
        """Give all that can be hidden of the municipalities, or the country, of which something can't be protected."""
        areas = {one.area for one in exposed}
        return {cell.key for cell in self.cells if cell.key.area in areas and not self._was_shown(cell)}

    def _is_mostly_small(self, primary: Collection[Key]) -> bool:
        return len(primary) > max(_FEW, _MOSTLY_SMALL * len(self.cells))

    def _shown_of_country(self, hidden: Collection[Key]) -> set[Key]:
        """Give the figures of the country that tell nothing of any part of it."""
        family = relations.FAMILY_OF[self.cells[0].key.measure]
        if not family.counts_persons:
            return set()
        few = self.suppression
        return shown_of_country(self.cells, hidden, few.candidates - 1, few.most, self.past.could_give)

    def _is_exposed_by_the_past(self, shown: Collection[Key]) -> bool:
        """Whether earlier releases together give something away when only these figures are shown."""
        table, told = self._table(self._marking())
        if not told.sums:
            return False
        hidden = [key for key in table.shows if key not in shown]
        return bool(self._still_kept(table, disclosure.exposed(table, hidden, self.suppression.candidates)))

    def _still_kept(
        self, table: Table[Key, Quantity], exposed: Mapping[Quantity, Interval]
    ) -> Mapping[Quantity, Interval]:
        """Leave out what the past alone gives away: nothing can be held back of it any more."""
        lost = disclosure.exposed(table, table.shows, self.suppression.candidates) if exposed else {}
        return {key: one for key, one in exposed.items() if key not in lost}

    def _suppress(self, hidden: Collection[Key]) -> disclosure.Suppressed[Key, relations.Quantity]:
        marking = self._marking()
        table, told = self._table(marking)
        small = [*(key for key in table.shows if key in hidden), *told.secrets]
        found = disclosure.suppress(table, small, self.suppression.candidates)
        if not found.exposed and not found.by_marks:
            return found
        exposed = marking.told(table, {*small, *found.secondary})
        return replace(found, exposed=self._still_kept(table, exposed) if told.sums else exposed)

    def _marking(self) -> Marking:
        return Marking(self.cells, relations.relate(self.cells), self.suppression)

    def _table(self, marking: Marking) -> tuple[Table[Key, Quantity], Remembered]:
        """Give what hangs together of a family and period, with what earlier releases tell of it."""
        related = marking.related
        shows = {key: told for key, told in related.shows.items() if self._is_reported(key)}
        known = {told for cell in marking.cells if self._was_shown(cell) for told in related.shows[cell.key]}
        told = self._told_before(related, known)
        table = Table(
            {**shows, **told.secrets},
            {**related.values, **told.values},
            (*related.sums, *told.sums),
            intervals=related.somebody,
            never=known | related.zeros | told.known,
            rests=related.rests,
            marks=marking.persons,
            few=marking.few,
            told=marking.alone,
        )
        return table, told

    def _told_before(self, related: relations.Related, known: Collection[Quantity]) -> Remembered:
        """Say what earlier releases tell of the same family and period."""
        before = earlier.stands(self.past.changes(self.name))
        return earlier.remember(before, related, known, self._since)

    def _since(self, key: Key, release: int) -> int | None:
        cell = self._by_key.get(key)
        return None if cell is not None and self.past.is_since(cell, release) else self.past.since(key, release)

    def _must_stay_hidden(self, cell: Cell) -> bool:
        if not self._is_reported(cell.key):
            return False
        if self.past.was_hidden(cell.key) and (self._is_frozen(cell.key) or self.past.is_same(cell)):
            return True
        months = periods.months_of(cell.key.period)
        return cell.key.measure == _CONTACT and any((cell.key.area, month) in self.unshown for month in months)

    def _was_shown(self, cell: Cell) -> bool:
        if self.past.confidence(cell.key) is not Confidence.FREE:
            return False
        return self._is_frozen(cell.key) or self.past.is_same(cell)

    def _is_reported(self, key: Key) -> bool:
        return MEASURES[key.measure].is_reported(key, self.through)

    def _is_frozen(self, key: Key) -> bool:
        return (key.measure, key.period) in self.frozen
