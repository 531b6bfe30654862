"""Bad input is answered with a clear reason, and never stops the good."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fokusstrom.contracts import keys, records, wire
from fokusstrom.contracts.keys import fact_key
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.topics import (
    AKASSE_MEETING_TOPIC,
    DEAD_LETTERS,
    MEETING_TOPIC,
    REJECTIONS,
)
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.fold import Slice
from fokusstrom.runtime.ledger import Ledger
from tests import reference
from tests.builders import ANNA, corrected, meeting, spell
from tests.enrichment.pipeline import CATALOG, NOW, Log, Topics, Worker, encoded, summed
from tests.faults.fuzz import kept

THROUGH = date(2021, 12, 31)
GOOD = [spell("2020-01-01"), *(meeting(f"2021-03-{day:02}") for day in range(1, 6))]
TOPIC, KEY, VALUE = encoded([meeting("2021-04-01")])[0]
SPELL = encoded([spell("2019-01-01")])[0][2]
AT = Partition(TOPIC, 1)

BAD: dict[str, tuple[bytes | None, bytes | None, str]] = {
    "empty": (KEY, b"", "truncated"),
    "header only": (KEY, VALUE[:5], "truncated"),
    "truncated": (KEY, VALUE[:-3], "truncated"),
    "longer": (KEY, VALUE + b"\x00", "undecodable"),
    "no wire format": (KEY, b"{" + VALUE, "undecodable"),
    "garbage": (KEY, VALUE.replace(b"momentum", b"moment\xff\xff"), "undecodable"),
    "unknown schema id": (KEY, wire.header(4_000_000_000) + VALUE[5:], "unknown_schema"),
    "another fact's schema": (KEY, SPELL, "wrong_schema"),
    "wrong key": (KEY[:-1] + b"x", VALUE, "wrong_key"),
    "no key": (None, VALUE, "wrong_key"),
    "key of a mark": (keys.mark_key(7), VALUE, "wrong_key"),
    "key of a mark, garbage": (keys.mark_key(7), b"garbage", "undecodable"),
}
"""Key, value, reason."""


def _of_its_own(fact_id: str, value: bytes) -> tuple[bytes, bytes]:
    return fact_key(MEETING_HELD, "momentum:751", fact_id, 1, value), value


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Log, Slice], Worker]]:
    """Start workers that end with the test."""
    started: list[Worker] = []

    def make(log: Log, of: Slice) -> Worker:
        started.append(Worker(log, tmp_path / str(len(started)), Topics(), of))
        return started[-1]

    yield make
    for worker in started:
        worker.stop()


def _rejections(topics: Topics) -> list[records.Rejection]:
    return [records.decode(CATALOG, records.Rejection, value) for value in topics.newest(REJECTIONS.name).values()]


@pytest.mark.parametrize("is_live", [False, True], ids=["first reading", "live"])
def test_bad_beside_good(start: Callable[[Log, Slice], Worker], is_live: bool) -> None:  # noqa: FBT001
    """Each bad record is a rejection with its reason and a dead letter; all else is processed."""
    log = Log()
    worker = start(log, Slice())
    if is_live:
        log.mark(THROUGH)
        worker.read_all()
    log.tell(GOOD[:3], random.Random(1))
    for key, value, _ in BAD.values():
        log.append(AT, key, value)
    log.tell(GOOD[3:], random.Random(1))
    mark = log.mark(THROUGH)
    worker.read_all()
    found = {rejection.offset: rejection.reason for rejection in _rejections(worker.topics)}
    bad = {one.place: one.its_value for one in log.messages[AT] if (one.its_key, one.its_value) in _pairs()}
    assert [found[place] for place in sorted(bad)] == [reason for _, _, reason in BAD.values()]
    assert len(found) == len(BAD)
    letters = worker.topics.newest(DEAD_LETTERS.name)
    assert letters == {keys.refusal_key(*AT, place): value for place, value in bad.items()}
    expected = reference.tables(GOOD, THROUGH)
    assert summed(worker.topics.of_cut(mark.number).values(), mark.through) == expected
    assert worker.ledger.counters() == (len(GOOD) + len(BAD), len(BAD))


def _pairs() -> set[tuple[bytes | None, bytes | None]]:
    return {(key, value) for key, value, _ in BAD.values()}


def test_what_a_fuzzer_made_up(start: Callable[[Log, Slice], Worker]) -> None:
    """Each record that Atheris found worth keeping is refused, once, whatever good facts stand around it."""
    log = Log()
    worker = start(log, Slice())
    made_up = list(kept())
    for one in made_up:
        log.append(Partition(one.topic, 0), one.key, one.value)
    log.tell(GOOD, random.Random(1))
    mark = log.mark(THROUGH)
    worker.read_all()
    assert worker.ledger.counters() == (len(GOOD) + len(made_up), len(made_up))
    assert len(_rejections(worker.topics)) == len(made_up) > 100
    assert summed(worker.topics.of_cut(mark.number).values(), THROUGH) == reference.tables(GOOD, THROUGH)


def test_each_is_told_of_by_one_slice(start: Callable[[Log, Slice], Worker]) -> None:
    """Refusals of a partition are sent by the slice partition modulo N, and by no other."""
    log = Log(3)
    workers = [start(log, Slice(number, 2)) for number in range(2)]
    for number in range(3):
        log.append(Partition(MEETING_TOPIC.name, number), KEY, b"")
    log.mark(THROUGH, slices=2)
    for worker in workers:
        worker.read_all()
    told = [sorted(rejection.partition for rejection in _rejections(worker.topics)) for worker in workers]
    assert told == [[0, 2], [1]]
    assert [worker.ledger.counters() for worker in workers] == [(3, 3), (3, 3)]


def test_what_was_let_go_is_not_told_again(start: Callable[[Log, Slice], Worker]) -> None:
    """A worker that reads the log anew tells nothing of what it refuses that is older than refusals are kept."""
    log = Log()
    log.append(AT, KEY, b"", sent_at=NOW - timedelta(days=91))
    log.append(AT, KEY, b"", sent_at=NOW - timedelta(days=89))
    log.mark(THROUGH)
    worker = start(log, Slice())
    worker.read_all()
    assert [rejection.offset for rejection in _rejections(worker.topics)] == [1]
    assert worker.ledger.counters() == (2, 2)


def test_what_the_book_refuses(start: Callable[[Log, Slice], Worker]) -> None:
    """A fact that can be read and breaks a rule is refused with its field and its identity."""
    log = Log()
    worker = start(log, Slice())
    value = VALUE.replace(ANNA.encode(), b"A" * 32)
    log.append(AT, *_of_its_own("m2021-04-01", value))
    log.mark(THROUGH)
    worker.read_all()
    (rejection,) = _rejections(worker.topics)
    assert (rejection.reason, rejection.field) == ("bad_pseudonym", "citizen")
    assert (rejection.fact_type, rejection.source, rejection.fact_id, rejection.version) == (
        "MeetingHeld", "momentum:751", "m2021-04-01", 1,
    )  # fmt: skip


def test_nothing_is_asked_of_a_connection_in_use(
    start: Callable[[Log, Slice], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first cut the ledger is left alone until the book has taken in what was read: it would lose a refusal."""
    happened: list[str] = []
    check, work_on = Book.check, Ledger.work_on

    def slow(*arguments: Any) -> Any:  # noqa: ANN401 - as the original
        time.sleep(0.2)
        faults = check(*arguments)
        happened.append("checked")
        return faults

    def told(*arguments: Any) -> None:  # noqa: ANN401 - as the original
        happened.append("told")
        work_on(*arguments)

    monkeypatch.setattr(Book, "check", slow)
    monkeypatch.setattr(Ledger, "work_on", told)
    log = Log()
    worker = start(log, Slice())
    log.append(AT, KEY, VALUE)
    log.mark(THROUGH)
    worker.read_all()
    assert happened == ["checked", "told"]


