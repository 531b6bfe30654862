"""R17, what a release may show: which figures are hidden, by all rules together, lives here.

Small groups are hidden first (`domain.small_cells`), then what else would give them away (`domain.disclosure`), a
family and a period at a time (`domain.family`), over the sums of `domain.relations`; then what rests on hidden figures.

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
from collections.abc import Iterable, Iterator, Sequence

from fokusstrom.domain import averages, periods, relations
from fokusstrom.domain.averages import Averages, Year
from fokusstrom.domain.each import Each, by_turns
from fokusstrom.domain.family import Family, Judgement
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.releases import Confidence, frozen_periods
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.unchanged import Opened

_CONTACT = "contact_meetings"
_FOCUS = ("focus_meetings", "focus_offers")


class Publication:
    """Judges the cells of one end date."""

    def __init__(
        self,
        cells: Iterable[Cell],
        past: Past,
        rule_set: RuleSet,
        through: dt.date,
        each: Each = by_turns,
        opened: Opened | None = None,
    ) -> None:
        """Take every cell that counts, what earlier releases said, and who does what can be done side by side.

        `opened`: what may be other than it was, where that is known; of the rest no cell is needed.
        """
        self._opened = opened
        self.cells = {cell.key: cell for cell in cells}
        self._past = past
        self._rule_set = rule_set
        self._through = through
        self._each = each
        self._suppression = Suppression.of(rule_set)
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
        in_order = sorted(self._families, key=lambda one: (order[one[0]], one[1]))
        # Person-months in scope wait for what is shown of the persons in scope.
        self._judge_families([one for one in in_order if one[0] != _CONTACT])
        self._judge_families([one for one in in_order if one[0] == _CONTACT])
        self._judge_years(years, statuses)
        return Judgement(self._hidden, self._held_back)

    def _judge_families(self, names: Iterable[tuple[str, str]]) -> None:
        open_: list[Family] = []
        for name in names:
            family = self._family(name)
            if family.is_as_before:
                self._take(family.judge())
            else:
                open_.append(family)
        for judgement in self._each(Family.judge, (family.alone for family in open_)):
            self._take(judgement)

    def _take(self, judgement: Judgement) -> None:
        self._hidden |= judgement.hidden
        self._held_back |= judgement.held_back

    def _family(self, name: tuple[str, str]) -> Family:
        """Give all that is to be known of a family and period."""
        keys = self._families[name]
        measures = {(key.measure, key.period) for key in keys}
        return Family(
            name,
            keys,
            [self.cells[key] for key in keys if key in self.cells],
            self._past,
            self._rule_set.digest,
            self._suppression,
            self._through,
            measures & self._frozen,
            frozenset(self._unshown(keys) if name[0] == _CONTACT else ()),
        )

    def _unshown(self, keys: Iterable[Key]) -> Iterator[tuple[str, str]]:
        """Give the areas and months of which the persons in scope are hidden, and there are any."""
        for area, month in {(key.area, month) for key in keys for month in periods.months_of(key.period)}:
            focus = [one for measure in _FOCUS if (one := Key(measure, area, month)) in self.cells]
            if focus and all(key in self._hidden for key in focus):
                yield area, month

    def _judge_years(self, years: Iterable[Year], statuses: Iterable[Key]) -> None:
        judging = Averages(self.cells, self._hidden, self._past, self._rule_set, self._through, self._month, self._each)
        rest_on: dict[tuple[str, str], list[Key]] = defaultdict(list)
        judged: list[Year] = []
        for year in years:
            rest_on[year.key.area, year.key.period].append(year.key)
            if self._opened is not None and year.key.period not in self._opened.years:
                self._leave(year.key, self._opened)
            elif any(month in self._held_back for month in year.counted):
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

    def _leave(self, average: Key, opened: Opened) -> None:
        """Let an average be what it was."""
        if average in opened.held_back:
            self._held_back.add(average)
        elif self._past.was_hidden(average):
            self._hidden[average] = Confidence.SECONDARY

    def _month(self, together: tuple[str, str]) -> averages.Published:
        """Give what is published of a family and period."""
        return self._family(together).month(self._hidden)
