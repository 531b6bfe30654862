"""R17, what a release may show: which figures are hidden, by all rules together, lives here.

Small groups are hidden first (`domain.small_cells`), then what else would give them away (`domain.disclosure`), a
family and a period at a time, over the sums of `domain.relations`; then what rests on hidden figures.

- Earlier releases are still known. A figure that was shown and is the same can't be hidden any more. One that was
  hidden and is the same stays hidden: what protected a figure then protects it now. All releases together may not
  tell too much, neither of what is hidden now nor of what was hidden and has changed (`domain.earlier`).
- Where most cells are small, as in a trial with few citizens, only those of the whole country are shown of a family
  and period, where these tell of no part (`domain.coarse`), nor do with all earlier releases: looking for the few
  others that could be shown would take longer than all the rest.
- A zero whose total is zero, in the country or the area, is known: it tells of nobody.
- Where nothing changed, nothing is judged anew.
- What marks tell by themselves, whatever is hidden, is what publishing marks tells; figures may tell no more. Where
  no choice among the figures sees to that, all of the municipalities in question are hidden.
- Where no hiding protects a figure any more, because all around it was shown already, all cells of its family and
  period are *held back*: this release says nothing of them, and what was published stays as it is.
- Person-months in scope are shown only where the persons in scope of all their months are.
- A yearly average that would tell of its hidden months is hidden with them (`domain.averages`). A status that rests
  on a hidden average is hidden, as its reasons say whether the target was met.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from fokusstrom.domain import averages, disclosure, earlier, periods, relations
from fokusstrom.domain.averages import Averages, Month, Year
from fokusstrom.domain.coarse import shown_of_country
from fokusstrom.domain.earlier import Remembered
from fokusstrom.domain.lines import Table
from fokusstrom.domain.marking import Marking
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.relations import Quantity
from fokusstrom.domain.releases import Confidence, frozen_periods
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval

_FEW, _MOSTLY_SMALL = 50, 0.7
"""Where more cells than a few are small, and of all cells more than this part, none but the country's is shown."""
_CONTACT = "contact_meetings"
_FOCUS = ("focus_meetings", "focus_offers")


@dataclass(frozen=True)
class Judgement:
    """What may not be shown, and of what nothing is to be said."""

    hidden: Mapping[Key, Confidence]
    held_back: AbstractSet[Key]


