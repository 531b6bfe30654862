"""Compaction with the smallest segments, all the time: only exact repeats fall away."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from fokusstrom.contracts.topics import FACT_TOPICS, TOPICS
from fokusstrom.runtime import kafka
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

_ALL_THE_TIME = {
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "segment.ms": "200",
    "delete.retention.ms": "0",
}


def compact_all_the_time(running: Running) -> None:
    """Let every compacted topic be compacted as often and as early as Kafka can."""
    entries = [
        ConfigEntry(name, text, incremental_operation=AlterConfigOpType.SET) for name, text in _ALL_THE_TIME.items()
    ]
    resources = [
        ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=entries)
        for topic in TOPICS
        if topic.compacted
    ]
    admin = kafka.admin(running.settings)  # held: without it what it is asked for is broken off
    for future in admin.incremental_alter_configs(resources).values():
        future.result(30)


def test_nothing_that_matters_falls_away(tmp_path: Path) -> None:
    """Versions and repeats in any order, compacted all the time: a rebuilt worker counts what the first did."""
    properties = {"log.cleaner.backoff.ms": "100", "log.retention.check.interval.ms": "200"}
    with LocalBroker(tmp_path / "broker", properties=properties) as broker, Running(broker.bootstrap, tmp_path) as one:
        one.apply_topics()
        compact_all_the_time(one)
        one.start("reporting", "0")
        sent = 0
        for number in range(3):
            history = random_history(110 + number, citizens=10)
            one.produce(history)
            repeats = [dict(fact) for fact in one.told]
            random.Random(number).shuffle(repeats)
            one.produce(repeats)
            sent += len(history) + len(repeats)
            one.told = [*repeats]  # repeats of repeats are the same set
            one.cut(THROUGH)
        one.release()
        one.wait_until(lambda: _records(one) < sent)
        prove(one, THROUGH)
        one.kill("0")
        shutil.rmtree(one.folder / "0-of-1")
        one.start("0")
        prove(one, THROUGH)


def _records(one: Running) -> int:
    """Count the facts and marks that are left on the log."""
    return sum(len(one.read(topic.name)) for topic in FACT_TOPICS)
