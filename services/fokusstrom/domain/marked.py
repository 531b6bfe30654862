"""R17, who reads marks: what C and D tell together of the small numbers, from published records alone, lives here.

C says of a record that one of its groups is small, D that none is: each of its numbers is nothing or a large group.
Where it is plain which number of a C is the small one, nothing may leave that fewer values than a small group can
have. Numbers that are nothing or large make no linear program: which of both each is must be tried. One way that
agrees with everything that is published is looked for first; the linear programs of that way show of nearly all
small numbers that they can have all their values, and only for the others each value is tried by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Generic

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp

from fokusstrom.domain import attack
from fokusstrom.domain.linear import System
from fokusstrom.domain.sums import Interval, K, Knowledge

_NOTHING = Interval(0, 0)
_IMPOSSIBLE, _OR_NOTHING = 2, 2
"""What the solver calls it that there is no way, and a number that is nothing or within its limits."""
_HALF = 0.5
_OPTIONS = {"time_limit": 20.0}
"""Where nothing is decided in so many seconds nothing is found."""


def too_tight(knowledge: Knowledge[K], small: Mapping[K, Interval], large: Collection[K]) -> dict[K, Interval]:
    """Give those of the small numbers that are left fewer values than their marks say, and between which.

    `small` is what C tells where it is plain of which number; `large` are the numbers of records that are marked D.

    `Contradiction` when what is known does not agree with itself, as stale marks may not.
    """
    if not small:
        return {}
    told = replace(knowledge, intervals={**knowledge.intervals, **small})
    attack.check(told)
    candidates = min(one.candidates or 0 for one in small.values())
    least = 1 + max(one.high or 0 for one in small.values())
    room = _room(told)
    found: dict[K, Interval] = {}
    for part in told.parts():
        unknown = set(part.unknown())
        mine = {key: one for key, one in small.items() if key in unknown}
        if mine:
            limits = {key: _limits(part.interval(key), room.get(key), least) for key in large if key in unknown}
            found |= _Reading(part, limits).too_tight(mine, candidates)
    return found


def _limits(known: Interval, room: int | None, least: int) -> Interval:
    """Say between what a number lies unless it is nothing."""
    high = room if known.high is None else known.high if room is None else min(known.high, room)
    return _NOTHING if high is not None and high < least and known.low == 0 else Interval(max(known.low, least), high)


def _room(knowledge: Knowledge[K]) -> dict[K, int]:
    """Give the most that numbers can be by the totals above them."""
    room = dict(knowledge.known)
    is_narrower = True
    while is_narrower:
        is_narrower = False
        for one in knowledge.sums:
            if one.total in room:
                left = room[one.total] - sum(knowledge.known.get(part, 0) for part in one.parts)
                for part in one.parts:
                    if part not in knowledge.known and left < room.get(part, left + 1):
                        room[part], is_narrower = left, True
    return room


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

    def too_tight(self, small: Mapping[K, Interval], candidates: int) -> dict[K, Interval]:
        """Give what is left too few values."""
        way = self._solved({}).x
        if way is None:
            return {}
        known = {key: one if way[self._system.columns[key]] > _HALF else _NOTHING for key, one in self._gaps.items()}
        program = attack.Program(replace(self._part, intervals={**self._intervals, **known}))
        found: dict[K, Interval] = {}
        for key in program.too_tight(list(small), candidates):
            values = range(small[key].low, (small[key].high or 0) + 1)
            left = [value for value in values if self._solved({key: value}).status != _IMPOSSIBLE]
            if left and len(left) < candidates:
                found[key] = Interval(left[0], left[-1])
        return found

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
