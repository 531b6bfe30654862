"""What a connector declares of its source, day by day: what it sent, what it refused, that there was nothing.

A loss before the brokers is seen by it: the day's total of what the source has, was sent and was refused. A
heartbeat tells silence from nothing: a day is declared when something was sent, or when the source was read to
its end; a source that can't be reached declares nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fokusstrom.contracts.records import SentTotal, SourceTotals
from fokusstrom_connectors.mapping.mapper import Mapped

ITEM = "runner/totals"
"""The item under which the day's totals are remembered."""


class Totals:
    """The day's totals; begin with what was remembered of them."""

    def __init__(self, connector: str, source: str, remembered: Mapping[str, Any] | None) -> None:
        """Take the names, and what `remembered` gave before."""
        told = remembered or {}
        self._connector = connector
        self._source = source
        self._day = date.fromisoformat(told["day"]) if told else None
        self._sent = {name: Counter(each) for name, each in told.get("sent", {}).items()}
        self._refused = int(told.get("refused", 0))
        self._holds: int | None = told.get("holds")
        self._caught_up = bool(told.get("caught_up", False))

    def add(self, day: date, mapped: Mapped, holds: int | None, *, caught_up: bool) -> dict[str, Any]:
        """Count what was delivered; return what to remember of it. A new day begins with nothing."""
        if day != self._day:
            self._day, self._sent, self._refused, self._caught_up = day, {}, 0, False
        for name, facts in mapped.facts.items():
            for one in facts.column("source").value_counts().to_pylist():
                self._sent.setdefault(one["values"], Counter())[name] += one["counts"]
        self._refused += len(mapped.refused)
        self._holds = self._holds if holds is None else holds
        self._caught_up = self._caught_up or caught_up
        return {
            "day": day.isoformat(),
            "sent": {name: dict(each) for name, each in self._sent.items()},
            "refused": self._refused,
            "holds": self._holds,
            "caught_up": self._caught_up,
        }

    def declared(self, at: datetime, day: date) -> list[SourceTotals]:
        """What to declare of the day: nothing while the source was neither heard nor read to its end."""
        if day != self._day or not (self._sent or self._caught_up):
            return []
        return [
            SourceTotals(
                source=source,
                day=day,
                sent=tuple(SentTotal(type=name, records=count) for name, count in sorted(self._of(source).items())),
                nothing_to_report=not self._of(source),
                holds=self._holds if source == self._source else None,
                refused=self._refused if source == self._source else 0,
                connector=self._connector,
                alive_at=at,
            )
            for source in dict.fromkeys((self._source, *self._sent))
        ]

    def _of(self, source: str) -> Mapping[str, int]:
        return self._sent.get(source, Counter())
