"""A sender's records as columns of text: objects of JSON and columns of files become alike here, and only here.

A text is what the sender wrote: numbers as digits, true and false as words; an absent or null value, and an empty
text, is null. A list or an object is no value of a field: it is told apart by its row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom_connectors.interface import Records

PARENT = ".."
"""Before a field of the record that an item of a list belongs to."""

_NO_TEXT = object()
_MOST_DIGITS = 400


class Texts(Protocol):
    """Records, of which each field can be had as a column."""

    def __len__(self) -> int: ...

    def column(self, path: str) -> tuple[pa.StringArray, Sequence[int]]:
        """The field's texts, and the rows whose value is none."""

    def expect(self, paths: Collection[str]) -> None:
        """Be ready to be asked for these fields: together they cost less than one by one."""

    def taken(self, rows: np.ndarray) -> Texts:
        """The records of these rows, in this order."""

    def items(self, path: str) -> tuple[Texts, np.ndarray]:
        """The items of a list in each record, and the row that each belongs to."""

    def fields(self) -> list[str]:
        """Names of the fields that any record has."""


def texts_of(records: Records) -> Texts:
    """Records as they came, ready to be asked for columns."""
    return Columns(records) if isinstance(records, pa.Table) else Objects(records)


class Objects:
    """Objects of JSON."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Take parsed objects."""
        self._records = records
        self._columns: dict[str, tuple[pa.StringArray, Sequence[int]]] = {}

    def expect(self, paths: Collection[str]) -> None:
        """As `Texts`: all that are texts are taken out of the records at once, in Arrow."""
        unknown = [path for path in paths if path not in self._columns and not path.startswith(PARENT)]
        wanted = [path for path in unknown if self._records and _is_text_or_none(self._records[0], path)]
        shape = _shape(wanted)
        if shape is None:
            return
        try:
            together = pa.array(self._records, shape)
        except (pa.ArrowException, UnicodeEncodeError):  # some value is no text: each is looked at by itself, later
            return
        for path in wanted:
            texts = pc.struct_field(together, _parts(path))
            self._columns[path] = pc.if_else(pc.equal(texts, ""), None, texts), ()

    def __len__(self) -> int:
        return len(self._records)

    def column(self, path: str) -> tuple[pa.StringArray, Sequence[int]]:
        """As `Texts`; what was looked at once is kept: many rules ask for the same."""
        if path not in self._columns:
            self._columns[path] = self._column(_parts(path))
        return self._columns[path]

    def _column(self, parts: list[str]) -> tuple[pa.StringArray, Sequence[int]]:
        found = _each_at(self._records, parts)
        try:  # most fields are texts, or not there: that is seen by Arrow, at a fifth of what asking each costs
            texts = pa.array(found, pa.string())
        except (pa.ArrowException, UnicodeEncodeError):
            return self._looked_at(found) if (digits := _whole(found)) is None else (digits, ())
        return pc.if_else(pc.equal(texts, ""), None, texts), ()

    def _looked_at(self, found: Sequence[Any]) -> tuple[pa.StringArray, Sequence[int]]:
        """The texts of any values, one by one."""
        values = [_text(value) for value in found]
        nested = [row for row, value in enumerate(values) if value is _NO_TEXT]
        for row in nested:
            values[row] = None
        try:
            return pa.array(values, pa.string()), nested
        except UnicodeEncodeError:  # half of a surrogate pair, escaped: no text in UTF-8
            return _without_broken(values, nested)

    def taken(self, rows: np.ndarray) -> Objects:
        """As `Texts`; columns that are texts throughout go along."""
        taken = Objects([self._records[row] for row in rows.tolist()])
        at = pa.array(rows)
        taken._columns = {path: (texts.take(at), ()) for path, (texts, nested) in self._columns.items() if not nested}
        return taken

    def items(self, path: str) -> tuple[Objects, np.ndarray]:
        """As `Texts`; what isn't a list of objects has no items."""
        parts = _parts(path)
        found = [
            (row, {**item, PARENT: record})
            for row, (record, within) in enumerate(zip(self._records, _each_at(self._records, parts), strict=True))
            for item in _objects_in(within)
        ]
        return Objects([item for _, item in found]), np.array([row for row, _ in found], np.int64)

    def fields(self) -> list[str]:
        """As `Texts`; fields of objects within by their path."""
        return list(dict.fromkeys(path for record in self._records for path in _paths(record, "")))


