"""Pages of a sender's records become facts, column by column; what can't is refused, by its place and row."""

from __future__ import annotations

import bisect
import dataclasses
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, groupby
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts.exchange_batches import Facts, Gathered, Refusal
from fokusstrom.contracts.exchange_values import Column
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import CITIZEN_LINK, FACT_TYPES, FactType
from fokusstrom.domain.personal_numbers import masked
from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.interface import Flag, Page, Records
from fokusstrom_connectors.mapping.convert import Converter
from fokusstrom_connectors.mapping.rules import Condition, Mapping, Rule, Take
from fokusstrom_connectors.mapping.texts import Columns, Texts, texts_of
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms


@dataclass(frozen=True)
class Refused:
    """A record that is no fact: where it stands and why, and the fact's identity as far as it is known, masked."""

    refusal: Refusal
    """Its place as the file, its number within as the line; 0 for the page itself."""
    digest: str
    """Tells the same record from another, without telling what is in it: keyed."""
    fact_type: str | None = None
    source: str | None = None
    fact_id: str | None = None
    version: int | None = None


@dataclass
class Mapped:
    """What became of some pages."""

    records: int = 0
    ignored: int = 0
    facts: dict[str, pa.RecordBatch] = field(default_factory=dict)
    """By the name of their type: accepted by all that a worker would refuse them for."""
    refused: list[Refused] = field(default_factory=list)
    flagged: list[Refused] = field(default_factory=list)
    """Facts that are sent, and something is odd about their records."""

    @property
    def count(self) -> int:
        """How many facts."""
        return sum(batch.num_rows for batch in self.facts.values())


