"""The batch source: whole batches of messages from a Kafka consumer onto a Faust channel.

Theory of operation. Faust hands out one event at a time, which is sixty times too slow for a log that is
read whole (docs/adr/0001). So a confluent-kafka consumer fills batches, and a Faust agent gets each as one
value. While there is much to read, the source fetches the next batch while the agent works on one, and no further:
directions take effect before the fetch after that. So a batch may hold messages of a partition that the answer
before it holds; the agent passes over them, and they come again from where the partition is resumed. What was fetched
ahead of a partition that is resumed lies behind where it is resumed, and is dropped: it comes again in its order.
Once all is read, a batch is fetched when the one before is done: of what was fetched at its beginning, all would
wait until its end, and what comes meanwhile for another batch besides.

The source assigns itself partitions and is in no group; a group's name serves to show lag. Markers of
transactions, and what was aborted, take offsets and are never fetched: when there is nothing to read the source
shows itself behind them, or every tool would tell of a lag of 1 in each partition for ever.

Delivery: at least once from the positions given at the start. What was answered may be delivered again after
a crash; whoever consumes remembers positions with what it made of the messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import mode
import structlog
from confluent_kafka import Consumer, Message, TopicPartition

from fokusstrom.contracts.partition import Partition
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.faust_app import Ending
from fokusstrom.runtime.fetched import PositionLost, by_partition

_log = structlog.get_logger("batches")

MOST_MESSAGES = 50_000
"""The size of a batch when there is much to read: what a batch costs whatever its size is spread thin."""
_MANY = 5_000
"""A batch of more than so many messages says that there is more to catch up with."""
_CATCH_UP_SECONDS = 0.2
"""How long a batch waits for company then."""
_IDLE_SECONDS = 0.25
"""How long an empty fetch waits, and with that how late a stop or an order is heard."""
_LISTENING_SECONDS = 0.05
"""How often to look whether the agent listens."""
_GATHER_SECONDS = 0.02
"""How long a batch waits for company after its first message."""


@dataclass(frozen=True)
class Directions:
    """How the source goes on after a batch."""

    hold: Mapping[Partition, int] = field(default_factory=dict)
    """Partitions to read nothing of until they are resumed; the offset is for whoever reads the log of it."""
    resume: Mapping[Partition, int] = field(default_factory=dict)
    """Held partitions to go on with, from an offset."""
    begin: frozenset[Partition] = frozenset()
    """Partitions to read from their start."""
    commit: Mapping[Partition, int] = field(default_factory=dict)
    """Positions to show as the group's."""


@dataclass(frozen=True)
class Batch:
    """Messages by partition, each partition's in order; to be answered once."""

    messages: Mapping[Partition, Sequence[Message]]
    answered: asyncio.Future[Directions]

    def answer(self, directions: Directions) -> None:
        """Let the source go on."""
        self.answered.set_result(directions)


class BatchSource(mode.Service):
    """Puts batches on a channel until it is stopped; see the theory of operation above."""

    def __init__(
        self,
        consumer: Consumer,
        positions: Mapping[Partition, int],
        channel: Any,  # noqa: ANN401 - Faust's channels are untyped
        ending: Ending,
        most_messages: int = MOST_MESSAGES,
    ) -> None:
        """Take a consumer that nobody else uses, where to start in each partition, and what ends the service.

        The service is ended by `PositionLost`, and by `Unavailable` where the consumer is of no use any more.
        """
        super().__init__()
        self._consumer = consumer
        self._positions = positions
        self._channel = channel
        self._ending = ending
        self._most_messages = most_messages
        # All calls of the consumer come from this one thread, as its C library wants for assignments.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batch-source")
        self._is_behind = False
        self._fetched: dict[Partition, int] = {}
        self._shown: dict[Partition, int] = {}

    async def on_start(self) -> None:
        """Assign the partitions."""
        await self._in_thread(self._consumer.assign, [_at(p, offset) for p, offset in self._positions.items()])

    async def on_stop(self) -> None:
        """Leave the brokers."""
        await self._in_thread(self._consumer.close)
        self._thread.shutdown()

    @mode.Service.task
    async def _work(self) -> None:
        try:
            await self._fetch_and_wait()
        except (PositionLost, Unavailable) as reason:
            await self._ending.because(reason)

    async def _fetch_and_wait(self) -> None:
        # What is put on a channel before its agent listens is put nowhere, and would never be answered.
        while not self.should_stop and not self._channel.subscriber_count:
            await self.sleep(_LISTENING_SECONDS)
        _log.info("reading begins", partitions=len(self._positions))
        messages: Mapping[Partition, Sequence[Message]] = {}
        while not self.should_stop:
            if not messages:
                messages = await self._in_thread(self._fetch)
                continue
            batch = Batch(messages, asyncio.get_running_loop().create_future())
            await self._channel.put(batch)
            ahead = asyncio.ensure_future(self._in_thread(self._fetch)) if self._is_behind else None
            answer = await self.wait(batch.answered)
            if answer.stopped:
                return
            # After the fetch ahead, as both have the one thread: the next fetch comes behind the directions.
            await self._in_thread(self._follow, answer.result)
            resumed = answer.result.resume
            fetched = await ahead if ahead else {}
            messages = {partition: of for partition, of in fetched.items() if partition not in resumed}

    async def _in_thread(self, call: Any, *arguments: Any) -> Any:  # noqa: ANN401 - whatever the call gives
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)

    def _fetch(self) -> dict[Partition, list[Message]]:
        messages = self._consumer.consume(1, _IDLE_SECONDS)
        if messages:
            gather = _CATCH_UP_SECONDS if self._is_behind else _GATHER_SECONDS
            messages += self._consumer.consume(self._most_messages - 1, gather)
            self._is_behind = len(messages) > _MANY
        else:
            self._pass_markers()
        sorted_out = by_partition(messages)
        self._fetched |= {partition: (of[-1].offset() or 0) + 1 for partition, of in sorted_out.items()}
        return sorted_out

    def _pass_markers(self) -> None:
        """Show positions behind what is no record, in partitions of which all that was fetched is behind us.

        A held partition is none of them: its position is the mark's, and the mark was fetched.
        """
        done = [partition for partition, shown in self._shown.items() if self._fetched.get(partition, 0) <= shown]
        if not done:
            return
        found = zip(done, self._consumer.position([_at(partition) for partition in done]), strict=True)
        self._show({partition: at.offset for partition, at in found if at.offset > self._shown[partition]})

    def _show(self, positions: Mapping[Partition, int]) -> None:
        if positions:
            self._shown |= positions
            offsets = [_at(partition, offset) for partition, offset in positions.items()]
            self._consumer.commit(offsets=offsets, asynchronous=True)

    def _follow(self, directions: Directions) -> None:
        if directions.hold:
            self._consumer.pause([_at(partition) for partition in directions.hold])
        if directions.begin:
            self._consumer.incremental_assign([_at(partition, 0) for partition in directions.begin])
        for partition, offset in directions.resume.items():
            self._consumer.seek(_at(partition, offset))
        if directions.resume:
            self._consumer.resume([_at(partition) for partition in directions.resume])
        self._show(directions.commit)


def _at(partition: Partition, offset: int | None = None) -> TopicPartition:
    if offset is None:
        return TopicPartition(partition.topic, partition.number)
    return TopicPartition(partition.topic, partition.number, offset)
