"""Kafka clients are made here and nowhere else: what every one of them must agree on is said once.

Producers wait for all replicas and never write twice for one send. Consumers read committed records
only, never commit by themselves, and never jump: a position that the log no longer has is an error.
What the C library has to say comes to our log, while its client is polled.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.config import Settings

COMPRESSION = "lz4"
"""A third of the bytes for a few per cent of the CPU."""

ANY_PARTITION = -1
"""The library's word for a partition of its own choice, by the key."""

NOW = 0
"""The library's word for the time of sending."""

QUEUED_KILOBYTES = 65_536
"""What a client holds in memory before it waits: 64 MB."""

_library_log = logging.getLogger("kafka")

TRANSACTION_TIMEOUT_MS = 60_000
"""The brokers' `transaction.max.timeout.ms` is no less."""


def kafka_settings(settings: Settings) -> dict[str, Any]:
    """What every client of the C library needs to reach the brokers.

    The result holds the password: hand it to a client, never to a log.
    """
    found = {
        "bootstrap.servers": settings.require_bootstrap(),
        "security.protocol": settings.kafka_security_protocol.value,
        "sasl.mechanism": settings.kafka_sasl_mechanism,
        "sasl.username": settings.kafka_username,
        "sasl.password": settings.kafka_password,
        "ssl.ca.location": settings.kafka_ca_file and str(settings.kafka_ca_file),
    }
    return {name: value for name, value in found.items() if value is not None}


def producer(
    settings: Settings, *, transactional_id: str | None = None, extra: Mapping[str, Any] | None = None
) -> Producer:
    """A producer for batches: idempotent, all replicas, compressed.

    With a transactional id the caller must call `init_transactions` first; a newer producer of the same
    id fences this one. A full queue raises BufferError: poll, and send the same again. Of a transaction only its end
    tells what became of its messages: of each that was delivered nothing is reported, which took as long as sending.
    """
    chosen = kafka_settings(settings) | {
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": COMPRESSION,
        "linger.ms": 10,
        "batch.size": 1_000_000,
        "queue.buffering.max.kbytes": QUEUED_KILOBYTES,
        "queue.buffering.max.messages": 500_000,
    }
    if transactional_id is not None:
        chosen |= {
            "transactional.id": transactional_id,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "delivery.report.only.error": True,
        }
    return Producer(chosen | dict(extra or {}), logger=_library_log)


def consumer(settings: Settings, group: str, *, extra: Mapping[str, Any] | None = None) -> Consumer:
    """A consumer of committed records, for `consume(n, timeout)`.

    It commits only when told to, and a position that isn't in the log is reported as an error: where to
    start is the caller's decision. `consume` waits for n records or the timeout, so a live reader asks
    with a small one.
    """
    chosen = kafka_settings(settings) | {
        "group.id": group,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": False,
        "allow.auto.create.topics": False,
        "queued.max.messages.kbytes": QUEUED_KILOBYTES,
        "queued.min.messages": 100_000,
        # The library's second would be spent waiting each time a fast reader has emptied a full queue.
        "fetch.queue.backoff.ms": 10,
        "fetch.max.bytes": 16_777_216,
        "max.partition.fetch.bytes": 4_194_304,
        "fetch.wait.max.ms": 100,
    }
    return Consumer(chosen | dict(extra or {}), logger=_library_log)


def admin(settings: Settings) -> AdminClient:
    """A client for topics, groups and offsets."""
    return AdminClient(kafka_settings(settings), logger=_library_log)


def no_answer(error: KafkaException) -> Unavailable:
    """What to raise from an error that says that no broker answers."""
    return Unavailable(f"no Kafka broker answers: {error.args[0].str()}")
