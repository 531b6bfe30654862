"""Keys of records on topics: parts, percent-encoded, joined by `/`.

A fact's key is `type/source/fact_id/version/digest`: only exact repeats share one, so that compaction takes
away nothing else. The digest is SHA-256 of the value's bytes after the header, its first 16 hex digits.
Keys of facts and of enriched meetings are built on columns; the few of all else one by one.

>>> joined("cut", 7)
'cut/7'
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts.texts import bytes_of
from fokusstrom.contracts.wire import HEADER_BYTES
from fokusstrom.domain.facts import FactType

DIGEST_DIGITS = 16
_MARK = b"cut/"


def joined(*parts: object) -> str:
    """A key of these parts; None becomes an empty part."""
    return "/".join(map(_encoded, parts))


@functools.lru_cache(maxsize=10_000, typed=True)
def _encoded(part: object) -> str:
    """Percent-encode a part: the same areas, months and origins come again and again."""
    return "" if part is None else quote(str(part), safe="")


def digest(value: bytes) -> str:
    """Digest of a value as its key holds it."""
    return hashlib.sha256(value[HEADER_BYTES:]).hexdigest()[:DIGEST_DIGITS]


def fact_key(fact_type: FactType, source: str, fact_id: str, version: int, value: bytes) -> bytes:
    """Key of one fact; for many use `fact_keys`."""
    return joined(fact_type.name, source, fact_id, version, digest(value)).encode()


def fact_keys(fact_type: FactType, batch: pa.RecordBatch, payloads: Sequence[bytes] | pa.BinaryArray) -> pa.StringArray:
    """Keys of a batch's rows; `payloads` are their Avro records *without* header.

    Null where source, fact_id or version is null: such a fact is refused anyway.
    """
    parts = (
        _encoded_column(batch.column("source")),
        _encoded_column(batch.column("fact_id")),
        batch.column("version").cast(pa.string()),
        _digests(payloads.to_pylist() if isinstance(payloads, pa.Array) else payloads),
    )
    return pc.binary_join_element_wise(fact_type.name, *parts, "/")


def _encoded_column(texts: pa.StringArray) -> pa.StringArray:
    """Percent-encode texts; of nearly all there is nothing to encode."""
    if not _bytes_to_encode()[np.frombuffer(bytes_of(texts), np.uint8)].any():  # in half the time of a pattern
        return texts
    once = texts.dictionary_encode()
    return pa.array([quote(text, safe="") for text in once.dictionary.to_pylist()], pa.string()).take(once.indices)


@functools.cache
def _bytes_to_encode() -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether `quote` would write each byte in another way."""
    return np.array([quote(chr(byte), safe="") != chr(byte) for byte in range(256)])


