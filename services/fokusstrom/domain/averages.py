"""R17, yearly averages: which of them may be shown beside hidden months lives here.

A shown average and its shown months leave the sum of its hidden monthly shares. Where no month is hidden the average
tells nothing that its months don't; one hidden month by itself is given away. Of several:

- While the year runs the average is hidden. The next release has one of a month more, and what is between the two
  is that month.
- When the year is over it may be shown if the sum, taken for known exactly, leaves each hidden month enough values.
  Its reader knows all bases, and of each month what everything else that is published tells of it. Nor may the sum
  narrow those that marks say to be small, to who reads of the others that they are not.
- Two averages of the same hidden months tell of each other's through the country: what is left for one, when all
  months of the other averages that are shown are known, must be enough as well.
- What is left for totals tells of the figures by benefit that add up to them: where a month's table with these
  limits leaves any of its figures too little, the averages of those municipalities are hidden.
- After that it stays as it is, shown or hidden, as long as one of its months is hidden; and it is hidden once a
  hidden month changes, or is another one: of averages over months that differ in one the difference is that one.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from fokusstrom.domain import attack, disclosure, periods, relations
from fokusstrom.domain.each import Each, by_turns
from fokusstrom.domain.lines import Table
from fokusstrom.domain.measures import COUNTRY, Cell, Key, average_of
from fokusstrom.domain.past import Past
from fokusstrom.domain.relations import Quantity
from fokusstrom.domain.releases import Confidence
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval

Limits = Mapping[Key, Interval]
"""Between which values hidden figures must lie."""
_Limits = tuple[tuple[Key, Interval], ...]
_Narrowed = tuple[tuple[str, str], _Limits]
"""A family and month, and the limits of its totals."""

_NOTHING = Interval(0, 0)
"""What is nothing because a total that is known is: it tells of no group."""


@dataclass(frozen=True)
class Year:
    """R11: a municipality's yearly average on one target, and the months that it is the mean of."""

    measure: str
    """The measure of its months."""
    key: Key
    share: Fraction
    threshold: Fraction
    months: tuple[str, ...]

    @property
    def counted(self) -> tuple[Key, ...]:
        """The figures that it is the mean of."""
        return tuple(Key(self.measure, self.key.area, month) for month in self.months)


class Month(Protocol):
    """What is published of a month, and what that tells."""

    @property
    def limits(self) -> Limits:
        """What it tells of the hidden totals of municipalities, to who knows how many they are of."""

    def given_away(self, limits: Limits) -> Collection[str]:
        """Give the areas of which it tells too much to who has these limits of totals as well."""


@dataclass(frozen=True)
class Published:
    """A month, as its table and what is hidden of it."""

    table: Table[Key, Quantity]
    hidden: Collection[Key]
    candidates: int

    @property
    def limits(self) -> Limits:
        """As `Month` says."""
        shows, hidden = self.table.shows, self.hidden
        totals = [key for key in shows if key in hidden and key.area != COUNTRY and not key.dimensions]
        told = self.table.knowledge(hidden)
        known = {**told.known, **{shows[key][1]: self.table.values[shows[key][1]] for key in totals}}
        found = attack.bounds(replace(told, known=known), [shows[key][0] for key in totals])
        return {key: found[shows[key][0]] for key in totals}

    def given_away(self, limits: Limits) -> set[str]:
        """As `Month` says; what is given away in any case isn't meant."""
        more = {self.table.shows[key][0]: one for key, one in limits.items()}
        narrower = replace(self.table, intervals={**self.table.intervals, **more})
        found = disclosure.exposed(narrower, self.hidden, self.candidates)
        lost = disclosure.exposed(self.table, self.hidden, self.candidates) if found else {}
        return {key.area for key in found if key not in lost}


