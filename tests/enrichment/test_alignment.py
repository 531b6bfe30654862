"""An aligned barrier: what is taken before a cut is exactly what lies before its marks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import CutMark, MarkedTopic
from fokusstrom.contracts.topics import MEETING_TOPIC, SOURCE_TOTALS
from fokusstrom.enrichment.alignment import Alignment, marked_partitions
from tests.enrichment.pipeline import NOW, TOPIC_IDS

A, B, C = (Partition(MEETING_TOPIC.name, number) for number in range(3))


@dataclass(frozen=True)
class Record:
    """A record that is nothing but its place."""

    place: int

    def offset(self) -> int:
        """Place in its partition."""
        return self.place


def mark(number: int, partitions: int = 2) -> CutMark:
    """Give the mark of a cut through so many partitions of one topic of facts."""
    name = MEETING_TOPIC.name
    topics = (
        MarkedTopic(topic=name, topic_id=TOPIC_IDS[name], partitions=partitions),
        MarkedTopic(topic=SOURCE_TOTALS.name, topic_id="totals", partitions=1),
    )
    return CutMark(
        number=number, requests=(), through=date(2021, 12, 31), rule_set="", rule_set_name="", rule_set_version="",
        slices=1, contract=1, made_at=NOW, topics=topics,
    )  # fmt: skip


@dataclass
class Reader:
    """Reads partitions as an alignment directs: `log` says of each record whether it is a mark."""

    log: Mapping[Partition, Sequence[CutMark | None]]
    alignment: Alignment[Record]
    offsets: dict[Partition, int] = field(default_factory=dict)
    held: set[Partition] = field(default_factory=set)
    taken: dict[Partition, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin where the alignment begins."""
        self.offsets = dict(self.alignment.positions)

    def read(self, ends: Mapping[Partition, int]) -> CutMark | None:
        """Step over one batch, up to these offsets; return the cut that it completes."""
        batch = {p: [Record(i) for i in range(self.offsets[p], end)] for p, end in ends.items()}
        marks = {
            p: {i: found for i, record in enumerate(of_p) if (found := self.log[p][record.place]) is not None}
            for p, of_p in batch.items()
        }
        step = self.alignment.step(batch, marks)
        for partition, records in step.take.items():
            self.taken.setdefault(partition, []).extend(record.place for record in records)
        self.offsets.update(ends)
        self.held |= step.hold.keys()
        self.offsets.update(dict.fromkeys(step.begin, 0))
        return step.cut

    def resume(self) -> None:
        """Go on behind the marks."""
        onward = self.alignment.resume()
        assert onward.keys() == self.held
        self.held.clear()
        self.offsets.update(onward)

    def read_by_chance(self, chance: random.Random) -> CutMark | None:
        """Read batches of any partitions and sizes until a cut is complete or nothing is left."""
        while waiting := [p for p in self.offsets if p not in self.held and self.offsets[p] < len(self.log[p])]:
            some = chance.sample(waiting, chance.randint(1, len(waiting)))
            cut = self.read({p: chance.randint(self.offsets[p] + 1, len(self.log[p])) for p in some})
            if cut is not None:
                return cut
        return None


@st.composite
def logs(draw: st.DrawFn, partitions: int = 3, cuts: int = 3) -> dict[Partition, list[CutMark | None]]:
    """Draw what lies in each partition: facts, and every cut's mark once, in order."""
    log: dict[Partition, list[CutMark | None]] = {}
    for number in range(partitions):
        of_partition: list[CutMark | None] = []
        for cut in range(1, cuts + 1):
            of_partition += [None] * draw(st.integers(0, 4))
            of_partition.append(mark(cut, partitions))
        log[Partition(MEETING_TOPIC.name, number)] = of_partition + [None] * draw(st.integers(0, 3))
    return log


def _place(of_partition: Sequence[CutMark | None], cut: int) -> int:
    return next(place for place, one in enumerate(of_partition) if one is not None and one.number == cut)


def _facts(of_partition: Sequence[CutMark | None], until: int | None = None) -> list[int]:
    return [place for place, one in enumerate(of_partition[:until]) if one is None]


@given(logs(), st.randoms(use_true_random=False))
def test_cuts(log: dict[Partition, list[CutMark | None]], chance: random.Random) -> None:
    """However partitions and batches interleave, what was taken at a cut is what lies before its marks."""
    reader = Reader(log, Alignment(dict.fromkeys(log, 0), passed=0))
    for number in (1, 2, 3):
        cut = reader.read_by_chance(chance)
        assert cut is not None
        assert cut.number == number
        for partition, of_partition in log.items():
            place = _place(of_partition, number)
            assert reader.taken.get(partition, []) == _facts(of_partition, place)
            assert reader.alignment.positions[partition] == place
        reader.resume()
    assert reader.read_by_chance(chance) is None
    assert reader.taken == {p: facts for p in log if (facts := _facts(log[p]))}
    assert reader.alignment.positions == {p: len(log[p]) for p in log}


