"""What sources declare to have sent, read from source-totals.v1."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from fokusstrom.contracts import keys
from fokusstrom.contracts.records import SourceTotals, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import SOURCE_TOTALS
from fokusstrom.domain.coverage import Declared
from fokusstrom.domain.errors import Rejected
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole

_log = structlog.get_logger("releases")


def read_declarations(settings: Settings, catalog: SchemaCatalog) -> list[Declared]:
    """Read the topic to its end: what each source says of each day, the last that it said."""
    messages = read_whole(settings, SOURCE_TOTALS.name)
    return declared_by(catalog, ((message.key(), message.value()) for message in messages))


def declared_by(catalog: SchemaCatalog, messages: Iterable[tuple[bytes | None, bytes | None]]) -> list[Declared]:
    """Give what keys and values of the topic say, in their order; marks of cuts stand between them."""
    found: dict[bytes, Declared] = {}
    unreadable = 0
    for key, value in messages:
        if keys.is_mark_key(key):
            continue
        try:
            told = decode(catalog, SourceTotals, value or b"")
        except Rejected:
            unreadable += 1
            continue
        records = 0 if told.nothing_to_report else sum(one.records for one in told.sent)
        found[key or b""] = Declared(told.source, told.day, records)
    if unreadable:
        _log.error("records can't be read and are left alone", topic=SOURCE_TOTALS.name, count=unreadable)
    return list(found.values())
