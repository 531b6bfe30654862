"""The ledger: one DuckDB file with all a worker knows, changed in one transaction with its positions.

It is a cache of the log, which is the truth. Damaged, unfinished, of another version, slice, cluster or topic,
it is set aside and the worker begins again from the log's start; what was wrong with it is said.

Relations: the book of facts (`domain.book`), the cells of every figure (`cells_<figure>`) and what batches have added
to them since they were folded (`cells_since`, encoded: `enrichment.bodies`), what was last said
of each meeting (`said_of_meetings`, and in order what batches have changed since: `said_since`) and where that ends on
its topic (`said_to`), the next offset of each partition (`positions`), counters, how many erasures were known when it
was begun, and one row of what is in force.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import structlog

from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import FIGURES_CONTRACT
from fokusstrom.domain.book import Book
from fokusstrom.domain.cells import kept_columns
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.domain.rules_and_figures import FIGURES

LEDGER_VERSION = 9
"""Grows when the relations change, or what a figure's cells are in PartialFigures: an older ledger is rebuilt from the
log, never misread."""
FILE_NAME = "ledger.duckdb"
_FEW = 2_000
"""So many records are a small batch."""
_ROWS_TOGETHER = 8_192
"""A fifteenth of what DuckDB does itself."""

_log = structlog.get_logger("ledger")


@dataclass(frozen=True)
class Identity:
    """What a ledger belongs to; one of another identity is of no use."""

    cluster: str
    deployment: str
    slice: str
    """As `i/N`."""
    ledger_version: int = LEDGER_VERSION
    contract: int = FIGURES_CONTRACT
    engine: str = duckdb.__version__
    """Fingerprints of meetings are DuckDB's own."""


@dataclass(frozen=True)
class InForce:
    """What the newest cut that was taken says; all None before the first."""

    cut: int = 0
    through: dt.date | None = None
    rule_set: str | None = None
    """Digest."""
    folded: bool = False
    """The cells are those of this cut: false when the cut named another number of slices."""


