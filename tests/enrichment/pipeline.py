"""A fact log in memory, workers that read it, and what they say: a pipeline without brokers.

Workers are real, with real ledgers in a folder; the log, the sender and the source of rule sets are fakes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import duckdb
import pyarrow as pa
from confluent_kafka import Message

from fokusstrom.contracts import columns, figures, keys, records, schemas
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.contracts.topics import CUT_FIGURES, FACT_TOPICS, MEETING_ENRICHED, PARTIAL_FIGURES
from fokusstrom.contracts.wire import split
from fokusstrom.domain import rule_set
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.fold import Slice
from fokusstrom.enrichment.outputs import Origin
from fokusstrom.enrichment.processor import Processor, Unknown
from fokusstrom.enrichment.said_before import said_of
from fokusstrom.runtime.batches import Directions
from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.erasures import Erasures
from fokusstrom.runtime.ledger import Identity, Ledger
from fokusstrom.runtime.publisher import Outgoing
from tests.builders import FactLine
from tests.domain.folding import as_csv

CATALOG = schemas.catalog(None)
NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
_SAID = Partition(MEETING_ENRICHED.name, 0)
TOPIC_IDS = {topic.name: f"id-of-{topic.name}" for topic in FACT_TOPICS}


@dataclass(frozen=True)
class FakeMessage:
    """A message as the C library would give it."""

    at: Partition
    place: int
    its_key: bytes | None
    its_value: bytes | None
    its_headers: Sequence[tuple[str, bytes]] = ()
    sent_at: int = int(NOW.timestamp() * 1000)

    def topic(self) -> str:
        """Name of its topic."""
        return self.at.topic

    def partition(self) -> int:
        """Number of its partition."""
        return self.at.number

    def offset(self) -> int:
        """Place in its partition."""
        return self.place

    def key(self) -> bytes | None:
        """Key, as sent."""
        return self.its_key

    def value(self) -> bytes | None:
        """Value, as sent."""
        return self.its_value

    def timestamp(self) -> tuple[int, int]:
        """When it was sent, in milliseconds, as its creation time."""
        return 1, self.sent_at

    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Headers, as sent."""
        return self.its_headers


@dataclass
class Log:
    """The fact log: every partition of every fact topic."""

    partitions: int = 2
    """Of each topic; more may be added."""
    messages: dict[Partition, list[FakeMessage]] = field(default_factory=dict)
    newest_mark: records.CutMark | None = None

    def __post_init__(self) -> None:
        """Begin with empty partitions."""
        self.grow(self.partitions)

    def grow(self, partitions: int) -> None:
        """Add partitions to every topic."""
        self.partitions = partitions
        for topic in FACT_TOPICS:
            for number in range(partitions):
                self.messages.setdefault(Partition(topic.name, number), [])

    def append(
        self,
        partition: Partition,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        sent_at: datetime = NOW,
    ) -> None:
        """Write one message."""
        there = self.messages[partition]
        there.append(FakeMessage(partition, len(there), key, value, headers, int(sent_at.timestamp() * 1000)))

    def tell(self, facts: Iterable[FactLine], chance: random.Random) -> None:
        """Write facts in their order, each to any partition of its topic."""
        for topic, key, value in encoded(facts):
            self.append(Partition(topic, chance.randrange(self.partitions)), key, value)

    def mark(
        self,
        through: date,
        slices: int = 1,
        rules: rule_set.RuleSet | None = None,
        requests: Sequence[str] = (),
    ) -> records.CutMark:
        """Write the next cut's mark into every partition."""
        rules = rules or rule_set.in_force()
        mark = records.CutMark(
            number=self.newest_mark.number + 1 if self.newest_mark else 1,
            requests=tuple(requests),
            through=through,
            rule_set=rules.digest,
            rule_set_name=rules.name,
            rule_set_version=rules.version,
            slices=slices,
            contract=records.FIGURES_CONTRACT,
            made_at=NOW,
            topics=tuple(
                records.MarkedTopic(topic=topic.name, topic_id=TOPIC_IDS[topic.name], partitions=self.partitions)
                for topic in FACT_TOPICS
            ),
        )
        for partition in self.messages:
            self.append(partition, keys.mark_key(mark.number), records.encode(CATALOG, mark))
        self.newest_mark = mark
        return mark


def encoded(facts: Iterable[FactLine]) -> list[tuple[str, bytes, bytes]]:
    """Give topic, key and value of each fact that is accepted, in their order."""
    connection = duckdb.connect(config={"threads": 1})
    book = Book(connection)
    found: dict[int, tuple[str, bytes, bytes]] = {}
    for name, part in read_lines([json.dumps(fact).encode() for fact in facts]).facts.items():
        refused = {place for place, _, _ in book.check(FACT_TYPES[name], part.columns)}
        lines = [line for place, line in enumerate(part.lines.to_pylist()) if place not in refused]
        if not lines:
            continue
        accepted = book.accepted(FACT_TYPES[name])
        by_fund = [name == "MeetingHeld" and one["reporter"] == "A_KASSE" for one in accepted.to_pylist()]
        for topic, outgoing in encode_facts(CATALOG, FACT_TYPES[name], accepted).items():
            theirs = [line for line, fund in zip(lines, by_fund, strict=True) if fund == topic.startswith("akasse")]
            for line, key, value in zip(theirs, outgoing.keys, outgoing.values, strict=True):
                found[line] = (topic, key, value)
    connection.close()
    return [found[line] for line in sorted(found)]


