"""Every topic is named here, once: what is on it, under which key, and how long it is kept.

Fact topics take any producer and any partition: no record's partition matters, so partitions can be added at
any time (`topics apply --partitions`, which ends with a cut). All other topics keep the partitions that they
were created with: compaction works within a partition, and a key must stay where it was.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from fokusstrom.domain.facts import FACT_TYPES, MEETING_HELD, FactType

FACT_PARTITIONS = 4
"""Of each fact topic by default: the country's five years replay in under a minute with them."""

_FACT_KEY = "type/source/fact_id/version/digest; marks: cut/number"
_FOR_EVER = None
_CLOSED_AFTER = timedelta(days=1)
"""A segment of a compacted topic takes no more records then: only closed ones are compacted."""


@dataclass(frozen=True)
class Topic:
    """A topic as it should be on every cluster."""

    name: str
    key: str
    """What a key is made of; parts are percent-encoded and joined by `/` (`contracts.keys`)."""
    records: tuple[str, ...]
    """Names of the records on it, as `SchemaCatalog.latest` knows them; none for bytes as they came."""
    partitions: int = 1
    compacted: bool = True
    """Only the newest record of each key is kept; else all are, until `kept_for` is over."""
    kept_for: timedelta | None = _FOR_EVER
    compacted_after: timedelta = timedelta(0)
    """No record younger than this is compacted away."""
    compacted_within: timedelta = timedelta(days=1)
    """A record with a newer one of its key, or with a tombstone, is gone so soon, where the partition is written to
    each day, as every cut does: what is being written isn't compacted, and it is closed by what is written next."""
    tombstones_kept: timedelta = timedelta(days=7)
    """Then for so long a reader finds the tombstone: whoever reads on from a place must come by more often."""
    partitions_may_grow: bool = False

    @property
    def config(self) -> dict[str, str]:
        """The settings that a cluster must have for it."""
        settings = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(_milliseconds(self.kept_for)),
            "retention.bytes": "-1",
            "unclean.leader.election.enable": "false",
        }
        if self.compacted:
            settings["min.compaction.lag.ms"] = str(_milliseconds(self.compacted_after))
            settings["max.compaction.lag.ms"] = str(_milliseconds(self.compacted_within))
            settings["segment.ms"] = str(_milliseconds(_CLOSED_AFTER))
            settings["delete.retention.ms"] = str(_milliseconds(self.tombstones_kept))
        return settings


def _milliseconds(time: timedelta | None) -> int:
    return -1 if time is None else time // timedelta(milliseconds=1)


def _facts(name: str, fact_type: FactType) -> Topic:
    return Topic(
        name,
        _FACT_KEY,
        (fact_type.name, "CutMark"),
        partitions=FACT_PARTITIONS,
        compacted_after=timedelta(days=7),
        compacted_within=timedelta(days=8),
        tombstones_kept=timedelta(days=1),
        partitions_may_grow=True,
    )


MEETING_TOPIC = _facts("meeting-held.v1", MEETING_HELD)
"""Meetings as jobcentres report them."""
AKASSE_MEETING_TOPIC = _facts("akasse-meeting-held.v1", MEETING_HELD)
"""Meetings as unemployment funds (a-kasser) report them."""

_TOPIC_OF_TYPE = {
    "MeetingHeld": MEETING_TOPIC,
    "BenefitSpell": _facts("benefit-spell.v1", FACT_TYPES["BenefitSpell"]),
    "OfferParticipation": _facts("offer.v1", FACT_TYPES["OfferParticipation"]),
    "OrdinaryHours": _facts("ordinary-hours.v1", FACT_TYPES["OrdinaryHours"]),
    "OutcomeReached": _facts("outcome.v1", FACT_TYPES["OutcomeReached"]),
    "CitizenLink": _facts("citizen-link.v1", FACT_TYPES["CitizenLink"]),
    "CitizenProtection": _facts("citizen-protection.v1", FACT_TYPES["CitizenProtection"]),
    "ExpectedBenefitShare": _facts("expected-benefit.v1", FACT_TYPES["ExpectedBenefitShare"]),
}

FACT_TOPICS = (MEETING_TOPIC, AKASSE_MEETING_TOPIC, *list(_TOPIC_OF_TYPE.values())[1:])
"""The fact log: what enrichment reads, all of it."""

