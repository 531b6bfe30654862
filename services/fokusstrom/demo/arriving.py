"""How much has arrived: what connectors declare on `source-totals.v1`, which they do when the brokers confirmed it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date

from fokusstrom.contracts import keys
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import SourceTotals, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import SOURCE_TOTALS
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower


class Arrival:
    """Follows what is declared, from the first declaration on; close it."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog) -> None:
        """Begin to follow."""
        self._catalog = catalog
        self._follower = Follower(settings, {Partition(SOURCE_TOTALS.name, 0): 0})
        self._sent: dict[tuple[str, date], int] = {}
        self._refused: dict[tuple[str, date], int] = {}

    @property
    def facts(self) -> int:
        """How many facts have arrived, repeats included."""
        return sum(self._sent.values())

    def wait(self, facts: int, check: Callable[[], None], patience: float) -> None:
        """Wait until so many facts have arrived; `check` is called now and then, and may raise.

        `Unavailable` when a connector refuses a record, or when it takes longer than `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while self.facts < facts:
            check()
            self._look()
            refused = sum(self._refused.values())
            if refused:
                raise Unavailable(f"connectors refused {refused:,} records: `fokusstrom connector` says which and why")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.facts:,} of {facts:,} facts have arrived; connectors' logs say why")

    def close(self) -> None:
        """Leave the brokers."""
        self._follower.close()

    def _look(self) -> None:
        for message in self._follower.poll(0.2):
            key, value = message.key(), message.value()
            if value is not None and not keys.is_mark_key(key):
                told = decode(self._catalog, SourceTotals, value)
                self._sent[told.source, told.day] = sum(one.records for one in told.sent)
                self._refused[told.source, told.day] = told.refused