def test_tombstones(start: Callable[[Log, Slice], Worker]) -> None:
    """A record without a value is no delivery: compaction's own, and those of erasure."""
    log = Log()
    worker = start(log, Slice())
    log.append(AT, KEY, None)
    log.append(AT, keys.mark_key(9), None)
    log.mark(THROUGH)
    worker.read_all()
    assert worker.ledger.counters() == (0, 0)
    assert _rejections(worker.topics) == []


def test_both_topics_of_meetings(start: Callable[[Log, Slice], Worker]) -> None:
    """Meetings are read alike from the jobcentres' and the funds' topic: versions may come by both."""
    log = Log()
    worker = start(log, Slice())
    ((_, key, value),) = encoded([corrected(GOOD[1], mode="PHONE")])
    log.tell(GOOD, random.Random(2))
    log.append(Partition(AKASSE_MEETING_TOPIC.name, 0), key, value)
    mark = log.mark(THROUGH)
    worker.read_all()
    facts = [*GOOD, corrected(GOOD[1], mode="PHONE")]
    expected = reference.tables(facts, THROUGH)
    assert summed(worker.topics.of_cut(mark.number).values(), mark.through) == expected


def test_marks_are_no_facts(start: Callable[[Log, Slice], Worker]) -> None:
    """A mark that is passed over is neither a delivery nor refused."""
    log = Log()
    for _ in range(3):
        log.mark(THROUGH)
    worker = start(log, Slice())
    worker.read_all()
    assert worker.ledger.counters() == (0, 0)
    assert worker.processor.newest_cut == 3
