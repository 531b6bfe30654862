"""A municipality's reconciliation topic as a reader sees it: when its lists are complete, and what is on them.

Every slice keeps its entries under keys that begin with its origin, each entry until it is mended, and says in its
status as of which cut they are. Lists are complete when all slices of the newest cut have said so, each in the same
transaction as its entries. What slices of another number say is of an earlier cut, and left aside.
"""

from __future__ import annotations

from collections.abc import Sequence

from fokusstrom.contracts import keys
from fokusstrom.contracts.records import ReconciliationEntry, ReconciliationStatus, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.reconciliation import COLUMNS, WHAT_TO_DO, Reconciled, reconciled


class ToldLists:
    """What is on a reconciliation topic; fed record by record, in their order."""

    def __init__(self, catalog: SchemaCatalog, deployment: str) -> None:
        """Take whose workers are heard."""
        self._catalog = catalog
        self._deployment = deployment
        self._values: dict[bytes, bytes] = {}
        self._statuses: dict[bytes, ReconciliationStatus] = {}

    def feed(self, key: bytes | None, value: bytes | None) -> None:
        """Take one record; without a value it takes back what was said under its key."""
        if key is None:
            return
        held = self._values if b"/" in key else self._statuses
        held.pop(key, None)
        if value is not None and b"/" in key:
            self._values[key] = value
        elif value is not None:
            self._statuses[key] = decode(self._catalog, ReconciliationStatus, value)

    @property
    def newest(self) -> Sequence[ReconciliationStatus]:
        """Statuses of the newest cut, by slice; none when there are no lists yet."""
        ours = [status for status in self._statuses.values() if status.deployment == self._deployment]
        cut = max((status.cut for status in ours), default=None)
        return sorted((status for status in ours if status.cut == cut), key=lambda status: status.slice)

    @property
    def waits_for(self) -> str | None:
        """What keeps the lists from being complete; None when they are."""
        newest = self.newest
        if not newest:
            return "no worker has said anything yet: lists come with the next cut"
        missing = sorted(set(range(newest[0].slices)) - {status.slice for status in newest})
        if missing:
            return f"slices {', '.join(map(str, missing))} have not said what cut {newest[0].cut} says"
        return None

    def lists(self) -> list[Reconciled]:
        """Give every list; whole when `waits_for` is None."""
        origins = {
            keys.reconciliation_status_key(keys.origin(one.deployment, one.slices, one.slice)) for one in self.newest
        }
        entries = [
            decode(self._catalog, ReconciliationEntry, value)
            for key, value in self._values.items()
            if key.partition(b"/")[0] in origins
        ]
        return [
            reconciled(name, (_row(entry) for entry in entries if entry.list == name), self._protected(name))
            for name in WHAT_TO_DO
        ]

    def _protected(self, name: str) -> int:
        return sum(one.protected for status in self.newest for one in status.lists if one.list == name)


def _row(entry: ReconciliationEntry) -> tuple[str | int | None, ...]:
    told = {column: getattr(entry, column) for column in COLUMNS}
    return tuple((told | {"held_on": entry.held_on.isoformat()}).values())