class Ledger:
    """An open ledger; one worker's, and used from one thread at a time."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, *, threads: int, is_new: bool) -> None:
        """Take an open connection with the relations made."""
        self.connection = connection
        self.book = Book(connection)
        self.is_new = is_new
        """Nothing was taken in yet."""
        self._path = path
        self._threads = threads

    @classmethod
    def open(
        cls,
        folder: Path,
        identity: Identity,
        *,
        memory_limit: str,
        threads: int,
        topic_ids: Mapping[str, str],
        erasures: int = 0,
    ) -> Ledger:
        """Open the ledger in a folder, or begin a new one where there is none that is of use.

        `topic_ids` are the input topics as the cluster knows them now, `erasures` how many entries erasures.v1 has:
        a ledger that was begun before the last of them may hold what was erased, and is deleted. A file that another
        process has open raises `ConfigError`: two workers must not share a data folder; so does a `memory_limit` that
        it can't be opened with. A full disk raises `Unavailable`. Both leave the ledger as it is.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE_NAME
        try:
            return cls._opened(path, identity, topic_ids, erasures, memory_limit, threads)
        except duckdb.Error as error:
            if is_out_of_room(error):
                raise Unavailable(f"there is no room for {path}: make room on its disk, and start again") from error
            if is_out_of_memory(error):
                raise too_little_memory(memory_limit) from error
            raise

    @classmethod
    def _opened(
        cls,
        path: Path,
        identity: Identity,
        topic_ids: Mapping[str, str],
        erasures: int,
        memory_limit: str,
        threads: int,
    ) -> Ledger:
        if path.exists():
            connection, fault = _examine(path, identity, topic_ids, memory_limit, threads)
            if connection is None:
                _set_aside(path, fault)
            elif _knows_erasures(connection, erasures):
                return cls(connection, path, threads=threads, is_new=False)
            else:
                connection.close()
                _remove(path)
        connection = _connect(path, memory_limit, threads)
        ledger = cls(connection, path, threads=threads, is_new=True)
        ledger._make(identity, topic_ids, erasures)
        return ledger

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what happens inside, or nothing of it."""
        self.connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(duckdb.Error):  # what broke it may have ended it already: that is what to tell
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def work_on(self, records: int | None) -> None:
        """Use as many threads as so many records are worth, or all facts where it is None.

        Of few, a second thread waits for the first longer than it works, and takes that time from everybody else.
        """
        self.connection.execute(f"SET threads = {1 if records is not None and records <= _FEW else self._threads}")

    def make_room(self) -> None:
        """Write into the file what small batches changed, which is in memory until then: before a whole fold."""
        if not self.is_new:
            self.connection.execute("CHECKPOINT")

    def positions(self) -> dict[Partition, int]:
        """Next offset to read of each partition."""
        return self._places("positions")

    def said_to(self) -> dict[Partition, int]:
        """Where on its own topics ends what the worker knows that it said."""
        return self._places("said_to")

    def remember(self, positions: Mapping[Partition, int], *, delivered: int = 0, refused: int = 0) -> None:
        """Put positions and counts beside what was taken in; call it inside a transaction."""
        self._put_places("positions", positions)
        self.connection.execute(
            "UPDATE counters SET delivered = delivered + ?, refused = refused + ?", [delivered, refused]
        )

    def remember_said(self, places: Mapping[Partition, int]) -> None:
        """Put beside it where on its own topics ends what the worker said by now; call it inside a transaction."""
        self._put_places("said_to", places)

    def _places(self, relation: str) -> dict[Partition, int]:
        rows = self.connection.execute(f"SELECT topic, partition, next_offset FROM {relation}").fetchall()
        return {Partition(topic, number): offset for topic, number, offset in rows}

    def _put_places(self, relation: str, places: Mapping[Partition, int]) -> None:
        self.connection.execute(f"DELETE FROM {relation}")
        if places:
            self.connection.execute(
                f"INSERT INTO {relation} SELECT unnest(?), unnest(?), unnest(?)",
                [[p.topic for p in places], [p.number for p in places], list(places.values())],
            )

    def counters(self) -> tuple[int, int]:
        """Return how many records were delivered and how many of them refused."""
        ((delivered, refused),) = self.connection.execute("SELECT delivered, refused FROM counters").fetchall()
        return delivered, refused

    def in_force(self) -> InForce:
        """Return what the newest cut says."""
        rows = self.connection.execute("SELECT cut, through, rule_set, folded FROM in_force").fetchall()
        return InForce(*rows[0]) if rows else InForce()

    def put_in_force(self, now: InForce) -> None:
        """Let a cut be the newest; call it inside a transaction."""
        self.connection.execute("DELETE FROM in_force")
        self.connection.execute(
            "INSERT INTO in_force VALUES (?, ?, ?, ?)", [now.cut, now.through, now.rule_set, now.folded]
        )

    def finish(self, topic_ids: Mapping[str, str]) -> None:
        """Say that the ledger holds all up to its positions: a restart may go on from here."""
        self.connection.execute("UPDATE made_for SET finished = true, topic_ids = ?", [json.dumps(dict(topic_ids))])
        self.is_new = False

    def size(self) -> int:
        """Return the bytes on disk."""
        return sum(file.stat().st_size for file in self._path.parent.glob(f"{FILE_NAME}*"))

    def close(self) -> None:
        """Write what is left and let go of the file."""
        self.connection.close()

    def set_aside(self, fault: str) -> None:
        """Let go of the file and move it out of the way: the next worker here begins from the log's start."""
        with contextlib.suppress(duckdb.Error):  # a damaged file can't always be closed in order
            self.connection.close()
        _set_aside(self._path, fault)

    def remove(self) -> None:
        """Let go of the file and delete it, and what was set aside before: facts that were erased are in them."""
        with contextlib.suppress(duckdb.Error):  # as above
            self.connection.close()
        _remove(self._path)

    def _make(self, identity: Identity, topic_ids: Mapping[str, str], erasures: int) -> None:
        for figure in FIGURES.values():
            declared = ", ".join(f"{name} {sql}" for name, sql in kept_columns(figure).items())
            self.connection.execute(f"CREATE TABLE {figure.relation} ({declared})")
        self.connection.execute("CREATE TABLE cells_since (municipality VARCHAR, period VARCHAR, body BLOB)")
        self.connection.execute(
            "CREATE TABLE said_of_meetings (source VARCHAR, fact_id VARCHAR, slot INTEGER, said UBIGINT, person UUID)"
        )
        self.connection.execute(
            "CREATE TABLE said_since"
            " (sequence BIGINT, source VARCHAR, fact_id VARCHAR, slot INTEGER, said UBIGINT, person UUID)"
        )
        self.connection.execute("CREATE TABLE said_to (topic VARCHAR, partition INTEGER, next_offset BIGINT)")
        self.connection.execute("CREATE TABLE positions (topic VARCHAR, partition INTEGER, next_offset BIGINT)")
        self.connection.execute("CREATE TABLE counters AS SELECT 0::BIGINT AS delivered, 0::BIGINT AS refused")
        self.connection.execute("CREATE TABLE in_force (cut BIGINT, through DATE, rule_set VARCHAR, folded BOOLEAN)")
        self.connection.execute(
            "CREATE TABLE made_for AS SELECT ?::VARCHAR AS identity, ?::VARCHAR AS topic_ids, false AS finished",
            [_text(identity), json.dumps(dict(topic_ids))],
        )
        self.connection.execute("CREATE TABLE erasures AS SELECT ?::BIGINT AS known", [erasures])


