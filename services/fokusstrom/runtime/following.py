"""Following a topic from chosen places on, for whoever waits for something to appear on it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, Message, TopicPartition

from fokusstrom.contracts.partition import Partition
from fokusstrom.runtime import kafka, log_ends
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.fetched import by_partition

_MOST = 10_000
_SECONDS = 10.0


class Follower:
    """Reads committed records of some partitions; one thread's. Close it, or use it as a context."""

    def __init__(self, settings: Settings, start: Mapping[Partition, int]) -> None:
        """Take where to start in each partition."""
        self._consumer = kafka.consumer(settings, "fokusstrom-follower")
        self._consumer.assign([TopicPartition(*partition, offset) for partition, offset in start.items()])

    def poll(self, seconds: float) -> list[Message]:
        """What came within the time, each partition's in order; `PositionLost` when a place is gone."""
        fetched = self._consumer.consume(1, seconds)
        if fetched:
            fetched += self._consumer.consume(_MOST, 0.02)
        return [message for messages in by_partition(fetched).values() for message in messages]

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def __enter__(self) -> Self:
        """Give the follower."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def ends_of(settings: Settings, topic: str) -> dict[Partition, int]:
    """Where each partition of a topic ends now; `Unavailable` when the brokers can't say within some seconds.

    Raises `ConfigError` when there is no such topic.
    """
    (_, count) = log_ends.topics(kafka.admin(settings), [topic])[topic]
    partitions = [Partition(topic, number) for number in range(count)]
    with _consumer(settings) as consumer:
        bounds = log_ends.ends(consumer, partitions)
    return {partition: end for partition, (_, end) in bounds.items()}


def places_at(settings: Settings, topic: str, milliseconds: int) -> dict[Partition, int]:
    """The first place in each partition whose record is from that time or later; its end when none is."""
    ends = ends_of(settings, topic)
    wanted = [TopicPartition(*partition, milliseconds) for partition in ends]
    with _consumer(settings) as consumer:
        found = log_ends.asked(lambda: consumer.offsets_for_times(wanted, timeout=_SECONDS))
    places = {Partition(one.topic, one.partition): one.offset for one in found}
    return {partition: place if place >= 0 else ends[partition] for partition, place in places.items()}


def _consumer(settings: Settings) -> closing[Consumer]:
    return closing(kafka.consumer(settings, "fokusstrom-follower"))
