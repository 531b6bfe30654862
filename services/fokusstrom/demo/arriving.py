"""A file of simulated facts, sent as its facts would arrive: month of registration by month of registration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import KafkaError, Message

from fokusstrom.contracts import cloud_events, exchange
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.config import Settings

_SMALL = 20_000
"""Lines read at once: a month of the demo is some thousand."""


def by_month(file: Path) -> Iterator[tuple[str, FactType, pa.RecordBatch]]:
    """Give the facts of a file in the order of arrival: month of registration (`YYYY-MM`, UTC), type, facts.

    A month may come in several parts; the file is in the order of registration, as simulations write it.
    """
    for batch in exchange.read(file, _SMALL):
        months = {
            name: pc.strftime(facts.columns.column("registered_at"), "%Y-%m") for name, facts in batch.facts.items()
        }
        for month in sorted({month for column in months.values() for month in column.unique().to_pylist()}):
            for name, facts in batch.facts.items():
                part = facts.columns.filter(pc.equal(months[name], month))
                if part.num_rows:
                    yield month, FACT_TYPES[name], part


class Sending:
    """Sends facts that need no checking to their topics."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog, clock: Clock) -> None:
        """Take how to reach the brokers."""
        self.sent = 0
        self._producer = kafka.producer(settings)
        self._catalog = catalog
        self._clock = clock
        self._keys = duckdb.connect()
        self._failed: KafkaError | None = None

    def send(self, fact_type: FactType, facts: pa.RecordBatch) -> None:
        """Send them, in the order of the rows."""
        stamp = cloud_events.stamp(fact_type.name, "demo", self._clock.now())
        for topic, outgoing in encode_facts(self._keys, self._catalog, fact_type, facts).items():
            for key, value in zip(outgoing.keys, outgoing.values, strict=True):
                self._produce(topic, key, value, stamp(key))
        self.sent += facts.num_rows

    def confirm(self) -> None:
        """Wait until all is confirmed; `Unavailable` when something is not."""
        self._producer.flush()
        if self._failed is not None:
            raise Unavailable(f"the brokers took not all facts: {self._failed.str()}")

    def _produce(self, topic: str, key: bytes, value: bytes, headers: cloud_events.Headers) -> None:
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=[*headers], on_delivery=self._delivered)
            except BufferError:  # the queue is full: let it drain
                self._producer.poll(0.1)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failed = error or self._failed
