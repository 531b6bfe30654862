"""What was erased is left out: by workers that begin anew, and whenever it is delivered again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from fokusstrom.contracts.topics import MEETING_ENRICHED
from fokusstrom.runtime.erasures import Erased, ErasedSince, erased_by, fact_of, hashed
from tests import reference
from tests.builders import ANNA, BO, FactLine, meeting, spell
from tests.enrichment.pipeline import NOW, Log, Topics, Worker, encoded, live_tables, summed

THROUGH = date(2021, 12, 31)
SALT = b"salt of the tests"
HERS = [spell("2020-01-01"), *(meeting(f"2021-03-{day:02}") for day in range(1, 6))]
OTHERS = [spell("2019-01-01", citizen=BO), *(meeting(f"2021-04-{day:02}", citizen=BO) for day in range(1, 4))]


class FakeErasures:
    """What the topic says, read when a worker starts."""

    def __init__(self) -> None:
        """Begin with nothing erased."""
        self.named: list[bytes] = []
        self.read()

    def read(self) -> None:
        """Read the topic, as a worker that starts does."""
        self._erased = self._whole()

    def now(self) -> Erased:
        """As `Erasures`."""
        return self._erased

    def notice(self, tombstones: Iterable[bytes | None]) -> None:
        """As `Erasures`."""
        unknown = [key for key in tombstones if key and not self._erased.has(key)]
        if any(map(self._whole().has, unknown)):
            raise ErasedSince

    def _whole(self) -> Erased:
        told = {"type": "MeetingHeld", "source": "momentum:751", "erased_at": NOW.isoformat(), "is_fact": True}
        entries = [(hashed(SALT, fact), json.dumps(told).encode()) for fact in self.named]
        return erased_by([(b"salt/1", SALT.hex().encode()), *entries])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Log, FakeErasures], Worker]]:
    """Start workers that end with the test."""
    started: list[Worker] = []

    def make(log: Log, erasures: FakeErasures) -> Worker:
        started.append(Worker(log, tmp_path / "worker", Topics(), erasures=erasures))
        return started[-1]

    yield make
    for one in started:
        one.stop()


def erase(log: Log, erasures: FakeErasures, facts: Iterable[FactLine]) -> None:
    """Name facts, and end their records where they stand, as the command does."""
    theirs = {fact_of(key) for _, key, _ in encoded(facts)}
    erasures.named += sorted(theirs)
    for partition, messages in log.messages.items():
        for one in list(messages):
            if one.its_value is not None and one.its_key and fact_of(one.its_key) in theirs:
                log.append(partition, one.its_key, None)


def anew(worker: Worker, erasures: FakeErasures) -> None:
    """Do as the service does when facts were erased: no ledger, a new start."""
    worker.processor.close()
    worker.ledger.remove()
    erasures.read()
    worker.start()
    worker.read_all()


def test_a_worker_begins_anew_without_what_was_erased(start: Callable[[Log, FakeErasures], Worker]) -> None:
    """It ends where it meets the tombstones; with a new ledger its figures are those of everybody else."""
    log, erasures = Log(), FakeErasures()
    worker = start(log, erasures)
    log.tell([*HERS, *OTHERS], random.Random(1))
    log.mark(THROUGH)
    worker.read_all()
    erase(log, erasures, HERS)
    with pytest.raises(ErasedSince):
        worker.read_all()
    mark = log.mark(THROUGH)
    anew(worker, erasures)
    assert summed(worker.topics.of_cut(mark.number).values(), THROUGH) == reference.tables(OTHERS, THROUGH)
    assert live_tables(worker.topics, THROUGH) == reference.tables(OTHERS, THROUGH)
    rows = worker.ledger.connection.execute("SELECT DISTINCT pseudonym_text(citizen) FROM meeting_held").fetchall()
    assert rows == [(BO,)]
    assert [file.name for file in worker.folder.iterdir() if "set-aside" in file.name] == []


def test_a_worker_that_was_away_begins_anew_too(start: Callable[[Log, FakeErasures], Worker]) -> None:
    """It didn't run when she was erased, and starts when the tombstones are gone: its ledger is deleted, too."""
    log, erasures = Log(), FakeErasures()
    worker = start(log, erasures)
    log.tell([*HERS, *OTHERS], random.Random(1))
    log.mark(THROUGH)
    worker.read_all()
    worker.stop()
    (worker.folder / "ledger.duckdb.set-aside").write_bytes(b"facts of hers, from before")
    erasures.named += sorted({fact_of(key) for _, key, _ in encoded(HERS)})
    erasures.read()
    worker.start()
    assert not (worker.folder / "ledger.duckdb.set-aside").exists()
    mark = log.mark(THROUGH)
    worker.read_all()
    assert summed(worker.topics.of_cut(mark.number).values(), THROUGH) == reference.tables(OTHERS, THROUGH)
    worker.stop()
    worker.start()
    assert not worker.ledger.is_new  # what it knows was erased stays known


def test_nothing_of_hers_is_in_the_new_ledgers_file(start: Callable[[Log, FakeErasures], Worker]) -> None:
    """The old file is deleted, not put aside, and the new one never had her facts."""
    log, erasures = Log(), FakeErasures()
    worker = start(log, erasures)
    named = "fact-of-anna-alone"
    log.tell([meeting("2021-03-01", fact_id=named), *HERS, *OTHERS], random.Random(1))
    log.mark(THROUGH)
    worker.read_all()
    erase(log, erasures, [meeting("2021-03-01", fact_id=named), *HERS])
    log.mark(THROUGH)
    anew(worker, erasures)
    worker.stop()
    content = b"".join(file.read_bytes() for file in worker.folder.iterdir() if file.is_file())
    assert content
    assert named.encode() not in content
    worker.start()


def test_what_was_erased_is_left_out_when_it_comes_again(start: Callable[[Log, FakeErasures], Worker]) -> None:
    """For ever, in whatever version, and nobody is told: neither a rejection nor an enriched meeting is made."""
    log, erasures = Log(), FakeErasures()
    worker = start(log, erasures)
    log.tell([*HERS, *OTHERS], random.Random(1))
    log.mark(THROUGH)
    erase(log, erasures, HERS)
    log.mark(THROUGH)
    erasures.read()
    worker.read_all()
    sent = len(worker.topics.sent)
    log.tell([*HERS, *({**one, "version": 9} for one in HERS)], random.Random(2))
    worker.read_all()
    assert worker.topics.sent[sent:] == []
    assert not any(ANNA.encode() in value for value in worker.topics.newest(MEETING_ENRICHED.name).values())


def test_a_tombstone_that_nobody_named_is_somebodys_own(start: Callable[[Log, FakeErasures], Worker]) -> None:
    """What an operator deletes by other means stays in the ledger until that is made anew."""
    log, erasures = Log(), FakeErasures()
    worker = start(log, erasures)
    log.tell(OTHERS, random.Random(1))
    erase(log, FakeErasures(), OTHERS)
    mark = log.mark(THROUGH)
    worker.read_all()
    assert summed(worker.topics.of_cut(mark.number).values(), THROUGH) == reference.tables(OTHERS, THROUGH)
