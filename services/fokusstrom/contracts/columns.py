"""Avro records to Arrow columns and back, a batch at a time.

Theory of operation. pyruhvro decodes millions of records a second but is not careful: it ignores bytes after
the record, takes strings that aren't UTF-8, cuts numbers that are too great, fails a whole batch on one bad record
without saying which, and writes a null as zero where the schema has no null. So a batch is decoded whole, its text
validated, and then *encoded again*: a record is whole, read as it was meant, and followed by nothing when that gives
the bytes that there were. (Others may have a number in more bytes than needed, which Avro allows: such records are
read one by one by fastavro, and must come to the same.) When the whole batch fails, its halves are tried, down to
the records at fault. What becomes of a record therefore never depends on the records beside it.

A record is read with its writer's schema and brought to today's columns: columns that it lacks get their
default, columns that we don't know are dropped, codes that we don't know become the enumeration's default.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from fokusstrom.contracts import single
from fokusstrom.contracts.schemas import Schema
from fokusstrom.contracts.wire import header
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import Reason

_INSTANT = pa.timestamp("ms", tz="UTC")
_NAIVE = pa.timestamp("ms")
_DAY = pa.date32()
_BOUNDS = {
    _DAY: (pa.scalar(date.min, _DAY), pa.scalar(date.max, _DAY)),
    _INSTANT: (
        pa.scalar(datetime.min.replace(tzinfo=UTC), _INSTANT),
        pa.scalar(datetime.max.replace(microsecond=0, tzinfo=UTC), _INSTANT),
    ),
}


@dataclass(frozen=True)
class Decoded:
    """A batch of records as columns, and what is no record."""

    batch: pa.RecordBatch
    """Columns of `arrow_schema(reader)`; one row for each record that could be read, in their order."""
    rows: list[int]
    """Where each row of `batch` stood among the payloads."""
    refused: dict[int, Reason]
    """What could not be read, by where it stood: `TRUNCATED`, `UNDECODABLE`, or `WRONG_SCHEMA` when the
    writer's schema cannot be brought to the reader's."""


@functools.cache
def arrow_schema(schema: Schema) -> pa.Schema:
    """The columns of a record: instants in UTC, every column nullable.

    For facts they are `FactType.arrow_schema`.
    """
    fields = pyruhvro.avro_to_arrow_schema(schema.text)
    return pa.schema([pa.field(one.name, _INSTANT if one.type == _NAIVE else one.type) for one in fields])


def decode(writer: Schema, reader: Schema, payloads: Sequence[bytes]) -> Decoded:
    """Columns of records that were written with `writer`, as `reader` has them.

    What cannot be read is refused by itself; everything else is in the batch.
    """
    payloads = payloads if isinstance(payloads, list) else list(payloads)
    batches, refused = _decode_whole(writer, payloads, 0)
    batch = _joined(batches, writer)
    every = list(range(len(payloads)))
    rows = [row for row in every if row not in refused] if refused else every
    if writer == reader:
        return Decoded(_tamed(batch.cast(arrow_schema(reader))), rows, refused)
    if _same_columns(writer, reader):
        return Decoded(_tamed(_brought_to(reader, writer, batch)), rows, refused)
    return _decode_resolved(writer, reader, payloads, refused)


def encode(schema: Schema, batch: pa.RecordBatch) -> list[bytes]:
    """Values of the rows, with header, ready to be produced; as `payloads`, then `framed`."""
    return framed(schema, payloads(schema, batch))


def framed(schema: Schema, records: pa.BinaryArray) -> list[bytes]:
    """Values of records that `payloads` encoded, whole or their first half: the header before each."""
    head = pa.scalar(header(schema.schema_id), pa.binary())
    values: list[bytes] = pc.binary_join_element_wise(head, records, pa.scalar(b"", pa.binary())).to_pylist()
    return values


def halves(schema: Schema, first: int) -> tuple[Schema, Schema]:
    """Schemas of so many first fields of a record and of the others, for what differs in one of both only.

    An Avro record is its fields one after the other: what `payloads` gives of both is, one behind the other, the
    record. Types must be named where they are used first, in each half by itself.
    """
    fields = schema.tree["fields"]
    texts = (json.dumps({**schema.tree, "fields": half}) for half in (fields[:first], fields[first:]))
    head, rest = (dataclasses.replace(schema, text=text) for text in texts)
    return head, rest


def payloads(schema: Schema, batch: pa.RecordBatch) -> pa.BinaryArray:
    """Avro records of the rows, without header.

    Columns are found by name. `ValueError` when a value doesn't fit the schema: facts have been through
    `domain.refusals` before.
    """
    batch = batch.select([one["name"] for one in schema.tree["fields"]])
    for one in schema.tree["fields"]:
        if batch.column(one["name"]).null_count and not _takes_null(one["type"]):
            raise ValueError(f"{schema.name}.{one['name']} holds nulls, its schema takes none")
    try:
        return pyruhvro.serialize_record_batch(batch.cast(arrow_schema(schema)), schema.text, 1)[0]
    except ValueError:
        # The original names the value at fault: that may be anything a sender wrote.
        raise ValueError(f"a column holds values that the schema of {schema.name} doesn't take") from None


def unchecked(schema: Schema, records: Sequence[bytes]) -> pa.RecordBatch:
    """Columns of records that `payloads` encoded with the same schema: nothing about them is checked."""
    return pyruhvro.deserialize_array(list(records), schema.text)


def _tamed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Instants and days that DuckDB can hold: beyond the years 1 to 9999 the nearest within.

    DuckDB fails on a batch with one greater instant, and takes the greatest day for infinity, which has no
    year. Both stay refused: facts end long before (`domain.facts.LAST_YEAR`).
    """
    for place, field in enumerate(batch.schema):
        bounds = _BOUNDS.get(field.type)
        if bounds is not None:
            batch = batch.set_column(place, field, _within(batch.column(place), *bounds))
    return batch


