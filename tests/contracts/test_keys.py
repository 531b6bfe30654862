"""Keys: percent-encoded parts, the same on columns and one by one."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from hypothesis import given

from fokusstrom.contracts import keys, schemas
from fokusstrom.contracts.columns import encode
from fokusstrom.contracts.wire import HEADER_BYTES
from fokusstrom.domain.facts import FACT_TYPES, MEETING_HELD, FactType
from tests.contracts.fact_columns import facts

CATALOG = schemas.checked_in()


@given(facts())
def test_keys_of_columns_are_keys_of_facts(given_facts: tuple[FactType, pa.RecordBatch]) -> None:
    """A key is type/source/fact_id/version/digest, whoever builds it."""
    fact_type, batch = given_facts
    values = encode(CATALOG.latest(fact_type.name), batch)
    built = keys.fact_keys(fact_type, batch, [value[HEADER_BYTES:] for value in values])
    singly = [
        keys.fact_key(fact_type, row["source"], row["fact_id"], row["version"], value).decode()
        for row, value in zip(batch.to_pylist(), values, strict=True)
    ]
    assert built.to_pylist() == singly


def test_a_part_of_a_batch_has_the_keys_of_its_rows() -> None:
    """Whatever stands before and behind it in memory, also where it is nothing."""
    fact_type = FACT_TYPES["CitizenLink"]
    named = [{"source": source, "fact_id": "1", "version": 1} for source in ("a/b", "ab", "æ", "ac")]
    batch = pa.RecordBatch.from_pylist(named, schema=fact_type.arrow_schema)
    whole = keys.fact_keys(fact_type, batch, [b""] * 4).to_pylist()
    for first in range(4):
        for rows in range(5 - first):
            part = batch.slice(first, rows)
            assert keys.fact_keys(fact_type, part, [b""] * rows).to_pylist() == whole[first : first + rows]


def test_parts_cannot_be_confused() -> None:
    """Parts of a key are percent-encoded and joined by a slash."""
    assert keys.joined("momentum:751", "a/b c", "æ", None) == "momentum%3A751/a%2Fb%20c/%C3%A6/"


def test_the_digest_is_of_the_record_without_its_header() -> None:
    """The digest is SHA-256 of the value's bytes after the 5-byte header, 16 hex digits of it."""
    assert keys.digest(b"\x00\x00\x00\x00\x01abc") == keys.digest(b"\x00\x00\x00\x00\x02abc") == "ba7816bf8f01cfea"


def test_a_fact_without_identity_has_no_key() -> None:
    """What cannot be named gets no key."""
    fact_type = FACT_TYPES["CitizenLink"]
    batch = pa.RecordBatch.from_pylist([{"source": None}], schema=fact_type.arrow_schema)
    assert keys.fact_keys(fact_type, batch, [b""]).to_pylist() == [None]


def test_marks_are_told_by_their_key() -> None:
    """A mark's key is cut/number, and no fact has such a key."""
    assert keys.mark_key(7) == b"cut/7"
    assert keys.is_mark_key(b"cut/7")
    assert not keys.is_mark_key(keys.fact_key(MEETING_HELD, "cut", "1", 1, b""))
    assert not keys.is_mark_key(None)


def test_keys_of_figures() -> None:
    """Keys of figures are those of the design's table."""
    origin = keys.origin("dk", 3, 0)
    assert keys.partial_key("751", "2020-03", origin) == b"751/2020-03/dk%2F3%2F0"
    assert keys.cut_figures_key(7, origin, "DK", "2020") == b"7/dk%2F3%2F0/DK/2020"
    assert keys.cut_status_key(7, origin) == b"7/dk%2F3%2F0"
    assert keys.manifest_key(7) == b"release/7"
    assert keys.enriched_key(1023, MEETING_HELD, "momentum:751", "m1") == b"1023/MeetingHeld/momentum%3A751/m1"
    assert keys.refusal_key("meeting-held.v1", 2, 30) == b"meeting-held.v1/2/30"
    assert keys.source_totals_key("momentum:751", date(2020, 3, 1)) == b"momentum%3A751/2020-03-01"


def test_dimensions_that_are_null_are_not_in_a_key() -> None:
    """A dimension added later changes no key of before."""
    assert keys.measure_key("mode_use", "DK", "2020-03", mode="PHONE", lawful=True, horizon=3, benefit=None) == (
        b"mode_use/DK/2020-03/horizon=3/lawful=true/mode=PHONE"
    )
