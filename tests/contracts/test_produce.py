"""From files of facts to records on topics."""

from __future__ import annotations

import json

import pyarrow as pa

from fokusstrom.contracts import columns, keys, schemas, wire
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.domain.facts import FACT_TYPES, MEETING_HELD
from tests import builders

CATALOG = schemas.checked_in()


def test_meetings_go_to_the_topic_of_who_reports_them() -> None:
    """Jobcentres' and unemployment funds' meetings have topics of their own."""
    gone = builders.withdrawn(builders.meeting("2021-03-03")) | {"reporter": None}
    facts = [builders.meeting("2021-03-01"), builders.joint("2021-03-02", "A_KASSE"), gone]
    batch = read_lines([json.dumps(fact).encode() for fact in facts]).facts["MeetingHeld"].columns
    outgoing = encode_facts(CATALOG, MEETING_HELD, batch)
    assert {name: len(records.keys) for name, records in outgoing.items()} == {
        "meeting-held.v1": 2,
        "akasse-meeting-held.v1": 1,
    }
    (value,), (key,) = outgoing["akasse-meeting-held.v1"].values, outgoing["akasse-meeting-held.v1"].keys
    assert key == keys.fact_key(MEETING_HELD, "akasse:3f", facts[1]["fact_id"], 1, value)
    _, payload = wire.unframe(value)
    schema = CATALOG.latest("MeetingHeld")
    assert columns.decode(schema, schema, [payload]).batch.column("reporter").to_pylist() == ["A_KASSE"]


def test_nothing_to_send_is_no_topic() -> None:
    """An empty batch gives no records."""
    empty = pa.RecordBatch.from_pylist([], schema=FACT_TYPES["CitizenLink"].arrow_schema)
    assert encode_facts(CATALOG, FACT_TYPES["CitizenLink"], empty) == {}
