"""What the monitor measures, for Prometheus: made from what was seen last. What is not known reads NaN, never 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from fokusstrom.monitor.lag import Lag, State
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.runtime.clock import Clock

_GROUP = ["group", "topic"]


class Measures(Collector):
    """Gives the metrics of what was seen, when it is asked for them."""

    def __init__(self, seen: Callable[[], Snapshot], clock: Clock) -> None:
        """Take where to find what was seen last."""
        self._seen = seen
        self._clock = clock

    def registry(self) -> CollectorRegistry:
        """Make a registry with these metrics alone."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry

    def collect(self) -> Iterator[Metric]:
        """Make them."""
        seen, now = self._seen(), self._clock.now()
        yield from _of_groups(seen)
        differing = None if seen.topics is None else len(seen.topics)
        yield _gauge("topics_differing", "Differences of the topics from what they should be", differing)
        yield from _of_cuts(seen, now)
        yield from _of_releases(seen, now)
        yield _gauge("reached", "1 when the brokers could be asked", float(seen.trouble is None))
        yield _gauge("looked_age_seconds", "Time since the monitor looked", _seconds(now - seen.at))


def _of_groups(seen: Snapshot) -> Iterator[Metric]:
    lag = GaugeMetricFamily("fokusstrom_monitor_lag_records", "Unread offsets of a group in a topic", labels=_GROUP)
    age = GaugeMetricFamily(
        "fokusstrom_monitor_lag_age_seconds", "Age of the oldest record that a group has not read", labels=_GROUP
    )
    stopped = GaugeMetricFamily(
        "fokusstrom_monitor_stopped", "1 when a group has something to read and doesn't move", labels=_GROUP
    )
    for one in seen.lags:
        named = [one.group, one.topic]
        lag.add_metric(named, math.nan if one.lag is None else one.lag)
        age.add_metric(named, _age(one))
        stopped.add_metric(named, math.nan if one.state is State.UNKNOWN else one.state is State.STOPPED)
    yield from (lag, age, stopped)


def _of_cuts(seen: Snapshot, now: datetime) -> Iterator[Metric]:
    newest, complete = seen.newest, seen.complete
    yield _gauge("cut_newest", "Number of the newest cut", newest.number if newest else None)
    age = _seconds(now - newest.made_at) if newest else None
    yield _gauge("cut_age_seconds", "Time since the newest cut was made", age)
    missing = len(newest.missing) if newest else None
    yield _gauge("cut_slices_missing", "Slices that have not answered the newest cut", missing)
    yield _gauge("cut_complete", "Number of the newest complete cut", complete.cut.number if complete else None)
    sources = len(complete.sources) if complete else None
    yield _gauge("sources_heard", "Sources with facts in the newest complete cut", sources)


def _of_releases(seen: Snapshot, now: datetime) -> Iterator[Metric]:
    released = seen.released
    yield _gauge("release_newest", "Number of the newest release", released.number if released else None)
    age = _seconds(now - released.published_at) if released else None
    yield _gauge("release_age_seconds", "Time since the newest release", age)
    yield _gauge("figures_published", "Figures published so far", released.figures if released else None)
    yield _gauge("figures_hidden", "Published figures whose value is hidden", released.hidden if released else None)


def _gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"fokusstrom_monitor_{name}", meaning, value=math.nan if value is None else value)


def _age(lag: Lag) -> float:
    if lag.age is not None:
        return _seconds(lag.age)
    return 0.0 if lag.state is State.UP_TO_DATE else math.nan


def _seconds(duration: timedelta) -> float:
    return duration.total_seconds()
