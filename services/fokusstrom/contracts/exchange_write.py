"""Facts to files in the exchange format: how columns become lines of JSON, or Parquet, lives here.

    with facts_file(Path("facts.jsonl.gz")) as file:
        file.append(file.encoded({"MeetingHeld": meetings, "BenefitSpell": spells}))

The name's ending decides: `.jsonl`, `.jsonl.gz`, `.parquet`. The same tables appended in the same order give
the same bytes. Facts are taken as they are: what was not validated before may give lines that are refused.

Parquet is one wide table: `type`, then the fields of all types, each once, null where a type has no such
field or the fact lacks it; instants as timestamp[ms, UTC], dates as date32, months as text, hours as
decimal(5, 2), shares as decimal(7, 6). In JSON Lines a line has its own type's fields, absent ones null.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES, FactType, Field, Kind

Tables = Mapping[str, pa.Table]
"""Facts by the name of their type, with the columns of its `arrow_schema`; types may be missing."""

_DECIMALS = {Kind.HOURS: pa.decimal128(5, 2), Kind.SHARE: pa.decimal128(7, 6)}
_IN_JSON = {
    Kind.INSTANT: "strftime({0}, '%Y-%m-%dT%H:%M:%S.%gZ')",
    Kind.HOURS: "({0} / 100)::DECIMAL(18, 2)",
    Kind.SHARE: "({0} / 1000000)::DECIMAL(18, 6)",
}
"""What DuckDB makes of a column before it is JSON; of the other kinds nothing."""
_ORDER = ("registered_at", "place", "source", "fact_id", "version")
_NEARLY_UNIQUE = {"fact_id", "citizen", "same_as", "registered_at", "held_at"}
"""Columns that a dictionary would only make larger."""


class FactsFile(Protocol):
    """A file of facts being written."""

    def encoded(self, tables: Tables) -> Any:  # noqa: ANN401 - what `append` takes, nobody else's business
        """The facts in the file's format, in the order of arrival; pure, so any thread may call it."""

    def append(self, encoded: Any) -> None:  # noqa: ANN401 - what `encoded` gave
        """Write them after what stands; one thread at a time."""


@contextlib.contextmanager
def facts_file(path: Path) -> Iterator[FactsFile]:
    """A new file under this name; it appears when it is complete, or not at all.

    Raises `ConfigError` when the name's ending is of no known format, or nothing can be written there.
    """
    opener = _opener(path)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with opener(unfinished) as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def in_order_of_arrival(tables: Tables) -> pa.Array:
    """Positions of all facts, type after type, sorted by `registered_at`.

    Ties go by type, source, fact id and version; what is equal even then stays in its order.
    """
    keys = pa.concat_tables(_keys(place, tables[name]) for place, name in enumerate(_present(tables)))
    return pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in _ORDER])


# --- JSON Lines ------------------------------------------------------------------------------------


def json_lines(tables: Tables) -> pa.Array:
    """One line of JSON for each fact, without its line feed, in the order of arrival."""
    with _database() as database:
        return _json_lines(database, tables)


