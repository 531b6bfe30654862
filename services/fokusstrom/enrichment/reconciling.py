"""Reconciliation lists on topics of the municipalities' own: what a slice says there, at each cut, is made here.

A topic is its own memory. A slice's entries are under keys that begin with its origin, and no other worker writes
these; so a worker reads once what it said in its life before, and then says only what differs: new and changed
entries, tombstones for those that are mended or no longer its own, and a status that names the cut. After a change of
N slice 0 takes back what slices of the other number said. Killed in between, it reads again, and says the rest.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import duckdb

from fokusstrom.contracts import columns, keys, records
from fokusstrom.contracts.records import CutMark, ReconciliationList, ReconciliationStatus
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import reconciliation_topic
from fokusstrom.domain.reconciliation import WHAT_TO_DO, list_lengths, list_lists
from fokusstrom.enrichment.outputs import Origin
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.publisher import Outgoing

_CHUNK = 100_000
"""About so many messages are one transaction; a municipality's are never divided."""

SaidLists = Callable[[Sequence[str]], Iterable[tuple[str, bytes, bytes | None]]]
"""Reads topics whole: topic, key and value of each record, in the order of each topic."""


class Reconciling:
    """Keeps the lists of some municipalities, for one slice."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        catalog: SchemaCatalog,
        origin: Origin,
        municipalities: Sequence[str],
        said_lists: SaidLists,
        clock: Clock,
    ) -> None:
        """Take the ledger's connection, where the fold leaves its results, and who gets lists."""
        self._connection = connection
        self._catalog = catalog
        self._origin = origin
        self._own = keys.reconciliation_status_key(origin.key)
        self._municipalities = municipalities
        self._read = said_lists
        self._clock = clock
        # Keys come back in the order of the rows, which the ledger's connection doesn't promise.
        self._keys = duckdb.connect()
        self._said: dict[str, dict[bytes, bytes]] | None = None
        self._lengths: Mapping[str, tuple[ReconciliationList, ...]] = {}
        self.is_stale = True
        """Something changed since the lists were made."""

    @property
    def is_asked(self) -> bool:
        """Whether any municipality gets lists."""
        return bool(self._municipalities)

    def say(self, mark: CutMark) -> Iterator[list[Outgoing]]:
        """Make what a cut changes on the topics, a transaction at a time.

        When `is_stale`, the relations of a fold of the whole slice are read.
        """
        changes = self._changes() if self.is_stale else {}
        together: list[Outgoing] = []
        for municipality in self._municipalities:
            topic = reconciliation_topic(municipality).name
            if changed := changes.get(municipality):
                together.append(Outgoing(topic, "ReconciliationEntry", list(changed), list(changed.values())))
            status = records.encode(self._catalog, self._status(mark, municipality))
            together.append(Outgoing(topic, "ReconciliationStatus", [self._own], [status]))
            if sum(len(each.keys) for each in together) >= _CHUNK:
                yield together
                together = []
        yield together
        self.is_stale = False

    def _changes(self) -> dict[str, dict[bytes, bytes | None]]:
        """Give for each municipality what differs from what was said, by key."""
        before = self._said if self._said is not None else self._recalled()
        list_lists(self._connection, self._municipalities)
        now = self._entries()
        lengths: dict[str, list[ReconciliationList]] = defaultdict(list)
        for area, name, entries, protected in list_lengths(self._connection):
            lengths[area].append(ReconciliationList(list=name, entries=entries, protected=protected))
        self._lengths = {area: tuple(lists) for area, lists in lengths.items()}
        changes = {area: _differing(before.get(area, {}), now.get(area, {})) for area in self._municipalities}
        self._said = {area: {key: _digest(value) for key, value in told.items()} for area, told in now.items()}
        return changes

    def _entries(self) -> dict[str, dict[bytes, bytes]]:
        found: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        reader = self._connection.sql(
            "SELECT * REPLACE (held_on::DATE AS held_on) FROM reconciliation"
            " ORDER BY area, list, source, fact_id, reason"
        ).to_arrow_reader(_CHUNK)
        for batch in reader:
            named = keys.reconciliation_keys(self._keys, batch, self._origin.key)
            values = columns.encode(self._catalog.latest("ReconciliationEntry"), batch)
            for area, key, value in zip(batch.column("area").to_pylist(), named, values, strict=True):
                found[area][key] = value
        return found

    def _recalled(self) -> dict[str, dict[bytes, bytes]]:
        """Read what this slice said in an earlier life, and what is its to take back."""
        areas = {reconciliation_topic(area).name: area for area in self._municipalities}
        said: dict[str, dict[bytes, bytes]] = {area: {} for area in self._municipalities}
        for topic, key, value in self._read(list(areas)):
            first, _, entry = key.partition(b"/")
            if (first == self._own and entry) or self._is_of_another_number(first):
                said[areas[topic]].pop(key, None)
                if value is not None:
                    said[areas[topic]][key] = _digest(value)
        return said

    def _is_of_another_number(self, first: bytes) -> bool:
        of = self._origin.of
        theirs = keys.origin_of(first)
        return of.number == 0 and theirs[0] == self._origin.deployment and theirs[1] != of.count

    def _status(self, mark: CutMark, municipality: str) -> ReconciliationStatus:
        told = {one.list: one for one in self._lengths.get(municipality, ())}
        return ReconciliationStatus(
            municipality=municipality,
            deployment=self._origin.deployment,
            slices=self._origin.of.count,
            slice=self._origin.of.number,
            cut=mark.number,
            through=mark.through,
            rule_set=mark.rule_set,
            rule_set_name=mark.rule_set_name,
            rule_set_version=mark.rule_set_version,
            lists=tuple(told.get(name, ReconciliationList(list=name, entries=0, protected=0)) for name in WHAT_TO_DO),
            software=importlib.metadata.version("fokusstrom"),
            completed_at=self._clock.now(),
        )


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


def _differing(before: Mapping[bytes, bytes], now: Mapping[bytes, bytes]) -> dict[bytes, bytes | None]:
    changed: dict[bytes, bytes | None] = {key: None for key in before if key not in now}
    return changed | {key: value for key, value in now.items() if before.get(key) != _digest(value)}