SOURCE_TOTALS = Topic("source-totals.v1", "source/day; marks: cut/number", ("SourceTotals", "CutMark"))
"""What sources declare to have sent."""
MARKED_TOPICS = (*FACT_TOPICS, SOURCE_TOTALS)
"""What a cut's mark is written into: every partition of these."""

CONNECTOR_STATE = Topic("connector-state.v1", "connector/item", ("ConnectorState",))
"""How far each connector has read; one partition, read whole at a connector's start."""

RULE_SETS = Topic("rule-sets.v1", "digest", ("RuleSet",))
ERASURES = Topic("erasures.v1", "keyed hash of a fact or a record; salt/id", ())
CONTROL = Topic("control.v1", "id of the command", ("ControlCommand",), compacted=False, kept_for=timedelta(days=7))
MEETING_ENRICHED = Topic(
    "meeting-enriched.v1", "slot/type/source/fact_id", ("EnrichedMeeting",), partitions=FACT_PARTITIONS
)
PARTIAL_FIGURES = Topic("partial-figures.v1", "area/period/origin", ("PartialFigures",))
CUT_FIGURES = Topic(
    "cut-figures.v1",
    "cut/origin/area/period; cut/origin (status)",
    ("PartialFigures", "CutStatus"),
    compacted=False,
    kept_for=timedelta(days=90),
)
NATIONAL_REPORTING = Topic(
    "national.reporting.v1",
    "measure/area/period and dimensions; release/number (manifest)",
    ("NationalRecord", "ReleaseManifest"),
    compacted=False,
)
"""One partition: a manifest stands behind the records that it closes."""
RELEASE_STATE = Topic("release-state.v1", "measure/area/period and dimensions", ("ReleaseState",))
REJECTIONS = Topic(
    "rejections.v1",
    "topic/partition/offset; connector/name/place",
    ("Rejection",),
    compacted=False,
    kept_for=timedelta(days=90),
)
DEAD_LETTERS = Topic(
    "dead-letters.v1",
    "topic/partition/offset; connector/name/place",
    (),
    compacted=False,
    kept_for=timedelta(days=90),
)
SCENARIO_FIGURES = Topic(
    "scenario-figures.v1",
    "request/origin/area/period; request/origin (status)",
    ("PartialFigures", "CutStatus"),
    compacted=False,
    kept_for=timedelta(days=1),
)


def reconciliation_topic(municipality: str) -> Topic:
    """The topic of a municipality's own, with what its IT should look at; brokers give rights by topic, not by key.

    >>> reconciliation_topic("751").name
    'reconciliation.751.v1'
    """
    return Topic(
        f"reconciliation.{municipality}.v1",
        "origin/list/source/fact_id/reason; origin (status)",
        ("ReconciliationEntry", "ReconciliationStatus"),
    )


TOPICS = (
    *FACT_TOPICS,
    SOURCE_TOTALS,
    CONNECTOR_STATE,
    RULE_SETS,
    ERASURES,
    CONTROL,
    MEETING_ENRICHED,
    PARTIAL_FIGURES,
    CUT_FIGURES,
    NATIONAL_REPORTING,
    RELEASE_STATE,
    REJECTIONS,
    DEAD_LETTERS,
    SCENARIO_FIGURES,
)
"""Every topic, but for those of municipalities' own."""


def topics_of(municipalities: Iterable[str]) -> tuple[Topic, ...]:
    """Every topic of a cluster, where these municipalities have one of their own."""
    return (*TOPICS, *map(reconciliation_topic, municipalities))


@functools.cache
def by_name() -> dict[str, Topic]:
    """Every topic by its name."""
    return {topic.name: topic for topic in TOPICS}


def fact_topic(fact_type: FactType, reporter: str | None = None) -> Topic:
    """The topic that a fact belongs on; meetings that an unemployment fund reports have their own."""
    if fact_type is MEETING_HELD and reporter == "A_KASSE":
        return AKASSE_MEETING_TOPIC
    return _TOPIC_OF_TYPE[fact_type.name]


def fact_type_on(topic: str) -> FactType:
    """The type of fact on a fact topic; `KeyError` for other topics.

    >>> fact_type_on("akasse-meeting-held.v1").name
    'MeetingHeld'
    """
    return {one.name: FACT_TYPES[one.records[0]] for one in FACT_TOPICS}[topic]
