"""The AsyncAPI document as it should be: `python -m tests.asyncapi` writes it.

It is made of `contracts/topics.py` and the schemas, so that neither is said twice; here stand only the
sentences about each topic, and who writes and reads it.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from fokusstrom.contracts.topics import FACT_TOPICS, MARKED_TOPICS, TOPICS, Topic, reconciliation_topic

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "asyncapi.json"

_ABOUT = {
    "meeting-held.v1": "Meetings as job centres report them.",
    "akasse-meeting-held.v1": "Meetings as unemployment funds (a-kasser) report them.",
    "benefit-spell.v1": "Times on a benefit (ydelsesforløb).",
    "offer.v1": "Taking part in active offers (aktive tilbud).",
    "ordinary-hours.v1": "Hours in ordinary employment by month (ordinære timer).",
    "outcome.v1": "Leaving a benefit for job, education or health (afgang).",
    "citizen-link.v1": "Two pseudonyms of one person (personnummerskift).",
    "citizen-protection.v1": "Protected addresses (adressebeskyttelse).",
    "expected-benefit.v1": "Actual and expected share on benefits of a municipality (resultatmål).",
    "source-totals.v1": "What a source declares to have sent on a day; also holds every mark that the fact log has.",
    "connector-state.v1": "How far each connector has read its source. Read at its start.",
    "rule-sets.v1": "Rule sets (regelsæt) by digest, on the topic before a mark names them.",
    "erasures.v1": "Facts that were erased, by keyed hashes, and are left out for ever. Written by `fokusstrom erase`.",
    "control.v1": "Commands to the services: CUT and RELEASE, heard by reporting, and SCENARIO, heard by enrichment.",
    "meeting-enriched.v1": "What a meeting counts for and why, for the municipality that reported it.",
    "partial-figures.v1": "The live view: a slice's figures as they are now, absolute. Inside the trust boundary.",
    "cut-figures.v1": "A slice's figures at a cut, closed by its status. Inside the trust boundary.",
    "national.reporting.v1": "Releases: records, then a manifest, in one transaction. Read committed records.",
    "release-state.v1": "Figures as last released, not suppressed. Inside the trust boundary.",
    "rejections.v1": "What was refused, why, and what its sender should change. Holds no values.",
    "dead-letters.v1": "Refused records as they came, with headers that say why. In the access class of the facts.",
    "scenario-figures.v1": "A slice's figures under another rule set, closed by its status. Inside the trust boundary.",
    "reconciliation.{municipality}.v1": (
        "Meetings that somebody of one municipality should look at, and why. Only that municipality reads it; a"
        " tombstone takes an entry back."
    ),
}
_OF_MUNICIPALITIES = reconciliation_topic("{municipality}")
_CLOUD_EVENTS = {
    "type": "object",
    "description": "CloudEvents 1.0, binary mode.",
    "properties": {f"ce_{name}": {"type": "string"} for name in ("id", "source", "type", "time", "specversion")},
}


def document() -> dict[str, Any]:
    """Make the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Fokusstrøm",
            "version": importlib.metadata.version("fokusstrom"),
            "description": (
                "The topics, their keys, records and retention. Values are in the Confluent wire format: a zero "
                "byte, the schema's id in four bytes, the Avro record. Parts of keys are percent-encoded and "
                "joined by a slash."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/vnd.confluent.avro",
        "channels": {topic.name: _channel(topic) for topic in (*TOPICS, _OF_MUNICIPALITIES)},
    }


def text() -> str:
    """Write the document as its file has it."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def schema_files() -> Mapping[str, str]:
    """Name the newest schema's file of each record."""
    ids = json.loads((ROOT / "schemas" / "avro" / "ids.json").read_text("utf-8"))
    return {name.rpartition(".")[2]: versions[max(versions, key=int)]["file"] for name, versions in ids.items()}


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": _ABOUT[topic.name],
        **_parameters(topic),
        "x-key": topic.key,
        "x-kept": _kept(topic.kept_for),
        "x-fact-log": topic in FACT_TOPICS,
        "x-holds-marks": topic in MARKED_TOPICS,
        "x-partitions-may-grow": topic.partitions_may_grow,
        "messages": {record: _message(topic, record) for record in topic.records},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.config["cleanup.policy"]],
                    "retention.ms": int(topic.config["retention.ms"]),
                    **_tombstones(topic),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _tombstones(topic: Topic) -> dict[str, int]:
    return {"delete.retention.ms": int(topic.config["delete.retention.ms"])} if topic.compacted else {}


def _parameters(topic: Topic) -> dict[str, Any]:
    if topic != _OF_MUNICIPALITIES:
        return {}
    return {"parameters": {"municipality": {"description": "A municipality's 3-digit code (kommunekode)."}}}


def _message(topic: Topic, record: str) -> dict[str, Any]:
    return {
        "name": record,
        "headers": _CLOUD_EVENTS,
        "payload": {
            "schemaFormat": "application/vnd.apache.avro+json;version=1.9.0",
            "schema": {"$ref": f"../schemas/avro/{schema_files()[record]}"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"}},
    }


def _kept(time: timedelta | None) -> str:
    return "for ever" if time is None else f"{time.days} days"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