@given(logs(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_marks_passed_over(log: dict[Partition, list[CutMark | None]], passed: int, chance: random.Random) -> None:
    """Marks up to the newest cut that needs no meeting are read over, and are never facts."""
    reader = Reader(log, Alignment(dict.fromkeys(log, 0), passed=0))
    reader.alignment.pass_over(passed)
    cut = reader.read_by_chance(chance)
    assert (cut.number if cut else None) == (passed + 1 if passed < 3 else None)
    for partition, of_partition in log.items():
        until = None if cut is None else _place(of_partition, cut.number)
        assert reader.taken.get(partition, []) == _facts(of_partition, until)


@given(logs(cuts=2), st.integers(1, 2), st.randoms(use_true_random=False))
def test_new_partitions(log: dict[Partition, list[CutMark | None]], known: int, chance: random.Random) -> None:
    """A new partition is begun when a mark elsewhere lists it, and read from its start to that mark."""
    start = dict.fromkeys(list(log)[:known], 0)
    reader = Reader(log, Alignment(start, passed=0))
    cut = reader.read_by_chance(chance)
    assert cut is not None
    assert cut.number == 1
    assert reader.offsets.keys() == log.keys()
    assert reader.taken == {p: facts for p in log if (facts := _facts(log[p], _place(log[p], 1)))}


@given(logs(cuts=2), st.randoms(use_true_random=False))
def test_start_at_positions(log: dict[Partition, list[CutMark | None]], chance: random.Random) -> None:
    """Started again at the positions of any moment, also while a cut waits, it meets the same cut."""
    reader = Reader(log, Alignment(dict.fromkeys(log, 0), passed=0))
    for _ in range(chance.randrange(4)):
        waiting = [p for p in log if p not in reader.held and reader.offsets[p] < len(log[p])]
        if (reader.alignment.mark is not None and not reader.alignment.waits_for) or not waiting:
            break
        one = chance.choice(waiting)
        reader.read({one: chance.randint(reader.offsets[one] + 1, len(log[one]))})
    again = Reader(log, Alignment(reader.alignment.positions, passed=0), taken=reader.taken)
    cut = again.read_by_chance(chance)
    assert cut is not None
    assert cut.number == 1
    assert {p: again.taken.get(p, []) for p in log} == {p: _facts(log[p], _place(log[p], 1)) for p in log}


def test_waits_for() -> None:
    """It says which partitions a cut under way waits for: none of other topics than those of facts."""
    alignment: Alignment[Record] = Alignment({A: 0, B: 0}, passed=0)
    assert (alignment.waits_for, alignment.mark) == (frozenset(), None)
    step = alignment.step({A: [Record(0), Record(1)]}, {A: {0: mark(1)}})
    assert (step.take, step.hold, step.cut) == ({}, {A: 0}, None)
    assert alignment.waits_for == {B}
    assert alignment.mark == mark(1)
    assert marked_partitions(mark(1)) == {A, B}


def test_held_partitions_give_nothing() -> None:
    """Of a held partition nothing is taken, even when something of it still comes."""
    alignment: Alignment[Record] = Alignment({A: 0, B: 0}, passed=0)
    alignment.step({A: [Record(0)]}, {A: {0: mark(1)}})
    assert alignment.step({A: [Record(1)]}, {}).take == {}
    assert alignment.positions[A] == 0
    cut = alignment.step({B: [Record(0), Record(1)]}, {B: {1: mark(1)}})
    assert cut.cut == mark(1)
    assert alignment.resume() == {A: 1, B: 2}
    assert alignment.resume() == {}


def test_what_was_read_before() -> None:
    """Records before the position were taken already: a repeat is left out."""
    alignment: Alignment[Record] = Alignment({A: 2}, passed=0)
    step = alignment.step({A: [Record(1), Record(2)]}, {})
    assert step.take == {A: [Record(2)]}
    assert alignment.positions == {A: 3}
    assert alignment.step({A: [Record(2)]}, {}).take == {}
    assert alignment.positions == {A: 3}


def test_gaps() -> None:
    """Compaction and transactions leave gaps between offsets: the position is behind the last record read."""
    alignment: Alignment[Record] = Alignment({A: 0}, passed=0)
    alignment.step({A: [Record(3), Record(7)]}, {})
    assert alignment.positions == {A: 8}


def test_partition_that_a_mark_does_not_list() -> None:
    """A partition that stands at a later cut's mark neither ends the earlier cut nor passes its own."""
    alignment: Alignment[Record] = Alignment({A: 0, B: 0, C: 0}, passed=0)
    alignment.step({C: [Record(0), Record(1)]}, {C: {1: mark(2, 3)}})
    assert alignment.step({A: [Record(0)]}, {A: {0: mark(1, 2)}}).cut is None
    assert alignment.step({B: [Record(0)]}, {B: {0: mark(1, 2)}}).cut == mark(1, 2)
    assert alignment.resume() == {A: 1, B: 1, C: 1}
    alignment.step({C: [Record(1)]}, {C: {0: mark(2, 3)}})
    assert alignment.waits_for == {A, B}
