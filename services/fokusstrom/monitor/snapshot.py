"""What the monitor has seen, as values: what the pages show and what the metrics say are made from these.

None stands for what is not known, and never for nothing: a probe that failed must not look like a zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fokusstrom.contracts.records import FigureStatus
from fokusstrom.monitor.country import Month
from fokusstrom.monitor.lag import Lag


@dataclass(frozen=True)
class Cut:
    """A cut, and who has answered it."""

    number: int
    made_at: datetime
    through: date
    slices: int
    missing: Sequence[int]
    """The slices that have not answered."""
    waits_for: Sequence[str]
    """What keeps it from being complete, a sentence each."""

    @property
    def answered(self) -> Sequence[int]:
        """The slices that have answered."""
        return [number for number in range(self.slices) if number not in self.missing]

    @property
    def missing_names(self) -> Sequence[str]:
        """The slices that have not answered, as the command line names them."""
        return [f"{number}/{self.slices}" for number in self.missing]


@dataclass(frozen=True)
class Complete:
    """The newest cut that all slices have answered, and what it says."""

    cut: Cut
    months: Sequence[Month]
    """The country's, internal: see `monitor.country`."""
    sources: Sequence[Source]


@dataclass(frozen=True)
class Source:
    """What a complete cut rests on of one source's facts."""

    source: str
    holding: int
    deleted: int
    in_conflict: int


@dataclass(frozen=True)
class Figure:
    """A municipality's published share that was not served."""

    area: str
    persons: int | None
    """None when it is hidden."""
    not_served: int | None
    permille: int | None
    status: FigureStatus
    revision: int
    is_hidden: bool


@dataclass(frozen=True)
class Released:
    """The newest release, and what national.reporting.v1 says since."""

    number: int
    published_at: datetime
    through: date
    records: int
    figures: int
    """How many figures have been published in all."""
    hidden: int
    """How many of those are hidden."""
    month: date | None
    """The newest month of which municipalities' shares are published."""
    municipalities: Sequence[Figure]
    """That month's, by code."""


@dataclass(frozen=True)
class Snapshot:
    """All that was seen at one time."""

    at: datetime
    has_looked: bool = True
    """False before the monitor looked for the first time."""
    trouble: str | None = None
    """Why the brokers can't be asked; what is known from before stays."""
    lags: Sequence[Lag] = ()
    topics: Sequence[str] | None = None
    """What differs on the cluster from what should be; None when it isn't known."""
    newest: Cut | None = None
    complete: Complete | None = None
    released: Released | None = None
