"""R17, the attack: what everything that is published tells of what is hidden lives here.

For each hidden quantity linear programming (HiGHS) gives the least and the greatest value that agrees with all
sums, shares and published quantities. The attack knows nothing of how cells were chosen to be hidden, so it finds
what that choice overlooked.

The bounds of each quantity cost two programs. To say which quantities are bounded too tightly is much cheaper:
each program's solution is a possible world of *all* quantities, so a few worlds that lie far apart show for most
of them that enough values are left; only for the others are bounds computed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic

import numpy as np
import numpy.typing as npt

from fokusstrom.domain import linear
from fokusstrom.domain.linear import Numbers, System
from fokusstrom.domain.sums import Interval, K, Knowledge

Whole = npt.NDArray[np.intp]

_TOLERANCE = 1e-6
"""How far from a whole number HiGHS may end; it is exact to 1e-7."""
_END = 1e8
"""More than twice any quantity here: a bound that lies beyond half of it is none."""
_PATIENCE = 3
"""After so many worlds in a row that showed nothing new, the bounds themselves are cheaper."""
_REMEMBERED = 256
"""So many worlds take a few milliseconds to look through, as one more takes to find."""
_STEPS = (1, 2, 4, 8, 16, 32, 64)
"""How many values more than there must be: so the narrowest bounds are looked for."""


class Contradiction(ValueError):  # noqa: N818 - what it says of the figures, not of the program
    """No quantities agree with all that is known: what is published does not add up."""


def bounds(knowledge: Knowledge[K], wanted: Iterable[K]) -> dict[K, Interval]:
    """Give for each quantity the values that all that is known leaves it.

    `Contradiction` when what is known does not agree with itself.

    >>> from fokusstrom.domain.sums import Sum
    >>> bounds(Knowledge({"all": 7, "c": 2}, [Sum("all", ("a", "b", "c"))]), ["a"])
    {'a': Interval(low=0, high=5)}
    """
    asked = dict.fromkeys(wanted)
    found: dict[K, Interval] = {key: knowledge.interval(key) for key in asked}
    for program in programs(knowledge):
        found |= {key: program.bounds(key) for key in asked if key in program}
    return found


def too_tight(knowledge: Knowledge[K], wanted: Iterable[K], candidates: int) -> dict[K, Interval]:
    """Give those of the quantities that are left fewer values than `candidates`, and which.

    `Contradiction` when what is known does not agree with itself.
    """
    asked = dict.fromkeys(wanted)
    found = alone(knowledge, asked, candidates)
    for program in programs(knowledge):
        found |= program.too_tight({key: candidates for key in asked if key in program})
    return {key: found[key] for key in asked if key in found}


def alone(knowledge: Knowledge[K], wanted: Iterable[K], candidates: int) -> dict[K, Interval]:
    """Give those that are left fewer values than `candidates` by what is known of them by themselves."""
    intervals = {key: knowledge.interval(key) for key in wanted}
    return {key: interval for key, interval in intervals.items() if not interval.leaves(candidates)}


def survey(
    knowledge: Knowledge[K], wanted: Iterable[K], candidates: int, count: int
) -> tuple[dict[K, Interval], dict[K, Interval]]:
    """Give what is left too few values, as `too_tight`, and beside it up to `count` of the narrowest other bounds.

    It looks for bounds that leave so many values, then for those that leave up to one more, up to three more, and so
    on; where there are enough of one step, it gives those that it met first.

    `Contradiction` when what is known does not agree with itself.
    """
    asked = dict.fromkeys(wanted)
    exposed = alone(knowledge, asked, candidates)
    narrow: dict[K, Interval] = {}
    for program in programs(knowledge):
        mine = [key for key in asked if key in program]
        exposed |= program.too_tight(dict.fromkeys(mine, candidates))
        narrow |= program.narrowest([key for key in mine if key not in exposed], candidates, count)
    by_width = sorted(narrow, key=lambda key: narrow[key].candidates or 0)
    return exposed, {key: narrow[key] for key in by_width[:count]}


def a_world(knowledge: Knowledge[K]) -> dict[K, int] | None:
    """Give what is unknown values that agree with all that is known; None when there are none, or no whole ones."""
    world: dict[K, int] = {}
    try:
        for program in programs(knowledge):
            world |= program.first_world()
        check(Knowledge({**knowledge.known, **world}, knowledge.sums, knowledge.ratios))
    except Contradiction:
        return None
    return world


def programs(knowledge: Knowledge[K]) -> Iterator[Program[K]]:
    """Give a program for each part of what is known that can be attacked apart."""
    check(knowledge)
    return map(Program.of, knowledge.parts())


def check(knowledge: Knowledge[K]) -> None:
    """`Contradiction` when known quantities by themselves break a sum or a share."""
    known = knowledge.known
    for one in knowledge.sums:
        if all(key in known for key in one.keys) and known[one.total] != sum(known[part] for part in one.parts):
            raise Contradiction(f"the parts of {one.total} don't add up to it")
    for ratio in knowledge.ratios:
        if all(key in known for key in ratio.keys):
            whole = known[ratio.whole]
            if not ratio.low * whole <= known[ratio.part] <= ratio.high * whole:
                raise Contradiction(f"{ratio.part} is not the share of {ratio.whole} that is published")


class Program(Generic[K]):
    """The unknown quantities of one part, and the linear programs that bound them."""

    def __init__(self, system: System[K], world: Mapping[K, int] | None = None) -> None:
        """Take what holds of some quantities; `world` are values that agree with it, where there are some at hand.

        `Contradiction` when it does not agree with itself.
        """
        self.system = system
        self._columns, self._program = self.system.columns, linear.Program.of(self.system)
        self._low, self._high = self.system.low, np.minimum(self.system.high, _END)
        nowhere = np.zeros(len(self._columns))
        self._first = self._solved(nowhere, self._low, self._high) if world is None else self.system.numbers(world)
        self._worlds = _Worlds(self._first)

    @classmethod
    def of(cls, knowledge: Knowledge[K], world: Mapping[K, int] | None = None) -> Program[K]:
        """Take one of `Knowledge.parts`."""
        return cls(System.of(knowledge), world)

    def __contains__(self, key: object) -> bool:
        """Whether the quantity is one of the unknown here."""
        return key in self._columns

    def learn(self, known: Mapping[K, int], intervals: Mapping[K, Interval]) -> None:
        """Let some of the unknown be known instead, and others lie in intervals; forget what was learned before.

        The first world must agree with it.
        """
        low, high = self.system.limits(known, intervals)
        high = np.minimum(high, _END)
        if not (np.array_equal(low, self._low) and np.array_equal(high, self._high)):
            self._worlds.keep(low, high)
        self._low, self._high = low, high

    def first_world(self) -> dict[K, int]:
        """Give values, rounded, that agree with all that is known."""
        return {key: round(self._first[column]) for key, column in self._columns.items()}

    def is_too_tight(self, key: K, candidates: int) -> bool:
        """Whether a quantity is left fewer values than `candidates`."""
        column = self._columns[key]
        # Most of the way is up: what is to be protected is small. Who knows the greatest seldom needs the least.
        for sign in (-1.0, 1.0):
            if self._worlds.leave(column, candidates):
                return False
            self._end(column, sign)
        return not self._worlds.leave(column, candidates)

    def bounds(self, key: K) -> Interval:
        """Give the values that are left for a quantity."""
        column = self._columns[key]
        least, greatest = self._end(column, 1.0), self._end(column, -1.0)
        high = None if greatest > _END / 2 else math.floor(greatest + _TOLERANCE)
        return Interval(math.ceil(least - _TOLERANCE), high)

    def _end(self, column: int, sign: float) -> float:
        """Give the least that a quantity can be, or with the opposite sign the greatest."""
        aim = np.zeros(len(self._columns))
        aim[column] = sign
        return float(self._world(aim)[column])

    def too_tight(self, wanted: Mapping[K, int]) -> dict[K, Interval]:
        """Give those of the quantities that are left fewer values than each must be, and which."""
        self.spread(wanted)
        return {key: self.bounds(key) for key, candidates in wanted.items() if self.is_too_tight(key, candidates)}

    def narrowest(self, wanted: Sequence[K], candidates: int, count: int) -> dict[K, Interval]:
        """Give up to `count` of the narrowest bounds; all leave `candidates` values."""
        known: dict[K, Interval] = {}
        for more in _STEPS if count else ():
            self.spread(dict.fromkeys(wanted, candidates + more))
            for key in wanted:
                if len([one for one in known.values() if not one.leaves(candidates + more)]) >= count:
                    break
                if key not in known and not self._worlds.leave(self._columns[key], candidates + more):
                    known[key] = self.bounds(key)
        return {key: one for key, one in known.items() if not one.leaves(candidates + _STEPS[-1])}

    def spread(self, wanted: Mapping[K, int]) -> None:
        """Look for worlds that lie so far apart in as many of the quantities as possible."""
        columns = np.array([self._columns[key] for key in wanted], dtype=np.intp)
        candidates = np.array(list(wanted.values()), dtype=np.intp)
        directions = np.random.default_rng(0)
        patience = _PATIENCE
        while patience and (is_open := ~self._worlds.leave(columns, candidates)).any():
            open_ = columns[is_open]
            aim = np.zeros(len(self._columns))
            # Of different weight: else a little goes to each of many, and none of them gets far.
            aim[open_] = directions.choice((-1.0, 1.0), open_.size) * directions.uniform(1.0, 2.0, open_.size)
            low, high = self._worlds.around(self._low, self._high, open_, candidates[is_open])
            self._worlds.add(self._solved(aim, low, high))
            still = int((~self._worlds.leave(columns, candidates)).sum())
            patience = _PATIENCE if still < open_.size else patience - 1

    def _world(self, aim: Numbers) -> Numbers:
        """Give quantities that agree with all that is known and make the aim least."""
        world = self._solved(aim, self._low, self._high)
        self._worlds.add(world)
        return world

    def _solved(self, aim: Numbers, low: Numbers, high: Numbers) -> Numbers:
        self._program.set_limits(low, high)
        world = self._program.least(aim)
        if world is None:
            raise Contradiction(f"no figures agree with what is published of {next(iter(self._columns))}")
        return world


class _Worlds:
    """How far apart the worlds lie that were found so far, in each column.

    Other limits leave some of them possible, so the last ones are remembered.
    """

    def __init__(self, first: Numbers) -> None:
        self._first, self._count = first, 0
        self._last = np.empty((0, first.size))
        self._least, self._greatest = first.copy(), first.copy()

    def add(self, world: Numbers) -> None:
        """Take one more."""
        np.minimum(self._least, world, out=self._least)
        np.maximum(self._greatest, world, out=self._greatest)
        if self._count == len(self._last) < _REMEMBERED:
            more = np.empty((min(max(len(self._last), 8), _REMEMBERED), world.size))
            self._last = np.concatenate((self._last, more))[:_REMEMBERED]
        self._last[self._count % _REMEMBERED] = world
        self._count += 1

    def keep(self, low: Numbers, high: Numbers) -> None:
        """Leave those that lie between other limits."""
        last = self._last[: min(self._count, _REMEMBERED)]
        is_possible = ((last >= low - _TOLERANCE) & (last <= high + _TOLERANCE)).all(axis=1)
        possible = np.vstack((self._first, last[is_possible]))
        self._least, self._greatest = possible.min(axis=0), possible.max(axis=0)

    def leave(self, columns: int | Whole, candidates: int | Whole) -> npt.NDArray[np.bool_]:
        """Whether they show that so many values are left in the columns."""
        greatest = np.floor(self._greatest[columns] + _TOLERANCE)
        wide: npt.NDArray[np.bool_] = greatest - np.ceil(self._least[columns] - _TOLERANCE) + 1 >= candidates
        return wide

    def around(self, low: Numbers, high: Numbers, columns: Whole, candidates: Whole) -> tuple[Numbers, Numbers]:
        """Narrow the limits in the columns: none has to go further than it must, so that all get somewhere."""
        low, high = low.copy(), high.copy()
        high[columns] = np.minimum(high[columns], self._least[columns] + candidates)
        low[columns] = np.maximum(low[columns], self._greatest[columns] - candidates)
        return low, high
