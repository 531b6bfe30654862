"""Facts in Parquet: a `type` column and the union of the types' fields, a row a fact.

Instants are timestamps with a time zone or text, dates are dates or text, hours and shares decimals, floating
point or integers, the rest as in JSON. A column that isn't a field of a row's type must be null there.
Columns are converted whole where Arrow can; a row's number is its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fokusstrom.contracts.exchange_batches import Batch, Gathered, Refusal, shown
from fokusstrom.contracts.exchange_values import Column, typed
from fokusstrom.domain.facts import FACT_TYPES, SCALE, FactType, Field, Kind
from fokusstrom.domain.refusals import Reason

_MILLISECOND = {"ns": 1_000_000, "us": 1000, "ms": 1}


def read_parquet(stream: BinaryIO, file: str, batch_size: int) -> Iterator[Batch]:
    """The facts of a Parquet file; refused from where it can't be read."""
    line = 1
    try:
        for batch in pq.ParquetFile(stream).iter_batches(batch_size):
            batch.validate(full=True)  # Parquet takes any bytes for text
            yield read_rows(batch, file, line)
            line += batch.num_rows
    except (pa.ArrowException, OSError):
        yield Batch(0, {}, [Refusal(file, line, None, Reason.UNDECODABLE)])


def read_rows(batch: pa.RecordBatch, file: str = "-", first: int = 1) -> Batch:
    """The facts of these rows, the first of which is line `first`."""
    gathered = Gathered(file)
    lines = np.arange(first, first + batch.num_rows)
    names = batch.schema.names
    twice = [name for name in names if names.count(name) > 1]
    if twice or "type" not in names:
        reason, name = (Reason.DUPLICATE_KEY, shown(twice[0])) if twice else (Reason.MISSING, "type")
        gathered.refuse_all(lines.tolist(), reason, name)
        return gathered.batch(batch.num_rows)
    batch = pa.RecordBatch.from_arrays([_plain(column) for column in batch.columns], names)
    kinds = batch.column("type")
    kinds = kinds if kinds.type == pa.string() else pa.nulls(len(kinds), pa.string())
    for kind in pc.unique(kinds).to_pylist():
        chosen = pc.is_null(kinds) if kind is None else pc.fill_null(pc.equal(kinds, kind), False)  # noqa: FBT003 - Arrow's
        _gather(kind, _Rows(batch, chosen, lines), gathered)
    return gathered.batch(batch.num_rows)


@dataclass(frozen=True)
class _Rows:
    """Some rows of a batch; the whole is the narrower way to them: most of its columns are not theirs."""

    batch: pa.RecordBatch
    chosen: pa.BooleanArray
    of_batch: np.ndarray
    """The line of each of the batch's rows."""

    @property
    def lines(self) -> np.ndarray:
        """The line of each of these rows."""
        return np.asarray(self.of_batch[self.chosen.to_numpy(zero_copy_only=False)])


def _gather(kind: str | None, rows: _Rows, gathered: Gathered) -> None:
    """Rows of one type."""
    fact_type = FACT_TYPES.get(kind or "")
    if fact_type is None:
        reason = Reason.MISSING if kind is None else Reason.UNKNOWN_TYPE
        gathered.refuse_all(rows.lines.tolist(), reason, "type")
        return
    rows = _without_foreign_fields(fact_type, rows, gathered)
    names = [field.name for field in fact_type.fields if field.name in rows.batch.schema.names]
    batch, lines = rows.batch.select(names).filter(rows.chosen), rows.lines
    columns = {
        field.name: _column(field, batch.column(field.name)) for field in fact_type.fields if field.name in names
    }
    if "deleted" in columns:
        deleted = columns["deleted"]
        said = pa.array([row in deleted.faults for row in range(len(lines))])
        deleted.values = pc.if_else(said, None, pc.fill_null(deleted.values, False))  # noqa: FBT003 - Arrow's
    else:
        columns["deleted"] = Column(pa.array([False] * len(lines)))
    gathered.add(fact_type, lines.tolist(), columns)


def _without_foreign_fields(fact_type: FactType, rows: _Rows, gathered: Gathered) -> _Rows:
    """Refuse rows with a value in a column that their type doesn't have."""
    own = {"type", *(field.name for field in fact_type.fields)}
    sound = rows.chosen
    for name in (name for name in rows.batch.schema.names if name not in own):
        filled = pc.and_(sound, pc.is_valid(rows.batch.column(name)))
        if filled.true_count:
            foreign = _Rows(rows.batch, filled, rows.of_batch)
            gathered.refuse_all(foreign.lines.tolist(), Reason.UNKNOWN_FIELD, shown(name))
            sound = pc.and_not(sound, filled)
    return _Rows(rows.batch, sound, rows.of_batch)


def _plain(column: pa.Array) -> pa.Array:
    """Without dictionary, and one kind of text."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        return column.cast(pa.string())
    return column


def _column(field: Field, column: pa.Array) -> Column:
    """The field's column, by what the file has for it."""
    if column.null_count == len(column):
        return Column(pa.nulls(len(column), field.arrow.type))
    if field.kind is Kind.INSTANT and pa.types.is_timestamp(column.type):
        return _instants(column)
    if column.type == field.arrow.type and field.kind is not Kind.MONTH:
        return Column(column)
    if field.kind is Kind.INTEGER and pa.types.is_signed_integer(column.type):
        return Column(column.cast(pa.int64()))
    if pa.types.is_nested(column.type):
        return typed(field, [_as_json(field, value) for value in column.to_pylist()])
    return _by_value(field, column)


def _by_value(field: Field, column: pa.Array) -> Column:
    """Months and hours are few, however many rows have them: each value is looked at once."""
    encoded = column.dictionary_encode()
    once = typed(field, [_as_json(field, value) for value in encoded.dictionary.to_pylist()])
    at_fault = pc.is_in(encoded.indices, pa.array(once.faults, encoded.indices.type)).to_numpy(zero_copy_only=False)
    places = encoded.indices.fill_null(-1).to_numpy()
    faults = {row: once.faults[int(places[row])] for row in np.flatnonzero(at_fault).tolist()}
    return Column(once.values.take(encoded.indices), faults)


def _instants(column: pa.Array) -> Column:
    """Timestamps with a time zone are instants in UTC already; without, nobody knows which."""
    present = pc.is_valid(column).to_numpy(zero_copy_only=False)
    if column.type.tz is None:
        return Column(pa.nulls(len(column)), dict.fromkeys(np.flatnonzero(present).tolist(), Reason.NO_OFFSET))
    if column.type.unit == "s":
        return Column(column.cast(pa.timestamp("ms", "UTC")))
    numbers = pc.fill_null(column.cast(pa.int64()), 0).to_numpy()
    fine = np.flatnonzero(present & (numbers % _MILLISECOND[column.type.unit] != 0))
    return Column(column.cast(pa.timestamp("ms", "UTC"), safe=False), dict.fromkeys(fine.tolist(), Reason.TOO_FINE))


def _as_json(field: Field, value: Any) -> Any:  # noqa: ANN401 - whatever Parquet holds
    """A floating point number where decimals belong is the shortest decimal that reads as it."""
    if isinstance(value, bytes):
        return [value]  # Arrow would take bytes for text: nothing takes a list
    return Decimal(repr(value)) if isinstance(value, float) and field.kind in SCALE else value
