"""A sender's texts become values of facts, exactly, or are refused with the reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.mapping.convert import Converter
from fokusstrom_connectors.mapping.rules import Take
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms

FIELDS = {field.name: field for fact_type in FACT_TYPES.values() for field in fact_type.fields}
CONVERTER = Converter("Europe/Copenhagen", Pseudonyms(Key("k", b"k" * 32)))


def at(day: str) -> datetime:
    """Give an instant of UTC."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


CASES: list[tuple[str, str, dict[str, Any], Any]] = [
    ("held_at", "2020-03-01T10:00:00Z", {}, at("2020-03-01 10:00:00")),
    ("held_at", "2020-03-01 10:00+01:00", {}, at("2020-03-01 09:00:00")),
    ("held_at", "2020-03-01 10:00", {}, at("2020-03-01 09:00:00")),  # winter in Copenhagen
    ("held_at", "2020-07-01T10:00:30.25", {}, at("2020-07-01 08:00:30.250000")),  # summer
    ("held_at", "2020-10-25 02:30", {}, at("2020-10-25 00:30:00")),  # comes twice: the first
    ("held_at", "2020-03-29 02:30", {}, at("2020-03-29 01:00:00")),  # doesn't exist: three o'clock
    ("held_at", "1-3-2020 9:05", {"format": "%d-%m-%Y %H:%M"}, at("2020-03-01 08:05:00")),
    ("held_at", "30-02-2020 10:00", {"format": "%d-%m-%Y %H:%M"}, Reason.MISTYPED),
    ("held_at", "2020-02-30 10:00", {}, Reason.MISTYPED),
    ("held_at", "2020-03-01 10:00:00.0001", {}, Reason.TOO_FINE),
    ("held_at", "1 March", {}, Reason.MISTYPED),
    ("starts_on", "2020-02-29", {}, date(2020, 2, 29)),
    ("starts_on", "2020-02-29T00:00:00", {}, date(2020, 2, 29)),
    ("starts_on", "29/02-2020", {"format": "%d/%m-%Y"}, date(2020, 2, 29)),
    ("starts_on", "2021-02-29", {}, Reason.MISTYPED),
    ("month", "2020-03", {}, "2020-03"),
    ("month", "15-03-2020", {"format": "%d-%m-%Y"}, "2020-03"),
    ("hours", "7,25", {"decimal": ","}, 725),
    ("hours", "1.037,5", {"decimal": ","}, 103_750),
    ("hours", "7.255", {}, Reason.TOO_MANY_DECIMALS),
    ("hours", "seven", {}, Reason.MISTYPED),
    ("actual_share", "34,5", {"decimal": ",", "percent": True}, 345_000),
    ("actual_share", "0.345678", {}, 345_678),
    ("actual_share", "12,34567", {"decimal": ",", "percent": True}, Reason.TOO_MANY_DECIMALS),
    ("version", " 12 ", {}, 12),
    ("version", "1.5", {}, Reason.MISTYPED),
    ("version", "1606000000", {}, Reason.PERSONAL_NUMBER),
    ("version", "1606000000", {"plain": True}, 1_606_000_000),
    ("version", "1970-01-01T00:00:01Z", {"instant": True}, 1000),
    ("protected", "Ja", {}, True),
    ("protected", "0", {}, False),
    ("protected", "perhaps", {}, Reason.MISTYPED),
    ("mode", " TELEFON", {"codes": {"telefon": "PHONE"}}, "PHONE"),
    ("mode", "røgsignal", {"codes": {"telefon": "PHONE"}}, Reason.UNMAPPED_CODE),
    ("mode", "røgsignal", {"codes": {"telefon": "PHONE"}, "otherwise": "UNKNOWN"}, "UNKNOWN"),
    ("municipality", "0751", {}, "751"),
    ("fact_id", "case 17", {"prefix": "m-"}, "m-case 17"),
    ("fact_id", "case 010203-1234", {}, Reason.PERSONAL_NUMBER),
    ("fact_id", "010203-1234", {"hashed": True}, Key("k", b"k" * 32).hashed("010203-1234")),
    ("citizen", "010203-1234", {}, Key("k", b"k" * 32).pseudonym("0102031234")),
    ("citizen", "0" * 32, {"pseudonym": True}, "0" * 32),
]


@pytest.mark.parametrize(("name", "text", "how", "expected"), CASES)
def test_a_text_becomes_a_value_or_a_reason(name: str, text: str, how: dict[str, Any], expected: object) -> None:
    """Whatever stands beside it in the column."""
    take = Take.model_validate({"from": "x", **how})
    for column, row in (([text], 0), ([None, text], 1), (["~", text, None], 1)):
        made = CONVERTER.column(FIELDS[name], take, pa.array(column, pa.string()))
        found = made.faults.get(row) or made.values[row].as_py()
        assert found == expected


def test_times_that_come_again_are_each_judged_where_they_stand() -> None:
    """A fault of a time is that of each of its rows, and of no other."""
    texts = pa.array(["1 March", "2020-03-01T10:00:00Z", None, "1 March", "2020-03-01T10:00:00Z"])
    made = CONVERTER.column(FIELDS["held_at"], Take.model_validate({"from": "x"}), texts)
    assert made.faults == {0: Reason.MISTYPED, 3: Reason.MISTYPED}
    noon = at("2020-03-01 10:00:00")
    assert made.values.to_pylist() == [None, noon, None, None, noon]


def test_absent_stands_for_what_is_not_said() -> None:
    """Null is null, or what the mapping says stands for it."""
    take = Take.model_validate({"from": "x", "codes": {"slettet": True}, "absent": False})
    assert CONVERTER.column(FIELDS["deleted"], take, pa.array([None, "slettet"])).values.to_pylist() == [False, True]


def test_without_a_zone_a_time_needs_an_offset() -> None:
    """Nobody guesses where a clock stood."""
    made = Converter(None, None).column(
        FIELDS["held_at"], Take.model_validate({"from": "x"}), pa.array(["2020-03-01 10:00"])
    )
    assert made.faults == {0: Reason.NO_OFFSET}
