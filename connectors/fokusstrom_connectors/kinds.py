"""Every kind of connector by its name. A new one is a line here and a module of `sources`."""

from __future__ import annotations

import importlib
from typing import Any

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.interface import Connector

KINDS = {
    "akasse": "takes the meetings of an unemployment fund, over REST or from files",
    "beskedfordeler": "takes messages of Beskedfordeler, pushed over HTTP or as files",
    "dfdg": "is notified by webhook, and fetches what is announced",
    "files": "takes files from a folder or over SFTP",
    "jobindsats": "asks jobindsats.dk for a table, period by period",
    "outbox": "reads an outbox table of a database",
    "rest": "polls a REST API, page by page",
}
"""Each is `CONNECTOR` of the module of its name in `sources`, imported when it is asked for."""


def kind(name: str) -> Connector[Any]:
    """The kind of this name; `ConfigError` with those there are."""
    if name not in KINDS:
        raise ConfigError(f"there is no connector {name!r}: one of {', '.join(KINDS)}")
    found: Connector[Any] = importlib.import_module(f"fokusstrom_connectors.sources.{name}").CONNECTOR
    return found
