"""The batch source on a real broker: what its group shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from fokusstrom.contracts.partition import Partition
from fokusstrom.runtime import kafka
from fokusstrom.runtime.batches import Batch, BatchSource, Directions
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.faust_app import Ending

pytestmark = pytest.mark.broker

_GROUP = "fokusstrom-test-batch-source"


def _produce(settings: Settings, topic: str, *, records: int, commit: bool) -> None:
    producer = kafka.producer(settings, transactional_id=f"test-{topic}")
    producer.init_transactions()
    producer.begin_transaction()
    for _ in range(records):
        producer.produce(topic, value=b"fact")
    producer.flush()
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()


def _committed(asking: Consumer, at: Partition) -> int:
    """The group's position; -1 while it has none, or the broker is still finding its coordinator."""
    try:
        (found,) = asking.committed([TopicPartition(*at)], timeout=10)
    except KafkaException as error:
        if not error.args[0].retriable() and error.args[0].code() != KafkaError.NOT_COORDINATOR:
            raise
        return -1
    return int(found.offset)


class _Channel(asyncio.Queue[Batch]):
    """What the source needs of a channel, with somebody who listens."""

    subscriber_count = 1


def _read(
    settings: Settings,
    at: Partition,
    answer: Callable[[Batch], Directions],
    until: int,
    seconds: int = 10,
    most_messages: int = 1000,
) -> int:
    """Run a source over a partition until its group shows an offset, or for some seconds; what it shows then."""

    async def run() -> int:
        batches = _Channel(1)
        asking = kafka.consumer(settings, _GROUP)
        source = BatchSource(kafka.consumer(settings, _GROUP), {at: 0}, batches, Ending(), most_messages)
        await source.start()
        deadline = time.monotonic() + seconds
        while (shown := _committed(asking, at)) != until and time.monotonic() < deadline:
            try:
                batch = await asyncio.wait_for(batches.get(), 0.2)
            except TimeoutError:
                continue
            batch.answer(answer(batch))
        await source.stop()
        asking.close()
        return shown

    return asyncio.run(run())


def _next_offsets(batch: Batch) -> Mapping[Partition, int]:
    return {partition: (of[-1].offset() or 0) + 1 for partition, of in batch.messages.items()}


def test_markers_and_aborted_records_leave_no_lag_behind(
    broker: str, settings_for: Callable[..., Settings], new_topic: Callable[..., str]
) -> None:
    """A source at rest shows the end of the log, also behind transaction markers and aborted records."""
    settings, at = settings_for(broker), Partition(new_topic(), 0)
    _produce(settings, at.topic, records=3, commit=True)
    _produce(settings, at.topic, records=2, commit=False)
    assert _read(settings, at, lambda batch: Directions(commit=_next_offsets(batch)), until=7) == 7


def test_a_held_partition_shows_the_mark(
    broker: str, settings_for: Callable[..., Settings], new_topic: Callable[..., str]
) -> None:
    """While a partition is held at a mark, its group shows the mark's offset, whatever was fetched behind it."""
    settings, at = settings_for(broker), Partition(new_topic(), 0)
    _produce(settings, at.topic, records=3, commit=True)
    assert _read(settings, at, lambda _: Directions(hold={at: 1}, commit={at: 1}), until=4, seconds=3) == 1


def test_a_resumed_partition_goes_on_where_it_is_told(
    broker: str, settings_for: Callable[..., Settings], new_topic: Callable[..., str]
) -> None:
    """What was fetched ahead of a partition that is resumed comes again, behind what the resuming leads to."""
    settings, at = settings_for(broker), Partition(new_topic(), 0)
    _produce(settings, at.topic, records=12, commit=True)
    delivered: list[int] = []

    def answer(batch: Batch) -> Directions:
        offsets = [message.offset() or 0 for message in batch.messages[at]]
        delivered.extend(offsets)
        if delivered == offsets:  # the first batch: a mark at 1 is met in all partitions, and reading goes on behind it
            return Directions(hold={at: 1}, resume={at: 2}, commit={at: 2})
        return Directions(commit=_next_offsets(batch))

    _read(settings, at, answer, until=13, most_messages=4)
    assert delivered == [0, 1, 2, 3, *range(2, 12)]
