"""Sending a batch of messages as one transaction: all of them are confirmed, or none is there.

The transactional id is fixed for what must exist once (a slice, a reporting worker): a newer process of the
same id fences an older one, which then stops loudly. When the brokers are away the same messages are tried
again until they are back; the caller waits.

Delivery: exactly once into the topics for each successful call; a caller that crashed between a call and its
own commit sends the same keys and values again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from fokusstrom.contracts import cloud_events
from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.kafka import ANY_PARTITION, NOW
from fokusstrom.runtime.waiting import keep_trying

_log = structlog.get_logger("publisher")

_FENCED = {
    KafkaError._FENCED,  # noqa: SLF001 - the library's public name for it
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
}


def _nowhere() -> Mapping[Partition, int]:
    return {}


class Fenced(Exception):  # noqa: N818 - a state: another worker has taken this one's place
    """A newer worker of the same transactional id has started: stop, and let it do the work."""


@dataclass(frozen=True)
class Outgoing:
    """Messages of one kind for one topic."""

    topic: str
    record: str
    """Name of the record that the values hold, for the CloudEvents headers."""
    keys: Sequence[bytes]
    values: Sequence[bytes | None]
    headers: Sequence[Sequence[tuple[str, bytes]]] | None = None
    """Further headers of each message."""
    partition: int | None = None
    """The one to send to; else the key decides."""


class Publisher:
    """Sends with one transactional producer."""

    def __init__(
        self, producer: Producer, sender: str, clock: Clock, ends: Callable[[], Mapping[Partition, int]] = _nowhere
    ) -> None:
        """Take a producer with a transactional id (`kafka.producer`), and the name that stands in messages' headers.

        `ends`: asks the brokers where in the partitions of some topics ends what was sent; it waits for them.
        """
        self._producer = producer
        self._sender = sender
        self._clock = clock
        self.ends = ends
        """For each partition of these topics, a place that nothing sent so far lies behind."""

    def start(self) -> None:
        """Fence older producers of the same id, and wait for the brokers."""
        keep_trying(_is_passing, self._producer.init_transactions, 30.0)

    def send(self, outgoing: Sequence[Outgoing]) -> int:
        """Send all of it as one transaction; return the number of messages.

        Raises `Fenced` when a newer producer has taken over.
        """
        count = sum(len(each.keys) for each in outgoing)
        if not count:
            return 0
        keep_trying(_is_passing, self._send_once, outgoing)
        return count

    def _send_once(self, outgoing: Sequence[Outgoing]) -> None:
        begun = False
        try:
            self._producer.begin_transaction()
            begun = True
            for each in outgoing:
                self._produce(each)
            self._commit()
        except KafkaException as error:
            raise self._after(error, begun=begun) from error

    def _produce(self, outgoing: Outgoing) -> None:
        stamp = cloud_events.stamp(outgoing.record, self._sender, self._clock.now())
        partition = ANY_PARTITION if outgoing.partition is None else outgoing.partition
        produce, topic = self._producer.produce, outgoing.topic  # looked up once, not for each of millions
        for place, (key, value) in enumerate(zip(outgoing.keys, outgoing.values, strict=True)):
            headers = [*stamp(key), *outgoing.headers[place]] if outgoing.headers else stamp(key)
            while True:
                try:
                    # By their places: named, they cost half of what producing does without them.
                    produce(topic, value, key, partition, None, None, NOW, headers)
                    break
                except BufferError:  # the queue is full: let it drain
                    self._producer.poll(0.1)

    def _commit(self) -> None:
        while True:
            try:
                self._producer.commit_transaction(30.0)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
            else:
                return

    def _abort(self) -> None:
        """Give the transaction up: tried until it is done, as the brokers may be away for long.

        What it was broken by, such as messages that were not delivered in time, may be said again by the giving up.
        """
        keep_trying(_is_not_final, self._abort_once)

    def _abort_once(self) -> None:
        try:
            self._producer.abort_transaction(30.0)
        except KafkaException as error:
            if error.args[0].code() in _FENCED:
                raise Fenced(str(error.args[0])) from error
            if error.args[0].code() != KafkaError._STATE:  # noqa: SLF001 - public: there is none to give up
                raise

    def _after(self, error: KafkaException, *, begun: bool) -> Exception:
        """Put the producer back to where a transaction can begin, and say what the error means."""
        kafka_error = error.args[0]
        if kafka_error.code() in _FENCED:
            return Fenced(str(kafka_error))
        if kafka_error.fatal():
            return error
        # Also for what concerns one message alone, as a partition that is too new to be known here: else what was
        # produced before it would stay in an open transaction, and no other could ever begin.
        if begun or kafka_error.txn_requires_abort():
            self._abort()
        if kafka_error.code() == KafkaError._UNKNOWN_PARTITION:  # noqa: SLF001 - public in the client
            with contextlib.suppress(KafkaException):  # who doesn't answer now is asked again with the next try
                self._producer.list_topics(timeout=10.0)
        _log.warning("sending failed, trying again", error=str(kafka_error))
        return Unavailable(str(kafka_error))


def _is_not_final(error: Exception) -> bool:
    return isinstance(error, KafkaException) and not error.args[0].fatal()


def _is_passing(error: Exception) -> bool:
    if isinstance(error, Unavailable):
        return True
    return isinstance(error, KafkaException) and error.args[0].retriable() and not error.args[0].fatal()
