"""The exchange format: lines and rows become typed columns, or are refused with a reason."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import exchange
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.contracts.exchange_parquet import read_rows
from fokusstrom.domain.book import Book
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES, SCALE
from fokusstrom.domain.refusals import Reason, column_sql, fault_sql
from tests import builders
from tests.histories.bad_lines import bad_lines
from tests.reference import exchange as reference

CONNECTION = duckdb.connect()
Book(CONNECTION)  # for the types of its codes

GOOD = (
    builders.meeting("2021-03-01", duration_minutes=30, assessment_documented=True),
    builders.joint("2021-03-02 09:15", "A_KASSE"),
    builders.spell("2020-02-29", "2021-01-31"),
    builders.offer("2021-02-01"),
    builders.hours("2021-02", 37.25),
    builders.outcome("2021-05-31"),
    builders.link(builders.ANNA, builders.BO),
    builders.protection(),
    builders.expected_share(2021, 0.25, 0.2),
    builders.withdrawn(builders.meeting("2021-03-03")),
)

Judged = dict[int, dict[str, Any] | tuple[str, str | None]]


def _judged(batch: exchange.Batch) -> Judged:
    """By line: the fact's values after the rules' own refusals, or reason and field."""
    found: Judged = {refusal.line: (str(refusal.reason), refusal.field) for refusal in batch.refusals}
    for name, facts in batch.facts.items():
        fact_type = FACT_TYPES[name]
        wanted = [f"{column_sql(field)} AS {field.name}" for field in fact_type.fields]
        relation = CONNECTION.from_arrow(pa.Table.from_batches([facts.columns]))
        rows = relation.project(", ".join([f"{fault_sql(fact_type)} AS fault", *wanted])).to_arrow_table()
        for line, row in zip(facts.lines.to_pylist(), rows.to_pylist(), strict=True):
            fault = row.pop("fault")
            found[line] = tuple(fault.split(":")) if fault else row
    return found


def _by_reference(lines: list[bytes]) -> Judged:
    """The same, by the plain-Python reading of the specification."""
    found: Judged = {}
    for number, line in enumerate(lines, 1):
        try:
            found[number] = _as_columns(reference.parse_line(line))
        except reference.Refused as refused:
            found[number] = (refused.reason, refused.field)
    return found


def _as_columns(fact: reference.Fact) -> dict[str, Any]:
    values = {name: getattr(fact, name) for name in ("source", "fact_id", "version", "deleted", "registered_at")}
    values |= {"change_reason": fact.change_reason, "citizen": fact.citizen, **fact.own}
    for field in FACT_TYPES[fact.type].fields:
        if field.kind in SCALE and values[field.name] is not None:
            values[field.name] = int(values[field.name] * SCALE[field.kind])
    return values


def _line(fact: Mapping[str, Any]) -> bytes:
    return json.dumps(fact, ensure_ascii=False).encode() + b"\n"


def test_good_facts_are_typed() -> None:
    """The fields of the exchange format are the facts' fields."""
    lines = [_line(fact) for fact in GOOD]
    batch = read_lines(lines)
    assert not batch.refusals
    assert _judged(batch) == _by_reference(lines)
    for name, facts in batch.facts.items():
        assert facts.columns.schema == FACT_TYPES[name].arrow_schema


@pytest.mark.parametrize("seed", range(3))
def test_every_bad_line_is_refused_with_its_reason(seed: int) -> None:
    """Whatever the specification refuses is refused, and so are its neighbours' faults by themselves."""
    lines = bad_lines(seed)
    judged = _judged(read_lines([line for line, _ in lines]))
    for number, (line, hint) in enumerate(lines, 1):
        found = judged[number]
        assert isinstance(found, tuple), line[:300]
        assert found[0] in hint.split("|"), (found, line[:300])


