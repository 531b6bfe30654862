"""An outlet that prints: facts as JSON Lines in the exchange format, and what was refused beside them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from fokusstrom.contracts.exchange_write import json_lines
from fokusstrom.contracts.records import Rejection, SourceTotals
from fokusstrom_connectors.mapping.mapper import Mapped


class Printing:
    """Nothing leaves to the brokers, and nothing is remembered."""

    def __init__(self, fact: Callable[[str], None], refused: Callable[[str], None]) -> None:
        """Take where a fact's line goes, and what is said of a refused record."""
        self._fact = fact
        self._refused = refused
        self.refusals = 0
        """How many records were refused so far."""

    def ready(self, mapped: Mapped) -> Callable[[], None]:
        """As `Outlet`."""
        return functools.partial(self._print, mapped)

    def _print(self, mapped: Mapped) -> None:
        tables = {name: pa.Table.from_batches([batch]) for name, batch in mapped.facts.items()}
        for line in json_lines(tables).to_pylist():
            self._fact(line)
        for one in mapped.refused:
            self.refusals += 1
            self._refused(str(one.refusal))
        for one in mapped.flagged:
            self._refused(f"flagged, and sent all the same: {one.refusal}")

    def say(self, rejections: Sequence[Rejection]) -> None:
        """As `Outlet`."""

    def remember(self, changes: Mapping[str, Any]) -> None:
        """As `Outlet`."""

    def declare(self, totals: Sequence[SourceTotals]) -> None:
        """As `Outlet`."""

    def confirm(self) -> None:
        """As `Outlet`."""