def _within(column: pa.Array, least: pa.Scalar, most: pa.Scalar) -> pa.Array:
    if len(column) == column.null_count:
        return column
    number = pa.int32() if column.type == _DAY else pa.int64()
    numbers = column.cast(number)
    smallest, greatest = pc.min_max(numbers).values()
    if smallest.as_py() >= least.cast(number).as_py() and greatest.as_py() <= most.cast(number).as_py():
        return column
    clipped = pc.min_element_wise(pc.max_element_wise(numbers, least.cast(number)), most.cast(number))
    return pc.if_else(pc.is_null(numbers), None, clipped).cast(column.type)


def _takes_null(avro_type: object) -> bool:
    return isinstance(avro_type, list) and "null" in avro_type


def _decode_whole(writer: Schema, payloads: list[bytes], start: int) -> tuple[list[pa.RecordBatch], dict[int, Reason]]:
    """Decode at once if all is well, else by halves; `start` is where the payloads stand in the batch."""
    if not payloads:
        return [], {}
    try:
        batch = pyruhvro.deserialize_array(payloads, writer.text)
        batch.validate(full=True)
        again = pyruhvro.serialize_record_batch(batch, writer.text, 1)[0]
    except ValueError:
        return _decode_halves(writer, payloads, start)
    return _without_longer(writer, batch, payloads, again, start)


def _decode_halves(writer: Schema, payloads: list[bytes], start: int) -> tuple[list[pa.RecordBatch], dict[int, Reason]]:
    if len(payloads) == 1:
        return [], {start: _why(writer, payloads[0]) or Reason.UNDECODABLE}
    middle = len(payloads) // 2
    first, refused = _decode_whole(writer, payloads[:middle], start)
    second, more = _decode_whole(writer, payloads[middle:], start + middle)
    return first + second, refused | more


def _without_longer(
    writer: Schema, batch: pa.RecordBatch, payloads: list[bytes], again: pa.BinaryArray, start: int
) -> tuple[list[pa.RecordBatch], dict[int, Reason]]:
    """Leave out records that more bytes follow, and those that were misread; `again` are all, written again."""
    same = pc.equal(pa.array(payloads, pa.binary()), again)
    if pc.all(same).as_py():
        return [batch], {}
    others = pc.indices_nonzero(pc.invert(same)).to_pylist()
    wrong = [row for row in others if not _is_same(writer, payloads[row], again[row].as_py())]
    if not wrong:
        return [batch], {}
    keep = np.ones(len(payloads), dtype=bool)
    keep[wrong] = False
    return [batch.filter(pa.array(keep))], {start + row: Reason.UNDECODABLE for row in wrong}


def _is_same(writer: Schema, payload: bytes, again: bytes) -> bool:
    """Whether the careful decoder reads exactly one record in the payload, and the same as in what was made of it."""
    try:
        return bool(single.read(payload, writer.bare) == single.read(again, writer.bare))
    except Rejected:
        return False


