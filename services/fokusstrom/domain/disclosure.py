"""R17, secondary suppression: which further records must be hidden, so that the small ones stay hidden, lives here.

A record shows some quantities together or none of them: a focus figure its value, its base and, with those, what
lies between them. Some records are hidden because a group behind them is small. Others are added until no hidden
quantity can be bounded to fewer candidate values than the rule set asks for, by everything that is shown.

Theory of operation. The attack (`domain.attack`) names a quantity that is bounded too tightly. A linear program
then looks for two worlds in which that quantity is far enough apart: two sets of figures that agree with all sums.
Moving away from the true figures costs something for each quantity that is shown, and nothing for a hidden one; so
the cheapest two worlds differ in few records, and those are hidden. An attacker who doesn't see them can't tell
the two worlds apart. At the end each added record is shown again if the attack then still finds nothing.

A second attacker reads marks (`domain.marked`): a record marked C has a group of 1 to 4, and sometimes it is plain
which. By itself such a quantity has four values for him, and it must keep them: two that are 8 together would be 4
each. A record that is hidden and marked D has no such group: beside one of 5 or more that is 6 together with it, the
small one is 1. So it is with meetings, as five persons have five at least; those of a C must keep five values.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

import numpy as np
from scipy.sparse import block_diag, csr_array, hstack, vstack

from fokusstrom.domain import attack
from fokusstrom.domain.linear import Numbers, Program
from fokusstrom.domain.lines import C, Lines, Numbered, Table
from fokusstrom.domain.marked import Mark
from fokusstrom.domain.sums import Interval, Intervals, K, Knowledge, narrowed

__all__ = ["Mark", "Suppressed", "Table", "exposed", "suppress"]

_MOVED = 1e-6
"""A quantity that moves by less than this doesn't move."""
_NEAR = 2
"""So many of each sum nearly always say it when a record must be hidden; asking all costs a lot more."""
_FREE = 1e-3
"""What moving a hidden quantity costs: little, so that no way is longer than it must."""


@dataclass(frozen=True)
class Suppressed(Generic[C, K]):
    """What is to be hidden beside the small records."""

    secondary: frozenset[C]
    exposed: Mapping[K, Interval]
    """What no hiding protects, as it is known otherwise: nothing may be published while there is any."""
    by_marks: frozenset[K] = frozenset()
    """What marks alone narrow for who knows of each D which of its numbers are nothing."""


def suppress(table: Table[C, K], primary: Iterable[C], candidates: int) -> Suppressed[C, K]:
    """Choose the records to hide beside the small ones: few, and the same ones for the same table.

    `Contradiction` when the values do not add up.

    >>> from fokusstrom.domain.sums import Sum
    >>> cells = {"a": ("a",), "b": ("b",), "c": ("c",), "all": ("all",)}
    >>> table = Table(cells, {"a": 3, "b": 20, "c": 9, "all": 32}, [Sum("all", ("a", "b", "c"))])
    >>> sorted(suppress(table, {"a"}, 5).secondary)
    ['c']
    """
    attack.check(Knowledge(table.values, table.sums, table.ratios))
    numbered = Numbered.of(table)
    small = numbered.places(primary)
    choosing = _Choosing(numbered.table, small, candidates)
    exposed = choosing.hide()
    while choosing.show_again():
        pass
    secondary = frozenset(numbered.records[one] for one in choosing.lines.hidden if one not in small)
    by_marks = frozenset(numbered.quantities[one] for one in choosing.reader.by_marks)
    return Suppressed(secondary, numbered.named(exposed), by_marks)


def exposed(table: Table[C, K], hidden: Collection[C], candidates: int) -> dict[K, Interval]:
    """Give what is left too few values when these records are hidden."""
    numbered = Numbered.of(table)
    places = numbered.places(hidden)
    attackers = _Attacker(numbered.table, candidates), _MarkReader(numbered.table, candidates)
    return {key: one for attacker in attackers for key, one in numbered.named(attacker.exposed(places)).items()}


