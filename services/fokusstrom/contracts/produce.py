"""Facts as records for topics: which topic, which key, which value. Nothing is sent from here."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts import columns, keys
from fokusstrom.contracts.schemas import Schema, SchemaCatalog
from fokusstrom.contracts.topics import AKASSE_MEETING_TOPIC, fact_topic
from fokusstrom.domain.facts import MEETING_HELD, FactType


@dataclass(frozen=True)
class Outgoing:
    """Records for one topic, in the order of the facts."""

    keys: list[bytes]
    values: list[bytes]


def encode_facts(catalog: SchemaCatalog, fact_type: FactType, batch: pa.RecordBatch) -> dict[str, Outgoing]:
    """Facts that `domain.refusals` accepted, as records by the name of their topic.

    A deleted meeting that doesn't say who reported it goes to the jobcentres' topic: both are read alike.
    """
    schema = catalog.latest(fact_type.name)
    payloads = columns.payloads(schema, batch)
    named = keys.fact_keys(fact_type, batch, payloads).cast(pa.binary())
    if fact_type is not MEETING_HELD:
        return _outgoing(schema, fact_topic(fact_type).name, named, payloads)
    by_fund = pc.fill_null(pc.equal(batch.column("reporter"), "A_KASSE"), False)  # noqa: FBT003 - Arrow's
    by_jobcenter = pc.invert(by_fund)
    return _outgoing(
        schema, fact_topic(fact_type).name, named.filter(by_jobcenter), payloads.filter(by_jobcenter)
    ) | _outgoing(schema, AKASSE_MEETING_TOPIC.name, named.filter(by_fund), payloads.filter(by_fund))


def _outgoing(schema: Schema, topic: str, named: pa.BinaryArray, payloads: pa.BinaryArray) -> dict[str, Outgoing]:
    return {topic: Outgoing(named.to_pylist(), columns.framed(schema, payloads))} if len(named) else {}
