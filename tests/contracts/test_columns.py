"""Records to columns and back: exact, and careful with what is no record."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import columns, schemas, wire
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.domain.refusals import Reason
from fokusstrom.domain.rules_and_figures import FIGURES
from tests.contracts.fact_columns import facts

CATALOG = schemas.checked_in()
LINK = CATALOG.latest("CitizenLink")
RULES = CATALOG.latest("RuleSet")
MEETING = CATALOG.latest("MeetingHeld")
NO_CELLS: dict[str, Any] = {name: [] for name in FIGURES}


def _payloads(schema: schemas.Schema, batch: pa.RecordBatch) -> list[bytes]:
    return [value[wire.HEADER_BYTES :] for value in columns.encode(schema, batch)]


def _links(count: int) -> list[bytes]:
    rows = [
        {
            "source": "cpr",
            "fact_id": f"l-{number}",
            "version": number,
            "deleted": False,
            "registered_at": datetime(2020, 1, 1, tzinfo=UTC),
            "citizen": "a" * 32,
            "same_as": "b" * 32,
        }
        for number in range(count)
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=FACT_TYPES["CitizenLink"].arrow_schema)
    return _payloads(LINK, batch)


@given(facts())
def test_facts_survive_the_way_out_and_back(given_facts: tuple[FactType, pa.RecordBatch]) -> None:
    """What is encoded decodes to itself."""
    fact_type, batch = given_facts
    schema = CATALOG.latest(fact_type.name)
    decoded = columns.decode(schema, schema, _payloads(schema, batch))
    assert decoded.batch.equals(batch)
    assert decoded.rows == list(range(batch.num_rows))
    assert not decoded.refused


@pytest.mark.parametrize("first", [1, 10, 24])
def test_halves_make_a_record(first: int) -> None:
    """What two halves of a record's fields are encoded to is, one behind the other, the record."""
    schema = CATALOG.latest("PartialFigures")
    cell = {"benefit": "CASH", "persons": 7, "not_served": 3}
    said = {"area": "751", "period": "2021-03", "slice": 0, "slices": 1, "cut": 3, "contract": 2, "sequence": 4}
    named = {"deployment": "a", "rule_set": "b", "through": date(2021, 3, 31)}
    rows = [NO_CELLS | said | named, NO_CELLS | said | named | {"focus_meetings": [cell], "area": "DK"}]
    batch = pa.RecordBatch.from_pylist(rows, schema=columns.arrow_schema(schema))
    head, rest = (columns.payloads(half, batch) for half in columns.halves(schema, first))
    halves = zip(columns.framed(schema, head), rest.to_pylist(), strict=True)
    assert [one + other for one, other in halves] == columns.encode(schema, batch)


@given(facts())
def test_our_bytes_are_avro(given_facts: tuple[FactType, pa.RecordBatch]) -> None:
    """Another Avro library reads the same values and writes the same bytes."""
    fact_type, batch = given_facts
    schema = CATALOG.latest(fact_type.name)
    for row, payload in zip(batch.to_pylist(), _payloads(schema, batch), strict=True):
        assert fastavro.schemaless_reader(io.BytesIO(payload), schema.parsed, None) == row
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, schema.parsed, row)
        assert stream.getvalue() == payload


BREAK = st.sampled_from(["cut", "empty", "garbage", "trailing", "not utf-8"])


def _broken(payload: bytes, how: str, where: int) -> tuple[bytes, Reason]:
    if how == "cut":
        return payload[: where % len(payload)], Reason.TRUNCATED
    if how == "empty":
        return b"", Reason.TRUNCATED
    if how == "garbage":
        return b"{}" * 20, Reason.UNDECODABLE
    if how == "trailing":
        return payload + b"\x00", Reason.UNDECODABLE
    return payload.replace(b"cpr", b"c\xffr"), Reason.UNDECODABLE


@given(st.lists(st.none() | st.tuples(BREAK, st.integers(0, 1000)), min_size=1, max_size=30))
def test_one_bad_record_spoils_nothing(breaks: list[tuple[str, int] | None]) -> None:
    """A truncated or garbage record is refused with its reason; everything else is read."""
    payloads = _links(len(breaks))
    expected = {}
    for row, broken in enumerate(breaks):
        if broken is not None:
            payloads[row], expected[row] = _broken(payloads[row], *broken)
    decoded = columns.decode(LINK, LINK, payloads)
    assert decoded.refused == expected
    assert decoded.rows == [row for row in range(len(breaks)) if row not in expected]
    assert decoded.batch.column("fact_id").to_pylist() == [f"l-{row}" for row in decoded.rows]


def test_every_cut_of_a_record_is_refused() -> None:
    """No part of a record is taken for one."""
    (whole,) = _links(1)
    cuts = [whole[:length] for length in range(len(whole))]
    assert columns.decode(LINK, LINK, [*cuts, whole]).refused == dict.fromkeys(range(len(cuts)), Reason.TRUNCATED)


