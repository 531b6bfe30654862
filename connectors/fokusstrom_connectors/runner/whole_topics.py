"""Reading what the runner keeps on topics, from their start to where they end now."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import Message

from fokusstrom.runtime import kafka, log_ends
from fokusstrom.runtime.config import Settings


def messages_of(settings: Settings, topic: str) -> Iterator[Message]:
    """Every message of a topic, in the order of each partition.

    `ConfigError` when there is no such topic, `Unavailable` while no broker answers.
    """
    log_ends.topics(kafka.admin(settings), [topic])
    yield from log_ends.read_whole(settings, topic)
