"""Sending facts to their topics: whatever file or source they come from, they leave through here.

Delivery: at least once, in any order. A fact sent again is an exact repeat, which changes no figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pyarrow as pa
from confluent_kafka import KafkaError, Message, Producer

from fokusstrom.contracts import cloud_events
from fokusstrom.contracts.produce import Outgoing, encode_facts
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.facts import FactType
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.kafka import ANY_PARTITION, NOW
from fokusstrom.runtime.publisher import Outgoing as Messages

_LOOK_SECONDS = 0.5
"""How often who waits for confirmation is asked whether it still does."""


class Sending:
    """Sends facts that are checked, at most so fast."""

    def __init__(
        self,
        producer: Producer,
        catalog: SchemaCatalog,
        clock: Clock,
        sender: str,
        rate: float | None = None,
        *,
        headers: cloud_events.Headers | None = None,
    ) -> None:
        """Take a producer, and the name that stands in the messages' headers; `rate` is in facts a second.

        `headers` are further ones that every fact has.
        """
        self.sent = 0
        self._producer = producer
        self._catalog = catalog
        self._clock = clock
        self._sender = sender
        self._rate = rate
        self._headers = headers
        self._begun = time.monotonic()
        self._failed: KafkaError | None = None

    def send(self, fact_type: FactType, facts: pa.RecordBatch) -> None:
        """Send them, in the order of the rows; columns are those of `fact_type.arrow_schema`."""
        for topic, outgoing in self.encoded(fact_type, facts).items():
            self.send_encoded(fact_type.name, topic, outgoing)

    def encoded(self, fact_type: FactType, facts: pa.RecordBatch) -> dict[str, Outgoing]:
        """Facts as records by topic, for `send_encoded`. One thread's at a time, which may be another than sends."""
        return encode_facts(self._catalog, fact_type, facts)

    def send_encoded(self, record: str, topic: str, outgoing: Outgoing) -> None:
        """Send records of this name that `encode_facts` made."""
        stamp = cloud_events.stamp(record, self._sender, self._clock.now(), self._headers)
        produce, delivered = self._producer.produce, self._delivered  # looked up once, not for each of millions
        for key, value in zip(outgoing.keys, outgoing.values, strict=True):
            if self._rate is not None:
                self._keep_to_rate(self._rate)
            while True:
                try:
                    # By their places: named, they cost half of what producing does without them.
                    produce(topic, value, key, ANY_PARTITION, delivered, None, NOW, stamp(key))
                except BufferError:  # the queue is full: let it drain
                    self._producer.poll(0.1)
                else:
                    break
            self.sent += 1

    def send_messages(self, outgoing: Messages) -> None:
        """Send messages that are no facts; they are confirmed with the facts."""
        stamp = cloud_events.stamp(outgoing.record, self._sender, self._clock.now())
        for place, (key, value) in enumerate(zip(outgoing.keys, outgoing.values, strict=True)):
            headers = [*stamp(key), *(outgoing.headers[place] if outgoing.headers else ())]
            while True:
                try:
                    self._producer.produce(outgoing.topic, value, key, headers=headers, on_delivery=self._delivered)
                except BufferError:  # the queue is full: let it drain
                    self._producer.poll(0.1)
                else:
                    break

    def confirm(self, is_over: Callable[[], bool] = bool) -> None:
        """Wait until all is confirmed; `Unavailable` when something since the last call is not.

        `is_over` is asked now and then: what isn't confirmed when it is over isn't waited for.
        """
        while self._producer.flush(_LOOK_SECONDS):
            if is_over():
                raise Unavailable("not all facts were confirmed, and nobody waits for it any more")
        failed, self._failed = self._failed, None
        if failed is not None:
            raise Unavailable(f"not all facts were confirmed, send them again: {failed.str()}")

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failed = error or self._failed

    def _keep_to_rate(self, rate: float) -> None:
        self._producer.poll(0)
        ahead = self.sent / rate - (time.monotonic() - self._begun)
        if ahead > 0:
            time.sleep(ahead)
