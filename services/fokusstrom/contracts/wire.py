"""How a value is framed on a topic: Confluent's wire format.

A zero byte, the schema's id as four bytes (the greatest first), then the Avro record.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS, Reason

HEADER_BYTES = 5
_HEADER = struct.Struct(">bI")
_MAGIC = 0


@dataclass(frozen=True)
class Group:
    """Values of a batch that were written with one schema."""

    schema_id: int
    rows: list[int]
    """Where they stand in the batch, rising."""
    payloads: list[bytes]
    """Their Avro records, without header."""


@dataclass
class Split:
    """A batch by writer schema; every row of it is in exactly one place."""

    groups: list[Group] = field(default_factory=list)
    """In the order of their first rows."""
    tombstones: list[int] = field(default_factory=list)
    """Rows without a value."""
    refused: dict[int, Reason] = field(default_factory=dict)
    """Rows that carry no header."""


def header(schema_id: int) -> bytes:
    """The bytes before a record that was written with this schema."""
    return _HEADER.pack(_MAGIC, schema_id)


def unframe(value: bytes) -> tuple[int, bytes]:
    """Schema id and record of one value; `Rejected` when it has no header."""
    reason = _fault(value)
    if reason is not None:
        raise Rejected(reason, None, HINTS[reason])
    return _HEADER.unpack_from(value)[1], value[HEADER_BYTES:]


def split(values: Sequence[bytes | None]) -> Split:
    """Group a batch by writer schema.

    >>> [group.rows for group in split([header(7) + b"a", header(8) + b"b", header(7) + b"c"]).groups]
    [[0, 2], [1]]
    """
    heads = {value and value[:HEADER_BYTES] for value in values}
    head = heads.pop() if len(heads) == 1 else None
    if head is not None and _fault(head) is None:  # nearly always: one kind of fact, one version
        payloads = [value[HEADER_BYTES:] for value in values if value]
        return Split([Group(_schema_id(head), list(range(len(values))), payloads)])
    return _split_mixed(values)


def _split_mixed(values: Sequence[bytes | None]) -> Split:
    rows: dict[bytes | None, list[int]] = {}
    for row, value in enumerate(values):
        rows.setdefault(value and value[:HEADER_BYTES], []).append(row)
    result = Split()
    for head, where in rows.items():
        if head is None:
            result.tombstones = where
        elif (fault := _fault(head)) is None:
            payloads = [(values[row] or b"")[HEADER_BYTES:] for row in where]
            result.groups.append(Group(_schema_id(head), where, payloads))
        else:
            result.refused |= dict.fromkeys(where, fault)
    return result


def _schema_id(head: bytes) -> int:
    return int(_HEADER.unpack(head)[1])


def _fault(value: bytes) -> Reason | None:
    if len(value) < HEADER_BYTES:
        return Reason.TRUNCATED
    return None if value[0] == _MAGIC else Reason.UNDECODABLE