def _why(writer: Schema, payload: bytes) -> Reason | None:
    """Why the payload is not exactly one record, by the careful decoder; None when it is one."""
    try:
        single.read(payload, writer.bare)
    except Rejected as rejected:
        return Reason(rejected.reason)
    return None


def _joined(batches: list[pa.RecordBatch], writer: Schema) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    if not batches:
        return pyruhvro.deserialize_array([], writer.text)
    return pa.concat_batches(batches)


def _same_columns(writer: Schema, reader: Schema) -> bool:
    """True when columns that both have are of the same type, but for an enumeration's codes."""
    written = {one["name"]: one["type"] for one in writer.tree["fields"]}
    both = [one for one in reader.tree["fields"] if one["name"] in written]
    return all(_shape(written[one["name"]]) == _shape(one["type"]) for one in both)


def _brought_to(reader: Schema, writer: Schema, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The columns as today's schema has them."""
    written = {one["name"] for one in writer.tree["fields"]}
    fields = arrow_schema(reader)
    columns = [
        _with_known_codes(batch.column(one["name"]).cast(fields.field(one["name"]).type), one["type"], reader)
        if one["name"] in written
        else pa.array([one.get("default")] * batch.num_rows, fields.field(one["name"]).type)
        for one in reader.tree["fields"]
    ]
    return pa.RecordBatch.from_arrays(columns, schema=fields)


def _with_known_codes(column: pa.Array, avro_type: object, reader: Schema) -> pa.Array:
    enumeration = _enumerations(reader).get(_enumeration_name(avro_type))
    if enumeration is None:
        return column
    known = pc.or_(pc.is_in(column, pa.array(enumeration["symbols"])), pc.is_null(column))
    return pc.if_else(known, column, enumeration["default"])


def _decode_resolved(writer: Schema, reader: Schema, payloads: list[bytes], refused: dict[int, Reason]) -> Decoded:
    """One by one through Avro's schema resolution: slow, for changes inside a column only."""
    resolved: dict[int, bytes] = {}
    for row in (row for row in range(len(payloads)) if row not in refused):
        try:
            resolved[row] = _resolved(writer, reader, payloads[row])
        except Exception:  # noqa: BLE001 - fastavro raises what it stumbles on: the schemas don't match
            refused[row] = Reason.WRONG_SCHEMA
    batch = pyruhvro.deserialize_array(list(resolved.values()), reader.text)
    return Decoded(_tamed(batch.cast(arrow_schema(reader))), list(resolved), refused)


def _resolved(writer: Schema, reader: Schema, payload: bytes) -> bytes:
    """The record as the reader's schema writes it."""
    record = fastavro.schemaless_reader(io.BytesIO(payload), writer.bare, reader.bare)
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, reader.bare, record)
    return stream.getvalue()


@functools.cache
def _enumerations(schema: Schema) -> dict[str | None, dict[str, Any]]:
    """Enumerations of a schema by their name: later uses name only that."""
    found: dict[str | None, dict[str, Any]] = {}
    _collect_enumerations(schema.tree, found)
    return found


def _collect_enumerations(tree: object, found: dict[str | None, dict[str, Any]]) -> None:
    if isinstance(tree, list):
        for one in tree:
            _collect_enumerations(one, found)
    elif isinstance(tree, dict):
        if tree.get("type") == "enum":
            found[_enumeration_name(tree)] = tree
        for one in tree.values():
            _collect_enumerations(one, found)


def _enumeration_name(avro_type: object) -> str | None:
    """Full name of the enumeration that a field holds, if it holds one."""
    if isinstance(avro_type, list):
        names = [name for one in avro_type if (name := _enumeration_name(one))]
        return names[0] if names else None
    if isinstance(avro_type, dict) and avro_type.get("type") == "enum":
        return f"{avro_type.get('namespace', '')}.{avro_type['name']}"
    return avro_type if isinstance(avro_type, str) and "." in avro_type else None


def _shape(avro_type: object) -> str:
    """A type without what may differ between versions and still be the same column: docs and codes."""
    name = _enumeration_name(avro_type)
    if name is not None and not (isinstance(avro_type, dict) and avro_type["type"] != "enum"):
        return f"{name}{'?' if _takes_null(avro_type) else ''}"
    return json.dumps(_without_docs(avro_type), sort_keys=True)


def _without_docs(tree: object) -> object:
    if isinstance(tree, dict):
        return {key: _without_docs(value) for key, value in tree.items() if key != "doc"}
    return [_without_docs(one) for one in tree] if isinstance(tree, list) else tree
