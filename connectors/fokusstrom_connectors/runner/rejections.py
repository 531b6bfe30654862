"""What was refused of a connector's facts, and what has been corrected since, both from rejections.v1.

A rejection is open until its fact is sent again, in the same version or a later one. The runner says so with a
record of its own (reason `corrected`, severity INFO); if a worker refuses the fact again, that is a new rejection.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts.records import Rejection, Severity, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import REJECTIONS
from fokusstrom.domain.errors import Rejected, Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom_connectors.mapping.mapper import Mapped
from fokusstrom_connectors.runner import whole_topics

CORRECTED = "corrected"
"""The reason of a record that clears rejections."""

_MOST_OPEN = 100_000
"""A sender whose every record is refused mustn't fill the memory."""

Identity: TypeAlias = tuple[str | None, str | None, str | None]
"""Type, source and id of a fact."""


def read(settings: Settings, catalog: SchemaCatalog) -> list[Rejection]:
    """Everything on the topic, the newest of each place.

    `ConfigError` when there is no such topic, `Unavailable` while no broker answers.
    """
    found: dict[bytes, Rejection] = {}
    for message in whole_topics.messages_of(settings, REJECTIONS.name):
        with contextlib.suppress(Rejected):  # somebody else's record: ours are services' and connectors' alone
            found[message.key() or b""] = decode(catalog, Rejection, message.value() or b"")
    return list(found.values())


def still_open(rejections: Iterable[Rejection], connector: str, sources: Sequence[str]) -> list[Rejection]:
    """Those that are the connector's, or of facts of its sources, and not corrected since; the oldest first."""
    told = list(rejections)
    corrected = {_identity(one): one for one in told if one.reason == CORRECTED}
    own = [one for one in told if one.reason != CORRECTED and (one.connector == connector or one.source in sources)]
    return sorted((one for one in own if not _is_cleared(one, corrected)), key=lambda one: one.rejected_at)


class Corrections:
    """Knows what is open of a connector, and notices when it is sent again."""

    def __init__(self, connector: str, find: Callable[[], Sequence[Rejection]] | None = None) -> None:
        """Take the connector's name, and how to find out what is open."""
        self._connector = connector
        self._find = find
        self._open: dict[Identity, Rejection] = {}
        self.look()

    def look(self) -> None:
        """Find out what is open now; while no broker answers, what was known stays."""
        with contextlib.suppress(Unavailable):
            self._look()

    def _look(self) -> None:
        if self._find is not None:
            self._open = {_identity(one): one for one in self._find() if one.fact_id is not None}

    def made_by(self, mapped: Mapped, at: datetime) -> list[Rejection]:
        """What these facts correct, to be said; and what is refused of them is open from now on."""
        flagged = {(one.fact_type, one.source, one.fact_id) for one in mapped.flagged}
        said = [one for name, facts in mapped.facts.items() for one in self._made_by(name, facts, at)]
        said = [one for one in said if _identity(one) not in flagged]
        for one in said:
            self._open.pop(_identity(one), None)
        for refused in (*mapped.refused, *mapped.flagged):
            if refused.fact_id is not None and len(self._open) < _MOST_OPEN:
                self._open[(refused.fact_type, refused.source, refused.fact_id)] = _noted(refused.version, at)
        return said

    def _made_by(self, name: str, facts: pa.RecordBatch, at: datetime) -> Iterator[Rejection]:
        ids = [fact_id for kind, _, fact_id in self._open if kind == name]
        if not ids:
            return
        rows = np.flatnonzero(pc.is_in(facts.column("fact_id"), pa.array(ids)).to_numpy(zero_copy_only=False))
        for row in facts.select(["source", "fact_id", "version"]).take(pa.array(rows)).to_pylist():
            before = self._open.get((name, row["source"], row["fact_id"]))
            if before is not None and (before.version is None or row["version"] >= before.version):
                yield self._corrected(name, row, at)

    def _corrected(self, name: str, row: Mapping[str, object], at: datetime) -> Rejection:
        source, fact_id, version = str(row["source"]), str(row["fact_id"]), int(str(row["version"]))
        return Rejection(
            topic="",
            partition=-1,
            offset=-1,
            source=source,
            fact_type=name,
            fact_id=fact_id,
            version=version,
            reason=CORRECTED,
            severity=Severity.INFO,
            field=None,
            hint=None,
            rejected_at=at,
            connector=self._connector,
            place=f"corrected/{name}/{source}/{fact_id}",
        )


def _identity(rejection: Rejection) -> Identity:
    return rejection.fact_type, rejection.source, rejection.fact_id


def _is_cleared(rejection: Rejection, corrected: Mapping[Identity, Rejection]) -> bool:
    """By a later version, whenever it came; of the same one, or where it isn't known, by what came after it.

    A page may hold a fact as it was and as it is: both are told in the same millisecond then.
    """
    later = corrected.get(_identity(rejection))
    if later is None or rejection.fact_id is None:
        return False
    if rejection.version is not None and later.version is not None and later.version != rejection.version:
        return later.version > rejection.version
    return later.rejected_at >= rejection.rejected_at


def _noted(version: int | None, at: datetime) -> Rejection:
    """As much of a rejection as telling its correction needs."""
    return Rejection(
        topic="",
        partition=-1,
        offset=-1,
        source=None,
        fact_type=None,
        fact_id=None,
        version=version,
        reason="",
        severity=Severity.ERROR,
        field=None,
        hint=None,
        rejected_at=at,
    )
