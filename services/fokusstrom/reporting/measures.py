"""What the reporting service measures, for Prometheus. What is not known yet reads NaN, never 0."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Gauge

from fokusstrom.contracts.records import CutMark
from fokusstrom.reporting.releasing import Prepared
from fokusstrom.runtime.clock import Clock


class Measures:
    """The service's metrics."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        """Register them."""
        self.registry = registry
        self._clock = clock
        self._newest: CutMark | None = None
        self.cuts = Counter("fokusstrom_cuts_made", "Cuts made by this worker.", registry=registry)
        self.releases = Counter("fokusstrom_releases_made", "Releases made by this worker.", registry=registry)
        self.published = Counter(
            "fokusstrom_records_published",
            "National records published by this worker, by whether their value is hidden.",
            ["hidden"],
            registry=registry,
        )
        self.commands = Counter(
            "fokusstrom_commands_given_up",
            "Commands that expired or could not be followed.",
            registry=registry,
        )
        self.number = Gauge("fokusstrom_cut_newest", "Number of the newest cut.", registry=registry)
        self.missing = Gauge(
            "fokusstrom_cut_slices_missing", "Slices that have not answered the newest cut.", registry=registry
        )
        age = Gauge("fokusstrom_cut_age_seconds", "Time since the newest cut was made.", registry=registry)
        age.set_function(self._age)
        self.number.set(math.nan)
        self.missing.set(math.nan)

    def know_newest(self, mark: CutMark | None) -> None:
        """Take the newest cut's mark."""
        self._newest = mark
        self.number.set(math.nan if mark is None else mark.number)

    def count_release(self, release: Prepared) -> None:
        """Count a release."""
        self.releases.inc()
        hidden = sum(change.shown.is_hidden for change in release.changes)
        self.published.labels("true").inc(hidden)
        self.published.labels("false").inc(len(release.changes) - hidden)

    def _age(self) -> float:
        if self._newest is None:
            return math.nan
        return (self._clock.now() - self._newest.made_at).total_seconds()
