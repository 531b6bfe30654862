"""From messages to facts: what is a fact of the topic goes into the book, what isn't is refused with a reason."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message

from fokusstrom.contracts import columns, keys, wire
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import fact_type_on
from fokusstrom.domain.book import Book
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.facts import FactType
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.dead_letters import Refused
from fokusstrom.runtime.erasures import Erasures


@dataclass
class Taken:
    """What became of a batch; whole when it is settled."""

    fact_types: list[FactType] = field(default_factory=list)
    """The types of which something was accepted."""
    refused: list[Refused] = field(default_factory=list)
    delivered: int = 0
    settling: list[Future[None]] = field(default_factory=list)
    """What the book has yet to take in."""

    def settle(self) -> Self:
        """Wait until the book has taken in all of it, and raise what became of any part."""
        self.wait()
        settling, self.settling = self.settling, []
        for one in settling:
            one.result()
        return self

    def wait(self) -> None:
        """Wait until the book is free, whatever became of any part."""
        wait(self.settling)


class _Fitting(NamedTuple):
    """The records of a part whose keys are theirs, and the others refused."""

    batch: pa.RecordBatch
    messages: Sequence[Message]
    refused: list[Refused]


class Intake:
    """Reads batches into a book."""

    def __init__(self, book: Book, catalog: SchemaCatalog, erasures: Erasures) -> None:
        """Take the book, the schemas that values may be written with, and what was erased."""
        self._book = book
        self._catalog = catalog
        self._erasures = erasures
        # While one part is decoded, the keys of the one before are checked, and the book takes in the one before
        # that; one thread each, as their connections want it.
        self._keys_thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._book_thread = ThreadPoolExecutor(1, thread_name_prefix="book")

    def read(self, messages: Mapping[Partition, Sequence[Message]], accept: Callable[[FactType], None]) -> Taken:
        """Check the messages, and call `accept` for each part of them that `book.checked` holds then.

        What was erased is left out, unsaid. `ErasedSince` when something was that the book has.

        Nobody else may use the book until what is returned is settled; another batch may be read before, and is
        taken in behind this one.
        """
        by_topic: dict[str, list[Message]] = {}
        for partition, of_partition in messages.items():
            by_topic.setdefault(partition.topic, []).extend(of_partition)
        taken = Taken()
        try:
            for topic, of_topic in by_topic.items():
                self._read_topic(fact_type_on(topic), of_topic, accept, taken)
        except BaseException:
            taken.wait()  # whoever ends, or goes on, has the book to themselves
            raise
        return taken

    def _read_topic(
        self,
        fact_type: FactType,
        messages: Sequence[Message],
        accept: Callable[[FactType], None],
        taken: Taken,
    ) -> None:
        erased = self._erasures.now()
        if erased:
            messages = [one for one in messages if one.value() is None or not erased.has(one.key())]
        split = wire.split([message.value() for message in messages])
        if split.tombstones:
            self._erasures.notice(messages[row].key() for row in split.tombstones)
        taken.delivered += len(messages) - len(split.tombstones)
        taken.refused += [Refused(messages[row], reason) for row, reason in split.refused.items()]
        for group in split.groups:
            theirs = messages if len(group.rows) == len(messages) else [messages[row] for row in group.rows]
            try:
                decoded = self._decode(fact_type, group)
            except Rejected as error:
                taken.refused += [Refused(message, Reason(error.reason)) for message in theirs]
                continue
            taken.refused += [Refused(theirs[row], reason) for row, reason in decoded.refused.items()]
            kept, payloads = theirs, group.payloads
            if decoded.refused:
                kept, payloads = [theirs[row] for row in decoded.rows], [payloads[row] for row in decoded.rows]
            if kept:
                self._check(fact_type, decoded.batch, kept, payloads, accept, taken)

    def _decode(self, fact_type: FactType, group: wire.Group) -> columns.Decoded:
        writer = self._catalog.by_id(group.schema_id)
        if writer.name != fact_type.name:
            raise Rejected(Reason.WRONG_SCHEMA, None, "")
        return columns.decode(writer, self._catalog.latest(fact_type.name), group.payloads)

    def _check(
        self,
        fact_type: FactType,
        batch: pa.RecordBatch,
        messages: Sequence[Message],
        payloads: Sequence[bytes],
        accept: Callable[[FactType], None],
        taken: Taken,
    ) -> None:
        fitting = self._keys_thread.submit(self._fitting, fact_type, batch, messages, payloads)
        taken.settling.append(self._book_thread.submit(self._settle, fact_type, fitting, accept, taken))

    def _fitting(
        self, fact_type: FactType, batch: pa.RecordBatch, messages: Sequence[Message], payloads: Sequence[bytes]
    ) -> _Fitting:
        expected = keys.fact_keys(fact_type, batch, payloads)
        actual = pa.array([message.key() for message in messages], pa.binary())
        # A null key is that of a fact that lacks what the key is made of: the book says so by field.
        fits = pc.fill_null(pc.equal(expected.cast(pa.binary()), actual), pc.is_null(expected))
        if pc.all(fits).as_py():
            return _Fitting(batch, messages, [])
        wrong = pc.indices_nonzero(pc.invert(fits)).to_pylist()
        refused = [_refusal(fact_type, batch, row, messages[row], Reason.WRONG_KEY) for row in wrong]
        return _Fitting(batch.filter(fits), list(itertools.compress(messages, fits.to_pylist())), refused)

    def _settle(
        self, fact_type: FactType, fitting: Future[_Fitting], accept: Callable[[FactType], None], taken: Taken
    ) -> None:
        batch, messages, refused = fitting.result()
        taken.refused += refused
        faults = self._book.check(fact_type, batch) if batch.num_rows else []
        taken.refused += [
            _refusal(fact_type, batch, row, messages[row], Reason(reason), at) for row, reason, at in faults
        ]
        if len(faults) < batch.num_rows:
            accept(fact_type)
            if fact_type not in taken.fact_types:
                taken.fact_types.append(fact_type)


def _refusal(
    fact_type: FactType,
    batch: pa.RecordBatch,
    row: int,
    message: Message,
    reason: Reason,
    at: str | None = None,
) -> Refused:
    identity = {name: batch.column(name)[row].as_py() for name in ("source", "fact_id", "version")}
    return Refused(message, reason, at, fact_type.name, **identity)