_TEXTS = st.sampled_from([
    "", "751", "2021-03-01", "2021-02-29", "2021-03", "2021-13", "2021-03-01T10:00Z", "2021-03-01T10:00:59.120000+0130",
    "2021-03-01T10:00:00.1234Z", "2021-03-01T10:00", "1900-01-01T00:00-00:30", "2100-12-31T23:59:59.999Z", "PHONE",
    "UNKNOWN", "HELD", "CASH", builders.BO, "æ", "\ud800", "2021-03-01T10:00+24:00", "0000-01-01T00:00Z",
])  # fmt: skip
_VALUES = st.one_of(
    st.none(), st.booleans(), _TEXTS, st.integers(), st.sampled_from([2**63 - 1, 2**63, -1, 0, 13, 744]),
    st.floats(), st.sampled_from([1.0, 37.125, 1e-7, 744.01, 0.1, 1e300]), st.just([]), st.just({}), st.just({"a": 1}),
)  # fmt: skip


@st.composite
def changed_lines(draw: st.DrawFn) -> list[bytes]:
    """Lines of facts, of which some have one value changed, one key more or one less."""
    lines = []
    for fact in draw(st.lists(st.sampled_from(GOOD), max_size=8)):
        names = st.sampled_from([*fact, "cpr"])
        change = draw(st.none() | st.tuples(names, _VALUES))
        lost = draw(st.none() | st.just("registered_at") | st.just("planned_mode"))
        kept = {name: value for name, value in fact.items() if name != lost}
        lines.append(json.dumps(kept | dict([change] if change else [])).encode() + b"\n")
    return lines


@given(changed_lines())
def test_any_line_is_judged_as_the_specification_reads(lines: list[bytes]) -> None:
    """Two readings of the specification agree on every line: its values, or its reason and field."""
    judged, expected = _judged(read_lines(lines)), _by_reference(lines)
    assert judged.keys() == expected.keys()
    for number, line in enumerate(lines, 1):
        assert _agree(judged[number], expected[number]), (judged[number], expected[number], line)


def _agree(found: object, expected: object) -> bool:
    """Equal, but that two faults of one line may be named in either order."""
    if isinstance(found, tuple) and isinstance(expected, tuple):
        return found == expected or found[1] != expected[1]
    return found == expected


@given(changed_lines(), st.integers(1, 5))
def test_lines_are_judged_alone_as_together(lines: list[bytes], size: int) -> None:
    """What becomes of a line never depends on the lines beside it."""
    parts = [read_lines(lines[start : start + size], first=start + 1) for start in range(0, len(lines), size)]
    together: Judged = {}
    for part in parts:
        together |= _judged(part)
    assert together == _judged(read_lines(lines))


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"type": "Meeting"}, Reason.UNKNOWN_TYPE, "type"),
        ({"type": None}, Reason.MISSING, "type"),
        ({"type": 7}, Reason.MISTYPED, "type"),
        ({"starts_on": None}, Reason.UNKNOWN_FIELD, "starts_on"),
        ({"version": 1.0}, Reason.MISTYPED, "version"),
        ({"version": True}, Reason.MISTYPED, "version"),
        ({"version": 2**63}, Reason.OUT_OF_RANGE, "version"),
        ({"deleted": "false"}, Reason.MISTYPED, "deleted"),
        ({"held_at": "2021-03-01T10:00"}, Reason.NO_OFFSET, "held_at"),
        ({"held_at": "2021-03-01T10:00:00.0001Z"}, Reason.TOO_FINE, "held_at"),
        ({"held_at": "2021-02-29T10:00Z"}, Reason.IMPOSSIBLE_DATE, "held_at"),
        ({"held_at": "0000-01-01T00:00Z"}, Reason.IMPOSSIBLE_DATE, "held_at"),
        ({"held_at": "0001-01-01T00:00+00:30"}, Reason.IMPOSSIBLE_DATE, "held_at"),
        ({"held_at": "9999-12-31T23:59-00:30"}, Reason.IMPOSSIBLE_DATE, "held_at"),
        ({"held_at": "2021-03-01T10:00+23:60"}, Reason.IMPOSSIBLE_DATE, "held_at"),
        ({"held_at": "2021-03-01 10:00Z"}, Reason.MISTYPED, "held_at"),
        ({"source": "\ud800"}, Reason.NOT_JSON, None),
    ],
)
def test_the_shape_of_a_line_is_refused_by_name(change: dict[str, Any], reason: Reason, field: str | None) -> None:
    """A bad line is reported with file, line, field and reason."""
    line = json.dumps(GOOD[0] | change).encode()
    (refusal,) = read_lines([_line(GOOD[1]), line], "facts.jsonl").refusals
    assert (refusal.file, refusal.line, refusal.field, refusal.reason) == ("facts.jsonl", 2, field, reason)
    assert refusal.hint in str(refusal)


