"""What connectors remember, as connector-state.v1 has it: read whole at a start, changed by the runner and by hand."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from fokusstrom.contracts.records import ConnectorState, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CONNECTOR_STATE
from fokusstrom.domain.errors import Rejected
from fokusstrom.runtime.config import Settings
from fokusstrom_connectors.runner import whole_topics

OWN = "runner/"
"""What the names of the runner's own items begin with; a source never sees them."""


def remembered(settings: Settings, catalog: SchemaCatalog, connector: str) -> dict[str, Any]:
    """Everything that a connector remembers, by item.

    `ConfigError` when there is no such topic, `Unavailable` while no broker answers.
    """
    found: dict[bytes, ConnectorState] = {}
    for message in whole_topics.messages_of(settings, CONNECTOR_STATE.name):
        found.pop(message.key() or b"", None)
        if message.value() is not None:
            with contextlib.suppress(Rejected):  # somebody else's record: ours are the runner's alone
                found[message.key() or b""] = decode(catalog, ConnectorState, message.value() or b"")
    return {one.item: json.loads(one.value) for one in found.values() if one.connector == connector}


def of_source(state: dict[str, Any]) -> dict[str, Any]:
    """What the source itself asked to be remembered."""
    return {item: value for item, value in state.items() if not item.startswith(OWN)}