def _connect(path: Path, memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"temp_directory": f"{path}.tmp"})
    # In groups of so many rows DuckDB knows the least and greatest pseudonym: where a person isn't, it doesn't read.
    escaped = str(path).replace("'", "''")
    connection.execute(f"ATTACH '{escaped}' AS ledger (ROW_GROUP_SIZE {_ROWS_TOGETHER})")
    connection.execute("USE ledger")
    connection.execute(f"SET memory_limit = '{memory_limit}'")
    # Of one piece, and kept: blocks from everywhere, given back and taken again, cost page faults and leave holes.
    connection.execute(f"SET block_allocator_memory = '{memory_limit}'")
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET preserve_insertion_order = false")
    # What updates take in memory counts as if it were written: with DuckDB's own 16 MB each small batch of a large
    # ledger was a checkpoint.
    connection.execute("SET checkpoint_threshold = '32MB'")
    # How many rows are read by their places, and not all rows looked at: more than a small batch is about.
    connection.execute("SET dynamic_or_filter_threshold = 5000")
    return connection


def _examine(
    path: Path, identity: Identity, topic_ids: Mapping[str, str], memory_limit: str, threads: int
) -> tuple[duckdb.DuckDBPyConnection | None, str]:
    """Return the connection, or None and what is wrong with the file."""
    try:
        connection = _connect(path, memory_limit, threads)
    except duckdb.IOException as error:
        if "Could not set lock" in str(error):
            raise ConfigError(
                f"{path} is another worker's: give each worker a data folder of its own (FOKUSSTROM_DATA_DIR)"
            ) from error
        if is_out_of_room(error):
            raise
        return None, "it can't be read"
    except duckdb.Error as error:
        if is_out_of_memory(error):
            raise
        return None, "it can't be read"
    try:
        rows = connection.execute("SELECT identity, topic_ids, finished FROM made_for").fetchall()
    except duckdb.Error as error:
        if is_out_of_memory(error):
            raise
        rows = []
    fault = _fault(rows[0] if rows else None, identity, topic_ids)
    if fault:
        connection.close()
        return None, fault
    return connection, ""


def _fault(row: tuple[str, str, bool] | None, identity: Identity, topic_ids: Mapping[str, str]) -> str:
    if row is None:
        return "it is no ledger"
    made_for, known_ids, finished = row
    if made_for != _text(identity):
        return f"it was made for {made_for}, this worker is {_text(identity)}"
    if not finished:
        return "its first reading of the log was not finished"
    changed = [topic for topic, known in json.loads(known_ids).items() if topic_ids.get(topic) != known]
    return f"these topics were made anew since: {', '.join(changed)}" if changed else ""


def _knows_erasures(connection: duckdb.DuckDBPyConnection, erasures: int) -> bool:
    """Whether all that was erased was left out from the ledger's beginning; entries are never taken back."""
    try:
        rows = connection.execute("SELECT known FROM erasures").fetchall()
    except duckdb.CatalogException:  # made before ledgers said so
        rows = [(0,)]
    return rows == [(erasures,)]


def _remove(path: Path) -> None:
    """Delete a ledger that isn't open any more, and what was set aside before."""
    for file in path.parent.glob(f"{FILE_NAME}*"):
        if file.is_file():
            file.unlink()
    _log.warning("ledger deleted, rebuilding from the log", reason="facts were erased that it held")


def _set_aside(path: Path, fault: str) -> None:
    """Move an unusable ledger out of the way; only the newest such file is kept."""
    aside = path.with_name(f"{path.name}.set-aside")
    _log.warning("ledger set aside, rebuilding from the log", reason=fault, moved_to=aside.name)
    path.replace(aside)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


_NO_ROOM = (*map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)), "max_temp_directory_size")
"""What DuckDB's errors have in them when there is no room on the disk, for the file or what it puts beside it."""


def is_out_of_room(error: Exception) -> bool:
    """Tell a full disk, which wants room and no other ledger, from all other errors."""
    return any(words in str(error) for words in _NO_ROOM)


def is_out_of_memory(error: Exception) -> bool:
    """Tell a limit of memory that is too low, which a setting mends, from all other errors."""
    return isinstance(error, duckdb.OutOfMemoryException) and not is_out_of_room(error)


def too_little_memory(memory_limit: str) -> ConfigError:
    """Say what to change when DuckDB needs more memory than it may have."""
    return ConfigError(
        f"FOKUSSTROM_MEMORY_LIMIT={memory_limit} is too little for the facts that this worker holds: set it higher, and"
        " start again. 500MB carry some 4 million facts, 3GB five years of the whole country"
    )


def is_damaged(error: duckdb.Error) -> bool:
    """Tell an error of a damaged file, which shows when a block is first read, from all others."""
    return "corrupt" in str(error).lower() or isinstance(error, duckdb.FatalException | duckdb.SerializationException)


def _text(identity: Identity) -> str:
    return json.dumps(asdict(identity), sort_keys=True)
