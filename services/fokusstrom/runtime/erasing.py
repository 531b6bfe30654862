"""Erasing a citizen from the log: what is theirs is found here, named on erasures.v1, and ended by tombstones.

Theirs is every record that names one of their pseudonyms, those that links join to it included; and of a fact whose
newest record names them, all records. A fact that was registered on them by mistake, and is somebody else's by now,
stays: only the records that name them go.

Records are ended in the partition where they stand: the brokers' compaction takes away what has a tombstone of the
same key behind it in the same partition, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message, Producer

from fokusstrom.contracts import columns, keys, wire
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import FACT_TOPICS, MEETING_ENRICHED, fact_topic
from fokusstrom.domain.book import Book
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.facts import CITIZEN_LINK, FACT_TYPES, FactType, Kind
from fokusstrom.runtime import erasures
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole

_AT_ONCE = 20_000
_NAMES = tuple(topic.name for topic in FACT_TOPICS)


@dataclass(frozen=True)
class Plan:
    """What is to be erased."""

    facts: frozenset[bytes] = frozenset()
    """Facts that go with all their records."""
    single: frozenset[bytes] = frozenset()
    """Keys of records that go, of facts that stay."""
    records: Sequence[tuple[Partition, bytes]] = field(default=(), repr=False)
    """Where each record stands, and its key."""

    def counted(self) -> Mapping[str, tuple[int, int]]:
        """How many facts, and records, by type."""
        facts = Counter(fact.partition(b"/")[0].decode() for fact in self.facts)
        records = Counter(key.partition(b"/")[0].decode() for _, key in self.records)
        return {name: (facts[name], records[name]) for name in FACT_TYPES if records[name]}


def persons(settings: Settings, catalog: SchemaCatalog, citizens: Collection[str]) -> frozenset[str]:
    """Give the pseudonyms, and all that links which hold join to them."""
    connection = duckdb.connect()
    try:
        book = Book(connection)
        for _, batch, _ in _decoded(catalog, read_whole(settings, fact_topic(CITIZEN_LINK).name)):
            book.check(CITIZEN_LINK, batch)
            book.append(CITIZEN_LINK)
        book.keep_latest()
        rows = connection.execute(
            "SELECT pseudonym_text(other.citizen) FROM person_of AS one JOIN person_of AS other USING (person)"
            " WHERE list_contains(?, pseudonym_text(one.citizen))",
            [list(citizens)],
        ).fetchall()
    finally:
        connection.close()
    return frozenset(citizens) | {pseudonym for (pseudonym,) in rows}


def plan(settings: Settings, catalog: SchemaCatalog, theirs: Collection[str]) -> Plan:
    """Find what is theirs; the log is read twice."""
    wanted = pa.array(sorted(theirs), pa.string())
    touched: set[bytes] = set()
    for fact_type, batch, messages in _decoded(catalog, read_whole(settings, *_NAMES)):
        rows = pc.indices_nonzero(_naming(fact_type, batch, wanted)).to_pylist()
        touched.update(erasures.fact_of(messages[row].key() or b"") for row in rows)
    there = _newest(one for one in read_whole(settings, *_NAMES) if erasures.fact_of(one.key() or b"") in touched)
    return _judged(catalog, there.values(), wanted)


def name(settings: Settings, producer: Producer, what: Plan, at: datetime) -> None:
    """Name all of it on erasures.v1, and wait until that is confirmed: nobody takes it in again from now on."""
    named = [*((fact, True) for fact in sorted(what.facts)), *((key, False) for key in sorted(what.single))]
    erasures.name(settings, producer, named, at)


def end(producer: Producer, records: Iterable[tuple[Partition, bytes]]) -> int:
    """Put a tombstone behind each record, and wait until they are confirmed; returns how many."""
    count = 0
    for partition, key in records:
        producer.produce(partition.topic, None, key, partition.number)
        count += 1
        producer.poll(0)
    erasures.confirm(producer)
    return count


def enriched(settings: Settings) -> list[tuple[Partition, bytes]]:
    """Where what was said of erased meetings stands on meeting-enriched.v1."""
    erased = erasures.read(settings)
    theirs = (one for one in read_whole(settings, MEETING_ENRICHED.name) if erased.has_enriched(one.key()))
    return [place for place, one in _newest(theirs).items() if one.value() is not None]


def left(settings: Settings) -> int:
    """How many records of what was ever erased a reader of the log finds."""
    erased = erasures.read(settings)
    theirs = (one for one in read_whole(settings, *_NAMES) if erased.has(one.key()))
    return sum(one.value() is not None for one in _newest(theirs).values())


def _judged(catalog: SchemaCatalog, messages: Iterable[Message], wanted: pa.StringArray) -> Plan:
    """Whether the newest record of each fact names them decides over all its records."""
    found: dict[bytes, list[tuple[Any, bool, Partition, bytes]]] = {}
    for fact_type, batch, theirs in _decoded(catalog, messages):
        order = zip(batch.column("version").to_pylist(), batch.column("registered_at").to_pylist(), strict=True)
        for message, place, is_theirs in zip(theirs, order, _naming(fact_type, batch, wanted).to_pylist(), strict=True):
            key = message.key() or b""
            found.setdefault(erasures.fact_of(key), []).append((place, is_theirs, _at(message), key))
    gone = {fact for fact, records in found.items() if max(records, key=lambda one: one[:2])[1]}
    single = [(at, key) for fact, records in found.items() if fact not in gone for _, yes, at, key in records if yes]
    whole = [(at, key) for fact in sorted(gone) for _, _, at, key in found[fact]]
    return Plan(frozenset(gone), frozenset(key for _, key in single), [*whole, *single])


def _naming(fact_type: FactType, batch: pa.RecordBatch, wanted: pa.StringArray) -> pa.BooleanArray:
    """Which rows name one of the pseudonyms, in whatever field."""
    found = pa.array([False] * batch.num_rows)
    for one in fact_type.fields:
        if one.kind is Kind.PSEUDONYM:
            found = pc.or_(found, pc.is_in(batch.column(one.name), wanted))
    return found


def _decoded(
    catalog: SchemaCatalog, messages: Iterable[Message]
) -> Iterator[tuple[FactType, pa.RecordBatch, Sequence[Message]]]:
    """The facts among the messages as columns, by type, with their messages; marks and what is none left out."""
    facts = (one for one in messages if not keys.is_mark_key(one.key()))
    for some in _batched(facts):
        for group in wire.split([one.value() for one in some]).groups:
            try:
                writer = catalog.by_id(group.schema_id)
                decoded = columns.decode(writer, catalog.latest(writer.name), group.payloads)
            except Rejected:
                continue
            if writer.name in FACT_TYPES and decoded.rows:
                yield FACT_TYPES[writer.name], decoded.batch, [some[group.rows[row]] for row in decoded.rows]


def _newest(messages: Iterable[Message]) -> dict[tuple[Partition, bytes], Message]:
    """The last record of each key in each partition: what compaction leaves."""
    return {(_at(one), one.key() or b""): one for one in messages}


def _at(message: Message) -> Partition:
    return Partition(message.topic() or "", message.partition() or 0)


def _batched(messages: Iterable[Message]) -> Iterator[Sequence[Message]]:
    waiting = iter(messages)
    while some := list(islice(waiting, _AT_ONCE)):
        yield some
