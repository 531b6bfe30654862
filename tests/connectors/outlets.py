"""An outlet in memory, with the promises of the real one, that can fail."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fokusstrom.contracts.records import Rejection, SourceTotals
from fokusstrom.domain.errors import Unavailable
from fokusstrom_connectors.mapping.mapper import Mapped, Refused


class MemoryOutlet:
    """Keeps what was confirmed; what wasn't is lost, as with brokers that were away too long."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.facts: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[Refused] = []
        self.flagged: list[Refused] = []
        self.said: list[Rejection] = []
        self.state: dict[str, Any] = {}
        self.declared: dict[tuple[str, str], SourceTotals] = {}
        self.confirmed_when_remembered: list[int] = []
        """How many facts were confirmed, each time that something was to be remembered."""
        self.failures = 0
        """How many of the next confirmations fail."""
        self.open = threading.Event()
        """While it isn't set, the brokers are away: confirmations wait."""
        self.open.set()
        self._facts: list[tuple[str, dict[str, Any]]] = []
        self._refused: list[Refused] = []
        self._flagged: list[Refused] = []
        self._changes: dict[str, Any] = {}
        self._declared: list[SourceTotals] = []

    def ready(self, mapped: Mapped) -> Callable[[], None]:
        """Give what holds facts until they are confirmed."""
        return functools.partial(self._hold, mapped)

    def _hold(self, mapped: Mapped) -> None:
        self._facts += [(name, fact) for name, batch in mapped.facts.items() for fact in batch.to_pylist()]
        self._refused += mapped.refused
        self._flagged += mapped.flagged

    def say(self, rejections: Sequence[Rejection]) -> None:
        """Keep them."""
        self.said += rejections

    def remember(self, changes: Mapping[str, Any]) -> None:
        """Hold changes until they are confirmed."""
        self.confirmed_when_remembered.append(len(self.facts))
        self._changes |= changes

    def declare(self, totals: Sequence[SourceTotals]) -> None:
        """Hold them until they are confirmed."""
        self._declared += totals

    def confirm(self) -> None:
        """Keep everything, or lose it."""
        assert self.open.wait(60), "the brokers never came back"
        if self.failures:
            self.failures -= 1
            self._facts, self._refused, self._flagged, self._changes, self._declared = [], [], [], {}, []
            raise Unavailable("not all facts were confirmed")
        self.facts += self._facts
        self.refused += self._refused
        self.flagged += self._flagged
        self.state = {item: value for item, value in {**self.state, **self._changes}.items() if value is not None}
        self.declared |= {(one.source, one.day.isoformat()): one for one in self._declared}
        self._facts, self._refused, self._flagged, self._changes, self._declared = [], [], [], {}, []

    @property
    def ids(self) -> list[str]:
        """Ids of the facts that were confirmed, in their order."""
        return [fact["fact_id"] for _, fact in self.facts]
