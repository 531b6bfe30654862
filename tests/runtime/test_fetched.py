"""A fetch is sorted by partition, and what the log has lost is told from what passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from confluent_kafka import KafkaError, Message

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.fetched import PositionLost, by_partition


class Fetched:
    """A message, or an error in its place."""

    def __init__(self, topic: str, number: int, error: KafkaError | None = None) -> None:
        """Take where it is of."""
        self._at = (topic, number)
        self._error = error

    def topic(self) -> str:
        """Name of its topic."""
        return self._at[0]

    def partition(self) -> int:
        """Number of its partition."""
        return self._at[1]

    def error(self) -> KafkaError | None:
        """What went wrong, if it is no message."""
        return self._error


def _messages(*fetched: Fetched) -> Sequence[Message]:
    return cast("Sequence[Message]", fetched)


def test_order() -> None:
    """Messages of each partition stay in their order."""
    first, other, second = Fetched("a", 0), Fetched("a", 1), Fetched("a", 0)
    found = by_partition(_messages(first, other, second))
    assert found == {Partition("a", 0): _list(first, second), Partition("a", 1): _list(other)}
    assert by_partition([]) == {}


def _list(*fetched: Fetched) -> list[Message]:
    return list(_messages(*fetched))


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._AUTO_OFFSET_RESET,
        KafkaError.OFFSET_OUT_OF_RANGE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
    ],
)
def test_lost(code: int) -> None:
    """A position or partition that the log no longer has leads to a new beginning, never to a jump."""
    with pytest.raises(PositionLost):
        by_partition(_messages(Fetched("a", 0), Fetched("a", 1, KafkaError(code))))


def test_passing() -> None:
    """What the library gets over by itself is passed over, and the rest of the fetch is there."""
    good = Fetched("a", 0)
    assert by_partition(_messages(Fetched("a", 0, KafkaError(KafkaError._TRANSPORT)), good)) == {
        Partition("a", 0): _list(good)
    }


def test_fatal() -> None:
    """What it can't get over is said."""
    with pytest.raises(Unavailable):
        by_partition(_messages(Fetched("a", 0, KafkaError(KafkaError._FATAL, fatal=True))))