def _digests(payloads: Sequence[bytes]) -> pa.StringArray:
    """Digests of records without header, as their keys hold them.

    Python's SHA-256 uses the processor's own instructions for it, and takes half the time of DuckDB's.
    """
    whole = np.frombuffer(b"".join([hashlib.sha256(payload).digest() for payload in payloads]), np.uint8)
    digests = whole.reshape(-1, hashlib.sha256().digest_size)[:, : DIGEST_DIGITS // 2].tobytes().hex().encode()
    ends = np.arange(len(payloads) + 1, dtype=np.int32) * DIGEST_DIGITS
    return pa.StringArray.from_buffers(len(payloads), pa.py_buffer(ends), pa.py_buffer(digests))


def mark_key(number: int) -> bytes:
    """Key of a cut mark, in every partition it is written to."""
    return _MARK + str(number).encode()


def mark_places(keys: Sequence[bytes | None]) -> list[int]:
    """Where keys of cut marks stand among many keys."""
    places: list[int] = pc.indices_nonzero(pc.starts_with(pa.array(keys, pa.binary()), pattern=_MARK)).to_pylist()
    return places


def is_mark_key(key: bytes | None) -> bool:
    """True for the key of a cut mark: tells marks from facts before anything is decoded."""
    return key is not None and key.startswith(_MARK)


def origin(deployment: str, slices: int, slice_: int) -> str:
    """Who counted, as one part of a key: deployment, N and slice."""
    return joined(deployment, slices, slice_)


def origin_of(part: bytes) -> tuple[str, int, int]:
    """What `origin` made, from a key's part: deployment, N and slice; `ValueError` for what is none.

    >>> origin_of(joined(origin("north", 4, 3)).encode())
    ('north', 4, 3)
    """
    deployment, slices, slice_ = unquote(part.decode()).split("/")
    return unquote(deployment), int(slices), int(slice_)


def partial_key(area: str, period: str, origin_: str) -> bytes:
    """Key on partial-figures.v1."""
    return joined(area, period, origin_).encode()


def cut_figures_key(cut: int, origin_: str, area: str, period: str) -> bytes:
    """Key of a slice's figures of one area and period on cut-figures.v1."""
    return joined(cut, origin_, area, period).encode()


def cut_status_key(cut: int, origin_: str) -> bytes:
    """Key of a slice's status on cut-figures.v1."""
    return joined(cut, origin_).encode()


def scenario_figures_key(request: str, origin_: str, area: str, period: str) -> bytes:
    """Key of a slice's figures of one area and period on scenario-figures.v1."""
    return joined(request, origin_, area, period).encode()


def scenario_status_key(request: str, origin_: str) -> bytes:
    """Key of a slice's status on scenario-figures.v1."""
    return joined(request, origin_).encode()


def enriched_key(slot: int, fact_type: FactType, source: str, fact_id: str) -> bytes:
    """Key on meeting-enriched.v1."""
    return joined(slot, fact_type.name, source, fact_id).encode()


def enriched_keys(batch: pa.RecordBatch) -> list[bytes]:
    """Keys of many enriched meetings, from the columns `slot`, `type`, `source` and `fact_id`."""
    named = (_encoded_column(batch.column(name)) for name in ("source", "fact_id"))
    joined_up = pc.binary_join_element_wise(batch.column("slot").cast(pa.string()), batch.column("type"), *named, "/")
    keys: list[bytes] = joined_up.cast(pa.binary()).to_pylist()
    return keys


def reconciliation_status_key(origin_: str) -> bytes:
    """Key of a slice's status on a municipality's reconciliation topic; keys of its entries begin with it."""
    return joined(origin_).encode()


def reconciliation_keys(connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch, origin_: str) -> list[bytes]:
    """Keys of many entries of reconciliation lists, from the columns `list`, `source`, `fact_id` and `reason`.

    The connection must keep the order of rows, as DuckDB does unless told otherwise.
    """
    named = pa.table({name: batch.column(name) for name in ("list", "source", "fact_id", "reason")})
    first = reconciliation_status_key(origin_).decode()
    parts = f"concat_ws('/', '{first}', list, url_encode(source), url_encode(fact_id), reason)::BLOB AS key"
    keys: list[bytes] = connection.from_arrow(named).project(parts).to_arrow_table().column("key").to_pylist()
    return keys


def refusal_key(topic: str, partition: int, offset: int) -> bytes:
    """Key on rejections.v1 and dead-letters.v1: where the refused record stands."""
    return joined(topic, partition, offset).encode()


def connector_refusal_key(connector: str, place: str) -> bytes:
    """Key on rejections.v1 and dead-letters.v1 of what a connector refused: where it stands at its source."""
    return joined("connector", connector, place).encode()


def connector_state_key(connector: str, item: str) -> bytes:
    """Key on connector-state.v1."""
    return joined(connector, item).encode()


def measure_key(measure: str, area: str, period: str, **dimensions: str | int | bool | None) -> bytes:
    """Key of a figure on national.reporting.v1 and release-state.v1.

    Dimensions follow as `name=value`, sorted by name, those that are null left out: a dimension that a later
    measure needs changes no key of today's.

    >>> measure_key("focus_meetings", "751", "2020-03", benefit="CASH", mode=None)
    b'focus_meetings/751/2020-03/benefit=CASH'
    """
    parts = [joined(measure, area, period)]
    parts += [f"{name}={_text(value)}" for name, value in sorted(dimensions.items()) if value is not None]
    return "/".join(parts).encode()


def measured(key: bytes) -> tuple[str, str, str]:
    """Measure, area and period of a figure's key.

    >>> measured(b"focus_meetings/751/2020-03/benefit=CASH")
    ('focus_meetings', '751', '2020-03')
    """
    measure, area, period = map(unquote, key.decode().split("/", 3)[:3])
    return measure, area, period


def manifest_key(release: int) -> bytes:
    """Key of a release's manifest on national.reporting.v1."""
    return joined("release", release).encode()


def source_totals_key(source: str, day: date) -> bytes:
    """Key on source-totals.v1."""
    return joined(source, day).encode()


def _text(value: str | int | bool) -> str:  # noqa: FBT001 - a dimension's value, as it comes
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")