class Mapper:
    """Applies one mapping. One thread's at a time."""

    def __init__(
        self, mapping: Mapping, source: str, pseudonyms: Pseudonyms | None, linked_at: datetime | None = None
    ) -> None:
        """Take the mapping, the `source` of its facts, and what makes pseudonyms.

        `linked_at` is the registration of the links between pseudonyms of two keys.
        """
        self._mapping = mapping
        self._source = Take(value=source)
        self._pseudonyms = pseudonyms
        self._converter = Converter(mapping.zone, pseudonyms)
        self._linked_at = linked_at
        conditions = [*mapping.ignore, *(condition for rule in mapping.facts for condition in rule.when)]
        self._judged_by = {condition.field for condition in conditions}
        # One thread: to wake others costs more than to look at a letter, and of a whole file it is a small part.
        self._book = Book(duckdb.connect(config={"threads": 1}))
        # Without a key no personal number is expected; if there is one all the same, its digest outlives no process.
        self._key = Key("", secrets.token_bytes(32)) if pseudonyms is None else pseudonyms.key

    def begin(self) -> None:
        """Begin anew: what was mapped before may not have been delivered."""
        if self._pseudonyms is not None:
            self._pseudonyms.forget_links()

    def map(self, pages: Sequence[Page]) -> Mapped:
        """Make facts of all records of the pages."""
        mapped = Mapped()
        parts: dict[str, list[pa.RecordBatch]] = {}
        mapped.refused = [self._unreadable(page, number) for page in pages for number in page.unreadable]
        mapped.records = len(mapped.refused)
        for _, alike in groupby((page for page in pages if len(page.records)), _shape):
            for fact_type, batch in self._map_alike(list(alike), mapped):
                parts.setdefault(fact_type.name, []).append(batch)
        for links in self._links():
            parts.setdefault(CITIZEN_LINK.name, []).append(links)
        mapped.facts = {name: _one(parts[name]) for name in FACT_TYPES if name in parts}
        return mapped

    def _map_alike(self, pages: list[Page], mapped: Mapped) -> Iterator[tuple[FactType, pa.RecordBatch]]:
        """Pages whose records are put together the same way."""
        where = _Where(pages, self._key)
        texts = texts_of(where.records)
        texts.expect(self._judged_by)
        mapped.records += len(texts)
        ignored = _any(texts, self._mapping.ignore)
        mapped.ignored += int(ignored.sum())
        met = ignored.copy()
        for rule in self._mapping.facts:
            chosen = ~ignored & _all(texts, rule.when)
            met |= chosen
            rows = np.flatnonzero(chosen)
            if not len(rows):
                continue
            lacking = self._lacking(rule, texts)
            if lacking is not None:
                mapped.refused += [where.page_refused(page, lacking) for page in pages]
            else:
                yield from self._apply(
                    rule, texts.taken(rows) if len(rows) < len(texts) else texts, rows, where, mapped
                )
        mapped.refused += [where.refused(row, Reason.NO_RULE, None) for row in np.flatnonzero(~met).tolist()]

    def _apply(
        self, rule: Rule, texts: Texts, rows: np.ndarray, where: _Where, mapped: Mapped
    ) -> Iterator[tuple[FactType, pa.RecordBatch]]:
        """The facts of one rule; `rows` says where each record stands."""
        if rule.each is not None:
            texts, owners = texts.items(rule.each)
            rows = rows[owners]
        texts.expect([take.from_ for take in self._mapping.takes(rule).values() if take.from_])
        columns = dict(self._columns(rule, texts))
        gathered = Gathered("")
        gathered.add(rule.fact_type, range(len(texts)), columns)
        batch = gathered.batch(len(texts))
        faults = list(batch.refusals)
        if facts := batch.facts.get(rule.type):
            faults += self._checked(rule.fact_type, facts)
            accepted = self._book.accepted(rule.fact_type)
            if accepted.num_rows:
                yield rule.fact_type, accepted
        for fault in faults:
            found = where.refused(int(rows[fault.line]), fault.reason, fault.field, fault.others)
            mapped.refused.append(dataclasses.replace(found, **_identity(rule, columns, fault.line)))
        at_fault = {fault.line for fault in faults}
        for row, flag in where.flags(rows):
            if row not in at_fault:
                found = where.refused(int(rows[row]), flag.reason, flag.field)
                mapped.flagged.append(dataclasses.replace(found, **_identity(rule, columns, row)))

    def _columns(self, rule: Rule, texts: Texts) -> Iterator[tuple[str, Column]]:
        takes = {"source": self._source, **self._mapping.takes(rule)}
        for one in rule.fact_type.fields:
            take = takes.get(one.name)
            if take is None:
                if one.name == "deleted":
                    yield one.name, self._converter.constant(one, value=False, size=len(texts))
            elif take.value is not None:
                yield one.name, self._converter.constant(one, take.value, len(texts))
            else:
                column, nested = texts.column(take.from_ or "")
                made = self._converter.column(one, take, column)
                yield one.name, Column(made.values, made.faults | dict.fromkeys(nested, Reason.MISTYPED))

    def _checked(self, fact_type: FactType, facts: Facts) -> Iterator[Refusal]:
        """What a worker would refuse, with all that is wrong with it."""
        rows = [row for row, _, _ in self._book.check(fact_type, facts.columns)]
        if not rows:
            return
        all_faults = self._book.all_faults(fact_type, facts.columns.take(pa.array(rows)))
        for row, ((reason, name), *others) in zip(rows, all_faults, strict=True):
            further = tuple((Reason(code), other) for code, other in others)
            yield Refusal("", facts.lines[row].as_py(), name, Reason(reason), further)

    def _lacking(self, rule: Rule, texts: Texts) -> str | None:
        """The first column that a file lacks and the rule's facts can't be without."""
        if not isinstance(texts, Columns) or rule.each is not None:
            return None
        there, takes = {None, *texts.fields()}, self._mapping.takes(rule)
        for one in rule.fact_type.fields:
            take = takes.get(one.name, Take())
            if not one.optional and take.absent is None and take.from_ not in there:
                return take.from_
        return None

    def _unreadable(self, page: Page, number: int) -> Refused:
        refusal = Refusal(masked(page.place), number, None, Reason.UNREADABLE)
        return Refused(refusal, _digest(self._key, [page.place, number]))

    def _links(self) -> Iterator[pa.RecordBatch]:
        """Facts that join the pseudonyms of today's key to those of the one before."""
        links = {} if self._pseudonyms is None else self._pseudonyms.take_links()
        if links and self._pseudonyms is not None:
            key = self._pseudonyms.key
            rows = [
                {
                    "source": self._source.value,
                    "fact_id": f"key-{key.key_id}-{new}",
                    "version": 0,
                    "deleted": False,
                    "registered_at": self._linked_at,
                    "change_reason": "CREATED",
                    "citizen": new,
                    "same_as": old,
                }
                for new, old in links.items()
            ]
            yield pa.RecordBatch.from_pylist(rows, CITIZEN_LINK.arrow_schema)


