"""Topics as Strimzi's are those of `contracts/topics.py`."""

from __future__ import annotations

import pytest

from fokusstrom.contracts.topics import topics_of
from fokusstrom.runtime import topic_admin
from tests.helm import topics
from tests.helm.chart import STRIMZI, render


def test_the_charts_list_is_that_of_the_contracts() -> None:
    """`python -m tests.helm.topics` writes it anew."""
    assert topics.FILE.read_text("utf-8") == topics.text()


@pytest.mark.needs("helm4")
def test_every_topic_is_a_kafka_topic() -> None:
    """Names, partitions, replicas and settings are those that `topics apply` gives three brokers."""
    made = {
        each["metadata"]["name"]: (each["apiVersion"], each["metadata"]["labels"]["strimzi.io/cluster"], each["spec"])
        for each in render({**STRIMZI, "reconciliation": "751,461"})
        if each["kind"] == "KafkaTopic"
    }
    assert made == {
        topic.name: (
            "kafka.strimzi.io/v1",
            "kafka",
            {"partitions": topic.partitions, "replicas": 3, "config": topic_admin._settings_of(topic, 3)},
        )
        for topic in topics_of(["751", "461"])
    }


@pytest.mark.needs("helm4")
def test_facts_stay_when_the_release_is_removed() -> None:
    """`helm uninstall` leaves every topic, whoever else forgets that Kafka is all there is."""
    kept = {
        each["metadata"]["annotations"]["helm.sh/resource-policy"]
        for each in render(STRIMZI)
        if each["kind"] == "KafkaTopic"
    }
    assert kept == {"keep"}