def test_instants_are_read_exactly() -> None:
    """Zeros beyond the third digit of a fraction are no finer than a millisecond."""
    texts = ["2021-03-01T10:00:00.123000000Z", "2021-03-01T10:00+0130", "2021-03-01T10:00:01.5-00:30"]
    lines = [_line(GOOD[0] | {"held_at": text}) for text in texts]
    assert read_lines(lines).facts["MeetingHeld"].columns.column("held_at").to_pylist() == [
        datetime(2021, 3, 1, 10, 0, 0, 123_000, UTC),
        datetime(2021, 3, 1, 8, 30, tzinfo=UTC),
        datetime(2021, 3, 1, 10, 30, 1, 500_000, UTC),
    ]


@pytest.mark.parametrize(("text", "hundredths"), [("7.50", 750), ("1E+2", 10_000), ("37.5000", 3750), ("-0.0", 0)])
def test_numbers_are_read_by_their_value(text: str, hundredths: int) -> None:
    """Hours are any JSON number whose value has no more than 2 decimals."""
    line = _line(GOOD[4]).replace(b"37.25", text.encode())
    assert read_lines([line]).facts["OrdinaryHours"].columns.column("hours").to_pylist() == [hundredths]


def test_an_absent_deleted_is_false_and_a_null_one_is_refused() -> None:
    """Absent `deleted` is false."""
    absent = {name: value for name, value in GOOD[0].items() if name != "deleted"}
    judged = _judged(read_lines([_line(absent), _line(GOOD[0] | {"deleted": None})]))
    assert isinstance(judged[1], dict)
    assert judged[1]["deleted"] is False
    assert judged[2] == ("missing", "deleted")


def test_on_a_deleted_record_what_would_be_refused_is_null() -> None:
    """On a deleted record only the common fields are asked for."""
    line = _line(GOOD[0] | {"deleted": True, "held_at": "yesterday", "duration_minutes": "long", "mode": 7})
    judged = _judged(read_lines([line]))[1]
    assert isinstance(judged, dict)
    assert (judged["held_at"], judged["duration_minutes"], judged["mode"]) == (None, None, None)
    assert judged["municipality"] == GOOD[0]["municipality"]


def test_no_value_is_ever_shown() -> None:
    """A CPR number where a pseudonym, a key or a number belongs is refused without printing it."""
    cpr = "0101701234"
    lines = [
        json.dumps(GOOD[0] | change).encode()
        for change in ({cpr: 1}, {"held_at": cpr}, {"version": cpr}, {"type": cpr}, {"citizen": [cpr]})
    ]
    lines += [cpr.encode(), b'{"' + cpr.encode() + b'": 1, "' + cpr.encode() + b'": 2}']
    refusals = read_lines(lines).refusals
    assert len(refusals) == len(lines)
    assert not any(cpr in f"{refusal} {refusal!r}" for refusal in refusals)


# Files.


@pytest.fixture
def lines() -> list[bytes]:
    """Some hundred lines, good and bad."""
    chance = random.Random(4)
    good = [_line(chance.choice(GOOD) | {"version": number}) for number in range(300)]
    return [line if number % 7 else b"{" + line for number, line in enumerate(good)]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("size", [1, 64, 1000])