class _Choosing(Generic[C, K]):
    """The choice while it is made."""

    def __init__(self, table: Table[C, K], small: Mapping[C, None], candidates: int) -> None:
        self._table, self._small = table, small
        self.lines = Lines(table, small, candidates)
        self.reader = _MarkReader(table, candidates)
        self._attackers = [_Attacker(table, candidates), self.reader]
        self._witnesses: dict[C, K] = {}
        """What each record that couldn't be shown would have given away."""

    def hide(self) -> dict[K, Interval]:
        """Hide until nothing is exposed but what can't be protected, which is given."""
        self.lines.complete()
        while sum(attacker.repair(self.lines) for attacker in self._attackers):
            pass
        found: dict[K, Interval] = {}
        for attacker in reversed(self._attackers):
            found |= attacker.exposed(self.lines.hidden)
        return found

    def show_again(self) -> bool:
        """Show what turned out not to be needed, the dearest first; say whether there was any.

        What is shown again needs no protection itself, so another round can find more.
        """
        added = [one for one in self.lines.hidden if one not in self._small]
        return sum(self._show(record) for record in sorted(added, key=lambda one: -self._table.cost(one))) > 0

    def _show(self, record: C) -> bool:
        """Show a record unless that gives something away; say whether it was shown."""
        # Who is shown more finds no less: what was found once would be found again, while it is a secret.
        if self.lines.is_needed(record) or self._is_told_of(record):
            return False
        self.lines.show(record)
        near, hidden = self.lines.near(record, _NEAR), self.lines.hidden
        tried = itertools.product((near, None), self._attackers)
        witness = next((key for keys, attacker in tried for key in attacker.findings(hidden, keys)), None)
        if witness is not None:
            self._witnesses[record] = witness
            self.lines.hide(record)
        return witness is None

    def _is_told_of(self, record: C) -> bool:
        """Whether what showing a record gave away before is a secret still."""
        key = self._witnesses.get(record)
        if key is None:
            return False
        return all(one != record and one in self.lines.hidden for one in self._table.records_of[key])


@dataclass(frozen=True)
class _View(Generic[K]):
    """What an attacker sees while some records are hidden, and what must stay unknown to him."""

    known: Mapping[K, int]
    intervals: Intervals[K]
    secrets: Mapping[K, int]
    """How many values each must be left."""


class _Attacker(Generic[C, K]):
    """Who attacks a table with what he knows, and what is done against him."""

    def __init__(self, table: Table[C, K], candidates: int, told: Intervals[K] | None = None) -> None:
        """Take a table, how many values a secret must be left, and what he is told of quantities beside the table."""
        self._table, self._candidates = table, candidates
        self._costs = {record: table.cost(record) for record in table.shows}
        self._intervals = narrowed(table.intervals, told or {})
        never = {key: table.values[key] for key in table.never}
        everything = Knowledge(never, table.sums, table.ratios, self._intervals)
        self._parts = [_Part(one, table.values) for one in everything.parts()]
        self._part_of = {key: part for part in self._parts for key in part.keys}
        self._lost: set[K] = set()
        self._seen: tuple[frozenset[C], _View[K]] | None = None
        """What was hidden when he looked last, and what he saw."""

    def view(self, hidden: Collection[C]) -> _View[K]:
        """Give what he sees when these records are hidden."""
        known = self._table.knowledge(hidden).known
        return _View(known, {}, dict.fromkeys(self._table.secrets(hidden), self._candidates))

    def exposed(self, hidden: Collection[C]) -> dict[K, Interval]:
        """Give what he finds."""
        view = self._look(hidden)
        exposed = self._alone(view.secrets, view)
        for part in self._parts:
            exposed |= part.program.too_tight(part.of_its(view.secrets))
        return exposed

    def findings(self, hidden: Collection[C], near: Collection[K] | None = None) -> Iterator[K]:
        """Give the quantities that he finds, of these or of all, but those that can't be protected."""
        if near is None:
            yield from (key for key in self.exposed(hidden) if key not in self._lost)
            return
        view = self._look(hidden)
        for key in near:
            if key in view.secrets and key not in self._lost and key in self._part_of and self._is_exposed(key, view):
                yield key

    def repair(self, lines: Lines[C, K]) -> bool:
        """Hide what protects what he finds; say whether he found anything that he hadn't before."""
        now = view = self._look(lines.hidden)
        before, found = len(lines.hidden), False
        for part in self._parts:
            part.program.spread(part.of_its(view.secrets))
        for key in view.secrets:
            if key in self._lost or key not in now.secrets or not self._is_exposed(key, now):
                continue
            found = True
            records = self._repair(key, lines.hidden, now)
            if records is None:
                self._lost.add(key)
            for record in records or ():
                lines.hide(record)
            now = self._look(lines.hidden)
        if found and len(lines.hidden) == before:
            self._lost.update(self.exposed(lines.hidden))
        return found

    def _repair(self, key: K, hidden: Collection[C], view: _View[K]) -> list[C] | None:
        """Give the records to hide so that a quantity is left enough values; None when nothing protects it."""
        part = self._part_of.get(key)
        if part is None:
            return None
        prices = [self._price(one, hidden) for one in part.keys]
        # Ends that are no whole numbers can be so far apart, and leave a value less: then one more is asked for.
        for candidates in (view.secrets[key], view.secrets[key] + 1):
            moved = part.apart(key, prices, candidates, view.intervals)
            if moved is None:
                return None
            records = dict.fromkeys(record for one in moved for record in self._table.records_of.get(one, ()))
            if found := [record for record in records if record not in hidden]:
                return found
        return []

    def _price(self, key: K, hidden: Collection[C]) -> float:
        return sum(self._costs[record] for record in self._table.records_of.get(key, ()) if record not in hidden)

    def _is_exposed(self, key: K, view: _View[K]) -> bool:
        part = self._part_of.get(key)
        return bool(self._alone([key], view)) if part is None else part.program.is_too_tight(key, view.secrets[key])

    def _alone(self, keys: Iterable[K], view: _View[K]) -> dict[K, Interval]:
        """Give those that are left too few values by what is known of them by themselves."""
        knowledge = Knowledge(view.known, (), (), narrowed(self._intervals, view.intervals))
        limits = {key: knowledge.interval(key) for key in keys}
        return {key: one for key, one in limits.items() if not one.leaves(view.secrets[key])}

    def _look(self, hidden: Collection[C]) -> _View[K]:
        now = frozenset(hidden)
        if self._seen is not None and self._seen[0] == now:
            return self._seen[1]
        view = self.view(hidden)
        self._seen = now, view
        for part in self._parts:
            part.program.learn(view.known, view.intervals)
        return view


