"""Where a cut lies in the log: holding partitions at a mark until all have met it lives here.

Theory of operation (an aligned barrier, as in Chandy and Lamport's snapshots). A cut is one mark in every
partition of every input topic, written in one transaction. A worker that meets the mark in one partition takes
nothing more of that partition until it has met the mark in all; what it has taken by then is exactly what lies
before the marks. A held partition's position is the mark's, so that a restarted worker meets the mark again.

    partition a   f f f ■ f f        f: facts, ■: the mark
    partition b   f f ■ f            held from ■ on, until a and c get there
    partition c   f f f f f ■

Pure: it says what to take, hold and go on with; the batch source does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import CutMark
from fokusstrom.contracts.topics import FACT_TOPICS


class HasOffset(Protocol):
    """A record of a partition."""

    def offset(self) -> int | None:
        """Its place in the partition."""


Record = TypeVar("Record", bound=HasOffset)


def marked_partitions(mark: CutMark) -> frozenset[Partition]:
    """Every partition of the fact log that a mark was written to."""
    facts = {topic.name for topic in FACT_TOPICS}
    return frozenset(
        Partition(marked.topic, number)
        for marked in mark.topics
        if marked.topic in facts
        for number in range(marked.partitions)
    )


@dataclass
class Step(Generic[Record]):
    """What to do with one batch."""

    take: dict[Partition, Sequence[Record]] = field(default_factory=dict)
    """Records to take in, of partitions that had some; no marks among them."""
    hold: dict[Partition, int] = field(default_factory=dict)
    """Partitions that meet the mark now, with its offset."""
    begin: frozenset[Partition] = frozenset()
    """Partitions that the mark lists and nobody reads yet: to be read from their start."""
    cut: CutMark | None = None
    """The mark, when every partition has met it."""


class Alignment(Generic[Record]):
    """The state of one worker's alignment."""

    def __init__(self, positions: Mapping[Partition, int], passed: int) -> None:
        """Take the next offset of each partition that is read, and the newest cut that needs no meeting."""
        self.positions = dict(positions)
        """The next offset to read of each partition, to be remembered with what was taken in."""
        self._passed = passed
        self._held: dict[Partition, tuple[int, int]] = {}
        """The offset and the cut's number of the mark that each held partition stands at."""
        self._mark: CutMark | None = None

    @property
    def waits_for(self) -> frozenset[Partition]:
        """The partitions that a cut under way waits for; empty when none is."""
        return frozenset() if self._mark is None else marked_partitions(self._mark) - self._held.keys()

    @property
    def mark(self) -> CutMark | None:
        """The mark of the cut under way."""
        return self._mark

    def pass_over(self, cut: int) -> None:
        """Take marks up to `cut` for nothing from now on."""
        self._passed = max(self._passed, cut)

    def step(
        self, batch: Mapping[Partition, Sequence[Record]], marks: Mapping[Partition, Mapping[int, CutMark]]
    ) -> Step[Record]:
        """Take a batch apart; `marks` names the records of it that are marks, by partition and index."""
        step: Step[Record] = Step()
        for partition, records in batch.items():
            if partition not in self._held:
                self._take(step, partition, records, marks.get(partition, {}))
        if self._mark is not None:
            step.begin = marked_partitions(self._mark) - self.positions.keys()
            self.positions.update(dict.fromkeys(step.begin, 0))
            if not self.waits_for:
                step.cut = self._mark
        return step

    def resume(self) -> dict[Partition, int]:
        """End the cut: give where each held partition goes on, which is behind its mark.

        A partition that the cut's mark doesn't list may stand at a later one, which it meets again.
        """
        if self._mark is None:
            return {}
        self._passed = max(self._passed, self._mark.number)
        onward = {partition: offset + (cut <= self._passed) for partition, (offset, cut) in self._held.items()}
        self.positions.update(onward)
        self._held, self._mark = {}, None
        return onward

    def _take(
        self,
        step: Step[Record],
        partition: Partition,
        records: Sequence[Record],
        marks: Mapping[int, CutMark],
    ) -> None:
        position = self.positions.get(partition, 0)
        # Offsets rise within a partition: what was delivered before stands at the front, if there is any.
        first = next((i for i, one in enumerate(records) if _offset(one) >= position), len(records))
        barrier = next((i for i in sorted(marks) if i >= first and marks[i].number > self._passed), None)
        last = len(records) if barrier is None else barrier
        taken = records[first:last]
        if any(first <= i < last for i in marks):
            taken = [records[i] for i in range(first, last) if i not in marks]
        if taken:
            step.take[partition] = taken
        if barrier is not None:
            mark, offset = marks[barrier], _offset(records[barrier])
            if self._mark is None or mark.number < self._mark.number:
                self._mark = mark
            self._held[partition] = (offset, mark.number)
            step.hold[partition] = self.positions[partition] = offset
        elif first < last:
            self.positions[partition] = _offset(records[-1]) + 1


def _offset(record: HasOffset) -> int:
    return record.offset() or 0
