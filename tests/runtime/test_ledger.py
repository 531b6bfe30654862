"""The ledger is a cache of the log: whole and of this worker, or set aside and made anew."""

from __future__ import annotations

import contextlib
import dataclasses
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
import structlog

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime.ledger import FILE_NAME, Identity, InForce, Ledger, is_damaged, is_out_of_room

IDENTITY = Identity("a cluster", "a deployment", "0/1")
TOPIC_IDS = {"meeting-held.v1": "id-1", "benefit-spell.v1": "id-2"}
POSITIONS = {Partition("meeting-held.v1", 0): 3_000_000_000, Partition("benefit-spell.v1", 7): 0}
CUT = InForce(7, date(2021, 12, 31), "a digest", folded=True)


class NoRoomError(Exception):
    """Something that happens within a transaction."""


def _open(folder: Path, of: Identity = IDENTITY, topic_ids: dict[str, str] | None = None) -> Ledger:
    return Ledger.open(folder, of, memory_limit="500MB", threads=1, topic_ids=topic_ids or TOPIC_IDS)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """Folder of a ledger that has read the log up to a cut."""
    ledger = _open(tmp_path)
    with ledger.transaction():
        ledger.remember(POSITIONS, delivered=10, refused=2)
        ledger.put_in_force(CUT)
        ledger.finish(TOPIC_IDS)
    ledger.close()
    return tmp_path


@pytest.fixture
def opened(finished: Path) -> Iterator[Ledger]:
    """Give that ledger, opened again."""
    ledger = _open(finished)
    yield ledger
    ledger.close()


def test_all_is_there_again(opened: Ledger) -> None:
    """A restart goes on from the positions, counts and cut that were committed."""
    assert not opened.is_new
    assert (opened.positions(), opened.counters(), opened.in_force()) == (POSITIONS, (10, 2), CUT)
    assert opened.size() > 0


def test_new(tmp_path: Path) -> None:
    """Where there is no ledger, one begins: nothing read, no cut in force."""
    ledger = _open(tmp_path / "data" / "of a worker")
    assert ledger.is_new
    assert (ledger.positions(), ledger.counters(), ledger.in_force()) == ({}, (0, 0), InForce())
    ledger.close()


def test_all_or_nothing(opened: Ledger) -> None:
    """All of what happens in a transaction, or nothing of it."""
    with pytest.raises(NoRoomError):
        _begin_and_fail(opened)
    assert (opened.positions(), opened.counters(), opened.in_force()) == (POSITIONS, (10, 2), CUT)


def _begin_and_fail(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.remember({Partition("meeting-held.v1", 0): 4_000_000_000}, delivered=5)
        ledger.put_in_force(InForce(8))
        raise NoRoomError


def test_where_what_was_said_ends(opened: Ledger, finished: Path) -> None:
    """Where on its own topics ends what a worker said is known to the next worker here, once it is committed."""
    said = {Partition("meeting-enriched.v1", 3): 4_000_000_000}
    with opened.transaction():
        opened.remember_said(said)
    with contextlib.suppress(NoRoomError), opened.transaction():
        opened.remember_said({})
        raise NoRoomError
    opened.close()
    later = _open(finished)
    assert (later.said_to(), later.positions()) == (said, POSITIONS)
    later.close()


def test_nothing_of_what_was_not_committed(finished: Path) -> None:
    """A worker that is killed leaves what it had committed."""
    ledger = _open(finished)
    ledger.connection.execute("BEGIN")
    ledger.remember({}, delivered=5)
    ledger.close()
    again = _open(finished)
    assert (again.positions(), again.counters()) == (POSITIONS, (10, 2))
    again.close()


def test_positions_are_replaced(opened: Ledger) -> None:
    """Positions are the last ones remembered; counts add up."""
    with opened.transaction():
        opened.remember({Partition("offer.v1", 1): 5}, delivered=1, refused=1)
    assert opened.positions() == {Partition("offer.v1", 1): 5}
    assert opened.counters() == (11, 3)


@pytest.mark.parametrize("changed", ["cluster", "deployment", "slice", "ledger_version", "contract", "engine"])
def test_of_another_identity(finished: Path, changed: str) -> None:
    """A ledger of another cluster, deployment, slice, version or contract is rebuilt."""
    value = getattr(IDENTITY, changed)
    other = dataclasses.replace(IDENTITY, **{changed: value + (1 if isinstance(value, int) else "!")})
    _assert_rebuilt(finished, _open(finished, other))


def test_unfinished(tmp_path: Path) -> None:
    """A ledger whose first reading of the log was not finished is of no use."""
    ledger = _open(tmp_path)
    with ledger.transaction():
        ledger.remember(POSITIONS)
    ledger.close()
    _assert_rebuilt(tmp_path, _open(tmp_path))


def test_topic_made_anew(finished: Path) -> None:
    """A topic that was made anew has another id: offsets of its predecessor say nothing of it."""
    _assert_rebuilt(finished, _open(finished, topic_ids=TOPIC_IDS | {"benefit-spell.v1": "id-3"}))


def test_topic_that_is_gone(finished: Path) -> None:
    """So does one that is no more."""
    _assert_rebuilt(finished, _open(finished, topic_ids={"meeting-held.v1": "id-1"}))


def test_further_topic(finished: Path) -> None:
    """A topic that is new beside the others leaves the ledger as it is."""
    ledger = _open(finished, topic_ids=TOPIC_IDS | {"offer.v1": "id-3"})
    assert not ledger.is_new
    ledger.close()


def _shortened(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5_000])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _overwritten(file: Path) -> None:
    file.write_bytes(b"no ledger at all" * 1_000)


