"""Topics: named once, and kept as the design's table says."""

from __future__ import annotations

import pytest

from fokusstrom.contracts import schemas, topics
from fokusstrom.domain.facts import FACT_TYPES, MEETING_HELD


def test_every_fact_type_has_a_topic() -> None:
    """Every fact goes to the topic of its type; a meeting to that of who reports it."""
    for fact_type in FACT_TYPES.values():
        assert topics.fact_type_on(topics.fact_topic(fact_type).name) is fact_type
    assert topics.fact_topic(MEETING_HELD, "JOBCENTER").name == "meeting-held.v1"
    assert topics.fact_topic(MEETING_HELD, "A_KASSE").name == "akasse-meeting-held.v1"
    assert len(topics.FACT_TOPICS) == len(FACT_TYPES) + 1


def test_other_topics_hold_no_facts() -> None:
    """Only the fact log holds facts."""
    with pytest.raises(KeyError):
        topics.fact_type_on("control.v1")


def test_every_record_on_a_topic_has_a_schema() -> None:
    """What is on a topic can be decoded, but for bytes kept as they came."""
    names = {schema.name for schema in schemas.checked_in()}
    on_topics = {record for topic in topics.topics_of(["751"]) for record in topic.records}
    assert on_topics == names


def test_names_are_unique() -> None:
    """A topic is named once."""
    assert len(topics.by_name()) == len(topics.TOPICS) == 22


@pytest.mark.parametrize("topic", topics.FACT_TOPICS, ids=lambda topic: topic.name)
def test_facts_are_kept_for_ever(topic: topics.Topic) -> None:
    """Facts are kept for ever, compacted after 7 days at the earliest; what has a tombstone is gone after 8."""
    assert topic.config["cleanup.policy"] == "compact"
    assert topic.config["max.compaction.lag.ms"] == str(8 * 24 * 3600 * 1000)
    assert topic.config["segment.ms"] == topic.config["delete.retention.ms"] == str(24 * 3600 * 1000)
    assert topic.config["retention.ms"] == "-1"
    assert topic.config["min.compaction.lag.ms"] == str(7 * 24 * 3600 * 1000)


@pytest.mark.parametrize(
    ("name", "policy", "days"),
    [
        ("national.reporting.v1", "delete", None),
        ("release-state.v1", "compact", None),
        ("meeting-enriched.v1", "compact", None),
        ("partial-figures.v1", "compact", None),
        ("rule-sets.v1", "compact", None),
        ("erasures.v1", "compact", None),
        ("source-totals.v1", "compact", None),
        ("connector-state.v1", "compact", None),
        ("cut-figures.v1", "delete", 90),
        ("rejections.v1", "delete", 90),
        ("dead-letters.v1", "delete", 90),
        ("control.v1", "delete", 7),
        ("scenario-figures.v1", "delete", 1),
        ("reconciliation.751.v1", "compact", None),
    ],
)
def test_how_long_topics_are_kept(name: str, policy: str, days: int | None) -> None:
    """Retention and compaction are those of the design's table."""
    config = {topic.name: topic for topic in topics.topics_of(["751"])}[name].config
    assert config["cleanup.policy"] == policy
    assert config["retention.ms"] == ("-1" if days is None else str(days * 24 * 3600 * 1000))
    assert config["unclean.leader.election.enable"] == "false"
    assert config.get("max.compaction.lag.ms") == (str(24 * 3600 * 1000) if policy == "compact" else None)
