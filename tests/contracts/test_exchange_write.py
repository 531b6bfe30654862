"""Facts as they are written in the exchange format."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fokusstrom.contracts.exchange_write import facts_file, json_lines, parquet_schema, parquet_table
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES, FactType, Kind

VALUES: dict[Kind, Any] = {
    Kind.TEXT: 'a "quoted"\\\n\u2028 ø',
    Kind.PSEUDONYM: "0123456789abcdef" * 2,
    Kind.MUNICIPALITY: "101",
    Kind.JOBCENTER: "10100",
    Kind.INSTANT: datetime(2020, 3, 29, 1, 30, 0, 7_000, UTC),
    Kind.DATE: date(1999, 2, 28),
    Kind.MONTH: "2020-02",
    Kind.INTEGER: 7,
    Kind.BOOLEAN: True,
    Kind.HOURS: 1_205,
    Kind.SHARE: 123_456,
}


def record(fact_type: FactType, **given: Any) -> pa.Table:  # noqa: ANN401 - any field's value
    """A fact with every field filled, but for those given."""
    values = {field.name: VALUES.get(field.kind, (*field.codes, "")[0]) for field in fact_type.fields}
    return pa.Table.from_pylist([values | given], fact_type.arrow_schema)


@pytest.mark.parametrize("fact_type", FACT_TYPES.values(), ids=FACT_TYPES)
def test_a_line_has_its_types_fields(fact_type: FactType) -> None:
    """One line is one JSON object: the type first, then the type's fields."""
    (line,) = json_lines({fact_type.name: record(fact_type)}).to_pylist()

    assert list(json.loads(line)) == ["type", *(field.name for field in fact_type.fields)]
    assert json.loads(line)["type"] == fact_type.name
    assert "\n" not in line


def test_values_are_written_as_the_specification_has_them() -> None:
    """Dates and months are text, instants have an offset, hours and shares are decimal numbers, text is escaped."""
    tables = {name: record(FACT_TYPES[name]) for name in ("OrdinaryHours", "ExpectedBenefitShare", "BenefitSpell")}
    lines = json_lines(tables).to_pylist()
    written = {name: value for line in lines for name, value in json.loads(line).items()}

    assert written["registered_at"] == "2020-03-29T01:30:00.007Z"
    assert written["hours"] == 12.05
    assert written["actual_share"] == 0.123456
    assert written["starts_on"] == "1999-02-28"
    assert written["month"] == "2020-02"
    assert written["target_group"] == 7
    assert written["deleted"] is True
    assert written["source"] == VALUES[Kind.TEXT]


@pytest.mark.parametrize("hundredths", [0, 1, 10, 100, 12_345, 74_400])
def test_hours_are_exact(hundredths: int) -> None:
    """Every hundredth of an hour reads as the number that it is."""
    (line,) = json_lines({"OrdinaryHours": record(FACT_TYPES["OrdinaryHours"], hours=hundredths)}).to_pylist()

    assert json.loads(line, parse_float=Decimal)["hours"] == Decimal(hundredths) / 100


def test_absent_fields_are_null() -> None:
    """A withdrawal without content keeps its type's fields, as null."""
    fact_type = FACT_TYPES["OrdinaryHours"]
    (line,) = json_lines({fact_type.name: record(fact_type, month=None, hours=None)}).to_pylist()

    assert json.loads(line)["month"] is None
    assert json.loads(line)["hours"] is None


def test_parquet_has_every_field_once() -> None:
    """The columns are the type and the union of all fields, in exchange values."""
    names = {field.name for fact_type in FACT_TYPES.values() for field in fact_type.fields}
    schema = parquet_schema()

    assert schema.names[0] == "type"
    assert sorted(schema.names[1:]) == sorted(names)
    assert schema.field("hours").type == pa.decimal128(5, 2)
    assert schema.field("expected_share").type == pa.decimal128(7, 6)
    assert schema.field("held_at").type == pa.timestamp("ms", "UTC")
    assert schema.field("month").type == pa.string()


def test_parquet_rows_have_their_types_values_only() -> None:
    """A row has the values of its type, hours and shares with the point in its place, the rest null."""
    (row,) = parquet_table({"OrdinaryHours": record(FACT_TYPES["OrdinaryHours"])}).to_pylist()

    assert row["type"] == "OrdinaryHours"
    assert row["hours"] == Decimal("12.05")
    assert row["registered_at"] == VALUES[Kind.INSTANT]
    own = {field.name for field in FACT_TYPES["OrdinaryHours"].fields} | {"type"}
    assert {name for name, value in row.items() if value is not None} == own


def test_a_file_is_written_in_the_order_of_arrival(tmp_path: Path) -> None:
    """Types are interleaved by `registered_at`, within each append; nothing appended is nothing written."""
    early, late = (datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2))
    hours, link = FACT_TYPES["OrdinaryHours"], FACT_TYPES["CitizenLink"]
    tables = {
        "OrdinaryHours": pa.concat_tables([record(hours, registered_at=late), record(hours, registered_at=early)]),
        "CitizenLink": record(link, registered_at=late, source="a"),
    }
    for ending in (".jsonl", ".parquet"):
        with facts_file(tmp_path / f"facts{ending}") as file:
            file.append(file.encoded({}))
            file.append(file.encoded(tables))

    lines = [json.loads(line) for line in (tmp_path / "facts.jsonl").read_bytes().splitlines()]
    assert [line["type"] for line in lines] == ["OrdinaryHours", "OrdinaryHours", "CitizenLink"]
    assert lines[0]["registered_at"] < lines[1]["registered_at"] == lines[2]["registered_at"]
    assert pq.read_table(tmp_path / "facts.parquet")["type"].to_pylist() == [line["type"] for line in lines]


def test_a_file_that_cannot_be_written_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """The message names the folder."""
    with pytest.raises(ConfigError, match="nowhere"), facts_file(tmp_path / "nowhere" / "facts.jsonl"):
        pass
