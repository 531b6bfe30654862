"""Facts that arrive while a pipeline runs, and when each one's figures can be read."""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message, TopicPartition

from benchmarks.processes import wait_for
from fokusstrom.contracts import columns, schemas, wire
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.contracts.topics import MEETING_ENRICHED, PARTIAL_FIGURES
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings

Named = tuple[str, str, int]
"""A fact's source, id and version."""
_Result = TypeVar("_Result")
_TICK = 0.1
_MOST = 60_000
_NEW_VERSIONS = """
    SELECT * REPLACE (
        version + 1000 AS version,
        CASE mode WHEN 'PHYSICAL' THEN 'PHONE' ELSE 'PHYSICAL' END AS mode,
        TIMESTAMPTZ '2024-02-01 12:00:00+00' AS registered_at,
        'CORRECTED' AS change_reason
    )
    FROM read_parquet($file)
    WHERE type = 'MeetingHeld' AND held_at BETWEEN TIMESTAMPTZ '2022-07-01' AND TIMESTAMPTZ '2023-11-30'
    QUALIFY count(*) OVER (PARTITION BY source, fact_id) = 1
    ORDER BY hash(source || fact_id), source, fact_id
    LIMIT $most
"""
"""Of meetings with one version, in no order: a later one of each, held in another way.

All of them before the end date that is in force: of others a worker says nothing.
"""


class Facts:
    """New versions of a file's meetings."""

    def __init__(self, file: Path) -> None:
        """Choose them."""
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.sql(_NEW_VERSIONS, params={"file": str(file), "most": _MOST}).to_arrow_table()
        names = MEETING_HELD.arrow_schema.names
        self._all = found.select(names).cast(MEETING_HELD.arrow_schema).combine_chunks().to_batches()[0]
        self._used = 0

    def next(self, count: int) -> pa.RecordBatch:
        """Give so many, of other meetings each time until all have had their turn."""
        if self._used + count > self._all.num_rows:
            self._all, self._used = _corrected_again(self._all), 0
        first, self._used = self._used, self._used + count
        return self._all.slice(first, count)


def _corrected_again(facts: pa.RecordBatch) -> pa.RecordBatch:
    was_physical = pc.equal(facts.column("mode"), "PHYSICAL")
    names = facts.schema.names
    facts = facts.set_column(names.index("version"), "version", pc.add(facts.column("version"), 1000))
    return facts.set_column(names.index("mode"), "mode", pc.if_else(was_physical, "PHONE", "PHYSICAL"))


class Arriving:
    """Sends facts, and reads what the pipeline publishes; to be used as a context manager."""

    def __init__(self, settings: Settings, facts: Facts) -> None:
        """Take the facts to send."""
        self._facts = facts
        self._catalog = schemas.catalog()
        self._producer = kafka.producer(settings, extra={"linger.ms": 1})
        self._sent: dict[Named, float] = {}
        self._said: dict[Named, int] = {}
        self._published: list[tuple[int, float]] = []
        self._is_over = threading.Event()
        # What is published before a reader knows the topics' ends would never be heard.
        self._consumer = kafka.consumer(settings, "arriving", extra={"fetch.wait.max.ms": 10})
        topics = (MEETING_ENRICHED.name, PARTIAL_FIGURES.name)
        self._consumer.assign([at for topic in topics for at in _ends(self._consumer, topic)])
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        """Begin to read."""
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Read no more."""
        self._is_over.set()
        self._reader.join()

    def burst(self, count: int) -> None:
        """Send facts at once, and wait until their figures can be read."""
        self._send(count)
        self._wait()

    def latencies(self, rate: int, act: Callable[[], _Result]) -> tuple[list[float], _Result]:
        """Send facts at a rate while something else is done; give their latencies, and what that gave."""
        before = set(self._sent)
        is_done = threading.Event()
        feeder = threading.Thread(target=self._feed, args=(rate, is_done))
        feeder.start()
        try:
            result = act()
        finally:
            is_done.set()
            feeder.join()
        self._wait()
        return sorted(self._latency(one) for one in self._sent if one not in before), result

    def _feed(self, rate: int, is_done: threading.Event) -> None:
        begun, ticks = time.monotonic(), 0
        while not is_done.wait(max(0.0, begun + ticks * _TICK - time.monotonic())):
            self._send(int(rate * _TICK))
            ticks += 1

    def _send(self, count: int) -> None:
        batch = self._facts.next(count)
        for topic, outgoing in encode_facts(self._catalog, MEETING_HELD, batch).items():
            for key, value in zip(outgoing.keys, outgoing.values, strict=True):
                _, source, fact_id, version, _ = key.decode().split("/")
                self._sent[unquote(source), unquote(fact_id), int(version)] = _now()
                self._producer.produce(topic, value, key)
        self._producer.poll(0)

    def _wait(self) -> None:
        self._producer.flush()
        wait_for(lambda: all(self._is_published(one) for one in list(self._sent)))

    def _is_published(self, fact: Named) -> bool:
        return fact in self._said and bool(self._published) and self._published[-1][0] >= self._said[fact]

    def _latency(self, fact: Named) -> float:
        place = bisect.bisect_left(self._published, self._said[fact], key=lambda one: one[0])
        return self._published[place][1] - self._sent[fact]

    def _read(self) -> None:
        consumer = self._consumer
        while not self._is_over.is_set():
            messages = consumer.consume(1, 0.05)
            messages += consumer.consume(10_000, 0.0) if messages else []
            received = _now()
            self._hear([one for one in messages if one.topic() == MEETING_ENRICHED.name])
            figures = [one.timestamp()[1] for one in messages if one.topic() == PARTIAL_FIGURES.name]
            self._published += [(at, received) for at in sorted(set(figures)) if not self._knows(at)]
        consumer.close()

    def _knows(self, at: int) -> bool:
        return bool(self._published) and self._published[-1][0] >= at

    def _hear(self, messages: list[Message]) -> None:
        times = [message.timestamp()[1] for message in messages]
        for group in wire.split([message.value() for message in messages]).groups:
            schema = self._catalog.by_id(group.schema_id)
            batch = columns.decode(schema, schema, group.payloads).batch
            named = zip(*(batch.column(name).to_pylist() for name in ("source", "fact_id", "version")), strict=True)
            for row, one in zip(group.rows, named, strict=True):
                self._said[one] = times[row]


def _now() -> float:
    return SystemClock().now().timestamp()


def _ends(consumer: Any, topic: str) -> list[TopicPartition]:  # noqa: ANN401 - a consumer
    numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    ends = ((number, consumer.get_watermark_offsets(TopicPartition(topic, number))[1]) for number in numbers)
    return [TopicPartition(topic, number, end) for number, end in ends]
