"""Lists on municipalities' own topics: what is said there, when, and by whom."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from fokusstrom.contracts.reconciliation import ToldLists
from fokusstrom.contracts.topics import reconciliation_topic
from fokusstrom.domain.fold import Slice
from fokusstrom.domain.reconciliation import COLUMNS, Reconciled, reconcile
from tests.builders import AARHUS, BO, KOEGE, FactLine, corrected, joint, meeting, protection, spell
from tests.domain import folding
from tests.enrichment.pipeline import CATALOG, Log, StoppedError, Topics, Worker
from tests.histories import random_history

THROUGH = date(2021, 12, 31)
OURS = reconciliation_topic(AARHUS).name
WITHOUT_SPELL = meeting("2021-03-01", fact_id="m")


def _told(topics: Topics, municipality: str = AARHUS) -> list[Reconciled]:
    told = ToldLists(CATALOG, "test")
    for _, key, value in topics.lists([reconciliation_topic(municipality).name]):
        told.feed(key, value)
    assert told.waits_for is None
    return told.lists()


def _expected(facts: Sequence[FactLine], municipality: str = AARHUS) -> list[Reconciled]:
    connection, book = folding.open_book()
    folding.take_in(book, facts)
    folding.fold(THROUGH)
    return reconcile(connection, municipality)


def _named(lists: Sequence[Reconciled]) -> list[tuple[str, object]]:
    return [(one.name, row[COLUMNS.index("fact_id")]) for one in lists for row in one.rows]


def _entries(topics: Topics, since: int = 0) -> list[tuple[bytes, bytes | None]]:
    """Give what was said besides statuses."""
    return [(key, value) for topic, key, value in topics.sent[since:] if topic == OURS and b"/" in key]


def _cut(log: Log, *workers: Worker) -> None:
    log.mark(THROUGH, slices=workers[0].of.count)
    for worker in workers:
        worker.read_all()


def test_the_topic_says_what_the_command_says(tmp_path: Path) -> None:
    """Of random facts, whoever holds which slice: the lists of a topic are those of `reconcile`."""
    facts = random_history(11, citizens=40)
    log, topics = Log(), Topics()
    log.tell(facts, random.Random(1))
    both = (AARHUS, KOEGE)
    workers = [Worker(log, tmp_path / str(number), topics, Slice(number, 2), reconciliation=both) for number in (0, 1)]
    _cut(log, *workers)
    for municipality in both:
        told = _told(topics, municipality)
        assert told == _expected(facts, municipality)
        assert any(one.rows for one in told)


def test_what_stays_is_not_said_again(tmp_path: Path) -> None:
    """At a cut without news only the status is written, also by a worker that was started again."""
    log, topics = Log(), Topics()
    log.tell([WITHOUT_SPELL], random.Random(1))
    worker = Worker(log, tmp_path, topics, reconciliation=[AARHUS])
    _cut(log, worker)
    assert len(_entries(topics)) == 1
    for _ in range(2):
        before = len(topics.sent)
        _cut(log, worker)
        assert _entries(topics, before) == []
        assert [key for topic, key, _ in topics.sent[before:] if topic == OURS] == [b"test%2F1%2F0"]
        worker.restart()


def test_a_mended_entry_is_withdrawn(tmp_path: Path) -> None:
    """Once the spell is there its meeting leaves the list, by a tombstone under the same key."""
    log, topics = Log(), Topics()
    log.tell([WITHOUT_SPELL], random.Random(1))
    worker = Worker(log, tmp_path, topics, reconciliation=[AARHUS])
    _cut(log, worker)
    ((said, _),) = _entries(topics)
    before = len(topics.sent)
    log.tell([spell("2021-01-01")], random.Random(1))
    _cut(log, worker)
    assert _entries(topics, before) == [(said, None)]
    assert _named(_told(topics)) == []


def test_a_new_version_is_said_anew(tmp_path: Path) -> None:
    """An entry names the version that holds."""
    log, topics = Log(), Topics()
    worker = Worker(log, tmp_path, topics, reconciliation=[AARHUS])
    log.tell([WITHOUT_SPELL, corrected(WITHOUT_SPELL, version=2)], random.Random(1))
    _cut(log, worker)
    log.tell([corrected(WITHOUT_SPELL, version=3)], random.Random(1))
    _cut(log, worker)
    rows = [dict(zip(COLUMNS, row, strict=True)) for one in _told(topics) for row in one.rows]
    assert [row["version"] for row in rows] == [3]
    assert len(_entries(topics)) == 2


def test_protected_citizens_are_counted_and_not_listed(tmp_path: Path) -> None:
    """R18: what a protected citizen's meetings would add is a number; protection that comes later withdraws."""
    log, topics = Log(), Topics()
    worker = Worker(log, tmp_path, topics, reconciliation=[AARHUS])
    log.tell([meeting("2021-03-01", fact_id="bo", citizen=BO), WITHOUT_SPELL], random.Random(1))
    _cut(log, worker)
    assert {name for _, name in _named(_told(topics))} == {"bo", "m"}
    log.tell([protection(BO)], random.Random(1))
    _cut(log, worker)
    told = {one.name: one for one in _told(topics)}
    assert _named(list(told.values())) == [("without_spell", "m")]
    assert told["without_spell"].protected == 1


