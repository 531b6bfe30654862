"""What a slice said in an earlier life, read from its own topics when its ledger is lost.

Without it a rebuilt worker would leave for ever what it had said and would not say again: a meeting that was
withdrawn meanwhile, an area and period that nobody counts in any more.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts import columns, wire
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import MEETING_ENRICHED, PARTIAL_FIGURES
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole

_MANY = 50_000


class SaidBefore:
    """Reads the topics that the slices write."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog) -> None:
        """Take how to reach them; nothing is read before it is asked for."""
        self._settings = settings
        self._catalog = catalog

    def figures(self) -> Iterator[bytes]:
        """Give the key of every live figure that was ever said and is still kept."""
        for message in read_whole(self._settings, PARTIAL_FIGURES.name):
            yield message.key() or b""

    def meetings(self) -> Iterator[pa.RecordBatch]:
        """Give what was said of meetings, withdrawals and all, in the order of each partition.

        Columns: `citizen` (null where withdrawn), `source`, `fact_id`, `slot`. A key may come several times.
        """
        values: list[bytes | None] = []
        for message in read_whole(self._settings, MEETING_ENRICHED.name):
            values.append(message.value())
            if len(values) == _MANY:
                yield from said_of(self._catalog, values)
                values = []
        yield from said_of(self._catalog, values)


def said_of(catalog: SchemaCatalog, values: list[bytes | None]) -> Iterator[pa.RecordBatch]:
    """Decode enriched meetings to the columns of `SaidBefore.meetings`; what can't be read was not ours."""
    reader = catalog.latest("EnrichedMeeting")
    for group in wire.split(values).groups:
        batch = columns.decode(catalog.by_id(group.schema_id), reader, group.payloads).batch
        citizen = pc.if_else(batch.column("withdrawn"), pa.scalar(None, pa.string()), batch.column("citizen"))
        named = {name: batch.column(name) for name in ("source", "fact_id", "slot")}
        yield pa.RecordBatch.from_pydict({"citizen": citizen, **named})
