"""What connectors remember, as connector-state.v1 has it: read whole at a start, changed by the runner and by hand."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from confluent_kafka import KafkaException

from fokusstrom.contracts.records import ConnectorState, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CONNECTOR_STATE
from fokusstrom.domain.errors import Rejected, Unavailable
from fokusstrom.runtime import kafka, log_ends
from fokusstrom.runtime.config import Settings

OWN = "runner/"
"""What the names of the runner's own items begin with; a source never sees them."""


def remembered(settings: Settings, catalog: SchemaCatalog, connector: str) -> dict[str, Any]:
    """Everything that a connector remembers, by item.

    `ConfigError` when there is no such topic, `Unavailable` while no broker answers.
    """
    log_ends.topics(kafka.admin(settings), [CONNECTOR_STATE.name])
    found: dict[bytes, ConnectorState] = {}
    try:
        for message in log_ends.read_whole(settings, CONNECTOR_STATE.name):
            found.pop(message.key() or b"", None)
            if message.value() is not None:
                with contextlib.suppress(Rejected):  # somebody else's record: ours are the runner's alone
                    found[message.key() or b""] = decode(catalog, ConnectorState, message.value() or b"")
    except KafkaException as error:
        raise Unavailable(f"{CONNECTOR_STATE.name} can't be read: {error.args[0].str()}") from error
    return {one.item: json.loads(one.value) for one in found.values() if one.connector == connector}


def of_source(state: dict[str, Any]) -> dict[str, Any]:
    """What the source itself asked to be remembered."""
    return {item: value for item, value in state.items() if not item.startswith(OWN)}