def test_a_number_written_long_is_no_fault() -> None:
    """Avro allows more bytes than a number needs: such a record is whole."""
    (whole,) = _links(1)
    long = whole.replace(b"\x06cpr", b"\x86\x00cpr")
    assert len(long) == len(whole) + 1
    decoded = columns.decode(LINK, LINK, [whole, long, long + b"\x00"])
    assert decoded.refused == {2: Reason.UNDECODABLE}
    assert decoded.batch.column("source").to_pylist() == ["cpr", "cpr"]


@pytest.mark.parametrize("number", [2**32 + 18_294, 2**31, -(2**31) - 1, 2**62])
def test_a_number_that_is_too_great_is_none(number: int) -> None:
    """A day of more than 32 bits is no record: cut to 32 it would be another day."""
    schema = CATALOG.latest("OutcomeReached")
    good = {"source": "s", "fact_id": "f", "version": 1, "deleted": False, "registered_at": 0, "change_reason": None,
            "citizen": "a", "outcome": "JOB", "reached_on": 18_294}  # fmt: skip
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema.bare, good)
    whole = stream.getvalue()
    day, zigzag = _number(18_294), _number(number)
    assert whole.count(day) == 1
    decoded = columns.decode(schema, schema, [whole, whole.replace(day, zigzag), whole])
    assert (decoded.rows, decoded.refused) == ([0, 2], {1: Reason.UNDECODABLE})


def _number(number: int) -> bytes:
    """Write a whole number of any size as Avro does."""
    rest, found = number << 1 ^ (number >> 127), bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_read_or_refused_the_same_alone_and_together(payloads: list[bytes]) -> None:
    """What becomes of a record never depends on the records beside it."""
    together = columns.decode(LINK, LINK, payloads)
    alone = [columns.decode(LINK, LINK, [payload]) for payload in payloads]
    assert together.refused == {row: one.refused[0] for row, one in enumerate(alone) if one.refused}
    assert together.batch.to_pylist() == [row for one in alone for row in one.batch.to_pylist()]


def test_nothing_decodes_to_no_rows() -> None:
    """An empty batch keeps its columns."""
    assert columns.decode(LINK, LINK, []).batch.schema == FACT_TYPES["CitizenLink"].arrow_schema


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 253_402_300_800_000])
def test_instants_beyond_all_years_stay_out_of_range(number: int) -> None:
    """An impossible instant reaches the rules as one that they refuse, and fails no batch."""
    record = {"source": "s", "fact_id": "f", "version": 1, "deleted": False, "registered_at": number,
              "change_reason": None, "citizen": "a", "same_as": None}  # fmt: skip
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, LINK.bare, record)
    (whole,) = _links(1)
    registered = columns.decode(LINK, LINK, [stream.getvalue(), whole]).batch.column("registered_at")
    assert registered[0].as_py().year in {1, 9999}
    assert registered[1].as_py() == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("number", "day"), [(2**31 - 1, date.max), (-(2**31) + 1, date.min), (None, None)])
def test_days_beyond_all_years_stay_out_of_range(number: int | None, day: date | None) -> None:
    """An impossible date reaches the rules as one that they refuse."""
    schema = CATALOG.latest("OutcomeReached")
    record = {"source": "s", "fact_id": "f", "version": 1, "deleted": False, "registered_at": 0,
              "change_reason": None, "citizen": "a", "outcome": "JOB", "reached_on": number}  # fmt: skip
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema.bare, record)
    assert columns.decode(schema, schema, [stream.getvalue()]).batch.column("reached_on").to_pylist() == [day]


# Writers of other versions.


def _version(schema: schemas.Schema, change: dict[str, Any] | None = None, without: str = "") -> schemas.Schema:
    """A schema with a field more, less, or another one."""
    tree = json.loads(schema.text)
    fields = {field["name"]: field for field in tree["fields"] if field["name"] != without}
    tree["fields"] = list((fields | ({change["name"]: change} if change else {})).values())
    return schemas.Schema(schema.name, schema.version + 1, schema.schema_id + 1000, json.dumps(tree))


def _written(schema: schemas.Schema, **record: Any) -> bytes:  # noqa: ANN401 - any field
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema.bare, record)
    return stream.getvalue()


RULE_SET = {"digest": "d", "name": "n", "version": "1", "text": "t"}


def test_columns_that_an_older_writer_lacks_get_their_default() -> None:
    """Old writers are read by today's reader."""
    newer = _version(RULES, {"name": "law", "type": "string", "default": "LAB"})
    decoded = columns.decode(RULES, newer, [_written(RULES, **RULE_SET)])
    assert decoded.batch.to_pylist() == [{**RULE_SET, "law": "LAB"}]


def test_columns_that_a_newer_writer_adds_are_dropped() -> None:
    """New writers are read by yesterday's reader."""
    newer = _version(RULES, {"name": "law", "type": ["null", "string"], "default": None})
    decoded = columns.decode(newer, RULES, [_written(newer, **RULE_SET, law="LAB"), b""])
    assert decoded.batch.to_pylist() == [RULE_SET]
    assert decoded.refused == {1: Reason.TRUNCATED}