class Publication:
    """Judges the cells of one end date."""

    def __init__(self, cells: Iterable[Cell], past: Past, rule_set: RuleSet, through: dt.date) -> None:
        """Take every cell that counts, and what earlier releases said."""
        self.cells = {cell.key: cell for cell in cells}
        self._past = past
        self._rule_set = rule_set
        self._through = through
        self._suppression = Suppression.of(rule_set)
        self._candidates: int = rule_set.row("suppression")["fewest_candidates"]
        self._frozen = frozen_periods(past.published, rule_set, through)
        self._hidden: dict[Key, Confidence] = {}
        self._held_back: set[Key] = set()
        self._families: dict[tuple[str, str], list[Key]] = defaultdict(list)

    def judge(self, years: Sequence[Year] = (), statuses: Iterable[Key] = ()) -> Judgement:
        """Say what may not be shown, of the cells, of yearly averages, and of the statuses that rest on these."""
        gone = (key for key in self._past.published if MEASURES[key.measure].tables and key not in self.cells)
        for key in sorted((*self.cells, *gone)):
            self._families[relations.family_of(key)].append(key)
        order = {family.name: place for place, family in enumerate(relations.FAMILIES)}
        for name, period in sorted(self._families, key=lambda one: (order[one[0]], one[1])):
            self._judge_family(self._families[name, period])
        self._judge_years(years, statuses)
        return Judgement(self._hidden, self._held_back)

    def _judge_family(self, keys: Sequence[Key]) -> None:
        cells = [self.cells[key] for key in keys if key in self.cells]
        if self._is_as_before(keys):
            self._hidden |= {key: said for key in keys if (said := self._before(key)) is not Confidence.FREE}
            return
        primary = {cell.key for cell in cells if self._is_small(cell)}
        given = {cell.key for cell in cells if self._must_stay_hidden(cell)} - primary
        if not primary and not given:
            return
        if self._is_mostly_small(cells, primary):
            shown = self._shown_of_country(cells, primary | given)
            is_possible = all(cell.key in shown for cell in cells if self._was_shown(cell))
            if is_possible and not self._is_exposed_by_the_past(cells, shown):
                self._hidden |= {cell.key: Confidence.SECONDARY for cell in cells if cell.key not in shown}
                self._hidden |= dict.fromkeys(primary, Confidence.PRIMARY)
                return
        found = self._suppress(cells, primary | given)
        if found.exposed:
            given |= self._hidden_with(cells, found.exposed) - primary
            found = self._suppress(cells, primary | given)
        if found.exposed:
            self._held_back.update(keys)
            self._hidden |= {key: said for key in keys if (said := self._before(key)) is not Confidence.FREE}
            return
        self._hidden |= dict.fromkeys(primary, Confidence.PRIMARY)
        self._hidden |= dict.fromkeys((*found.secondary, *given), Confidence.SECONDARY)

    def _hidden_with(self, cells: Iterable[Cell], exposed: Iterable[Quantity]) -> set[Key]:
        """Give all that can be hidden of the municipalities, or the country, of which something can't be protected."""
        areas = {one.area for one in exposed}
        return {cell.key for cell in cells if cell.key.area in areas and not self._was_shown(cell)}

    @staticmethod
    def _is_mostly_small(cells: Sequence[Cell], primary: Collection[Key]) -> bool:
        return len(primary) > max(_FEW, _MOSTLY_SMALL * len(cells))

    def _shown_of_country(self, cells: Sequence[Cell], hidden: Collection[Key]) -> set[Key]:
        """Give the figures of the country that tell nothing of any part of it."""
        family = relations.FAMILY_OF[cells[0].key.measure]
        if not family.counts_persons:
            return set()
        return shown_of_country(cells, hidden, self._candidates - 1, self._suppression.most, self._past.could_give)

    def _is_exposed_by_the_past(self, cells: Sequence[Cell], shown: Collection[Key]) -> bool:
        """Whether earlier releases together give something away when only these figures are shown."""
        table, told = self._table(self._marking(cells))
        if not told.sums:
            return False
        hidden = [key for key in table.shows if key not in shown]
        return bool(self._still_kept(table, disclosure.exposed(table, hidden, self._candidates)))

    def _still_kept(
        self, table: Table[Key, Quantity], exposed: Mapping[Quantity, Interval]
    ) -> Mapping[Quantity, Interval]:
        """Leave out what the past alone gives away: nothing can be held back of it any more."""
        lost = disclosure.exposed(table, table.shows, self._candidates) if exposed else {}
        return {key: one for key, one in exposed.items() if key not in lost}

    def _suppress(
        self, cells: Sequence[Cell], hidden: Collection[Key]
    ) -> disclosure.Suppressed[Key, relations.Quantity]:
        marking = self._marking(cells)
        table, told = self._table(marking)
        small = [*(key for key in table.shows if key in hidden), *told.secrets]
        found = disclosure.suppress(table, small, self._candidates)
        if not found.exposed and not found.by_marks:
            return found
        exposed = marking.told(table, {*small, *found.secondary})
        return replace(found, exposed=self._still_kept(table, exposed) if told.sums else exposed)

    def _marking(self, cells: Sequence[Cell]) -> Marking:
        return Marking(cells, relations.relate(cells), self._suppression)

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
        family = relations.family_of(next(iter(related.shows)))
        before = earlier.stands(self._past.changes(family))
        return earlier.remember(before, related, known, self._since)

    def _since(self, key: Key, release: int) -> int | None:
        is_still_so = key in self.cells and self._past.is_since(self.cells[key], release)
        return None if is_still_so else self._past.since(key, release)

    def _is_small(self, cell: Cell) -> bool:
        return self._suppression.any_is_small(cell.groups)

    def _is_as_before(self, keys: Iterable[Key]) -> bool:
        if self._past.rule_set != self._rule_set.digest:
            return False
        return all(
            self._past.is_same(self.cells.get(key) or MEASURES[key.measure].nothing(key) or Cell(key, None))
            or self._is_frozen(key)
            or not self._is_reported(key)
            for key in keys
        )

    def _must_stay_hidden(self, cell: Cell) -> bool:
        if not self._is_reported(cell.key):
            return False
        if self._past.was_hidden(cell.key) and (self._is_frozen(cell.key) or self._past.is_same(cell)):
            return True
        months = periods.months_of(cell.key.period)
        return cell.key.measure == _CONTACT and not all(self._shows_persons(cell.key.area, month) for month in months)

    def _was_shown(self, cell: Cell) -> bool:
        if self._past.confidence(cell.key) is not Confidence.FREE:
            return False
        return self._is_frozen(cell.key) or self._past.is_same(cell)

    def _shows_persons(self, area: str, month: str) -> bool:
        """Whether the persons in scope of an area and month are shown, or there are none."""
        focus = [Key(measure, area, month) for measure in _FOCUS]
        return any(key in self.cells and key not in self._hidden for key in focus) or not any(
            key in self.cells for key in focus
        )

    def _before(self, key: Key) -> Confidence:
        return self._past.confidence(key) or Confidence.FREE

    def _is_reported(self, key: Key) -> bool:
        return MEASURES[key.measure].is_reported(key, self._through)

    def _is_frozen(self, key: Key) -> bool:
        return (key.measure, key.period) in self._frozen

    def _judge_years(self, years: Iterable[Year], statuses: Iterable[Key]) -> None:
        judging = Averages(self.cells, self._hidden, self._past, self._rule_set, self._through, self._month)
        rest_on: dict[tuple[str, str], list[Key]] = defaultdict(list)
        judged: list[Year] = []
        for year in years:
            rest_on[year.key.area, year.key.period].append(year.key)
            if any(month in self._held_back for month in year.counted):
                self._held_back.add(year.key)
            else:
                judged.append(year)
        shown = judging.shown(judged)
        self._hidden |= {year.key: Confidence.SECONDARY for year in judged if year.key not in shown}
        for status in statuses:
            parts = rest_on[status.area, status.period]
            if any(average in self._held_back for average in parts):
                self._held_back.add(status)
            elif any(average in self._hidden for average in parts):
                self._hidden[status] = Confidence.SECONDARY

    def _month(self, together: tuple[str, str]) -> Month:
        """Give what is published of a family and period."""
        cells = [self.cells[key] for key in self._families[together] if key in self.cells]
        table, told = self._table(self._marking(cells))
        hidden = {*told.secrets, *(cell.key for cell in cells if cell.key in self._hidden)}
        return averages.Published(table, hidden, self._candidates)
