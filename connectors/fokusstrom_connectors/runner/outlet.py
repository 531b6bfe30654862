"""Where what a connector has read leaves to: the brokers. The runner knows only the promise, `Outlet`."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import Producer

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.cloud_events import Headers
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CONNECTOR_STATE, DEAD_LETTERS, REJECTIONS, SOURCE_TOTALS
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.refusals import HINTS
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.publisher import Outgoing
from fokusstrom.runtime.sending import Sending
from fokusstrom_connectors.mapping.mapper import Mapped, Refused

KEY_HEADER = "pseudonym_key"
"""Header of each fact: the name of the key that its pseudonyms were made with."""


class Outlet(Protocol):
    """Takes things in order; whether they have arrived is known after `confirm`. One thread's at a time."""

    def ready(self, mapped: Mapped) -> Callable[[], None]:
        """Make facts ready to be sent; what it gives sends them, and what is said of records that are none.

        May be called in another thread while something else is sent and confirmed.
        """

    def say(self, rejections: Sequence[records.Rejection]) -> None:
        """Send what is said of facts that were sent before."""

    def remember(self, changes: Mapping[str, Any]) -> None:
        """Store what is remembered, by item; None forgets one."""

    def declare(self, totals: Sequence[records.SourceTotals]) -> None:
        """Send what a source has sent on a day, so far."""

    def confirm(self) -> None:
        """Wait until everything has arrived; `Unavailable` when something since the last call has not."""


class KafkaOutlet:
    """The topics."""

    def __init__(
        self, producer: Producer, catalog: SchemaCatalog, clock: Clock, connector: str, key_id: str | None
    ) -> None:
        """Take a producer; `key_id` is the name of the key that pseudonyms are made with."""
        headers: Headers = [] if key_id is None else [(KEY_HEADER, key_id.encode())]
        self._sending = Sending(producer, catalog, clock, f"connector:{connector}", headers=headers)
        self._is_over = threading.Event()
        self._catalog = catalog
        self._clock = clock
        self._connector = connector

    def ready(self, mapped: Mapped) -> Callable[[], None]:
        """As `Outlet`."""
        encoded = {name: self._sending.encoded(FACT_TYPES[name], facts) for name, facts in mapped.facts.items()}

        def send() -> None:
            for name, by_topic in encoded.items():
                for topic, outgoing in by_topic.items():
                    self._sending.send_encoded(name, topic, outgoing)
            self._send_refusals(mapped)

        return send

    def _send_refusals(self, mapped: Mapped) -> None:
        if mapped.refused:
            where = [keys.connector_refusal_key(self._connector, place_of(one)) for one in mapped.refused]
            told = [records.encode(self._catalog, self._rejection(one)) for one in mapped.refused]
            self._sending.send_messages(Outgoing(REJECTIONS.name, "Rejection", where, told))
            self._sending.send_messages(_letters(self._connector, where, mapped.refused))
        if mapped.flagged:
            where = [keys.connector_refusal_key(self._connector, flag_place_of(one)) for one in mapped.flagged]
            told = [records.encode(self._catalog, self._flag(one)) for one in mapped.flagged]
            self._sending.send_messages(Outgoing(REJECTIONS.name, "Rejection", where, told))

    def say(self, rejections: Sequence[records.Rejection]) -> None:
        """As `Outlet`."""
        where = [keys.connector_refusal_key(self._connector, one.place or "") for one in rejections]
        told = [records.encode(self._catalog, one) for one in rejections]
        self._sending.send_messages(Outgoing(REJECTIONS.name, "Rejection", where, told))

    def remember(self, changes: Mapping[str, Any]) -> None:
        """As `Outlet`."""
        where = [keys.connector_state_key(self._connector, item) for item in changes]
        values = [None if value is None else self._state(item, value) for item, value in changes.items()]
        self._sending.send_messages(Outgoing(CONNECTOR_STATE.name, "ConnectorState", where, values))

    def declare(self, totals: Sequence[records.SourceTotals]) -> None:
        """As `Outlet`."""
        where = [keys.source_totals_key(one.source, one.day) for one in totals]
        told = [records.encode(self._catalog, one) for one in totals]
        self._sending.send_messages(Outgoing(SOURCE_TOTALS.name, "SourceTotals", where, told))

    def confirm(self) -> None:
        """As `Outlet`."""
        self._sending.confirm(self._is_over.is_set)

    def stop(self) -> None:
        """Wait for nothing any more: what isn't confirmed counts as lost, and comes again after the next start."""
        self._is_over.set()

    def _state(self, item: str, value: object) -> bytes:
        state = records.ConnectorState(
            connector=self._connector, item=item, value=json.dumps(value, sort_keys=True), stored_at=self._clock.now()
        )
        return records.encode(self._catalog, state)

    def _rejection(self, refused: Refused) -> records.Rejection:
        return records.Rejection(
            topic="",
            partition=-1,
            offset=-1,
            source=refused.source,
            fact_type=refused.fact_type,
            fact_id=refused.fact_id,
            version=refused.version,
            reason=refused.refusal.reason.value,
            severity=records.Severity.ERROR,
            field=refused.refusal.field,
            hint=HINTS[refused.refusal.reason],
            rejected_at=self._clock.now(),
            connector=self._connector,
            place=place_of(refused),
        )

    def _flag(self, flagged: Refused) -> records.Rejection:
        place = flag_place_of(flagged)
        return dataclasses.replace(self._rejection(flagged), severity=records.Severity.WARNING, place=place)


def flag_place_of(flagged: Refused) -> str:
    """As `place_of`, for each thing that is odd about a record."""
    return f"{place_of(flagged)}/{flagged.refusal.reason.value}"


def place_of(refused: Refused) -> str:
    """Where a record stands at its source, as one text: what was refused there before is replaced."""
    return f"{refused.refusal.file}#{refused.refusal.line}"


def _letters(connector: str, where: list[bytes], refused: Sequence[Refused]) -> Outgoing:
    """Dead letters hold no record: it came with personal numbers, and is still at its source."""
    values = [f"hmac-sha256:{one.digest}".encode() for one in refused]
    headers = [_headers(connector, one) for one in refused]
    return Outgoing(DEAD_LETTERS.name, "DeadLetter", where, values, headers=headers)


def _headers(connector: str, refused: Refused) -> list[tuple[str, bytes]]:
    reason, name = refused.refusal.reason, refused.refusal.field
    told = {
        "dlq.reason": reason.value,
        "dlq.original_key": "[withheld]",
        "dlq.withheld": "true",
        "__connect.errors.topic": f"connector/{connector}",
        "__connect.errors.stage": "TRANSFORMATION",
        "__connect.errors.exception.class.name": "Rejected",
        "__connect.errors.exception.message": f"{reason.value}{f' in {name}' if name else ''}: {HINTS[reason]}",
    }
    return [(header, text.encode()) for header, text in told.items()]
