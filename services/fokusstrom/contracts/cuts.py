"""When a cut is complete: gathering what the slices answer on cut-figures.v1 lives here.

A slice answers with its figures and then its status, which says how many records there are and their
checksum. A worker that was stopped in between may answer again; what counts of a slice is its newest answer:
the records since the status before, and the status behind them. A cut is complete when every
slice that its mark names has a status that its records agree with, and all slices have read the same input;
exactly those slices are summed, and records of another cut, deployment or number of slices never.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from fokusstrom.contracts import keys
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.figures import Sums
from fokusstrom.contracts.records import CutMark, CutStatus, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.rules_and_figures import FIGURES


@dataclass(frozen=True)
class CompleteCut:
    """A cut that every slice has answered."""

    mark: CutMark
    statuses: Sequence[CutStatus]
    """One a slice, in their order."""
    catalog: SchemaCatalog = field(repr=False)
    values: Sequence[bytes] = field(repr=False)
    """What the slices sent."""

    @functools.cached_property
    def figures(self) -> Sums:
        """The sums of all slices, read when first asked for; `Rejected` when a slice sent what is no figure.

        Of a scenario they are of the figures that it can change.
        """
        return Sums(self.catalog, self.values, _answered(self.statuses[0]))

    def figures_beside(self, cut: CompleteCut) -> Mapping[str, pa.Table]:
        """Give all figures of a scenario: those that it can't change are its cut's."""
        return _Either(self.figures, cut.figures)


class _Either(Mapping[str, pa.Table]):
    """Sums, and others where the first have none."""

    def __init__(self, first: Sums, others: Sums) -> None:
        self._first, self._others = first, others

    def __getitem__(self, name: str) -> pa.Table:
        return (self._first if name in self._first else self._others)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._others)

    def __len__(self) -> int:
        return len(self._others)


def _answered(status: CutStatus) -> tuple[str, ...]:
    return tuple(FIGURES) if status.figures is None else status.figures


@dataclass
class _Answer:
    """What one slice has sent so far."""

    values: dict[bytes, bytes] = field(default_factory=dict)
    status: CutStatus | None = None
    fault: str | None = None
    """Why its status can't be relied on."""
    is_closed: bool = False
    """A status was the last that came: a further record begins another answer."""


class Assembly:
    """Gathers one cut."""

    def __init__(self, catalog: SchemaCatalog, mark: CutMark, deployment: str, scenario: str | None = None) -> None:
        """Take the mark, and whose slices are summed.

        For a scenario: its request, which keys begin with instead of the cut's number, and the mark of its cut
        with the scenario's rule set.
        """
        self.mark = mark
        self._first_part = keys.joined(mark.number if scenario is None else scenario).encode()
        self._catalog = catalog
        self._origins = {
            keys.joined(keys.origin(deployment, mark.slices, number)).encode(): number for number in range(mark.slices)
        }
        self._answers = {number: _Answer() for number in range(mark.slices)}

    @property
    def missing(self) -> list[int]:
        """The slices whose answer is not there, or not whole."""
        return [number for number, answer in self._answers.items() if answer.status is None]

    @property
    def waits_for(self) -> list[str]:
        """What keeps the cut from being complete, a sentence each; nothing when it is."""
        count = self.mark.slices
        waits = [
            f"slice {number}/{count} {self._answers[number].fault or 'has not answered'}" for number in self.missing
        ]
        return waits or self._disagreement()

    def feed(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record of the topic, of whatever cut or scenario; records of a slice in their order."""
        cut, _, rest = (key or b"").partition(b"/")
        origin, _, cell = rest.partition(b"/")
        number = self._origins.get(origin)
        if number is None or cut != self._first_part or key is None or value is None:
            return
        answer = self._answers[number]
        if not cell:
            self._close(answer, value)
            return
        if answer.is_closed:
            answer = self._answers[number] = _Answer()
        answer.values[key] = value

    def complete(self) -> CompleteCut | None:
        """Give what is to be summed; None while `waits_for` says something."""
        if self.waits_for:
            return None
        values = [value for answer in self._answers.values() for value in answer.values.values()]
        statuses = [answer.status for answer in self._answers.values() if answer.status is not None]
        return CompleteCut(self.mark, statuses, self._catalog, values)

    def _close(self, answer: _Answer, value: bytes) -> None:
        answer.is_closed = True
        try:
            status = decode(self._catalog, CutStatus, value)
        except Rejected as refused:
            answer.status, answer.fault = None, f"sent a status that can't be read ({refused.reason})"
            return
        answer.fault = self._fault(status, answer.values)
        answer.status = status if answer.fault is None else None

    def _fault(self, status: CutStatus, values: Mapping[bytes, bytes]) -> str | None:
        mark = self.mark
        if (status.through, status.rule_set, status.contract) != (mark.through, mark.rule_set, mark.contract):
            return "answered for another end date, rule set or contract than the mark's"
        if status.records != len(values):
            return f"names {status.records} records in its status and sent {len(values)}"
        if status.checksum != checksum(values.items()):
            return "sent records whose checksum is not the one of its status"
        return None

    def _disagreement(self) -> list[str]:
        """Every slice reads the whole log: at a cut they all have read the same, and know the same law."""
        statuses = [answer.status for answer in self._answers.values() if answer.status is not None]
        read = {(tuple(sorted(map(str, one.positions))), tuple(sorted(map(str, one.totals)))) for one in statuses}
        if len(read) > 1:
            return ["the slices have not read the same facts: make another cut"]
        if len(set(map(_answered, statuses))) > 1:
            return ["the slices are of different versions: ask again when all run the same"]
        return []
