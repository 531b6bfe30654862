"""R17, secondary suppression by single sums: what each sum by itself gives away, and what to hide for it, lives here.

A sum gives something away when only one of its quantities is hidden, or when what is left of a shown total for its
hidden parts is so little that each of them has too few values. That is a small part of what an attacker can do, but
most of what he can do in practice, and it costs no linear program.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from fokusstrom.domain import marked
from fokusstrom.domain.marked import Mark
from fokusstrom.domain.sums import NON_NEGATIVE, Interval, Intervals, K, Knowledge, Ratio, Sum, narrowed

C = TypeVar("C", bound=Hashable)

_ANOTHER = 2.0
"""What a sum costs that is given away anew: about one more record."""


@dataclass(frozen=True)
class Table(Generic[C, K]):
    """Records, the quantities that each shows, and how these hang together.

    All orders are the caller's, and decide between records that cost the same: give them sorted.
    """

    shows: Mapping[C, tuple[K, ...]]
    values: Mapping[K, int]
    """What each quantity is, those that are never shown as well."""
    sums: Sequence[Sum[K]]
    ratios: Sequence[Ratio[K]] = ()
    intervals: Intervals[K] = field(default_factory=dict)
    never: Collection[K] = frozenset()
    """Quantities that were published with this very value: hiding them hides nothing."""
    rests: Sequence[Sum[K]] = ()
    """What adds up because of `sums`, for who looks at one sum alone."""
    marks: Mapping[K, Mark[K]] = field(default_factory=dict)
    """Small quantities, of records of persons that are marked as small."""
    few: Mapping[K, K | None] = field(default_factory=dict)
    """All quantities of records of meetings and chains that are marked as small.

    With a base that is no small group: then neither the quantity nor the rest of that base is nothing.
    """
    told: Intervals[K] = field(default_factory=dict)
    """What marks say of quantities by themselves.

    Those of other records are nothing, or too many for a small group; which of both they are is taken for known.
    """

    @functools.cached_property
    def records_of(self) -> Mapping[K, Sequence[C]]:
        """The records that show each quantity."""
        found: dict[K, list[C]] = {}
        for record, keys in self.shows.items():
            for key in keys:
                found.setdefault(key, []).append(record)
        return found

    def read_marks(self, hidden: Collection[C]) -> dict[K, Interval]:
        """Give what marks tell of unknown quantities of small records when these records are hidden."""
        if not self.marks and not self.few:
            return {}
        told = self.with_marks(hidden)
        summed, known = replace(told, sums=(*self.sums, *self.rests)), told.known
        few = {key: below if base in known else alone for key, base, alone, below in self._few if key not in known}
        return marked.plain(summed, self.marks) | few

    def with_marks(self, hidden: Collection[C]) -> Knowledge[K]:
        """Give what is known when these records are hidden, with what marks say of quantities by themselves."""
        return replace(self.knowledge(hidden), intervals=self._alone)

    @functools.cached_property
    def _alone(self) -> Intervals[K]:
        """What is known of quantities by themselves, marks included."""
        return narrowed(self.intervals, self.told)

    @functools.cached_property
    def _few(self) -> Sequence[tuple[K, K | None, Interval, Interval]]:
        """What marks tell of each of `few`, and what they do where its base is known."""
        found: list[tuple[K, K | None, Interval, Interval]] = []
        for key, base in self.few.items():
            alone = self._alone.get(key, NON_NEGATIVE)
            below = alone if base is None else alone & Interval(0, self.values[base] - 1)
            found.append((key, base, alone, below))
        return found

    def knowledge(self, hidden: Collection[C]) -> Knowledge[K]:
        """Give what is known when these records are hidden."""
        shown = {key for record, keys in self.shows.items() if record not in hidden for key in keys}
        known = {key: self.values[key] for key in (*shown, *self.never)}
        return Knowledge(known, self.sums, self.ratios, self.intervals)

    def secrets(self, hidden: Collection[C]) -> list[K]:
        """Give the quantities that must stay unknown when these records are hidden."""
        known = self.knowledge(hidden).known
        keys = (key for record, keys in self.shows.items() if record in hidden for key in keys)
        return [key for key in dict.fromkeys(keys) if key not in known]

    def cost(self, record: C) -> float:
        """What a reader loses with a record: above all one record, and more with a larger one."""
        return 1 + math.log2(1 + max(self.values[key] for key in self.shows[record])) / 4

    def low(self, key: K) -> int:
        """The least that a quantity can be, by itself."""
        return self.intervals.get(key, NON_NEGATIVE).low


@dataclass(frozen=True)
class Numbered(Generic[C, K]):
    """A table of numbers in place of names: each is looked up thousands of times, and long names take long."""

    table: Table[int, int]
    records: Sequence[C]
    quantities: Sequence[K]

    @classmethod
    def of(cls, table: Table[C, K]) -> Numbered[C, K]:
        """Number all records and quantities in their order."""
        numbers: dict[K, int] = {}

        def number(key: K) -> int:
            return numbers.setdefault(key, len(numbers))

        def of_all(keys: Iterable[K]) -> tuple[int, ...]:
            return tuple(map(number, keys))

        def of_sums(sums: Iterable[Sum[K]]) -> list[Sum[int]]:
            return [Sum(number(one.total), of_all(one.parts)) for one in sums]

        numbered = Table(
            {place: of_all(keys) for place, keys in enumerate(table.shows.values())},
            {number(key): value for key, value in table.values.items()},
            of_sums(table.sums),
            [Ratio(number(one.part), number(one.whole), one.low, one.high) for one in table.ratios],
            {number(key): one for key, one in table.intervals.items()},
            frozenset(of_all(table.never)),
            of_sums(table.rests),
            {number(key): Mark(number(one.other), one.small) for key, one in table.marks.items()},
            {number(key): None if base is None else number(base) for key, base in table.few.items()},
            {number(key): one for key, one in table.told.items()},
        )
        return cls(numbered, list(table.shows), list(numbers))

    def places(self, records: Iterable[C]) -> dict[int, None]:
        """Give the numbers of records, in the order of these."""
        numbers = {record: place for place, record in enumerate(self.records)}
        return {numbers[record]: None for record in records}

    def named(self, found: Intervals[int]) -> dict[K, Interval]:
        """Give what was found by its name."""
        return {self.quantities[number]: one for number, one in found.items()}


@dataclass
class _Line:
    """How much of a sum is hidden."""

    unknown: int = 0
    secret: int = 0
    room: int = 0
    """How far its hidden parts together can fall."""
    total_is_known: bool = True

    def gives_away(self, apart: int) -> bool:
        """Whether it bounds something secret too tightly, by itself."""
        return self.secret > 0 and (self.unknown == 1 or (self.total_is_known and self.room < apart))


class Lines(Generic[C, K]):
    """Each sum of a table, and how much of it is hidden."""

    def __init__(self, table: Table[C, K], hidden: Iterable[C], candidates: int) -> None:
        """Take a table, what is hidden of it, and how many values a hidden quantity must be left."""
        self._table, self._apart = table, candidates - 1
        self._sums_of: dict[K, list[int]] = {}
        for number, one in enumerate(table.sums):
            for key in dict.fromkeys(one.keys):
                self._sums_of.setdefault(key, []).append(number)
        self._lines = [_Line() for _ in table.sums]
        self._shown = dict.fromkeys(self._sums_of, 0)
        self._never = frozenset(table.never)
        self.hidden: dict[C, None] = {}
        """The hidden records."""
        self._start()
        for record in hidden:
            self.hide(record)

    def hide(self, record: C) -> None:
        """Hide a record."""
        if record not in self.hidden:
            self.hidden[record] = None
            for key in self._table.shows[record]:
                self._shown[key] = self._shown.get(key, 0) - 1
                if not self._shown[key] and key not in self._never:
                    self._turn(key, 1)

    def show(self, record: C) -> None:
        """Show a hidden record again."""
        del self.hidden[record]
        for key in self._table.shows[record]:
            if not self._shown[key] and key not in self._never:
                self._turn(key, -1)
            self._shown[key] += 1

    def complete(self) -> None:
        """Hide records until no sum gives anything away by itself that another record could keep."""
        helpless: set[int] = set()
        while open_ := [number for number in self._given_away() if number not in helpless]:
            for number in open_:
                if self._lines[number].gives_away(self._apart):
                    record = self._cheapest(number)
                    if record is None:
                        helpless.add(number)
                    else:
                        self.hide(record)

    def is_needed(self, record: C) -> bool:
        """Whether a sum would give something away if a hidden record were shown."""
        before = set(self._given_away())
        self.show(record)
        after = set(self._given_away())
        self.hide(record)
        return not after <= before

    def near(self, record: C, count: int) -> list[K]:
        """Give the unknown quantities of records close to one: of up to so many that stand in a sum with it."""
        numbers = {number for key in self._table.shows[record] for number in self._sums_of.get(key, ())}
        found: dict[K, None] = {}
        for number in sorted(numbers, key=lambda number: (self._lines[number].unknown, number)):
            unknown = [key for key in self._table.sums[number].keys if self._is_unknown(key)]
            # The smallest is the first to be left too few values.
            for key in sorted(unknown, key=lambda one: self._table.values[one])[:count]:
                records = self._table.records_of.get(key, ())
                found |= dict.fromkeys(one for each in records for one in self._table.shows[each])
        return [key for key in found if self._is_unknown(key)]

    def _is_unknown(self, key: K) -> bool:
        return not self._shown.get(key) and key not in self._never

    def _given_away(self) -> list[int]:
        return [number for number, line in enumerate(self._lines) if line.gives_away(self._apart)]

    def _start(self) -> None:
        for keys in self._table.shows.values():
            for key in keys:
                self._shown[key] = self._shown.get(key, 0) + 1
        for key in self._sums_of:
            if not self._shown[key] and key not in self._never:
                self._turn(key, 1, secret=0)

    def _turn(self, key: K, sign: int, secret: int = 1) -> None:
        """Make a quantity unknown, or known again with the opposite sign."""
        for number in self._sums_of.get(key, ()):
            line = self._lines[number]
            line.unknown += sign
            line.secret += sign * secret
            if self._table.sums[number].total == key:
                line.total_is_known = sign < 0
            else:
                line.room += sign * (self._table.values[key] - self._table.low(key))

    def _cheapest(self, number: int) -> C | None:
        """Give the record to hide for a sum: it costs little, and gives away little elsewhere."""
        found: tuple[float, C] | None = None
        for record in self._candidates(number):
            cost = self._table.cost(record) + _ANOTHER * self._more_given_away(record)
            if found is None or cost < found[0]:
                found = cost, record
        return None if found is None else found[1]

    def _candidates(self, number: int) -> list[C]:
        """Give the shown records that show something of a sum, and not only what was published before."""
        keys = (key for key in self._table.sums[number].keys if key not in self._never)
        records = (record for key in keys for record in self._table.records_of.get(key, ()))
        return [record for record in dict.fromkeys(records) if record not in self.hidden]

    def _more_given_away(self, record: C) -> int:
        """Count the sums that hiding a record makes give something away, less those that it keeps from it."""
        sums = {number for key in self._table.shows[record] for number in self._sums_of.get(key, ())}
        before = sum(self._lines[number].gives_away(self._apart) for number in sums)
        self.hide(record)
        after = sum(self._lines[number].gives_away(self._apart) for number in sums)
        self.show(record)
        return after - before
