"""Brokers that can't say yet are asked again; what they don't say never passes for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime import log_ends

NOT_LEADER = KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION)
NO_TOPIC = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)


class Answers:
    """Stands for a consumer: errors first, then what there is."""

    def __init__(self, *errors: KafkaError) -> None:
        """Take the errors, in order."""
        self._errors: Iterator[KafkaError] = iter(errors)

    def get_watermark_offsets(self, *_: object, **__: object) -> tuple[int, int]:
        """Raise the next error, or tell the ends."""
        if error := next(self._errors, None):
            raise KafkaException(error)
        return 3, 7

    def list_topics(self, name: str, **_: object) -> SimpleNamespace:
        """Tell of a topic as the library does: with an error it has no partitions."""
        error = next(self._errors, None)
        topic = SimpleNamespace(error=error, partitions={} if error else {0: None, 1: None})
        return SimpleNamespace(topics={name: topic})


def _consumer(*errors: KafkaError) -> Consumer:
    return cast("Consumer", Answers(*errors))


def test_no_leader_for_a_moment() -> None:
    """A broker that is just back leads nothing yet: it is asked until it does."""
    assert log_ends.ends(_consumer(NOT_LEADER, NOT_LEADER), [Partition("t", 0)]) == {Partition("t", 0): (3, 7)}


def test_no_metadata_for_a_moment() -> None:
    """A topic that the broker doesn't know yet is no empty one."""
    assert log_ends.partitions_of(_consumer(NO_TOPIC), "t") == {Partition("t", 0), Partition("t", 1)}


@pytest.mark.parametrize("error", [NOT_LEADER, NO_TOPIC])
def test_no_leader_for_long(error: KafkaError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives up says that the brokers don't answer, which is waited for, and doesn't end in a traceback."""
    monkeypatch.setattr(log_ends, "_SECONDS", 0.3)
    consumer = _consumer(*[error] * 1000)
    with pytest.raises(Unavailable, match="no Kafka broker answers"):
        log_ends.ends(consumer, [Partition("t", 0)])
    with pytest.raises(Unavailable, match="no Kafka broker answers"):
        log_ends.partitions_of(consumer, "t")