def test_codes_that_a_newer_writer_knows_become_unknown() -> None:
    """UNKNOWN stands for a value that a newer sender knows and an older reader doesn't."""
    text = MEETING.text.replace('"WRITTEN", "OTHER"', '"WRITTEN", "HOLOGRAM", "OTHER"')
    newer = schemas.Schema("MeetingHeld", 2, 1001, text)
    record = {field.name: None for field in FACT_TYPES["MeetingHeld"].fields} | {
        "source": "s", "fact_id": "f", "version": 1, "deleted": False, "registered_at": 0, "citizen": "a",
    }  # fmt: skip
    payloads = [
        _written(newer, **record | {"mode": "HOLOGRAM", "planned_mode": "HOLOGRAM"}),
        _written(newer, **record | {"mode": "OTHER"}),
    ]
    batch = columns.decode(newer, MEETING, payloads).batch
    assert batch.column("mode").to_pylist() == ["UNKNOWN", "OTHER"]
    assert batch.column("planned_mode").to_pylist() == ["UNKNOWN", None]


def test_cells_with_a_field_more_are_read() -> None:
    """A change inside an array is resolved record by record."""
    schema = CATALOG.latest("PartialFigures")
    cell = '{"name": "persons", "type": "long", "doc": "Number of citizens in scope (rule R6)."}'
    assert cell in schema.text
    newer = schemas.Schema(
        "PartialFigures", 9, 1009, schema.text.replace(cell, cell + ', {"name": "late", "type": "long"}', 1)
    )
    head = {"area": "751", "period": "2020-03", "deployment": "dk", "slices": 1, "slice": 0, "cut": 1,
            "sequence": 0, "through": 18_000, "rule_set": "r", "contract": 1}  # fmt: skip
    cells = [{"benefit": "CASH", "persons": 3, "late": 1, "not_served": 2}]
    payload = _written(newer, **head | NO_CELLS | {"focus_meetings": cells})
    batch = columns.decode(newer, schema, [payload]).batch
    assert batch.column("focus_meetings").to_pylist() == [[{"benefit": "CASH", "persons": 3, "not_served": 2}]]


def test_a_schema_that_cannot_be_brought_to_ours_is_the_wrong_one() -> None:
    """A wrong schema is refused record by record."""
    clashing = _version(RULES, {"name": "text", "type": "long"})
    decoded = columns.decode(clashing, RULES, [_written(clashing, **RULE_SET | {"text": 7})])
    assert decoded.refused == {0: Reason.WRONG_SCHEMA}
    assert decoded.batch.num_rows == 0


def test_a_field_that_a_writer_lacks_and_that_has_no_default_is_null() -> None:
    """What is missing is for the rules to refuse, with its name."""
    older = _version(LINK, without="citizen")
    record = {"source": "s", "fact_id": "f", "version": 1, "deleted": False, "registered_at": 0,
              "change_reason": None, "same_as": "b"}  # fmt: skip
    assert columns.decode(older, LINK, [_written(older, **record)]).batch.column("citizen").to_pylist() == [None]


# What cannot be written.


def test_nulls_are_never_written_as_zero() -> None:
    """A null where the schema takes none is an error of ours."""
    batch = pa.RecordBatch.from_pylist([{"source": "s"}], schema=FACT_TYPES["CitizenLink"].arrow_schema)
    with pytest.raises(ValueError, match="fact_id holds nulls"):
        columns.encode(LINK, batch)


def test_codes_outside_the_list_are_not_written_and_not_shown() -> None:
    """No message holds a value."""
    batch = pa.RecordBatch.from_pylist(
        [{"source": "s", "fact_id": "f", "version": 1, "deleted": True, "citizen": "c", "change_reason": "0101701234",
          "registered_at": datetime(2020, 1, 1, tzinfo=UTC)}],
        schema=FACT_TYPES["CitizenLink"].arrow_schema,
    )  # fmt: skip
    with pytest.raises(ValueError, match="doesn't take") as raised:
        columns.encode(LINK, batch)
    assert "0101701234" not in str(raised.value)


def test_arrays_of_cells_travel() -> None:
    """A slice's figures are arrays of cells, and come back as they were."""
    schema = CATALOG.latest("PartialFigures")
    row = {"area": "DK", "period": "2020-03", "deployment": "dk", "slices": 2, "slice": 1, "cut": 7, "sequence": 40,
           "through": date(2020, 3, 31), "rule_set": "r", "contract": 1} | NO_CELLS | {
           "mode_use": [{"interview_type": "JOB", "mode": "PHONE", "first": True, "lawful": None,
                         "assessment_missing": False, "meetings": 3}],
           "mode_persons": [{"mode": "PHONE", "meetings": 3, "persons": 2}]}  # fmt: skip
    batch = pa.RecordBatch.from_pylist([row], schema=columns.arrow_schema(schema))
    assert columns.decode(schema, schema, _payloads(schema, batch)).batch.to_pylist() == [row]
