"""A file of simulated facts, sent as its facts would arrive: month of registration by month of registration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts import exchange
from fokusstrom.domain.facts import FACT_TYPES, FactType

_SMALL = 20_000
"""Lines read at once: a month of the demo is some thousand."""


def by_month(file: Path) -> Iterator[tuple[str, FactType, pa.RecordBatch]]:
    """Give the facts of a file in the order of arrival: month of registration (`YYYY-MM`, UTC), type, facts.

    A month may come in several parts; the file is in the order of registration, as simulations write it.
    """
    for batch in exchange.read(file, _SMALL):
        months = {
            name: pc.strftime(facts.columns.column("registered_at"), "%Y-%m") for name, facts in batch.facts.items()
        }
        for month in sorted({month for column in months.values() for month in column.unique().to_pylist()}):
            for name, facts in batch.facts.items():
                part = facts.columns.filter(pc.equal(months[name], month))
                if part.num_rows:
                    yield month, FACT_TYPES[name], part
