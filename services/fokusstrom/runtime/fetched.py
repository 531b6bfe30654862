"""What a consumer has fetched: its messages by partition, and what its errors mean.

Apart from the batch source, as whoever only reads a topic to its end needs no Faust.
"""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import KafkaError, KafkaException, Message

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import Unavailable

_LOST_POSITION = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001 - its public name
_LOST_TOPIC = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC}  # noqa: SLF001


class PositionLost(Exception):  # noqa: N818 - a state, told to whoever can begin again
    """The log no longer has a position that should be read: start from its beginning."""


def by_partition(messages: Sequence[Message]) -> dict[Partition, list[Message]]:
    """Sort a fetch by partition.

    Raises `PositionLost` when the log no longer has what should be read; what the library gets over by itself
    is passed over, anything else is `Unavailable`.
    """
    sorted_out: dict[tuple[str | None, int | None], list[Message]] = {}
    for message in messages:
        error = message.error()
        if error is not None:
            _judge(error)
            continue
        where = (message.topic(), message.partition())
        theirs = sorted_out.get(where)
        if theirs is None:
            theirs = sorted_out[where] = []
        theirs.append(message)
    return {Partition(topic or "", number or 0): theirs for (topic, number), theirs in sorted_out.items()}


def _judge(error: KafkaError) -> None:
    if error.code() in _LOST_POSITION | _LOST_TOPIC:
        raise PositionLost(str(error))
    if error.fatal():
        raise Unavailable(str(error)) from KafkaException(error)
