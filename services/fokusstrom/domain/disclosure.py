"""R17, secondary suppression: which further records must be hidden, so that the small ones stay hidden, lives here.

A record shows some quantities together or none of them: a focus figure its value, its base and, with those, what
lies between them. Some records are hidden because a group behind them is small. Others are added until no hidden
quantity can be bounded to fewer candidate values than the rule set asks for, by everything that is shown.

Theory of operation. The attack (`domain.attack`) names a quantity that is bounded too tightly. A linear program
then looks for two worlds in which that quantity is far enough apart: two sets of figures that agree with all sums.
Moving away from the true figures costs something for each quantity that is shown, and nothing for a hidden one; so
the cheapest two worlds differ in few records, and those are hidden. An attacker who doesn't see them can't tell
the two worlds apart. At the end each added record is shown again if the attack then still finds nothing.

A second attacker reads marks: a record marked C has a group of 1 to 4, and sometimes it is plain which. By itself
such a quantity has four values for him, and it must keep them: two that are 8 together would be 4 each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import block_diag, csr_array, hstack, vstack

from fokusstrom.domain import attack
from fokusstrom.domain.linear import System
from fokusstrom.domain.lines import C, Lines, Mark, Table
from fokusstrom.domain.sums import Interval, K, Knowledge

__all__ = ["Mark", "Suppressed", "Table", "exposed", "suppress"]

_MOVED = 1e-6
"""A quantity that moves by less than this doesn't move."""
_FREE = 1e-3
"""What moving a hidden quantity costs: little, so that no way is longer than it must."""


@dataclass(frozen=True)
class Suppressed(Generic[C, K]):
    """What is to be hidden beside the small records."""

    secondary: frozenset[C]
    exposed: Mapping[K, Interval]
    """What no hiding protects, as it is known otherwise: nothing may be published while there is any."""


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
    small = dict.fromkeys(primary)
    choosing = _Choosing(table, small, candidates)
    exposed = choosing.hide()
    while choosing.show_again():
        pass
    return Suppressed(frozenset(one for one in choosing.lines.hidden if one not in small), exposed)


def exposed(table: Table[C, K], hidden: Collection[C], candidates: int) -> dict[K, Interval]:
    """Give what is left too few values when these records are hidden."""
    return _Attacker(table, candidates).exposed(hidden) | _MarkReader(table, candidates).exposed(hidden)


class _Choosing(Generic[C, K]):
    """The choice while it is made."""

    def __init__(self, table: Table[C, K], small: Mapping[C, None], candidates: int) -> None:
        self._table, self._small = table, small
        self.lines = Lines(table, small, candidates)
        self._attackers = [_Attacker(table, candidates), _MarkReader(table, candidates)]

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
        shown = False
        for record in sorted(added, key=lambda one: -self._table.cost(one)):
            if not self.lines.is_needed(record):
                self.lines.show(record)
                if all(attacker.is_content(self.lines.hidden) for attacker in self._attackers):
                    shown = True
                else:
                    self.lines.hide(record)
        return shown


class _Attacker(Generic[C, K]):
    """Who attacks a table with what he knows, and what is done against him."""

    def __init__(self, table: Table[C, K], candidates: int) -> None:
        self._table, self._candidates = table, candidates
        self._repairs: _Repairs[C, K] | None = None
        self._lost: set[K] = set()
        self._found: dict[frozenset[K], dict[K, Interval]] = {}

    def exposed(self, hidden: Collection[C]) -> dict[K, Interval]:
        """Give what he finds; a part of the table in which the same is unknown as before isn't attacked again."""
        knowledge, secrets = self._table.knowledge(hidden), self._table.secrets(hidden)
        exposed = attack.alone(knowledge, secrets, self._candidates)
        for part in knowledge.parts():
            unknown = frozenset(part.unknown())
            if unknown not in self._found:
                wanted = [key for key in secrets if key in unknown]
                self._found[unknown] = attack.Program(part).too_tight(wanted, self._candidates)
            exposed |= self._found[unknown]
        return exposed

    def repairs(self, hidden: Collection[C]) -> _Repairs[C, K]:
        """Give what finds help against him."""
        del hidden
        if self._repairs is None:
            self._repairs = _Repairs(self._table, self._candidates)
        return self._repairs

    def is_content(self, hidden: Collection[C]) -> bool:
        """Whether he finds nothing but what can't be protected."""
        return set(self.exposed(hidden)) <= self._lost

    def repair(self, lines: Lines[C, K]) -> bool:
        """Hide what protects what he finds; say whether he found anything that he hadn't before."""
        exposed = [key for key in self.exposed(lines.hidden) if key not in self._lost]
        before = len(lines.hidden)
        kept: set[K] = set()
        repairs = self.repairs(lines.hidden) if exposed else None
        for key in exposed:
            repair = None if key in kept or repairs is None else repairs.of(key, lines.hidden)
            if repair is not None:
                kept |= repair.keeps
                for record in repair.records:
                    lines.hide(record)
            elif key not in kept:
                self._lost.add(key)
        if len(lines.hidden) == before:
            self._lost.update(exposed)
        return bool(exposed)