def test_a_meeting_is_on_the_lists_of_both_municipalities(tmp_path: Path) -> None:
    """Of the one that it names and of its spell's; who didn't ask for lists gets none."""
    facts = [spell("2021-01-01", municipality=KOEGE), joint("2021-03-01", "A_KASSE", fact_id="theirs")]
    log, topics = Log(), Topics()
    log.tell(facts, random.Random(1))
    _cut(log, Worker(log, tmp_path / "both", topics, reconciliation=[AARHUS, KOEGE]))
    for municipality in (AARHUS, KOEGE):
        assert ("joint_only_a_kasse", "theirs") in _named(_told(topics, municipality))
    one = Topics()
    _cut(log, Worker(log, tmp_path / "one", one, reconciliation=[KOEGE]))
    assert list(one.lists([OURS])) == []


def test_another_number_of_slices_leaves_nothing_behind(tmp_path: Path) -> None:
    """What three slices said is taken back by the one that follows them, and the lists are the same."""
    facts = random_history(12, citizens=15)
    log, topics = Log(), Topics()
    log.tell(facts, random.Random(1))
    three = [
        Worker(log, tmp_path / str(number), topics, Slice(number, 3), reconciliation=[AARHUS]) for number in range(3)
    ]
    _cut(log, *three)
    before = _told(topics)
    _cut(log, Worker(log, tmp_path / "one", topics, reconciliation=[AARHUS]))
    assert _told(topics) == before == _expected(facts)
    left = {key for key, value in {key: value for _, key, value in topics.lists([OURS])}.items() if value is not None}
    assert {key.partition(b"/")[0] for key in left} == {b"test%2F1%2F0"}


def test_a_worker_that_dies_amid_saying_says_the_rest(tmp_path: Path) -> None:
    """Killed wherever it was while it answered a cut, it comes to the same lists."""
    facts = random_history(13, citizens=10)
    for breaks_after in (1, 3):
        log, topics = Log(), Topics()
        log.tell(facts, random.Random(1))
        worker = Worker(log, tmp_path / str(breaks_after), topics, reconciliation=[AARHUS])
        topics.breaks_after = breaks_after
        log.mark(THROUGH)
        with pytest.raises(StoppedError):
            worker.read_all()
        topics.breaks_after = None
        worker.restart()
        worker.read_all()
        assert _told(topics) == _expected(facts)


def test_lists_wait_for_every_slice(tmp_path: Path) -> None:
    """Lists of two slices are not complete with one; which one is missing is said."""
    log, topics = Log(), Topics()
    log.tell([WITHOUT_SPELL], random.Random(1))
    told = ToldLists(CATALOG, "test")
    assert told.waits_for == "no worker has said anything yet: lists come with the next cut"
    _cut(log, Worker(log, tmp_path, topics, Slice(1, 2), reconciliation=[AARHUS]))
    for _, key, value in topics.lists([OURS]):
        told.feed(key, value)
    assert told.waits_for == "slices 0 have not said what cut 1 says"
