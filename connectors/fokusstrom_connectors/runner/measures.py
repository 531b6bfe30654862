"""What a connector measures, for Prometheus. Facts are counted by type, never by citizen."""

from __future__ import annotations

import math
import time

from prometheus_client import Counter, Gauge
from prometheus_client.registry import CollectorRegistry

from fokusstrom_connectors.mapping.mapper import Mapped


class Measures:
    """The metrics of one connector."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register them."""
        self._pages = Counter("fokusstrom_connector_pages", "Pages delivered", registry=registry)
        self._records = Counter("fokusstrom_connector_records", "Records read", registry=registry)
        self._ignored = Counter(
            "fokusstrom_connector_ignored", "Records that the mapping leaves out", registry=registry
        )
        self._facts = Counter("fokusstrom_connector_facts", "Facts confirmed", ["type"], registry=registry)
        self._refused = Counter("fokusstrom_connector_refused", "Records refused", ["reason"], registry=registry)
        self._flagged = Counter("fokusstrom_connector_flagged", "Facts flagged", ["reason"], registry=registry)
        self._retries = Counter("fokusstrom_connector_retries", "New tries, by step", ["step"], registry=registry)
        self._caught_up = Gauge("fokusstrom_connector_caught_up", "1 when the source has no more", registry=registry)
        age = Gauge("fokusstrom_connector_read_age_seconds", "Since the source was last read", registry=registry)
        age.set_function(self._age)
        self._caught_up.set(math.nan)
        self._read_at: float | None = None

    def delivered(self, pages: int, mapped: Mapped, *, caught_up: bool) -> None:
        """Count what is confirmed."""
        self._pages.inc(pages)
        self._records.inc(mapped.records)
        self._ignored.inc(mapped.ignored)
        for name, facts in mapped.facts.items():
            self._facts.labels(name).inc(facts.num_rows)
        for one in mapped.refused:
            self._refused.labels(one.refusal.reason.value).inc()
        for one in mapped.flagged:
            self._flagged.labels(one.refusal.reason.value).inc()
        self._caught_up.set(caught_up)
        self._read_at = time.monotonic()

    def failed(self, step: str) -> None:
        """Count a new try."""
        self._retries.labels(step).inc()
        self._caught_up.set(math.nan)

    def _age(self) -> float:
        return math.nan if self._read_at is None else time.monotonic() - self._read_at
