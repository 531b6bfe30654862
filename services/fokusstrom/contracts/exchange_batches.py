"""What comes out of files of facts, and how it is gathered: typed columns, line numbers, refusals."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from fokusstrom.contracts.exchange_values import Column
from fokusstrom.domain.facts import COMMON_FIELDS, FACT_TYPES, FactType
from fokusstrom.domain.refusals import HINTS, Reason

Fault: TypeAlias = tuple[Reason, str | None]
"""What is wrong, and with which field."""

_NAME = re.compile("[a-z_]{1,40}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """A line, or a row of a Parquet file, that is refused."""

    file: str
    line: int
    """From 1; 0 for the file itself."""
    field: str | None
    """The field at fault, when it is one."""
    reason: Reason
    others: tuple[Fault, ...] = dataclasses.field(default=(), compare=False)
    """What else is wrong with it; what values mean is looked at only where the shape of all is right."""

    @property
    def hint(self) -> str:
        """What the sender should change."""
        return HINTS[self.reason]

    def __str__(self) -> str:
        """One line for a terminal or a log, and one for each other fault."""
        faults: tuple[Fault, ...] = ((self.reason, self.field), *self.others)
        return "\n".join(
            f"{self.file}:{self.line}{f': {name}' if name else ''}: {reason} - {HINTS[reason]}"
            for reason, name in faults
        )


@dataclass(frozen=True)
class Facts:
    """Facts of one type whose shape is right, in the order of their lines."""

    columns: pa.RecordBatch
    """By `FactType.arrow_schema`."""
    lines: pa.Int64Array
    """The line of each row."""


@dataclass(frozen=True)
class Batch:
    """Some lines of a file."""

    lines: int
    """How many."""
    facts: dict[str, Facts]
    """By the name of their type; types without a fact are left out."""
    refusals: list[Refusal]
    """By line."""


class Gathered:
    """What has been found in some lines so far."""

    def __init__(self, file: str) -> None:
        """Begin with nothing found."""
        self._file = file
        self._parts: dict[str, list[Facts]] = {}
        self._refusals: list[Refusal] = []

    def refuse(self, line: int, reason: Reason, field: str | None, others: Sequence[Fault] = ()) -> None:
        """Add a refused line."""
        self._refusals.append(Refusal(self._file, line, field, reason, tuple(others)))

    def refuse_all(self, lines: Sequence[int], reason: Reason, field: str | None) -> None:
        """Add lines that are refused for the same."""
        for line in lines:
            self.refuse(line, reason, field)

    def add(self, fact_type: FactType, lines: Sequence[int], columns: Mapping[str, Column]) -> None:
        """Add lines of one type by their columns; refuse those that a fault is in, for the first one and all others.

        A missing column is null throughout. On a deleted record the type's own fields have no faults.
        """
        absent = Column(pa.nulls(len(lines)))
        present = [columns.get(one.name, absent) for one in fact_type.fields]
        batch = pa.RecordBatch.from_arrays(
            [column.values.cast(one.type) for column, one in zip(present, fact_type.arrow_schema, strict=True)],
            schema=fact_type.arrow_schema,
        )
        faults = _faults(fact_type, present, batch)
        for row, ((reason, name), *others) in faults.items():
            self.refuse(lines[row], reason, name, others)
        sound = np.ones(len(lines), dtype=bool)
        sound[list(faults)] = False
        if sound.any():
            facts = Facts(batch.filter(pa.array(sound)), pa.array(np.asarray(lines, np.int64)[sound]))
            self._parts.setdefault(fact_type.name, []).append(facts)

    def batch(self, lines: int) -> Batch:
        """All of it, in the order of the lines."""
        facts = {name: _in_order(self._parts[name]) for name in FACT_TYPES if name in self._parts}
        return Batch(lines, facts, sorted(self._refusals, key=lambda refusal: refusal.line))


def shown(name: str) -> str | None:
    """A field's name as a sender spelt it, if it can't be anything but a name: a value may stand there."""
    return name if _NAME.fullmatch(name) else None


def _faults(fact_type: FactType, columns: Sequence[Column], batch: pa.RecordBatch) -> dict[int, list[Fault]]:
    """Each faulty row with its faults, in the order of the fields; no JSON at all comes alone."""
    faults: dict[int, list[Fault]] = {}
    for one, column in zip(fact_type.fields, columns, strict=True):
        for row, reason in column.faults.items():
            if reason is Reason.NOT_JSON:
                faults.setdefault(row, []).append((reason, None))
            elif one.name == "citizen" and not fact_type.about_citizen:
                faults.setdefault(row, []).append((Reason.CITIZEN_NOT_ALLOWED, one.name))
            elif one in COMMON_FIELDS or not batch.column("deleted")[row].as_py():
                faults.setdefault(row, []).append((reason, one.name))
    return {
        row: [(Reason.NOT_JSON, None)] if (Reason.NOT_JSON, None) in found else found for row, found in faults.items()
    }


def _in_order(parts: list[Facts]) -> Facts:
    if len(parts) == 1:
        return parts[0]
    lines = np.concatenate([part.lines.to_numpy() for part in parts])
    order = np.argsort(lines, kind="stable")
    return Facts(pa.concat_batches([part.columns for part in parts]).take(pa.array(order)), pa.array(lines[order]))
