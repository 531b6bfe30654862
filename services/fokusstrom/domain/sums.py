"""R17: how published quantities hang together lives here - sums, shares, and what is known of each.

A quantity is a non-negative whole number that is published or hidden: a value, a base, what lies between them.
Its key is whatever the caller names it by. An attacker knows every relation: they follow from the definitions of
the measures. A quantity that no record ever shows (what two tables both add up to, how much one is below another)
may stand in a relation like any other.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Sum(Generic[K]):
    """A total and what it is the sum of.

    "At most" is a sum as well: of the lesser and a quantity that is never shown.
    """

    total: K
    parts: tuple[K, ...]

    @property
    def keys(self) -> tuple[K, ...]:
        """All that it relates, the total first."""
        return (self.total, *self.parts)


@dataclass(frozen=True)
class Ratio(Generic[K]):
    """A part is between so many times its whole: what a published share or average tells."""

    part: K
    whole: K
    low: Fraction
    high: Fraction

    @property
    def keys(self) -> tuple[K, ...]:
        """Both that it relates."""
        return (self.part, self.whole)


@dataclass(frozen=True)
class Interval:
    """Whole numbers from `low` to `high`, both included; without `high`, no end."""

    low: int = 0
    high: int | None = None

    @property
    def candidates(self) -> int | None:
        """How many values it leaves; None for no end.

        >>> Interval(2, 6).candidates, Interval(3).candidates
        (5, None)
        """
        return None if self.high is None else self.high - self.low + 1

    def holds(self, value: int) -> bool:
        """Whether it is one of them."""
        return self.low <= value and (self.high is None or value <= self.high)

    def leaves(self, candidates: int) -> bool:
        """Whether it leaves at least so many values."""
        return self.candidates is None or self.candidates >= candidates

    def left_of(self, candidates: int) -> int:
        """How many values can be asked for where so many are asked of any number: no more than there are by itself.

        >>> Interval(1, 4).left_of(5), Interval(1).left_of(5)
        (4, 5)
        """
        return min(candidates, self.candidates or candidates)

    def __and__(self, other: Interval) -> Interval:
        """Give what is in both.

        >>> Interval(2, 6) & Interval(3)
        Interval(low=3, high=6)
        """
        ends = [one.high for one in (self, other) if one.high is not None]
        return Interval(max(self.low, other.low), min(ends, default=None))


NON_NEGATIVE = Interval()
Intervals = Mapping[K, Interval]
"""What is known of single quantities."""


def narrowed(intervals: Intervals[K], more: Intervals[K]) -> dict[K, Interval]:
    """Put together what is known of quantities from two sides."""
    return {**intervals, **{key: one & intervals[key] if key in intervals else one for key, one in more.items()}}


@dataclass(frozen=True)
class Knowledge(Generic[K]):
    """What is known of some quantities: everything that is published, and nothing else."""

    known: Mapping[K, int]
    sums: Sequence[Sum[K]]
    ratios: Sequence[Ratio[K]] = ()
    intervals: Intervals[K] = field(default_factory=dict)
    """What else is known of single quantities; of the others, that they are not negative."""

    def interval(self, key: K) -> Interval:
        """What is known of one quantity by itself."""
        if key in self.known:
            return Interval(self.known[key], self.known[key])
        return self.intervals.get(key, NON_NEGATIVE)

    def unknown(self) -> Iterator[K]:
        """Each quantity that stands in a relation and is not known, once, in the relations' order."""
        relations: list[Sum[K] | Ratio[K]] = [*self.sums, *self.ratios]
        keys = (key for relation in relations for key in relation.keys)
        return (key for key in dict.fromkeys(keys) if key not in self.known)

    def limits(self) -> dict[K, Interval]:
        """Narrow what is known of each unknown quantity by one sum after the other.

        What several sums tell together can be more: that is `domain.attack`'s.
        """
        narrowing = Narrowing(self)
        narrowing.narrow()
        return {key: narrowing.interval(key) for key in self.unknown()}

    def parts(self) -> list[Knowledge[K]]:
        """Split it to what can be attacked apart: no relation joins unknown quantities of two parts."""
        joined = _Joined[K]()
        relations: list[Sum[K] | Ratio[K]] = [*self.sums, *self.ratios]
        for relation in relations:
            joined.join(self._unknown_of(relation))
        sums: dict[K, list[Sum[K]]] = {}
        for one in self.sums:
            for name in self._unknown_of(one)[:1]:
                sums.setdefault(joined.of(name), []).append(one)
        ratios: dict[K, list[Ratio[K]]] = {}
        for ratio in self.ratios:
            for name in self._unknown_of(ratio)[:1]:
                ratios.setdefault(joined.of(name), []).append(ratio)
        names = dict.fromkeys((*sums, *ratios))
        return [Knowledge(self.known, sums.get(one, ()), ratios.get(one, ()), self.intervals) for one in names]

    def _unknown_of(self, relation: Sum[K] | Ratio[K]) -> list[K]:
        return [key for key in relation.keys if key not in self.known]