def _database() -> duckdb.DuckDBPyConnection:
    """DuckDB in memory, which writes JSON some hundred thousand facts a second."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    return database


def _json_lines(database: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Array:
    if not _present(tables):
        return pa.array([], pa.string())
    lines = [_lines_of(database, FACT_TYPES[name], tables[name]) for name in _present(tables)]
    return pa.concat_arrays(lines).take(in_order_of_arrival(tables))


def _lines_of(database: duckdb.DuckDBPyConnection, fact_type: FactType, facts: pa.Table) -> pa.Array:
    database.register("facts", facts)
    lines = database.sql(_json_query(fact_type)).to_arrow_table().column("line")
    database.unregister("facts")
    return lines.cast(pa.string()).combine_chunks()


@functools.cache
def _json_query(fact_type: FactType) -> str:
    members = [f"type: '{fact_type.name}'"]
    members += [f"{field.name}: {_IN_JSON.get(field.kind, '{0}').format(field.name)}" for field in fact_type.fields]
    return f"SELECT to_json({{{', '.join(members)}}})::VARCHAR AS line FROM facts"


class _JsonLines:
    """Lines to a stream, gzipped by it or not."""

    def __init__(self, stream: IO[bytes], database: duckdb.DuckDBPyConnection) -> None:
        self._stream = stream
        self._database = database

    def encoded(self, tables: Tables) -> bytes:
        with self._database.cursor() as own:  # a connection serves one thread
            lines = _json_lines(own, tables)
        if not len(lines):
            return b""
        every_line = pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines)
        return bytes(pc.binary_join(every_line, "\n")[0].as_buffer()) + b"\n"

    def append(self, encoded: bytes) -> None:
        self._stream.write(encoded)


@contextlib.contextmanager
def _json_lines_file(path: Path) -> Iterator[FactsFile]:
    with _created(path) as stream, _database() as database:
        yield _JsonLines(stream, database)


@contextlib.contextmanager
def _gzipped_file(path: Path) -> Iterator[FactsFile]:
    # no name and no time in the header: the same facts are the same bytes
    with (
        _created(path) as stream,
        gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as packed,
        _database() as database,
    ):
        yield _JsonLines(cast("IO[bytes]", packed), database)


def _created(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise ConfigError(f"{path.parent}: {error.strerror}") from error


# --- Parquet ---------------------------------------------------------------------------------------


@functools.cache
def parquet_schema() -> pa.Schema:
    """The columns of a Parquet file: `type`, then every field of every type once."""
    columns = {"type": pa.string()}
    for fact_type in FACT_TYPES.values():
        columns |= {field.name: _parquet_type(field) for field in fact_type.fields}
    return pa.schema(list(columns.items()))


def parquet_table(tables: Tables) -> pa.Table:
    """The facts as one table of `parquet_schema`, in the order of arrival."""
    if not _present(tables):
        return parquet_schema().empty_table()
    order = in_order_of_arrival(tables)
    wide = pa.concat_tables(_widened(FACT_TYPES[name], tables[name]) for name in _present(tables))
    return wide.combine_chunks().take(order)


def _widened(fact_type: FactType, facts: pa.Table) -> pa.Table:
    size = facts.num_rows
    columns = {"type": pa.repeat(fact_type.name, size)}
    for field in fact_type.fields:
        columns[field.name] = _parquet_column(field, facts.column(field.name).combine_chunks())
    schema = parquet_schema()
    return pa.table([columns.get(one.name, pa.nulls(size, one.type)) for one in schema], schema=schema)


def _parquet_type(field: Field) -> pa.DataType:
    return _DECIMALS.get(field.kind, field.arrow.type)


def _parquet_column(field: Field, column: pa.Array) -> pa.Array:
    if field.kind not in _DECIMALS:
        return column
    # the same digits, read with the point where the decimal has it
    digits = column.cast(pa.decimal128(19, 0))
    decimals = pa.Array.from_buffers(
        _DECIMALS[field.kind], len(digits), digits.buffers(), digits.null_count, digits.offset
    )
    decimals.validate(full=True)
    return decimals


class _Parquet:
    """Tables to row groups."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer

    def encoded(self, tables: Tables) -> pa.Table:
        return parquet_table(tables)

    def append(self, encoded: pa.Table) -> None:
        if encoded.num_rows:
            self._writer.write_table(encoded)


@contextlib.contextmanager
def _parquet_file(path: Path) -> Iterator[FactsFile]:
    schema = parquet_schema()
    listed = [one.name for one in schema if one.name not in _NEARLY_UNIQUE]
    with (
        _created(path) as stream,
        pq.ParquetWriter(stream, schema, compression="zstd", compression_level=1, use_dictionary=listed) as writer,
    ):
        yield _Parquet(writer)


# --- common ----------------------------------------------------------------------------------------

_FORMATS: dict[str, Callable[[Path], AbstractContextManager[FactsFile]]] = {
    ".jsonl": _json_lines_file,
    ".jsonl.gz": _gzipped_file,
    ".parquet": _parquet_file,
}


def _opener(path: Path) -> Callable[[Path], AbstractContextManager[FactsFile]]:
    for ending, opener in _FORMATS.items():
        if path.name.endswith(ending):
            return opener
    raise ConfigError(f"{path.name}: end the file's name in {', '.join(_FORMATS)}")


def _present(tables: Tables) -> list[str]:
    """Types that have facts, always in the same order."""
    return [name for name in FACT_TYPES if name in tables and tables[name].num_rows]


def _keys(place: int, facts: pa.Table) -> pa.Table:
    """What the order of arrival goes by."""
    keys = facts.select([name for name in _ORDER if name != "place"])
    return keys.append_column("place", pa.repeat(pa.scalar(place, pa.int8()), facts.num_rows))