def _headers_torn(file: Path) -> None:
    torn = bytearray(file.read_bytes())
    torn[4096 : 3 * 4096] = b"\xff" * (2 * 4096)
    file.write_bytes(torn)


def _blocks_torn(file: Path) -> None:
    torn = bytearray(file.read_bytes())
    torn[3 * 4096 :] = b"\xff" * (len(torn) - 3 * 4096)
    file.write_bytes(torn)


def _foreign(file: Path) -> None:
    file.unlink()
    connection = duckdb.connect(str(file))
    connection.execute("CREATE TABLE someone_elses (value INTEGER)")
    connection.close()


@pytest.mark.parametrize("damage", [_shortened, _emptied, _overwritten, _headers_torn, _blocks_torn, _foreign])
def test_damaged(finished: Path, damage: Callable[[Path], None]) -> None:
    """A damaged file, or one that is no ledger, is set aside, and the worker begins from the log's start."""
    damage(finished / FILE_NAME)
    _assert_rebuilt(finished, _open(finished))


def test_torn_log_of_the_file(finished: Path) -> None:
    """What a torn write-ahead log holds is lost as a whole: positions and what was taken in stay together."""
    (finished / f"{FILE_NAME}.wal").write_bytes(b"\xff" * 10_000)
    ledger = _open(finished)
    assert (ledger.positions(), ledger.counters(), ledger.in_force()) == (POSITIONS, (10, 2), CUT)
    ledger.close()


def _assert_rebuilt(folder: Path, ledger: Ledger) -> None:
    assert ledger.is_new
    assert (ledger.positions(), ledger.in_force()) == ({}, InForce())
    assert (folder / f"{FILE_NAME}.set-aside").exists()
    ledger.close()


def test_the_reason_is_said(finished: Path) -> None:
    """What was wrong with it is said."""
    with structlog.testing.capture_logs() as said:
        _open(finished, dataclasses.replace(IDENTITY, slice="0/3")).close()
    assert ["0/3" in line["reason"] for line in said] == [True]


def test_two_workers_of_one_folder(finished: Path) -> None:
    """Two workers must not share a data folder: the second one is told, and the ledger stays."""
    held = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", held, str(finished / FILE_NAME)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(ConfigError, match="FOKUSSTROM_DATA_DIR"):
            _open(finished)
        other.communicate()
    assert not (finished / f"{FILE_NAME}.set-aside").exists()
    ledger = _open(finished)
    assert not ledger.is_new
    ledger.close()


def test_damage_that_shows_later(finished: Path) -> None:
    """A damaged block is told from other errors when it is read, and the ledger can be set aside then."""
    ledger = _open(finished)
    ledger.connection.execute(
        "INSERT INTO said_of_meetings SELECT uuid()::VARCHAR, uuid()::VARCHAR, 1, 1, uuid() FROM range(50000)"
    )
    ledger.close()
    file = finished / FILE_NAME
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 300_000] = b"\xff" * 300_000
    file.write_bytes(content)
    ledger = _open(finished)
    with pytest.raises(duckdb.Error) as raised:
        ledger.connection.execute("SELECT max(source), max(fact_id) FROM said_of_meetings").fetchall()
    assert is_damaged(raised.value)
    ledger.set_aside("it is damaged")
    assert (finished / f"{FILE_NAME}.set-aside").exists()
    anew = _open(finished)
    assert anew.is_new
    anew.close()


def test_no_room_to_open(finished: Path) -> None:
    """A ledger that can't be opened for want of room is no damaged one: it stays, and the message says what to do."""
    before = (finished / FILE_NAME).read_bytes()
    with duckdb.connect(str(finished / FILE_NAME)) as connection:  # a log beside it that opening would write in
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("CREATE TABLE more AS SELECT i, md5(i::VARCHAR) AS text FROM range(100_000) AS r(i)")
    with full_disk(len(before) + 4096), pytest.raises(Unavailable, match="make room"):
        _open(finished)
    assert not (finished / f"{FILE_NAME}.set-aside").exists()
    _open(finished).close()


def test_too_little_memory_to_open(finished: Path) -> None:
    """A ledger that doesn't open in so little memory is no damaged one: it stays, and the message names the setting."""
    with pytest.raises(ConfigError, match="FOKUSSTROM_MEMORY_LIMIT=100KB is too little"):
        Ledger.open(finished, IDENTITY, memory_limit="100KB", threads=1, topic_ids=TOPIC_IDS)
    assert not (finished / f"{FILE_NAME}.set-aside").exists()
    _open(finished).close()


def test_few_records_are_worth_one_thread(finished: Path) -> None:
    """A small batch takes one thread, everything else as many as the ledger may use."""
    opened = Ledger.open(finished, IDENTITY, memory_limit="500MB", threads=2, topic_ids=TOPIC_IDS)
    used = []
    for records in (50, None, 100_000, 1):
        opened.work_on(records)
        used += opened.connection.execute("SELECT current_setting('threads')").fetchall()
    opened.close()
    assert used == [(1,), (2,), (2,), (1,)]


def test_no_room_to_commit(opened: Ledger) -> None:
    """A transaction that finds no room tells so, and leaves the ledger as it was."""
    with full_disk(opened.size()), pytest.raises(duckdb.Error) as caught, opened.transaction():
        opened.connection.execute("CREATE TABLE more AS SELECT i, md5(i::VARCHAR) AS s FROM range(2_000_000) AS r(i)")
    assert is_out_of_room(caught.value)
    assert opened.positions() == POSITIONS


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
