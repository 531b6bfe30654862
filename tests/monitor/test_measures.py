"""The monitor's metrics: what was seen, and NaN for what was not."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry

from fokusstrom.monitor.measures import Measures
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.runtime.clock import FixedClock
from tests.monitor import state


def _registry(seen: Snapshot) -> CollectorRegistry:
    return Measures(lambda: seen, FixedClock(state.NOW)).registry()


def test_what_was_seen_is_measured() -> None:
    """Lag, age and state of each group and topic, cuts, sources and releases are there to be alarmed on."""
    metrics = _registry(state.seen())
    stopped = {"group": "fokusstrom-enrichment-national-1-of-2", "topic": "meeting-held.v1"}
    assert metrics.get_sample_value("fokusstrom_monitor_lag_records", stopped) == 1_234
    assert metrics.get_sample_value("fokusstrom_monitor_lag_age_seconds", stopped) == 180
    assert metrics.get_sample_value("fokusstrom_monitor_stopped", stopped) == 1
    assert metrics.get_sample_value("fokusstrom_monitor_cut_newest") == 38
    assert metrics.get_sample_value("fokusstrom_monitor_cut_slices_missing") == 1
    assert metrics.get_sample_value("fokusstrom_monitor_cut_complete") == 37
    assert metrics.get_sample_value("fokusstrom_monitor_sources_heard") == 2
    assert metrics.get_sample_value("fokusstrom_monitor_topics_differing") == 1
    assert metrics.get_sample_value("fokusstrom_monitor_release_age_seconds") == 240
    assert metrics.get_sample_value("fokusstrom_monitor_reached") == 1


def test_what_is_not_known_is_not_zero() -> None:
    """Without brokers every gauge reads NaN, except that they can't be reached and how old that knowledge is."""
    metrics = _registry(state.nothing_known())
    values = {sample.name: sample.value for metric in metrics.collect() for sample in metric.samples}
    assert values.pop("fokusstrom_monitor_reached") == 0
    assert values.pop("fokusstrom_monitor_looked_age_seconds") == 0
    assert len(values) > 5
    assert all(math.isnan(value) for value in values.values())


def test_unknown_lag_is_not_zero() -> None:
    """A group whose lag is unknown has NaN for lag, age and stop."""
    metrics = _registry(state.seen())
    unknown = {"group": "fokusstrom-reporting-national", "topic": "control.v1"}
    for name in ("lag_records", "lag_age_seconds", "stopped"):
        assert math.isnan(metrics.get_sample_value(f"fokusstrom_monitor_{name}", unknown) or 0)
