"""Rare records as dataclasses: the fields of their schemas, there and back."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import records, schemas, wire
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import Reason

CATALOG = schemas.checked_in()
KINDS = (
    records.CutMark,
    records.CutStatus,
    records.Rejection,
    records.NationalRecord,
    records.ReleaseState,
    records.ReleaseManifest,
    records.ControlCommand,
    records.RuleSet,
    records.SourceTotals,
    records.ReconciliationEntry,
    records.ReconciliationStatus,
    records.ConnectorState,
)
COMMAND = records.ControlCommand(
    id="c1",
    kind=records.CommandKind.CUT,
    through=date(2021, 12, 31),
    issued_at=datetime(2022, 1, 1, tzinfo=UTC),
    expires_at=datetime(2022, 1, 2, tzinfo=UTC),
)

for scalar, values in {
    int: st.integers(0, 2**31 - 1),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    datetime: st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    date: st.dates(date(1900, 1, 1), date(2100, 12, 31)),
}.items():
    st.register_type_strategy(scalar, values)


@given(st.data(), st.sampled_from(KINDS))
def test_records_survive_the_way_out_and_back(data: st.DataObject, kind: type[Any]) -> None:
    """What is encoded decodes to itself."""
    record = data.draw(st.from_type(kind))
    value = records.encode(CATALOG, record)
    assert records.kind_of(CATALOG, value) == kind.__name__
    assert records.decode(CATALOG, kind, value) == record


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_has_the_fields_of_its_schema(kind: type[Any]) -> None:
    """A record's class and its schema name the same fields."""
    fields = {field.name for field in dataclasses.fields(kind)}
    assert fields == {field["name"] for field in CATALOG.latest(kind.__name__).tree["fields"]}


def test_every_kind_of_rare_record_has_a_class() -> None:
    """Only facts, enriched meetings and slices' figures travel as columns."""
    bulk = {"EnrichedMeeting", "PartialFigures"}
    assert {schema.name for schema in CATALOG if schema.schema_id > 8} - bulk == {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize(
    "enumeration",
    [
        (records.CommandKind, "ControlCommand", "kind"),
        (records.Severity, "Rejection", "severity"),
        (records.FigureStatus, "NationalRecord", "status"),
        (records.ObservationStatus, "NationalRecord", "obs_status"),
        (records.ConfidentialityStatus, "NationalRecord", "conf_status"),
    ],
    ids=lambda enumeration: enumeration[2],
)
def test_codes_are_those_of_the_schema(enumeration: tuple[type[Any], str, str]) -> None:
    """An enumeration's members are its schema's symbols."""
    members, record, name = enumeration
    fields = {field["name"]: field["type"] for field in CATALOG.latest(record).tree["fields"]}
    assert [member.value for member in members] == fields[name]["symbols"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (records.encode(CATALOG, COMMAND)[:-1], Reason.TRUNCATED),
        (records.encode(CATALOG, COMMAND)[:3], Reason.TRUNCATED),
        (records.encode(CATALOG, COMMAND) + b"\x00", Reason.UNDECODABLE),
        (wire.header(CATALOG.id_of("ControlCommand")) + b"{}" * 9, Reason.UNDECODABLE),
        (wire.header(CATALOG.id_of("RuleSet")) + b"\x00\x00\x00\x00", Reason.WRONG_SCHEMA),
        (wire.header(9_999) + b"\x00", Reason.UNKNOWN_SCHEMA),
    ],
    ids=["cut", "no header", "trailing", "garbage", "another record", "unknown id"],
)
def test_what_is_no_record_is_refused(value: bytes, reason: Reason) -> None:
    """A truncated, garbage or wrong-schema record is refused with its reason."""
    with pytest.raises(Rejected) as refused:
        records.decode(CATALOG, records.ControlCommand, value)
    assert refused.value.reason == reason
