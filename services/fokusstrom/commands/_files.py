"""Files of facts, taken into a book: shared by the commands that work without a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from fokusstrom.contracts import exchange
from fokusstrom.contracts.exchange import Facts, Refusal
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime.ahead import ahead


def take_in(
    book: Book,
    files: Iterable[Path],
    refused: Callable[[Refusal], None],
    accepted: Callable[[FactType], None],
    progress: Callable[[int], None],
) -> None:
    """Read files batch by batch: call `refused` for each bad line, `accepted` when `book.checked` holds a part.

    `progress` gets the number of lines of each batch. Refusals of a batch come in the order of its lines.
    """
    for file in files:
        for batch in ahead(exchange.read(file)):
            refusals = list(batch.refusals)
            for name, facts in batch.facts.items():
                fact_type = FACT_TYPES[name]
                faults = list(_faults(book, str(file), fact_type, facts))
                refusals += faults
                if len(faults) < facts.columns.num_rows:
                    accepted(fact_type)
            for refusal in sorted(refusals, key=lambda one: one.line):
                refused(refusal)
            progress(batch.lines)


def _faults(book: Book, file: str, fact_type: FactType, facts: Facts) -> Iterator[Refusal]:
    refused = book.check(fact_type, facts.columns)
    if not refused:
        return
    rows = [row for row, _, _ in refused]
    all_faults = book.all_faults(fact_type, facts.columns.take(pa.array(rows)))
    for row, (first, *others) in zip(rows, all_faults, strict=True):
        further = tuple((Reason(reason), field) for reason, field in others)
        yield Refusal(file, facts.lines[row].as_py(), first[1], Reason(first[0]), further)