def test_files_are_read_batch_by_batch(tmp_path: Path, lines: list[bytes], size: int, packed: bool) -> None:  # noqa: FBT001 - a case
    """JSON Lines, gzipped or not, in batches of any size, give the same."""
    path = tmp_path / "facts"
    path.write_bytes(gzip.compress(b"".join(lines)) if packed else b"".join(lines))
    batches = list(exchange.read(path, size))
    assert sum(batch.lines for batch in batches) == len(lines)
    together: Judged = {}
    for batch in batches:
        together |= _judged(batch)
    assert together == _judged(read_lines(lines))


def test_lines_end_with_a_line_feed_alone_or_not_at_all(tmp_path: Path) -> None:
    """A carriage return before the line's end is space, and the last line needs no end."""
    path = tmp_path / "facts.jsonl"
    path.write_bytes(_line(GOOD[0]).strip() + b"\r\n  " + _line(GOOD[0]).strip())
    (batch,) = exchange.read(path)
    assert batch.facts["MeetingHeld"].lines.to_pylist() == [1, 2]


def test_a_gzip_file_that_breaks_off_is_refused_from_there(tmp_path: Path, lines: list[bytes]) -> None:
    """A truncated file says so, and what came before is read."""
    path = tmp_path / "facts.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(lines))[:-9])
    batches = list(exchange.read(path, 10))
    assert batches[-1].refusals[-1].reason is Reason.TRUNCATED
    assert sum(len(facts.lines) for batch in batches for facts in batch.facts.values()) > 100