class _MarkReader(_Attacker[C, K]):
    """Who takes what is plainly small for 1 to 4: that may not narrow any of them further."""

    def exposed(self, hidden: Collection[C]) -> dict[K, Interval]:
        """Give what he finds of what is plainly small."""
        plain = self._table.plain(hidden)
        view, least = self._view(plain)
        return attack.too_tight(view.knowledge(hidden), plain, least) if plain else {}

    def repairs(self, hidden: Collection[C]) -> _Repairs[C, K]:
        """Give what finds help against him as things are."""
        return _Repairs(*self._view(self._table.plain(hidden)))

    def _view(self, plain: Mapping[K, Interval]) -> tuple[Table[C, K], int]:
        """Give the table as he sees it, and how many values he must be left."""
        widths = (one.candidates or self._candidates for one in plain.values())
        intervals = {**self._table.intervals, **plain}
        return replace(self._table, intervals=intervals), min((self._candidates, *widths))


@dataclass(frozen=True)
class _Repair(Generic[C, K]):
    """What to hide for a quantity, and for which others it is enough as well."""

    records: list[C]
    keeps: set[K]


class _Repairs(Generic[C, K]):
    """Finds what to hide for one quantity: the program of the two worlds, built once for each part of the table."""

    def __init__(self, table: Table[C, K], candidates: int) -> None:
        self._costs = {record: table.cost(record) for record in table.shows}
        self._records: dict[K, list[C]] = {}
        for record, keys in table.shows.items():
            for key in keys:
                self._records.setdefault(key, []).append(record)
        fixed = {key: table.values[key] for key in table.never}
        everything = Knowledge(fixed, table.sums, table.ratios, table.intervals)
        programs = [_TwoWorlds(part, table.values, candidates - 1) for part in everything.parts()]
        self._program = {key: program for program in programs for key in program.keys}

    def of(self, key: K, hidden: Collection[C]) -> _Repair[C, K] | None:
        """Give the records to hide so that the quantity is left enough values; None when nothing protects it."""
        program = self._program.get(key)
        if program is None:
            return None
        found = program.apart(key, [self._price(one, hidden) for one in program.keys])
        if found is None:
            return None
        moved, keeps = found
        records = (record for one in moved for record in self._records.get(one, ()))
        return _Repair([record for record in dict.fromkeys(records) if record not in hidden], keeps)

    def _price(self, key: K, hidden: Collection[C]) -> float:
        return sum(self._costs[record] for record in self._records.get(key, ()) if record not in hidden)


class _TwoWorlds(Generic[K]):
    """The program that puts two worlds apart at the least price.

    Each world is the true figures and a way up and a way down from them, neither of which is negative.
    """

    def __init__(self, part: Knowledge[K], values: Mapping[K, int], apart: int) -> None:
        self._system = system = System.of(part)
        self._apart = apart
        true = np.array([values[key] for key in system.columns], dtype=np.float64)
        ways = np.concatenate((system.high - true, true - system.low))
        self._limits = np.column_stack((np.zeros(4 * true.size), np.concatenate((ways, ways))))
        self._equal = _twice(system.equal)
        self._at_most = _twice(system.at_most)
        self._at_most_to = np.tile(system.at_most_to - system.at_most @ true, 2)

    @property
    def keys(self) -> Iterable[K]:
        """Its quantities, in the order of their prices."""
        return self._system.columns

    def apart(self, key: K, prices: Sequence[float]) -> tuple[list[K], set[K]] | None:
        """Put the two worlds apart in a quantity; None when there are no two.

        Give the quantities that differ between them and the true one, and those that differ as far as this one.
        """
        size, column = len(self._system.columns), self._system.columns[key]
        apart = csr_array(([-1.0, 1.0, 1.0, -1.0], ([0] * 4, [column + size * way for way in range(4)])), (1, 4 * size))
        solved = linprog(
            np.tile(np.array(prices) + _FREE, 4),
            A_eq=self._equal,
            b_eq=np.zeros(self._equal.shape[0]),
            A_ub=vstack((self._at_most, apart)),
            b_ub=np.append(self._at_most_to, -self._apart),
            bounds=self._limits,
            method="highs",
        )
        if solved.status:
            return None
        up, down, other_up, other_down = solved.x.reshape(4, size)
        moves = np.maximum.reduce((up, down, other_up, other_down)) > _MOVED
        far = np.abs(up - down - other_up + other_down) >= self._apart - _MOVED
        moved = [one for one, move in zip(self.keys, moves, strict=True) if move]
        return moved, {one for one, is_far in zip(self.keys, far, strict=True) if is_far}


def _twice(matrix: csr_array) -> csr_array:
    """Put the same rows over the ways up and down of both worlds."""
    return block_diag((hstack((matrix, -matrix)),) * 2, format="csr")
