"""Topics on a cluster: brought to what `contracts.topics` says, or compared with it.

Nothing is ever taken away: topics are created, settings set, partitions of fact topics added.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    TopicMetadata,
)

from fokusstrom.contracts.topics import TOPICS, Topic
from fokusstrom.domain.errors import ConfigError, Unavailable

_SECONDS = 30.0
_MOST_REPLICAS = 3


def apply(admin: AdminClient, partitions: int | None = None, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Create what is missing and change what differs; says what was done, nothing when all was well.

    `partitions` is for topics whose partitions may grow; fewer than there are changes nothing. A new
    partition is read once a cut's mark names it: whoever calls this makes a cut afterwards.
    """
    present = _present(admin)
    missing = [topic for topic in topics if topic.name not in present]
    there = [topic for topic in topics if topic.name in present]
    created = _create(admin, missing, partitions)
    done = created + _grow(admin, there, present, partitions) + _configure(admin, there)
    if done:
        _settle(admin, topics, partitions)
    return done


def check(admin: AdminClient, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """What differs on the cluster from what should be; nothing when all is well."""
    present = _present(admin)
    replicas = _replicas(admin)
    differences = [f"{topic.name} is missing" for topic in topics if topic.name not in present]
    for topic in (topic for topic in topics if topic.name in present):
        differences += _compare(topic, present[topic.name], replicas)
    there = [topic for topic in topics if topic.name in present]
    for topic_name, settings in _differing(admin, there).items():
        differences += [
            f"{topic_name}: {setting} is {found}, should be {wanted}" for setting, (found, wanted) in settings.items()
        ]
    return differences


def _settle(admin: AdminClient, topics: Sequence[Topic], partitions: int | None) -> None:
    """Wait until the brokers say what they were told: what they know of changes comes to them a little later."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        present = _present(admin)
        there = [topic for topic in topics if topic.name in present]
        if len(there) == len(topics) and not (
            _to_grow(there, present, partitions) or any(_differing(admin, there).values())
        ):
            return
        time.sleep(0.1)
    raise Unavailable("the Kafka cluster has not taken up the changes of its topics")


def _compare(topic: Topic, found: TopicMetadata, replicas: int) -> list[str]:
    differences = []
    count = len(found.partitions)
    if count < topic.partitions or (count > topic.partitions and not topic.partitions_may_grow):
        differences.append(f"{topic.name}: {count} partitions, should be {topic.partitions}")
    fewest = min(len(partition.replicas) for partition in found.partitions.values())
    if fewest < replicas:
        differences.append(f"{topic.name}: {fewest} replicas, should be {replicas}")
    return differences


def _create(admin: AdminClient, missing: list[Topic], partitions: int | None) -> list[str]:
    if not missing:
        return []
    replicas = _replicas(admin)
    new = [
        NewTopic(
            topic.name,
            num_partitions=_wanted(topic, partitions),
            replication_factor=replicas,
            config=_settings_of(topic, replicas),
        )
        for topic in missing
    ]
    done = _finish(admin.create_topics(new, operation_timeout=_SECONDS), KafkaError.TOPIC_ALREADY_EXISTS)
    return [f"{name} created" for name in done]


def _grow(
    admin: AdminClient, there: list[Topic], present: dict[str, TopicMetadata], partitions: int | None
) -> list[str]:
    wanted = _to_grow(there, present, partitions)
    if wanted:
        _finish(admin.create_partitions([NewPartitions(name, count) for name, count in wanted.items()]))
    return [f"{name}: partitions {len(present[name].partitions)} -> {count}" for name, count in wanted.items()]


def _to_grow(there: list[Topic], present: dict[str, TopicMetadata], partitions: int | None) -> dict[str, int]:
    """Topics with fewer partitions than wanted, and the number wanted."""
    return {
        topic.name: _wanted(topic, partitions)
        for topic in there
        if topic.partitions_may_grow and _wanted(topic, partitions) > len(present[topic.name].partitions)
    }


def _configure(admin: AdminClient, there: list[Topic]) -> list[str]:
    differing = {name: settings for name, settings in _differing(admin, there).items() if settings}
    changes = [
        ConfigResource(
            ConfigResource.Type.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(setting, wanted, incremental_operation=AlterConfigOpType.SET)
                for setting, (_, wanted) in settings.items()
            ],
        )
        for name, settings in differing.items()
    ]
    if changes:
        _finish(admin.incremental_alter_configs(changes))
    return [
        f"{name}: {setting} {found} -> {wanted}"
        for name, settings in differing.items()
        for setting, (found, wanted) in settings.items()
    ]


def _settings_of(topic: Topic, replicas: int) -> dict[str, str]:
    """A write counts once all replicas but one have it: none is lost with a broker, none waits for one."""
    return topic.config | {"min.insync.replicas": str(max(1, replicas - 1))}


def _differing(admin: AdminClient, there: list[Topic]) -> dict[str, dict[str, tuple[str | None, str]]]:
    """Topic -> setting -> what it is and what it should be, where the two differ."""
    replicas = _replicas(admin)
    return {
        topic.name: {
            name: (settings.get(name), wanted)
            for name, wanted in _settings_of(topic, replicas).items()
            if settings.get(name) != wanted
        }
        for topic, settings in zip(there, _settings(admin, there), strict=True)
    }


def _settings(admin: AdminClient, topics: Sequence[Topic]) -> list[dict[str, str]]:
    """What the cluster has set, topic by topic."""
    resources = [ConfigResource(ConfigResource.Type.TOPIC, topic.name) for topic in topics]
    if not resources:
        return []
    futures = admin.describe_configs(resources)
    found = [_result(futures[resource]) for resource in resources]
    return [{name: entry.value for name, entry in settings.items()} for settings in found]


def _wanted(topic: Topic, partitions: int | None) -> int:
    return partitions if partitions is not None and topic.partitions_may_grow else topic.partitions


def _replicas(admin: AdminClient) -> int:
    return min(_MOST_REPLICAS, len(_metadata(admin).brokers))


def _present(admin: AdminClient) -> dict[str, TopicMetadata]:
    return {name: topic for name, topic in _metadata(admin).topics.items() if topic.error is None}


def _metadata(admin: AdminClient) -> Any:  # noqa: ANN401 - the client's class is not exported
    try:
        return admin.list_topics(timeout=_SECONDS)
    except KafkaException as error:
        raise Unavailable("the Kafka cluster does not answer") from error


def _finish(futures: dict[Any, Future[Any]], *harmless: int) -> list[Any]:
    """Wait for all; what succeeded, in order. Whoever came first may have done it already."""
    done = []
    for name, future in futures.items():
        try:
            _result(future)
        except ConfigError as error:
            cause = error.__cause__
            if not (isinstance(cause, KafkaException) and cause.args[0].code() in harmless):
                raise
        else:
            done.append(name)
    return done


def _result(future: Future[Any]) -> Any:  # noqa: ANN401 - as the future's
    try:
        return future.result(timeout=_SECONDS)
    except KafkaException as error:
        if error.args[0].retriable() or error.args[0].code() == KafkaError._TIMED_OUT:  # noqa: SLF001 - public in the client
            raise Unavailable("the Kafka cluster does not answer") from error
        raise ConfigError(f"the Kafka cluster refuses: {error.args[0].str()}") from error