_ROUNDS = 4
"""Of what one sum tells of another hardly anything is left after so many."""


class Narrowing(Generic[K]):
    """Between what each unknown quantity lies by one sum after the other, while more is learned of some."""

    def __init__(self, knowledge: Knowledge[K]) -> None:
        """Take what is known."""
        known = self._known = knowledge.known
        told = {key: knowledge.interval(key) for key in knowledge.unknown()}
        self._low = {key: one.low for key, one in told.items()}
        self._high = {key: math.inf if one.high is None else one.high for key, one in told.items()}
        self._sums: list[tuple[K, Sequence[K], int]] = []
        """Totals, their unknown parts, and how much the others are."""
        self._sums_of: dict[K, list[int]] = {key: [] for key in told}
        for one in knowledge.sums:
            unknown = [part for part in one.parts if part not in known]
            if unknown or one.total not in known:
                for key in (*unknown, *(() if one.total in known else (one.total,))):
                    self._sums_of[key].append(len(self._sums))
                self._sums.append((one.total, unknown, sum(known.get(part, 0) for part in one.parts)))
        self._open = set(range(len(self._sums)))
        """Sums of which something has been learned since they were looked at."""

    def __contains__(self, key: object) -> bool:
        """Whether a quantity is one of the unknown."""
        return key in self._low

    def interval(self, key: K) -> Interval:
        """Between what an unknown quantity lies."""
        high = self._high[key]
        return Interval(self._low[key], None if high == math.inf else int(high))

    def learn(self, key: K, one: Interval) -> None:
        """Let an unknown quantity be in an interval."""
        self._set(key, one.low, math.inf if one.high is None else one.high)

    def narrow(self) -> None:
        """Narrow by all sums of which something was learned, and by what that tells of others."""
        for _ in range(_ROUNDS):
            numbers, self._open = sorted(self._open), set()
            for number in numbers:
                self._narrow(*self._sums[number])

    def _narrow(self, total: K, parts: Sequence[K], given: int) -> None:
        low, high = self._low, self._high
        least = given + sum([low[part] for part in parts])
        endless = [part for part in parts if high[part] == math.inf]
        most = given + sum([high[part] for part in parts if high[part] < math.inf])
        if total not in self._known:
            self._set(total, least, math.inf if endless else most)
        least_of_total, most_of_total = self._low_of(total), self._high_of(total)
        for part in parts:
            # How much the others can be at most leaves what this one is at least.
            others = most if endless == [part] else math.inf if endless else most - high[part]
            lowest = low[part] if others == math.inf else int(least_of_total - others)
            self._set(part, lowest, most_of_total - (least - low[part]))

    def _low_of(self, key: K) -> int:
        return self._known[key] if key in self._known else self._low[key]

    def _high_of(self, key: K) -> float:
        return self._known[key] if key in self._known else self._high[key]

    def _set(self, key: K, low: int, high: float) -> None:
        if low > self._low[key] or high < self._high[key]:
            self._low[key], self._high[key] = max(low, self._low[key]), min(high, self._high[key])
            self._open.update(self._sums_of[key])


class _Joined(Generic[K]):
    """Which keys are in one group: union and find."""

    def __init__(self) -> None:
        self._above: dict[K, K] = {}

    def join(self, keys: Iterable[K]) -> None:
        """Put keys into one group."""
        first: K | None = None
        for key in keys:
            one = self.of(key)
            first = one if first is None else first
            self._above[one] = first

    def of(self, key: K) -> K:
        """Give the key that stands for a key's group."""
        above = self._above.setdefault(key, key)
        while above != (key := self._above[above]):
            self._above[above] = self._above[key]
            above = key
        return above
