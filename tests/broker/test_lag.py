"""Lag on a real broker: what is unread, what only looks so, and what is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
from click.testing import CliRunner
from confluent_kafka import TopicPartition

from fokusstrom.cli import fokusstrom
from fokusstrom.contracts.topics import CONTROL, FACT_TOPICS
from fokusstrom.monitor.lag import State, Watch
from fokusstrom.monitor.probe import Probe, groups_of, look
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.local_broker import LocalBroker

pytestmark = pytest.mark.broker

ENRICHMENT = "fokusstrom-enrichment-national-0-of-1"
REPORTING = "fokusstrom-reporting-national"
OFFERS = "offer.v1"


@pytest.fixture(scope="module")
def topics(cluster: LocalBroker) -> None:
    """Every topic on the module's own cluster."""
    topic_admin.apply(kafka.admin(Settings.from_environment({"FOKUSSTROM_BOOTSTRAP": cluster.bootstrap})))


@pytest.fixture
def settings(cluster: LocalBroker, topics: None, settings_for: Callable[..., Settings]) -> Settings:
    """Settings for that cluster."""
    del topics
    return settings_for(cluster.bootstrap)


@pytest.fixture
def probe(settings: Settings) -> Iterator[Probe]:
    """A probe, closed afterwards."""
    with closing(Probe(settings)) as probe:
        yield probe


def _send(settings: Settings, topic: str, *, records: int, commit: bool) -> None:
    """Records as one transaction, all in the first partition."""
    producer = kafka.producer(settings, transactional_id="test-lag")
    producer.init_transactions()
    producer.begin_transaction()
    for _ in range(records):
        producer.produce(topic, key=b"test", value=b"fact", partition=0)
    producer.flush()
    if commit:
        producer.commit_transaction()
    else:
        producer.abort_transaction()


def _commit(settings: Settings, group: str, positions: Mapping[str, int]) -> None:
    """Say where a group is in the first partition of topics, as a worker does."""
    with closing(kafka.consumer(settings, group)) as consumer:
        offsets = [TopicPartition(topic, 0, offset) for topic, offset in positions.items()]
        consumer.commit(offsets=offsets, asynchronous=False)


def test_lag_from_first_to_last(settings: Settings, probe: Probe) -> None:
    """A group is behind by what was committed and not read, up to date when it has read all, and stays so.

    What was aborted, and the markers that close transactions, are nothing to read.
    """
    wanted = {"fokusstrom-test-reader": [OFFERS]}
    _send(settings, OFFERS, records=3, commit=True)
    _commit(settings, "fokusstrom-test-reader", {OFFERS: 1})
    (behind,) = look(probe, wanted)
    assert (behind.lag, behind.state) == (3, State.BEHIND), "two records and the marker behind them"
    assert behind.age is not None
    assert behind.age.total_seconds() < 60

    _commit(settings, "fokusstrom-test-reader", {OFFERS: 3})
    (only_a_marker,) = look(probe, wanted)
    assert (only_a_marker.lag, only_a_marker.age, only_a_marker.state) == (0, None, State.UP_TO_DATE)

    _send(settings, OFFERS, records=2, commit=False)
    (only_aborted,) = look(probe, wanted)
    assert only_aborted.state is State.UP_TO_DATE

    _send(settings, OFFERS, records=1, commit=True)
    (again,) = look(probe, wanted)
    assert again.state is State.BEHIND


def test_a_group_that_nobody_heard_of_is_unknown(settings: Settings, probe: Probe) -> None:
    """A group that never committed anything where there is something to read has unknown lag."""
    _send(settings, OFFERS, records=1, commit=True)
    (lag,) = look(probe, {"fokusstrom-nobody": [OFFERS]})
    assert (lag.lag, lag.age, lag.state) == (None, None, State.UNKNOWN)
    assert probe.topics_of("fokusstrom-nobody") == []


def test_brokers_that_are_away_leave_lag_unknown(settings_for: Callable[..., Settings]) -> None:
    """When no broker answers, every line says unknown."""
    with closing(Probe(settings_for("127.0.0.1:1"))) as probe:
        observed = probe.observe(groups_of("national", 1))
    watch, clock = Watch(), SystemClock()
    assert {watch.judge(one, clock.now()).state for one in observed} == {State.UNKNOWN}
    assert len(observed) == len(FACT_TOPICS) + 1


def test_the_command_prints_one_table(
    cluster: LocalBroker, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fokusstrom lag` names every group and topic with lag, age and state; unknown lag makes the exit code 1."""
    monkeypatch.setenv("FOKUSSTROM_BOOTSTRAP", cluster.bootstrap)
    _send(settings, OFFERS, records=1, commit=True)
    table = CliRunner().invoke(fokusstrom, ["lag"], standalone_mode=False)
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["group", "topic", "lag", "age", "state"]
    found = {tuple(line.split()[:2]): line.split()[2:] for line in lines[1:]}
    assert set(found) == {(ENRICHMENT, topic.name) for topic in FACT_TOPICS} | {(REPORTING, CONTROL.name)}
    assert found[ENRICHMENT, OFFERS] == ["unknown", "unknown", "unknown"]
    assert found[REPORTING, CONTROL.name] == ["0", "-", "up", "to", "date"]
    assert table.return_value == 1


def test_the_command_shows_one_group(cluster: LocalBroker, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--group` shows any group in the topics where it said where it is; who never did is unknown."""
    monkeypatch.setenv("FOKUSSTROM_BOOTSTRAP", cluster.bootstrap)
    _commit(settings, "someone", {CONTROL.name: 0})
    shown = CliRunner().invoke(fokusstrom, ["lag", "--group", "someone"], standalone_mode=False)
    assert shown.stdout.splitlines()[1].split() == ["someone", CONTROL.name, "0", "-", "up", "to", "date"]
    assert shown.return_value == 0
    nobody = CliRunner().invoke(fokusstrom, ["lag", "--group", "nobody"], standalone_mode=False)
    assert nobody.stdout.splitlines()[1].split() == ["nobody", "-", "unknown", "unknown", "unknown"]
    assert nobody.return_value == 1