class StoppedError(Exception):
    """The worker was killed while it sent."""


@dataclass
class Topics:
    """What workers say, as brokers keep it; it can be told to break off."""

    sent: list[tuple[str, bytes, bytes | None]] = field(default_factory=list)
    """Topic, key and value, in the order of sending."""
    headers: list[Sequence[tuple[str, bytes]]] = field(default_factory=list)
    """Further headers of each."""
    senders: list[Slice | None] = field(default_factory=list)
    """Who sent each."""
    breaks_after: int | None = None
    """So many sendings succeed yet; None for all."""

    def send(self, outgoing: Sequence[Outgoing], of: Slice | None = None) -> int:
        """Keep all of it, or break off."""
        if self.breaks_after is not None:
            if self.breaks_after == 0:
                raise StoppedError
            self.breaks_after -= 1
        before = len(self.sent)
        for each in outgoing:
            self.sent += [(each.topic, key, value) for key, value in zip(each.keys, each.values, strict=True)]
            self.headers += each.headers or [()] * len(each.keys)
            self.senders += [of] * len(each.keys)
        return len(self.sent) - before

    def newest(self, topic: str) -> dict[bytes, bytes]:
        """Give the newest value of each key of a topic."""
        return {key: value for name, key, value in self.sent if name == topic and value is not None}

    def figures(self) -> Iterator[bytes]:
        """Give the keys of live figures."""
        yield from self.newest(PARTIAL_FIGURES.name)

    def meetings(self) -> Iterator[pa.RecordBatch]:
        """Give what was said of meetings, every value of every key."""
        yield from said_of(CATALOG, [value for topic, _, value in self.sent if topic == MEETING_ENRICHED.name])

    def lists(self, topics: Sequence[str]) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Give topic, key and value of every record of these topics."""
        yield from ((topic, key, value) for topic, key, value in self.sent if topic in topics)

    def of_cut(self, number: int) -> dict[bytes, bytes]:
        """Give the figures of a cut, and its statuses, by key."""
        prefix = f"{number}/".encode()
        return {key: value for key, value in self.newest(CUT_FIGURES.name).items() if key.startswith(prefix)}


@dataclass(frozen=True)
class KnownRuleSets:
    """Every rule set that a test uses."""

    known: Sequence[rule_set.RuleSet] = field(default_factory=lambda: [rule_set.in_force()])

    def get(self, digest: str) -> rule_set.RuleSet:
        """Return the rule set of a digest."""
        return next(each for each in self.known if each.digest == digest)

    def find(self, digest: str) -> rule_set.RuleSet | None:
        """Return the rule set of a digest, None when no test made it known."""
        return next((each for each in self.known if each.digest == digest), None)


@dataclass(frozen=True)
class OwnTopics:
    """What one slice says, and has said: all of the topics is one partition of meetings here."""

    topics: Topics
    of: Slice

    def ends(self) -> dict[Partition, int]:
        """Where what it sent ends."""
        return {_SAID: len(self.topics.sent)}

    def send(self, outgoing: Sequence[Outgoing]) -> int:
        """Keep all of it, or break off."""
        return self.topics.send(outgoing, self.of)

    def figures(self) -> Iterator[bytes]:
        """Give the keys of everybody's live figures."""
        return self.topics.figures()

    def meetings(self) -> Iterator[pa.RecordBatch]:
        """Give what everybody said of meetings."""
        return self.topics.meetings()

    def lists(self, topics: Sequence[str]) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Give topic, key and value of every record of these topics."""
        return self.topics.lists(topics)

    def meetings_since(self, places: Mapping[Partition, int]) -> Unknown:
        """Give what this slice said of meetings from a place on."""
        start = places.get(_SAID, 0)
        since = zip(self.topics.sent[start:], self.topics.senders[start:], strict=True)
        values = [value for (topic, _, value), of in since if topic == MEETING_ENRICHED.name and of == self.of]
        return Unknown([*said_of(CATALOG, values)], {_SAID: len(self.topics.sent)})


class Worker:
    """One slice's worker on a log; reads as its processor directs, as the batch source does."""

    def __init__(
        self,
        log: Log,
        folder: Path,
        topics: Topics,
        of: Slice | None = None,
        rule_sets: KnownRuleSets | None = None,
        reconciliation: Sequence[str] = (),
        erasures: Erasures | None = None,
    ) -> None:
        """Start on the ledger in a folder, which may be there already."""
        self._log = log
        self.folder = folder
        self.topics = topics
        self.of = of or Slice()
        self._rule_sets = rule_sets or KnownRuleSets()
        self._reconciliation = reconciliation
        self._erasures = erasures
        self.start()

    def start(self) -> None:
        """Open the ledger and begin where it stands."""
        self.ledger = Ledger.open(
            self.folder,
            identity(self.of),
            memory_limit="500MB",
            threads=1,
            topic_ids=TOPIC_IDS,
            erasures=len(self._erasures.now().entries) if self._erasures else 0,
        )
        newest = self._log.newest_mark
        self._offsets = self.ledger.positions() or dict.fromkeys(self._log.messages, 0)
        self._held: set[Partition] = set()
        self.processor = Processor(
            self.ledger,
            CATALOG,
            Origin("test", self.of),
            OwnTopics(self.topics, self.of),
            self._rule_sets,
            FixedClock(NOW),
            OwnTopics(self.topics, self.of),
            topic_ids=TOPIC_IDS,
            start=self._offsets.copy(),
            newest_cut=newest.number if newest else 0,
            reconciliation=self._reconciliation,
            erasures=self._erasures,
        )

    def stop(self) -> None:
        """Let go of the ledger."""
        self.processor.close()
        self.ledger.close()

    def restart(self) -> None:
        """Stop, wherever it stands, and start again."""
        self.stop()
        self.start()

    def read_some(self, chance: random.Random, most: int = 20) -> bool:
        """Process one batch of some messages of some partitions; False when there was nothing to read."""
        waiting = [p for p, offset in self._offsets.items() if p not in self._held and self._ahead(p, offset)]
        if not waiting:
            return False
        some = chance.sample(waiting, chance.randint(1, len(waiting)))
        self.process({p: self._ahead(p, self._offsets[p])[: chance.randint(1, most)] for p in some})
        return True

    def read_all(self, chance: random.Random | None = None, most: int = 1_000_000) -> None:
        """Read until nothing is left, at once or in batches by chance."""
        if chance is not None:
            while self.read_some(chance, most):
                pass
        while batch := {
            p: ahead for p, offset in self._offsets.items() if p not in self._held and (ahead := self._ahead(p, offset))
        }:
            self.process(batch)

    def process(self, batch: Mapping[Partition, Sequence[FakeMessage]]) -> Directions:
        """Process a batch, and do as directed."""
        directions = self.processor.process(cast("Mapping[Partition, Sequence[Message]]", batch))
        for partition, messages in batch.items():
            self._offsets[partition] = messages[-1].offset() + 1
        self._held |= directions.hold.keys()
        self._held -= directions.resume.keys()
        self._offsets.update(dict.fromkeys(directions.begin, 0))
        self._offsets.update(directions.resume)
        return directions

    def _ahead(self, partition: Partition, offset: int) -> Sequence[FakeMessage]:
        return self._log.messages[partition][offset:]


