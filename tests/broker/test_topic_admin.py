"""Topics on a real cluster: created, compared, changed, and never taken away."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from fokusstrom.contracts.topics import FACT_TOPICS, TOPICS
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime import topic_admin
from fokusstrom.runtime.local_broker import LocalBroker

pytestmark = pytest.mark.broker


def test_topics_are_brought_to_the_table_and_compared_with_it(cluster: LocalBroker) -> None:
    """`topics apply` creates them as in the design's table, `topics check` says what differs."""
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap, "log_level": 0})
    other = NewTopic("control.v1", num_partitions=2, replication_factor=1, config={"retention.ms": "5000"})
    admin.create_topics([other])["control.v1"].result(30)

    differences = topic_admin.check(admin)
    assert "meeting-held.v1 is missing" in differences
    assert "control.v1: 2 partitions, should be 1" in differences
    assert "control.v1: retention.ms is 5000, should be 604800000" in differences

    done = topic_admin.apply(admin)
    assert "meeting-held.v1 created" in done
    assert "control.v1: retention.ms 5000 -> 604800000" in done
    assert len(done) == len(TOPICS)  # all but one created, that one's retention set
    assert topic_admin.check(admin) == ["control.v1: 2 partitions, should be 1"]

    assert topic_admin.apply(admin) == []
    grown = topic_admin.apply(admin, partitions=6)
    assert sorted(grown) == sorted(f"{topic.name}: partitions 4 -> 6" for topic in FACT_TOPICS)
    assert topic_admin.apply(admin, partitions=2) == []
    assert topic_admin.check(admin) == ["control.v1: 2 partitions, should be 1"]


def test_a_cluster_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broker away: wait and say so."""
    monkeypatch.setattr(topic_admin, "_SECONDS", 0.2)
    admin = AdminClient({"bootstrap.servers": "127.0.0.1:9"})
    with pytest.raises(Unavailable):
        topic_admin.check(admin)