class Averages:
    """Judges the averages of one release, once their months are judged."""

    def __init__(
        self,
        cells: Mapping[Key, Cell],
        hidden: Mapping[Key, Confidence],
        past: Past,
        rule_set: RuleSet,
        through: dt.date,
        told_of: Callable[[tuple[str, str]], Month],
        each: Each = by_turns,
    ) -> None:
        """Take the months, which of them are hidden, and what gives what is published of a family and period.

        `each`: who does what can be done side by side; then months must be such that can be pickled.
        """
        self._cells, self._hidden, self._past = cells, hidden, past
        self._rule_set, self._through, self._month = rule_set, through, functools.cache(told_of)
        self._each = each
        self._limits: dict[tuple[str, str], Limits] = {}
        self._given_away: dict[_Narrowed, Collection[str]] = {}
        self._suppression = Suppression.of(rule_set)

    def may_show(self, year: Year) -> bool:
        """Whether an average may be shown."""
        hidden, is_plain = self._hidden_of(year), self._is_plain(year)
        if is_plain is not None:
            return is_plain
        return self._leaves_enough(hidden, {cell.key: self._limits_of(cell.key) for cell in hidden})

    def _is_plain(self, year: Year) -> bool | None:
        """Whether an average may be shown, where that needs no look at what its months leave."""
        hidden = self._hidden_of(year)
        if len(hidden) <= 1:
            return not hidden
        last_day = periods.final_day(year.key.period)
        if self._through < last_day:
            return False
        was_over = self._past.through is not None and self._past.through >= last_day
        if was_over and any(map(self._past.was_hidden, self._months_of(year))):
            return self._was_told(year)
        return None

    def shown(self, years: Iterable[Year]) -> set[Key]:
        """Give the averages that may be shown together."""
        years = list(years)
        asked = (cell.key for year in years if self._is_plain(year) is None for cell in self._hidden_of(year))
        self._find_limits(dict.fromkeys(map(relations.family_of, asked)))
        kept = {year.key: year for year in years if self.may_show(year)}
        while lost := next((key for key, year in kept.items() if not self._is_safe_beside(year, kept)), None):
            del kept[lost]
        while telling := self._telling_of_parts(kept):
            for lost in telling:
                del kept[lost]
        return set(kept)

    def _telling_of_parts(self, kept: Mapping[Key, Year]) -> list[Key]:
        """Give averages by which the totals of a month are so narrow that its other figures are left too little."""
        open_ = [year for year in kept.values() if self._hidden_of(year) and not self._was_told(year)]
        narrowed = defaultdict[tuple[str, str], dict[Key, Interval]](dict)
        # Of a year of which nothing new is told, nothing needs to be known.
        for year in (year for year in kept.values() if year.key.period in {one.key.period for one in open_}):
            hidden = self._hidden_of(year)
            for key, one in _narrowed(hidden, {each.key: self._limits_beside(each, kept) for each in hidden}).items():
                narrowed[relations.family_of(key)][key] = one
        told_of = {
            together: [year.key for year in open_ if limits.keys() & year.counted]
            for together, limits in narrowed.items()
        }
        for (together, _), areas in self._find_given_away(
            (together, tuple(sorted(limits.items()))) for together, limits in narrowed.items() if told_of[together]
        ):
            if areas:
                averages = told_of[together]
                return [average for average in averages if average.area in areas] or averages
        return []

    def _hidden_of(self, year: Year) -> list[Cell]:
        return [self._cells[key] for key in year.counted if key in self._hidden]

    def _find_given_away(self, asked: Iterable[_Narrowed]) -> Iterator[tuple[_Narrowed, Collection[str]]]:
        """Give the areas of which each of these months tells too much, in their order; none is asked for twice."""
        asked = list(asked)
        new = [one for one in asked if one not in self._given_away]
        found = self._each(_given_away, ((self._month(together), limits) for together, limits in new))
        for one in asked:
            if one not in self._given_away:
                self._given_away[one] = next(found)
            yield one, self._given_away[one]

    def _is_safe_beside(self, year: Year, kept: Collection[Key]) -> bool:
        """Whether each hidden month is left enough where all months of the other averages are known."""
        hidden = self._hidden_of(year)
        if not hidden or self._was_told(year):
            return True
        return self._leaves_enough(hidden, {cell.key: self._limits_beside(cell, kept) for cell in hidden})

    def _was_told(self, year: Year) -> bool:
        return self._past.confidence(year.key) is Confidence.FREE and self._is_as_it_was(year)

    def _limits_beside(self, cell: Cell, kept: Collection[Key]) -> Interval:
        """Narrow limits by what a shown total of the country leaves for who has no average that is kept."""
        limits, value, base = self._limits_of(cell.key), cell.value or 0, cell.base or 0
        country = cell.key._replace(area=COUNTRY)
        if country not in self._cells or country in self._hidden:
            return limits
        unknown = self._hidden_totals[cell.key.measure, cell.key.period]
        others = [self._cells[key] for key in unknown if average_of(key) not in kept]
        more = sum(one.value or 0 for one in others)
        less = sum((one.base or 0) - (one.value or 0) for one in others)
        return Interval(max(limits.low, value - less), min(_high(limits, base), value + more))

    @functools.cached_property
    def _hidden_totals(self) -> Mapping[tuple[str, str], Sequence[Key]]:
        found = defaultdict[tuple[str, str], list[Key]](list)
        for key in self._hidden:
            if key in self._cells and key.area != COUNTRY and not key.dimensions:
                found[key.measure, key.period].append(key)
        return found

    def _months_of(self, year: Year) -> Iterator[Key]:
        """Give the months that an average is of, and those that nobody is in any more."""
        for month in periods.months_of(year.key.period):
            key = Key(year.measure, year.key.area, month)
            if key in year.counted or key not in self._cells:
                yield key

    def _is_as_it_was(self, year: Year) -> bool:
        """Whether the same months are hidden as were, and they are what they were."""
        if self._past.rule_set != self._rule_set.digest:
            return False
        then = {key for key in self._months_of(year) if self._past.was_hidden(key)}
        now = {key for key in year.counted if key in self._hidden}
        return then == now and all(self._past.is_same(self._cells[key]) for key in now)

    def _leaves_enough(self, hidden: Sequence[Cell], limits: Limits) -> bool:
        """Whether the sum of hidden shares leaves each enough values, also to who reads marks."""
        enough = self._suppression.candidates
        whole = _narrowed(hidden, {cell.key: Interval(0, cell.base) for cell in hidden})
        if not _leave(whole, whole, enough):
            return False
        nothing = {cell.key for cell in hidden if self._limits_of(cell.key) == _NOTHING}
        narrowed = _narrowed(hidden, limits)
        small = {cell.key: self._marked(cell, narrowed[cell.key]) for cell in hidden}
        plain = {key for key, limits in small.items() if limits != narrowed[key]}
        both = {cell.key: small[cell.key] if cell.key in plain else self._large(cell, narrowed) for cell in hidden}
        width = min(self._suppression.most - self._suppression.fewest + 1, enough)
        secret = narrowed.keys() - nothing
        if not _leave(narrowed, secret, enough) or not _leave(_narrowed(hidden, small), secret, width):
            return False
        return _leave(_narrowed(hidden, both), plain & secret, width)

    def _limits_of(self, key: Key) -> Interval:
        together = relations.family_of(key)
        if together not in self._limits:
            self._find_limits([together])
        return self._limits[together][key]

    def _find_limits(self, asked: Iterable[tuple[str, str]]) -> None:
        new = [together for together in asked if together not in self._limits]
        self._limits |= zip(new, self._each(_limits_of, map(self._month, new)), strict=True)

    def _marked(self, cell: Cell, limits: Interval) -> Interval:
        """Narrow limits by a mark, where it is plain which of two groups is the small one."""
        base, most = cell.base or 0, self._suppression.most
        low, high = limits.low, base if limits.high is None else limits.high
        if self._hidden[cell.key] is not Confidence.PRIMARY or self._suppression.is_small(base):
            return limits
        if high < base - most:
            return Interval(max(low, self._suppression.fewest), min(high, most))
        if low > most:
            return Interval(max(low, base - most), min(high, base - self._suppression.fewest))
        return limits

    def _large(self, cell: Cell, told: Limits) -> Interval:
        """Narrow limits by the mark of a figure without a small group; whether it is all or nothing is known."""
        limits, value, base = told[cell.key], cell.value or 0, cell.base or 0
        if self._hidden[cell.key] is Confidence.PRIMARY:
            return limits
        if value in {0, base}:
            return Interval(value, value)
        least = self._suppression.most + 1
        return Interval(max(limits.low, least), min(_high(limits, base), base - least))


def _limits_of(month: Month) -> Limits:
    return month.limits


def _given_away(asked: tuple[Month, _Limits]) -> Collection[str]:
    month, limits = asked
    return month.given_away(dict(limits))


def _leave(limits: Limits, secret: Iterable[Key], candidates: int) -> bool:
    return all(limits[key].leaves(candidates) for key in secret)


def _narrowed(hidden: Iterable[Cell], limits: Limits) -> Limits:
    """Narrow limits to what they leave when the sum of the shares is known."""
    shares = {cell.key: Fraction(cell.value or 0, cell.base or 1) for cell in hidden}
    bases = {cell.key: cell.base or 1 for cell in hidden}
    lows = {key: Fraction(limits[key].low, base) for key, base in bases.items()}
    highs = {key: Fraction(_high(limits[key], base), base) for key, base in bases.items()}
    total, lowest, highest = sum(shares.values()), sum(lows.values()), sum(highs.values())
    return {
        key: Interval(
            math.ceil(max(lows[key], total - (highest - highs[key])) * base),
            math.floor(min(highs[key], total - (lowest - lows[key])) * base),
        )
        for key, base in bases.items()
    }


def _high(limits: Interval, base: int) -> int:
    return base if limits.high is None else min(limits.high, base)