class Columns:
    """A table, as files give it."""

    def __init__(self, table: pa.Table) -> None:
        """Take a table of any types."""
        self._table = table
        self._columns: dict[str, tuple[pa.StringArray, Sequence[int]]] = {}

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def column(self, path: str) -> tuple[pa.StringArray, Sequence[int]]:
        """As `Texts`, kept as there; all null where there is no such column."""
        if path not in self._columns:
            self._columns[path] = self._column(path)
        return self._columns[path]

    def _column(self, path: str) -> tuple[pa.StringArray, Sequence[int]]:
        if path not in self._table.schema.names:
            return pa.nulls(len(self), pa.string()), ()
        column = self._table.column(path)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
            return pa.nulls(len(self), pa.string()), np.flatnonzero(pc.is_valid(column).to_numpy()).tolist()
        texts = column.cast(pa.string()).combine_chunks()
        texts = texts if isinstance(texts, pa.Array) else pa.concat_arrays(texts.chunks)
        return pc.if_else(pc.equal(texts, ""), None, texts), ()

    def expect(self, paths: Collection[str]) -> None:
        """As `Texts`: they are columns already."""

    def taken(self, rows: np.ndarray) -> Columns:
        """As `Texts`."""
        return Columns(self._table.take(pa.array(rows)))

    def items(self, path: str) -> tuple[Texts, np.ndarray]:
        """As `Texts`: the lists' objects are looked at one by one."""
        return Objects(self._table.to_pylist()).items(path)

    def fields(self) -> list[str]:
        """As `Texts`."""
        return list(self._table.schema.names)


def _parts(path: str) -> list[str]:
    return [PARENT, *path[len(PARENT) :].split(".")] if path.startswith(PARENT) else path.split(".")


def _is_text_or_none(record: Mapping[str, Any], path: str) -> bool:
    (found,) = _each_at([record], _parts(path))
    return found is None or isinstance(found, str)


def _shape(paths: Collection[str]) -> pa.StructType | None:
    """The objects that have texts at these paths; None where there is none, or a path leads through another's text.

    >>> _shape(["id", "borger.cpr"])
    StructType(struct<id: string, borger: struct<cpr: string>>)
    """
    within: dict[str, list[str]] = {}
    for path in paths:
        first, _, rest = path.partition(".")
        within.setdefault(first, []).append(rest)
    if not within or any("" in each and len(each) > 1 for each in within.values()):
        return None
    inner = {name: pa.string() if each == [""] else _shape(each) for name, each in within.items()}
    return None if None in inner.values() else pa.struct(inner.items())


def _each_at(records: Sequence[Any], parts: list[str]) -> Sequence[Any]:
    """What stands at a path of each record; to ask whether one is a `Mapping` is slow, and most are dicts."""
    for part in parts:
        records = [one.get(part) if type(one) is dict or isinstance(one, Mapping) else None for one in records]
    return records


def _whole(values: Sequence[Any]) -> pa.StringArray | None:
    """The digits of whole numbers, or nothing; None where any value is something else, or a very great number."""
    if not set(map(type, values)) <= {int, type(None)}:
        return None
    try:
        return pa.array(values, pa.int64()).cast(pa.string())
    except (pa.ArrowException, OverflowError):
        return None


def _text(value: Any) -> Any:  # noqa: ANN401 - text, None, or the sign for neither
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal | float):
        return _digits(Decimal(str(value)))
    return _NO_TEXT


def _digits(number: Decimal) -> Any:  # noqa: ANN401 - as `_text`
    """Its digits; none of 1E+999999999, which would fill the memory with zeros."""
    if number.is_finite() and abs(number.adjusted()) > _MOST_DIGITS:
        return _NO_TEXT
    return f"{number:f}"


def _without_broken(values: list[Any], nested: list[int]) -> tuple[pa.StringArray, Sequence[int]]:
    broken = [row for row, value in enumerate(values) if value is not None and not _is_utf8(value)]
    for row in broken:
        values[row] = None
    return pa.array(values, pa.string()), sorted([*nested, *broken])


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _objects_in(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def _paths(record: Mapping[str, Any], before: str) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"
