"""Asking the brokers where groups are, and how old the oldest record is that they have not read.

Committed positions are asked with a consumer of the group's name that joins nothing and commits nothing: the
administration client's own call ends the whole process while a group's coordinator is being found
(librdkafka issue 5040).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import stamina
import structlog
from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec

from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.topics import CONTROL, FACT_TOPICS, TOPICS
from fokusstrom.domain.errors import Unavailable
from fokusstrom.monitor.lag import PATIENCE, Lag, Observation, Place, Watch
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings

_SECONDS = 5.0
_POLL_SECONDS = 0.1
_LOOK_AGAIN = timedelta(seconds=3)
"""Who has old records to read and has not moved by then is stopped."""
_LITTLE: Mapping[str, Any] = {
    "max.partition.fetch.bytes": 65_536,
    "fetch.max.bytes": 8_388_608,
    "queued.max.messages.kbytes": 16_384,
    "fetch.queue.backoff.ms": 10,
    "fetch.wait.max.ms": 10,
    "enable.partition.eof": True,
}
"""What is wanted of each partition is its next record, not what follows."""

_FINDING_COORDINATOR = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}

_log = structlog.get_logger("monitor")


def groups_of(deployment: str, slices: int) -> dict[str, Sequence[str]]:
    """Every group that should be reading, and the topics that it reads."""
    facts = [topic.name for topic in FACT_TOPICS]
    enrichment: dict[str, Sequence[str]] = {
        f"fokusstrom-enrichment-{deployment}-{number}-of-{slices}": facts for number in range(slices)
    }
    return enrichment | {f"fokusstrom-reporting-{deployment}": [CONTROL.name]}


class Probe:
    """Looks where groups are; one thread's. Close it."""

    def __init__(self, settings: Settings) -> None:
        """Take how to reach the brokers; nothing is asked yet."""
        self._settings = settings
        self._admin = kafka.admin(settings)
        self._asking: dict[str, Consumer] = {}
        self._reading = kafka.consumer(settings, "fokusstrom-monitor", extra=_LITTLE)
        self._written: dict[tuple[Partition, int], datetime] = {}

    def close(self) -> None:
        """Leave the brokers."""
        for consumer in (*self._asking.values(), self._reading):
            consumer.close()

    def observe(self, wanted: Mapping[str, Sequence[str]]) -> list[Observation]:
        """See where each group is in each of its topics; what can't be found out has no places."""
        try:
            partitions = self._partitions({topic for topics in wanted.values() for topic in topics})
        except (KafkaException, Unavailable) as error:
            _log.warning("the topics can't be seen", error=str(error))
            partitions = {}
        return [each for group, topics in wanted.items() for each in self._of_group(group, topics, partitions)]

    def topics_of(self, group: str) -> list[str]:
        """List the topics of ours in which a group has ever said where it is."""
        partitions = self._partitions({topic.name for topic in TOPICS})
        every = [partition for of in partitions.values() for partition in of]
        return sorted({partition.topic for partition, offset in self._committed(group, every).items() if offset >= 0})

    def _of_group(
        self, group: str, topics: Sequence[str], partitions: Mapping[str, Sequence[Partition]]
    ) -> Iterable[Observation]:
        every = [partition for topic in topics for partition in partitions.get(topic, ())]
        try:
            places = self._places(group, every)
        except (KafkaException, Unavailable) as error:
            _log.warning("a group's lag is unknown", group=group, error=str(error))
            places = {}
        for topic in topics:
            of = partitions.get(topic, ())
            found = [places[partition] for partition in of if partition in places]
            yield Observation(group, topic, found if of and len(found) == len(of) else None)

    def _places(self, group: str, partitions: Sequence[Partition]) -> dict[Partition, Place]:
        if not partitions:
            return {}
        committed = self._committed(group, partitions)
        bounds = self._bounds(partitions)  # asked after the positions: what comes in between is lag, not less than none
        places = {
            partition: Place(committed[partition] if committed[partition] >= 0 else None, *bounds[partition])
            for partition in partitions
        }
        written = self._oldest({partition: place for partition, place in places.items() if place.next < place.end})
        return {
            partition: Place(place.committed, place.first, place.end, written.get(partition))
            for partition, place in places.items()
        }

    def _partitions(self, topics: Iterable[str]) -> dict[str, list[Partition]]:
        found = self._admin.list_topics(timeout=_SECONDS).topics
        return {
            topic: [Partition(topic, number) for number in sorted(found[topic].partitions)]
            for topic in topics
            if topic in found and found[topic].error is None
        }

    def _committed(self, group: str, partitions: Sequence[Partition]) -> dict[Partition, int]:
        if group not in self._asking:
            self._asking[group] = kafka.consumer(self._settings, group)
        asked = [TopicPartition(*partition) for partition in partitions]
        for attempt in stamina.retry_context(on=_is_passing, timeout=_SECONDS, wait_initial=0.1, wait_max=1.0):
            with attempt:
                found = self._asking[group].committed(asked, timeout=_SECONDS)
        return {Partition(at.topic, at.partition): _checked(at) for at in found}

    def _bounds(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        asked = [TopicPartition(*partition) for partition in partitions]
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # the client leaves it untyped
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # as above
        first = self._admin.list_offsets(dict.fromkeys(asked, earliest), request_timeout=_SECONDS)
        end = self._admin.list_offsets(
            dict.fromkeys(asked, latest), request_timeout=_SECONDS, isolation_level=IsolationLevel.READ_COMMITTED
        )
        return {Partition(at.topic, at.partition): (first[at].result().offset, end[at].result().offset) for at in asked}

    def _oldest(self, behind: Mapping[Partition, Place]) -> dict[Partition, datetime]:
        """When the first unread record of each partition was written; none where only markers are left."""
        known = {partition: (partition, place.next) for partition, place in behind.items()}
        self._written = {key: self._written[key] for key in known.values() if key in self._written}
        missing = {partition: place for partition, place in behind.items() if known[partition] not in self._written}
        for partition, instant in self._read_first(missing).items():
            self._written[known[partition]] = instant
        return {partition: self._written[key] for partition, key in known.items() if key in self._written}

    def _read_first(self, behind: Mapping[Partition, Place]) -> dict[Partition, datetime]:
        if not behind:
            return {}
        found: dict[Partition, datetime] = {}
        waiting = set(behind)
        self._reading.assign([TopicPartition(*partition, place.next) for partition, place in behind.items()])
        self._reading.resume([TopicPartition(*partition) for partition in behind])  # it stays paused from before
        deadline = time.monotonic() + _SECONDS
        while waiting:
            if time.monotonic() > deadline:
                raise Unavailable(f"{len(waiting)} partitions could not be read")
            seen = set()
            for message in self._reading.consume(1_000, _POLL_SECONDS):
                partition = Partition(message.topic() or "", message.partition() or 0)
                instant = _written_at(message)
                if instant is not None and partition in waiting:
                    found.setdefault(partition, instant)
                if instant is not None or _is_end(message):
                    seen.add(partition)
            if seen & waiting:
                waiting -= seen
                self._reading.pause([TopicPartition(*partition) for partition in seen])
        self._reading.unassign()
        return found


def _written_at(message: Message) -> datetime | None:
    """When a record was written; None for what is none."""
    if message.error() is not None:
        return None
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE:
        raise Unavailable(f"records of {message.topic()} have no timestamps")
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF  # noqa: SLF001 - its public name


def look(probe: Probe, wanted: Mapping[str, Sequence[str]]) -> list[Lag]:
    """Give every group's lag, looking twice where only that tells whether a group moves."""
    watch, clock = Watch(_LOOK_AGAIN), SystemClock()
    lags = [watch.judge(seen, clock.now()) for seen in probe.observe(wanted)]
    if any(lag.age is not None and lag.age >= PATIENCE for lag in lags):
        time.sleep(_LOOK_AGAIN.total_seconds())
        lags = [watch.judge(seen, clock.now()) for seen in probe.observe(wanted)]
    return lags


def _is_passing(error: Exception) -> bool:
    """Whether a group's coordinator is only being found, as at its first use."""
    return isinstance(error, KafkaException) and error.args[0].code() in _FINDING_COORDINATOR


def _checked(at: TopicPartition) -> int:
    if at.error is not None:
        raise KafkaException(at.error)
    return int(at.offset)
