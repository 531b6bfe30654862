"""Looking at the log from outside a worker's stream: topics, their ends, and small topics read whole."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import stamina
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from fokusstrom.contracts import keys
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import CutMark, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CONTROL, SOURCE_TOTALS
from fokusstrom.domain.errors import ConfigError, Rejected, Unavailable
from fokusstrom.runtime import kafka
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.fetched import by_partition
from fokusstrom.runtime.waiting import keep_trying

_SECONDS = 10.0
_PROBE_SECONDS = 2.0
"""Less than those who ask `/readyz` wait for an answer."""

_NO_ANSWER = frozenset(
    getattr(KafkaError, name) for name in ("_TRANSPORT", "_ALL_BROKERS_DOWN", "_TIMED_OUT", "_RESOLVE")
)
"""What the client says when it doesn't know: nothing of a topic, for one."""

_READER = "fokusstrom-reader"
"""The group of those that read whole topics: it never commits."""

_log = structlog.get_logger("log")

T = TypeVar("T")


def cluster_id(admin: AdminClient) -> str:
    """Identify the cluster; `Unavailable` while no broker answers."""
    try:
        return str(admin.describe_cluster(request_timeout=_SECONDS).result().cluster_id)
    except KafkaException as error:
        raise kafka.no_answer(error) from error


def is_answered(admin: AdminClient) -> bool:
    """Whether any broker answers within seconds; may be asked from any thread."""
    try:
        admin.list_topics(CONTROL.name, timeout=_PROBE_SECONDS)
    except KafkaException:
        return False
    return True


def topics(admin: AdminClient, names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """Map each topic to the id that the cluster gave it and its number of partitions.

    Raises `ConfigError` naming every topic that is not there, `Unavailable` while no broker answers.
    """
    described = admin.describe_topics(TopicCollection(list(names)), request_timeout=_SECONDS)
    found: dict[str, tuple[str, int]] = {}
    missing: list[str] = []
    for name, future in described.items():
        try:
            topic = future.result()
        except KafkaException as error:
            if error.args[0].code() in _NO_ANSWER:
                raise kafka.no_answer(error) from error
            missing.append(name)
        else:
            found[name] = (str(topic.topic_id), len(topic.partitions))
    if missing:
        raise ConfigError(*(f"topic {name} does not exist: run `fokusstrom topics apply`" for name in missing))
    return found


def asked(question: Callable[[], T]) -> T:
    """Ask brokers something for some seconds; `Unavailable` when they can't say until then.

    A topic that was just made or moved has no leader for a moment, and all topics of a broker that is just back.
    """
    try:
        return stamina.RetryingCaller(attempts=None, timeout=_SECONDS)(KafkaException, question)
    except KafkaException as error:
        raise kafka.no_answer(error) from error


def ends(consumer: Consumer, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
    """First and next offset of each partition; `Unavailable` as `asked`."""
    of_one = functools.partial(consumer.get_watermark_offsets, timeout=_SECONDS)
    return {partition: asked(functools.partial(of_one, TopicPartition(*partition))) for partition in partitions}


def ends_of_written(admin: AdminClient, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """Next offset of each partition, behind everything that was written there, committed or not; waits for brokers."""
    asked_of = {TopicPartition(*partition): OffsetSpec.latest() for partition in partitions}  # type: ignore[no-untyped-call]

    def found() -> dict[Partition, int]:
        offsets = admin.list_offsets(asked_of, request_timeout=_SECONDS)
        return {Partition(one.topic, one.partition): future.result().offset for one, future in offsets.items()}

    return keep_trying(KafkaException, found)


def partitions_of(consumer: Consumer, name: str) -> set[Partition]:
    """Name the partitions of a topic; `Unavailable` as `asked`, and when there is no such topic."""

    def question() -> set[Partition]:
        topic = consumer.list_topics(name, timeout=_SECONDS).topics[name]
        if topic.error is not None:  # without partitions, which must not pass for a topic that is empty
            raise KafkaException(topic.error)
        return {Partition(name, number) for number in topic.partitions}

    return asked(question)


def read_whole(settings: Settings, *names: str, start: Mapping[Partition, int] | None = None) -> Iterator[Message]:
    """Read small topics to where they end now; committed records only. `Unavailable` as `asked`.

    `start`: where to begin in partitions that hold that place still; else it begins at their start.
    """
    consumer = kafka.consumer(settings, _READER, extra={"enable.partition.eof": True})
    try:
        waiting = {partition for name in names for partition in partitions_of(consumer, name)}
        bounds = ends(consumer, waiting)
        places = {p: (start or {}).get(p, first) for p, (first, _) in bounds.items()}
        places = {p: place if bounds[p][0] <= place <= bounds[p][1] else bounds[p][0] for p, place in places.items()}
        consumer.assign([TopicPartition(*p, place) for p, place in places.items()])
        waiting -= {partition for partition, place in places.items() if place == bounds[partition][1]}
        while waiting:
            fetched = consumer.consume(10_000, 0.2)
            for messages in by_partition([one for one in fetched if one.error() is None]).values():
                yield from messages
            for partition in list(waiting):
                (at,) = consumer.position([TopicPartition(*partition)])
                if at.offset >= bounds[partition][1]:
                    waiting.discard(partition)
    finally:
        consumer.close()


def newest_mark(settings: Settings, catalog: SchemaCatalog) -> CutMark | None:
    """Return the newest cut's mark, which stands on source-totals.v1 when it stands everywhere."""
    newest: CutMark | None = None
    for message in read_whole(settings, SOURCE_TOTALS.name):
        if not keys.is_mark_key(message.key()):
            continue
        try:
            mark = decode(catalog, CutMark, message.value() or b"")
        except Rejected:
            continue
        if newest is None or mark.number > newest.number:
            newest = mark
    return newest


def wait_for_brokers(admin: AdminClient, bootstrap: str) -> str:
    """Wait until a broker answers, saying so meanwhile, and return the cluster's id."""

    def answered() -> str:
        try:
            return cluster_id(admin)
        except Unavailable:
            _log.warning("waiting for Kafka: no broker answers", bootstrap=bootstrap)
            raise

    return keep_trying(Unavailable, answered)
