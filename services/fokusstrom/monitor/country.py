"""The country's own series, summed from a complete cut. Internal: they are unsuppressed, and never published.

What is published of them, on national.reporting.v1, is hidden where it must be; here nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.domain.shares import permille


@dataclass
class Month:
    """What the country's figures say of one month."""

    month: date
    """Its first day."""
    persons: int = 0
    """In scope of the focus target for meetings."""
    not_served: int = 0
    meetings: dict[str, int] = field(default_factory=dict)
    """Meetings held by mode: JOB, FOLLOW_UP and JOINT."""

    @property
    def not_served_permille(self) -> int | None:
        """The share not served; None when nobody was in scope."""
        return permille(self.not_served, self.persons)

    def mode_permille(self, mode: str) -> int | None:
        """A mode's share of the month's meetings; None when there was none."""
        return permille(self.meetings.get(mode, 0), sum(self.meetings.values()))


def months_of(cut: CompleteCut) -> list[Month]:
    """Sum a cut to the country's months, the earliest first."""
    return summed(cut.figures["focus_meetings"].to_pylist(), cut.figures["mode_persons"].to_pylist())


def summed(focus: Iterable[Mapping[str, Any]], modes: Iterable[Mapping[str, Any]]) -> list[Month]:
    """Sum rows of both tables of figures by month.

    >>> row = {"municipality": "751", "month": date(2020, 4, 1), "persons": 8, "not_served": 2}
    >>> [month.not_served_permille for month in summed([row, row | {"municipality": "101"}], [])]
    [250]
    """
    found: dict[date, Month] = {}
    for row in focus:
        month = found.setdefault(row["month"], Month(row["month"]))
        month.persons += row["persons"]
        month.not_served += row["not_served"]
    for row in modes:
        month = found.setdefault(row["month"], Month(row["month"]))
        month.meetings[row["mode"]] = month.meetings.get(row["mode"], 0) + row["meetings"]
    return [found[month] for month in sorted(found)]
