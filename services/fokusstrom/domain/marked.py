"""R17, who reads marks: what C and D tell together of the small numbers, from published records alone, lives here.

C says of a record that one of its groups is small, D that none is: each of its numbers is nothing or a large group.

- Of persons: where it is plain which number of a C is the small one, nothing may leave that fewer values than a
  small group can have. It is where the other one, and so their base, is more than a small group.
- Of meetings and chains, of which one person can have many: C bounds none, but D does, as five persons have five at
  least. And beside a base that is no small group neither the value of a C nor its rest is nothing, as the other one
  would be that base. None of the numbers of a C may be left fewer values than any hidden number.

Numbers that are nothing or large make no linear program: which of both each is must be tried. One way that agrees
with everything that is published is looked for first; the linear programs of that way show of nearly all numbers of a
C that they can have all their values, and only for the others each value is tried by itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from fokusstrom.domain import attack
from fokusstrom.domain.linear import System
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval, K, Knowledge, Narrowing, narrowed

_NOTHING = Interval(0, 0)
_IMPOSSIBLE, _OR_NOTHING = 2, 2
"""What the solver calls it that there is no way, and a number that is nothing or within its limits."""
_HALF = 0.5
_OPTIONS = {"time_limit": 20.0}
"""Where nothing is decided in so many seconds nothing is found."""
_AROUND = 10
"""So far from values that a number can have others are looked for: further than any gap between them."""


@dataclass(frozen=True)
class Mark(Generic[K]):
    """What the mark of a small record says of a number of persons, once it is plain that this is the small one."""

    other: K
    """What is between it and its base."""
    small: Interval


def plain(knowledge: Knowledge[K], marks: Mapping[K, Mark[K]]) -> dict[K, Interval]:
    """Give what marks tell of the numbers of which it is plain that they are small.

    It is where what is between them and their base is more than a small group, as then their base is.
    """
    found: dict[K, Interval] = {}
    if not marks:
        return found
    narrowing = Narrowing(knowledge)

    def is_plain(key: K, mark: Mark[K]) -> bool:
        other = mark.other
        limits = narrowing.interval(other) if other in narrowing else knowledge.interval(other)
        return key in narrowing and key not in found and limits.low > (mark.small.high or 0)

    while True:
        narrowing.narrow()
        more = {key: mark.small for key, mark in marks.items() if is_plain(key, mark)}
        if not more:
            return found
        found |= more
        for key, small in more.items():
            narrowing.learn(key, small)


@dataclass(frozen=True)
class Seen(Generic[K]):
    """What a reader of marks has before him."""

    knowledge: Knowledge[K]
    small: Mapping[K, Interval]
    """What C tells of each number that is marked so."""
    large: Collection[K]
    """The numbers of records that are marked D."""


class Told(NamedTuple, Generic[K]):
    """Numbers of a C that are left fewer values than their marks say, and between which."""

    by_figures: dict[K, Interval]
    by_marks: dict[K, Interval]
    """All marks by themselves leave these no more: as marks are published no choice of what is hidden helps."""


def read(seen: Seen[K], marks: Callable[[], Seen[K]], groups: Suppression) -> Told[K]:
    """Say what is told of the numbers of a C; `marks` are what would be seen if no figure were shown.

    `Contradiction` when what is known does not agree with itself, as stale marks may not.
    """
    found = too_tight(seen, groups, seen.small)
    anyway = too_tight(marks(), groups, found) if found else {}
    by_marks = {key: one for key, one in found.items() if key in anyway and not _is_narrower(one, anyway[key])}
    return Told({key: one for key, one in found.items() if key not in by_marks}, by_marks)


def _is_narrower(one: Interval, other: Interval) -> bool:
    return other.candidates is None or (one.candidates is not None and one.candidates < other.candidates)


def too_tight(seen: Seen[K], groups: Suppression, wanted: Collection[K]) -> dict[K, Interval]:
    """Give those of some numbers of a C that are left fewer values than their marks say, and between which."""
    small, knowledge = seen.small, seen.knowledge
    asked = {key for key in wanted if key in small}
    if not asked:
        return {}
    told = replace(knowledge, intervals=narrowed(knowledge.intervals, small))
    attack.check(told)
    limits_of = told.limits()
    found: dict[K, Interval] = {}
    for part in told.parts():
        unknown = set(part.unknown())
        its_own = asked & unknown
        mine = {key: one.left_of(groups.candidates) for key, one in small.items() if key in its_own}
        if mine:
            limits = {key: _unless_nothing(limits_of[key], groups.most + 1) for key in seen.large if key in unknown}
            found |= _Reading(part, limits).too_tight(mine)
    return found


def _unless_nothing(known: Interval, least: int) -> Interval:
    """Say between what a number lies unless it is nothing."""
    high = known.high
    return _NOTHING if high is not None and high < least and known.low == 0 else Interval(max(known.low, least), high)


class _Reading(Generic[K]):
    """A part of what is known, and the numbers in it that are nothing or large."""

    def __init__(self, part: Knowledge[K], large: Mapping[K, Interval]) -> None:
        self._part, self._system = part, System.of(part)
        self._gaps = {
            key: one
            for key, one in large.items()
            if one != _NOTHING and one.high is not None and part.interval(key).low == 0
        }
        certain = {key: one for key, one in large.items() if one == _NOTHING or part.interval(key).low > 0}
        self._intervals = {**part.intervals, **certain}

    def too_tight(self, wanted: Mapping[K, int]) -> dict[K, Interval]:
        """Give what is left fewer values than it must be."""
        way = self._solved({}).x
        if way is None:
            return {}
        known = {key: one if way[self._system.columns[key]] > _HALF else _NOTHING for key, one in self._gaps.items()}
        program = attack.Program.of(replace(self._part, intervals={**self._intervals, **known}))
        found: dict[K, Interval] = {}
        for key, near in program.too_tight(wanted).items():
            left = sorted(itertools.islice(self._values(key, near), wanted[key]))
            if left and len(left) < wanted[key]:
                found[key] = Interval(left[0], left[-1])
        return found

    def _values(self, key: K, near: Interval) -> Iterator[int]:
        """Give the values that a number can have: first those that it has one way, then others around them."""
        most = near.low if near.high is None else near.high
        yield from range(near.low, most + 1)
        around = (*range(near.low - 1, max(near.low - _AROUND, 0) - 1, -1), *range(most + 1, most + _AROUND + 1))
        for each in filter(self._part.interval(key).holds, around):
            if self._solved({key: each}).status != _IMPOSSIBLE:
                yield each

    def _solved(self, fixed: Mapping[K, int]) -> OptimizeResult:
        """Look for numbers that agree with everything, some of them fixed."""
        system = self._system
        low, high = system.limits(fixed, {**self._intervals, **self._gaps})
        kinds = np.zeros(low.size)
        kinds[[system.columns[key] for key in self._gaps]] = _OR_NOTHING
        rows = [LinearConstraint(system.equal, system.equal_to, system.equal_to)] if system.equal_to.size else []
        if system.at_most_to.size:
            rows.append(LinearConstraint(system.at_most, -np.inf, system.at_most_to))
        return milp(np.zeros(low.size), integrality=kinds, bounds=Bounds(low, high), constraints=rows, options=_OPTIONS)
