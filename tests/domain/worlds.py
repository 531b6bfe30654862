"""Worlds that agree with what is published, looked for one number after the other: an oracle for small tables.

No linear program, and none of the code that chooses or attacks: whole numbers only, tried one by one. Numbers are
tried near what they are; worlds further away could only leave more values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from fokusstrom.domain.sums import Sum

K = TypeVar("K")
Range = tuple[int, int]
_AWAY = 4
"""How far from the truth is looked: with the truth, five values on one side."""
_PATIENCE = 1000
"""After so many trials for one number nobody knows: about once for a thousand numbers."""


class Worlds(Generic[K]):
    """The worlds in which some numbers are known, and all sums hold."""

    def __init__(
        self,
        values: Mapping[K, int],
        known: Mapping[K, int],
        sums: Sequence[Sum[K]],
        may_be: Callable[[K, int], bool] = lambda *_: True,
    ) -> None:
        """Take all numbers as they are, those that are known, the sums, and what else is known of single numbers."""
        self._values, self._sums, self._may_be = values, sums, may_be
        self._ranges: dict[K, Range] = {key: (max(0, value - _AWAY), value + _AWAY) for key, value in values.items()}
        self._ranges |= {key: (value, value) for key, value in known.items()}
        self._trials = 0
        self._met: dict[K, set[int]] = {key: {value} for key, value in values.items()}

    def leave(self, key: K, candidates: int) -> bool | None:
        """Whether there are worlds with so many values of a number; None when too many were tried in vain."""
        self._trials = 0
        low, high = self._ranges[key]
        for value in sorted(range(low, high + 1), key=lambda value: abs(value - self._values[key])):
            if len(self._met[key]) < candidates and value not in self._met[key]:
                self._is_possible({**self._ranges, key: (value, value)})
        return True if len(self._met[key]) >= candidates else None if self._trials >= _PATIENCE else False

    def _is_possible(self, ranges: dict[K, Range]) -> bool:
        self._trials += 1
        narrowed = self._narrowed(ranges)
        if narrowed is None or self._trials >= _PATIENCE:
            return False
        open_ = {key: (low, high) for key, (low, high) in narrowed.items() if low < high}
        if not open_:
            for key, (value, _) in narrowed.items():
                self._met[key].add(value)
            return True
        # What is moved least comes first: most worlds differ from the true one in few numbers, and by little.
        away = {key: max(low - self._values[key], self._values[key] - high) for key, (low, high) in open_.items()}
        key = max(open_, key=lambda one: away[one])
        low, high = open_[key]
        value = min(max(self._values[key], low), high)
        rest = [(low, value - 1), (value + 1, high)]
        return any(self._is_possible({**narrowed, key: one}) for one in ((value, value), *rest) if one[0] <= one[1])

    def _narrowed(self, ranges: dict[K, Range]) -> dict[K, Range] | None:
        """Narrow ranges by each sum until none does; None when nothing is left of one."""
        before: dict[K, Range] = {}
        while before != ranges:
            before, ranges = ranges, dict(ranges)
            for one in self._sums:
                low, high = (sum(ranges[part][end] for part in one.parts) for end in (0, 1))
                total = ranges[one.total]
                ranges[one.total] = max(total[0], low), min(total[1], high)
                for part in one.parts:
                    own = ranges[part]
                    least = total[0] - (high - own[1])
                    most = total[1] - (low - own[0])
                    ranges[part] = max(own[0], least), min(own[1], most)
            ranges = {key: self._possible(key, *one) for key, one in ranges.items()}
            if any(low > high for low, high in ranges.values()):
                return None
        return ranges

    def _possible(self, key: K, low: int, high: int) -> Range:
        while low <= high and not self._may_be(key, low):
            low += 1
        while low <= high and not self._may_be(key, high):
            high -= 1
        return low, high