class _Where:
    """Records of several pages put together, and where each stands."""

    def __init__(self, pages: list[Page], key: Key) -> None:
        self._pages = pages
        self._key = key
        self._ends = list(accumulate(len(page.records) for page in pages))
        self.records = _together([page.records for page in pages])

    def refused(
        self, row: int, reason: Reason, name: str | None, others: Sequence[tuple[Reason, str | None]] = ()
    ) -> Refused:
        number = bisect.bisect_right(self._ends, row)
        page = self._pages[number]
        within = row - (self._ends[number - 1] if number else 0)
        number = page.first + within if page.numbers is None else page.numbers[within]
        refusal = Refusal(masked(page.place), number, name, reason, tuple(others))
        return Refused(refusal, _digest(self._key, _record(page.records, within)))

    def flags(self, rows: np.ndarray) -> Iterator[tuple[int, Flag]]:
        """What is odd about the records that stand in `rows`, by their place in it."""
        begins = [0, *self._ends]
        flags = [(begins[number] + flag.record, flag) for number, page in enumerate(self._pages) for flag in page.flags]
        for row, flag in flags:
            yield from ((place, flag) for place in np.flatnonzero(rows == row).tolist())

    def page_refused(self, page: Page, column: str) -> Refused:
        return Refused(Refusal(masked(page.place), 0, column, Reason.MISSING), _digest(self._key, page.place))


def _shape(page: Page) -> object:
    return page.records.schema if isinstance(page.records, pa.Table) else None


def _together(each: list[Records]) -> Records:
    if isinstance(each[0], pa.Table):
        return each[0] if len(each) == 1 else pa.concat_tables(each)
    return [record for records in each for record in records]


def _record(records: Records, row: int) -> Any:  # noqa: ANN401 - any JSON
    return records.slice(row, 1).to_pylist()[0] if isinstance(records, pa.Table) else records[row]


def _digest(key: Key, record: object) -> str:
    try:
        text = json.dumps(record, default=str, sort_keys=True)
    except RecursionError:  # it could be read, just so: its place must tell it from others
        text = "nested too deep"
    return key.digest(text.encode("utf-8", "replace"))


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _identity(rule: Rule, columns: dict[str, Column], row: int) -> dict[str, Any]:
    source, fact_id, version = (columns[name].values[row].as_py() for name in ("source", "fact_id", "version"))
    return {
        "fact_type": rule.type,
        "source": None if source is None else masked(source),
        "fact_id": None if fact_id is None else masked(fact_id),
        "version": None if row in columns["version"].faults else version,  # a number at fault may be personal
    }


def _all(texts: Texts, conditions: Iterable[Condition]) -> np.ndarray:
    met = np.ones(len(texts), dtype=bool)
    for condition in conditions:
        met &= _holds(texts, condition)
    return met


def _any(texts: Texts, conditions: Iterable[Condition]) -> np.ndarray:
    met = np.zeros(len(texts), dtype=bool)
    for condition in conditions:
        met |= _holds(texts, condition)
    return met


def _holds(texts: Texts, condition: Condition) -> np.ndarray:
    column, nested = texts.column(condition.field)
    present = pc.is_valid(column).to_numpy(zero_copy_only=False).copy()
    present[list(nested)] = True
    met = np.ones(len(texts), dtype=bool)
    if condition.present is not None:
        met &= present == condition.present
    if condition.is_ is not None:
        met &= pc.is_in(column, pa.array(condition.is_, pa.string())).to_numpy(zero_copy_only=False)
    return met
