"""What a worker measures: names and meanings of its metrics."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fokusstrom.contracts.partition import Partition
from fokusstrom.enrichment.processor import Processor


class Measures:
    """A worker's metrics, in a registry of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Declare them; a gauge shows nothing until it is known."""
        self.registry = registry
        self._records = Counter("fokusstrom_records", "Records read from the fact log", ["topic"], registry=registry)
        self._seconds = Histogram(
            "fokusstrom_batch_seconds",
            "Seconds from a batch read to its figures confirmed",
            registry=registry,
            buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
        )
        self._refused = Counter("fokusstrom_refused", "Records refused", ["reason"], registry=registry)
        self._changed = Counter("fokusstrom_facts_changed", "Facts that a batch changed", registry=registry)
        self._reading = Gauge("fokusstrom_reading", "1 while the log is read for the first time", registry=registry)
        self._cut = Gauge("fokusstrom_newest_cut", "Number of the newest cut answered", registry=registry)
        self._waiting = Gauge(
            "fokusstrom_cut_waits_for_partitions",
            "Partitions that a cut under way waits for",
            registry=registry,
        )
        self._ledger = Gauge("fokusstrom_ledger_bytes", "Size of the ledger on disk", registry=registry)

    @contextmanager
    def of_batch(self, messages: Mapping[Partition, Sequence[object]]) -> Iterator[None]:
        """Measure what happens inside as one batch."""
        begun = time.perf_counter()
        yield
        self._seconds.observe(time.perf_counter() - begun)
        for partition, of_partition in messages.items():
            self._records.labels(partition.topic).inc(len(of_partition))

    def show(self, processor: Processor) -> None:
        """Show where the worker stands after a batch."""
        last = processor.last
        for reason, count in last.refused.items():
            self._refused.labels(reason).inc(count)
        self._changed.inc(last.changed)
        self._reading.set(processor.is_reading)
        self._cut.set(processor.newest_cut)
        self._waiting.set(len(processor.alignment.waits_for))
        self._ledger.set(processor.ledger_bytes)