def identity(of: Slice) -> Identity:
    """What a worker's ledger belongs to."""
    return Identity("a cluster", "test", str(of))


def summed(values: Iterable[bytes], through: date) -> dict[str, str]:
    """Make the tables of the sums of partial figures."""
    partials = [value for value in values if records.kind_of(CATALOG, value) == "PartialFigures"]
    return as_csv(figures.Sums(CATALOG, partials), through)


def live_tables(topics: Topics, through: date, slices: int | None = None) -> dict[str, str]:
    """Make the tables of the newest live figures of every slice; where N changed, of those of the N of today."""
    newest = topics.newest(PARTIAL_FIGURES.name)
    ours = {key: value for key, value in newest.items() if slices in {None, keys.origin_of(key.rsplit(b"/", 1)[-1])[1]}}
    return summed(ours.values(), through)


def told_meetings(topics: Topics) -> list[dict[str, Any]]:
    """Give what is said of meetings now, in the reference's form; a meeting must be said under one key."""
    rows = [row for row in meeting_rows(topics) if not row["withdrawn"]]
    return sorted((_in_reference_form(row) for row in rows), key=lambda row: (row["source"], row["fact_id"]))


def meeting_rows(topics: Topics) -> list[dict[str, Any]]:
    """Give the newest value of each key that was said of meetings, withdrawals among them."""
    schema = CATALOG.latest("EnrichedMeeting")
    values = list(topics.newest(MEETING_ENRICHED.name).values())
    batches = [columns.decode(schema, schema, group.payloads).batch for group in split(values).groups]
    rows: list[dict[str, Any]] = pa.Table.from_batches(batches, columns.arrow_schema(schema)).to_pylist()
    return rows


_RENAMED = {
    "municipality": "own_municipality",
    "spell_municipality": "municipality",
    "spell_starts_on": "spell_start",
    "outcome_days": "days_to_outcome",
}
_NOT_IN_REFERENCE = {
    "type",
    "slot",
    "withdrawn",
    "held_at",
    "jobcenter",
    "mode_rule_reference",
    "rule_set",
    "rule_set_name",
    "rule_set_version",
    "duplicate_of_source",
    "duplicate_of_fact_id",
}


def _in_reference_form(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {_RENAMED.get(name, name): value for name, value in row.items() if name not in _NOT_IN_REFERENCE}
    kept = (row["duplicate_of_source"], row["duplicate_of_fact_id"])
    return told | {"duplicate_of": None if kept == (None, None) else kept}