class _MarkReader(_Attacker[C, K]):
    """Who takes what is plainly small for 1 to 4, and what is marked otherwise for none of it.

    That may not narrow any that are marked as small further.
    """

    def __init__(self, table: Table[C, K], candidates: int) -> None:
        super().__init__(table, candidates, table.told)
        self.by_marks: Mapping[K, Interval] = {}
        """What marks tell by themselves, whatever is hidden: that he is left so few values is no fault of figures."""
        self.by_marks = self.exposed(table.shows) if table.marks or table.few else {}
        self._seen = None

    def view(self, hidden: Collection[C]) -> _View[K]:
        """Give what he sees: he asks only for what is plainly small, and for meetings of what is marked so."""
        told = self._table.read_marks(hidden)
        alone = {key: self.by_marks.get(key, one) for key, one in told.items()}
        widths = {key: one.left_of(self._candidates) for key, one in alone.items()}
        return _View(self._table.knowledge(hidden).known, told, widths)


class _Part(Generic[K]):
    """A part of a table: the attack on it, and the program that finds what to hide against that.

    This one puts two worlds apart at the least price. Each world is the true figures and a way up and a way down from
    them, neither of which is negative.
    """

    def __init__(self, part: Knowledge[K], values: Mapping[K, int]) -> None:
        self.program = attack.Program.of(part, values)
        self._system = system = self.program.system
        self._true = system.numbers(values)
        self._apart_row = 2 * (system.equal_to.size + system.at_most_to.size)

    @functools.cached_property
    def _two(self) -> Program:
        system = self._system
        nothing = np.zeros(2 * system.equal_to.size)
        at_most_to = np.tile(system.at_most_to - system.at_most @ self._true, 2)
        return Program(
            vstack((_twice(system.equal), _twice(system.at_most), csr_array((1, 4 * self._true.size)))),
            np.concatenate((nothing, np.full_like(at_most_to, -np.inf), [-np.inf])),
            np.concatenate((nothing, at_most_to, [0.0])),
            *self._ways({}),
        )

    @property
    def keys(self) -> Collection[K]:
        """Its quantities, in the order of their prices."""
        return self._system.columns.keys()

    def of_its(self, secrets: Mapping[K, int]) -> dict[K, int]:
        """Give those that are its own."""
        return {key: candidates for key, candidates in secrets.items() if key in self.program}

    def apart(self, key: K, prices: Sequence[float], candidates: int, intervals: Intervals[K]) -> list[K] | None:
        """Give the quantities that differ between two worlds, so many values apart in one, and the true figures.

        None when there are no two such.
        """
        size, column = len(self.keys), self._system.columns[key]
        self._two.set_limits(*self._ways(intervals))
        ways = (column + size * way for way in range(4))
        self._two.set_row(self._apart_row, dict(zip(ways, (-1.0, 1.0, 1.0, -1.0), strict=True)), 1.0 - candidates)
        solved = self._two.least(np.tile(np.array(prices) + _FREE, 4))
        if solved is None:
            return None
        up, down, other_up, other_down = solved.reshape(4, size)
        moves = np.maximum.reduce((up, down, other_up, other_down)) > _MOVED
        return [one for one, move in zip(self.keys, moves, strict=True) if move]

    def _ways(self, intervals: Intervals[K]) -> tuple[Numbers, Numbers]:
        low, high = self._system.limits({}, intervals)
        ways = np.tile(np.concatenate((high - self._true, self._true - low)), 2)
        return np.zeros_like(ways), ways


def _twice(matrix: csr_array) -> csr_array:
    """Put the same rows over the ways up and down of both worlds."""
    return block_diag((hstack((matrix, -matrix)),) * 2, format="csr")