def test_a_file_that_cannot_be_opened_is_the_operators_matter(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(ConfigError, match=r"nothing\.jsonl"):
        list(exchange.read(tmp_path / "nothing.jsonl"))


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """No lines, no facts, no refusals."""
    path = tmp_path / "facts.jsonl"
    path.touch()
    assert list(exchange.read(path)) == []


# Parquet.

_COLUMNS: dict[str, pa.DataType] = {
    "type": pa.string(),
    **{field.name: field.arrow.type for fact_type in FACT_TYPES.values() for field in fact_type.fields},
    **{name: pa.decimal128(9, 6) for name in ("hours", "actual_share", "expected_share")},
}


def _table(facts: list[dict[str, Any]], **types: pa.DataType) -> pa.Table:
    """Facts as Parquet would have them, with other types where a case wants them."""
    chosen = _COLUMNS | types
    schema = pa.schema([pa.field(name, kind) for name, kind in chosen.items()])
    return pa.Table.from_pylist([_typed_row(fact, chosen) for fact in facts], schema=schema)


def _typed_row(fact: dict[str, Any], types: dict[str, pa.DataType]) -> dict[str, Any]:
    row = {}
    for name, value in fact.items():
        kind = types[name]
        if pa.types.is_timestamp(kind) and isinstance(value, str):
            value = datetime.fromisoformat(value)  # noqa: PLW2901 - the same value, typed
            value = value if kind.tz else value.replace(tzinfo=None)  # noqa: PLW2901 - as above
        elif pa.types.is_date(kind) and isinstance(value, str):
            value = date.fromisoformat(value)  # noqa: PLW2901 - as above
        elif pa.types.is_decimal(kind) and isinstance(value, float | int):
            value = Decimal(repr(value))  # noqa: PLW2901 - as above
        row[name] = value
    return row


FLAT: dict[str, pa.DataType] = {
    "held_at": pa.string(), "registered_at": pa.string(), "starts_on": pa.string(), "ends_on": pa.string(),
    "reached_on": pa.string(), "hours": pa.float64(), "actual_share": pa.float64(), "expected_share": pa.float64(),
}  # fmt: skip
NARROW: dict[str, pa.DataType] = {
    "version": pa.int16(), "target_group": pa.uint8(), "type": pa.dictionary(pa.int8(), pa.string()),
    "source": pa.large_string(), "held_at": pa.timestamp("us", "Europe/Copenhagen"),
    "registered_at": pa.timestamp("s", "UTC"), "mode": pa.string_view(),
}  # fmt: skip


@pytest.mark.parametrize("types", [{}, FLAT, NARROW], ids=["as facts", "text and floats", "other widths"])
def test_parquet_holds_the_same_facts(tmp_path: Path, types: dict[str, pa.DataType]) -> None:
    """Parquet facts are the exchange format's, whatever types their writer chose."""
    path = tmp_path / "facts.parquet"
    pq.write_table(_table(list(GOOD), **types), path)
    (batch,) = exchange.read(path)
    assert _judged(batch) == _judged(read_lines([_line(fact) for fact in GOOD]))


def _refused_rows(table: pa.Table) -> list[tuple[int, str | None, Reason]]:
    batch = read_rows(table.combine_chunks().to_batches()[0])
    return [(refusal.line, refusal.field, refusal.reason) for refusal in batch.refusals]


@pytest.mark.parametrize(
    ("name", "kind", "value", "reason"),
    [
        ("held_at", pa.timestamp("ms"), datetime(2021, 3, 1), Reason.NO_OFFSET),  # noqa: DTZ001 - the case
        ("held_at", pa.timestamp("us", "UTC"), datetime(2021, 3, 1, 0, 0, 0, 1, UTC), Reason.TOO_FINE),
        ("held_at", pa.string(), "2021-03-01T10:00", Reason.NO_OFFSET),
        ("held_at", pa.int64(), 7, Reason.MISTYPED),
        ("version", pa.float64(), 1.0, Reason.MISTYPED),
        ("version", pa.uint64(), 2**63, Reason.OUT_OF_RANGE),
        ("mode", pa.binary(), b"PHONE", Reason.MISTYPED),
        ("assessment_documented", pa.int8(), 1, Reason.MISTYPED),
        ("hours", pa.float64(), 1.0, Reason.UNKNOWN_FIELD),
        ("type", pa.string(), "Meeting", Reason.UNKNOWN_TYPE),
        ("type", pa.string(), None, Reason.MISSING),
    ],
)
def test_rows_are_refused_by_name(name: str, kind: pa.DataType, value: object, reason: Reason) -> None:
    """A bad row of a Parquet file is reported with its number, field and reason."""
    good = {key: value for key, value in GOOD[0].items() if key != name}
    table = _table([good | {name: value}], **{name: kind})
    assert _refused_rows(table) == [(1, name, reason)]


def test_a_column_that_no_type_has_is_refused_where_it_holds_something() -> None:
    """An unknown field is refused."""
    table = _table([GOOD[0], GOOD[1]]).append_column("cpr", pa.array([None, "0101701234"]))
    assert _refused_rows(table) == [(2, "cpr", Reason.UNKNOWN_FIELD)]


def test_a_table_without_type_holds_no_facts() -> None:
    """Without `type` nobody knows what a row is."""
    assert _refused_rows(_table([GOOD[0]]).drop_columns("type")) == [(1, "type", Reason.MISSING)]


def test_too_many_decimals_of_a_float() -> None:
    """A floating point number is the shortest decimal that reads as it."""
    rows = [GOOD[4] | {"hours": hours} for hours in (0.1, 37.125, float("nan"))]
    assert _refused_rows(_table(rows, hours=pa.float64())) == [
        (2, "hours", Reason.TOO_MANY_DECIMALS),
        (3, "hours", Reason.OUT_OF_RANGE),
    ]


def test_a_parquet_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    """A damaged file says so."""
    path = tmp_path / "facts.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    (batch,) = exchange.read(path)
    assert [(refusal.line, refusal.reason) for refusal in batch.refusals] == [(1, Reason.UNDECODABLE)]


def test_an_offset_east_or_west_is_the_same_instant() -> None:
    """Instants are compared in UTC."""
    local = datetime(2021, 3, 1, 10, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    line = _line(GOOD[0] | {"held_at": local.isoformat()})
    assert read_lines([line]).facts["MeetingHeld"].columns.column("held_at").to_pylist() == [local]
