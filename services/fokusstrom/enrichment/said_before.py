"""What a slice said that its ledger doesn't know of, read from its own topics.

Without it a worker that lost its ledger would leave for ever what it had said and would not say again: a meeting
that was withdrawn meanwhile, an area and period that nobody counts in any more. So would one that was killed
between saying and committing, or whose ledger is an old copy: the same facts read in other batches need not come
to the same words. It reads what it said since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.contracts import cloud_events, columns, wire
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import MEETING_ENRICHED, PARTIAL_FIGURES
from fokusstrom.enrichment.processor import Unknown
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.erasures import Erased
from fokusstrom.runtime.log_ends import read_whole

_MANY = 50_000


class SaidBefore:
    """Reads the topics that the slices write."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog, sender: str, erased: Erased) -> None:
        """Take how to reach them, who is to say what it said, and what nobody is to speak of again.

        Nothing is read before it is asked for.
        """
        self._erased = erased
        self._settings = settings
        self._catalog = catalog
        self._sender = cloud_events.source_of(sender)

    def figures(self) -> Iterator[bytes]:
        """Give the key of every live figure that was ever said and is still kept."""
        for message in read_whole(self._settings, PARTIAL_FIGURES.name):
            yield message.key() or b""

    def lists(self, topics: Sequence[str]) -> Iterator[tuple[str, bytes, bytes | None]]:
        """Give topic, key and value of every record of reconciliation topics, in the order of each."""
        for message in read_whole(self._settings, *topics):
            yield message.topic() or "", message.key() or b"", message.value()

    def meetings(self) -> Iterator[pa.RecordBatch]:
        """Give what was said of meetings, withdrawals and all, in the order of each partition.

        Columns: `citizen` (null where withdrawn), `source`, `fact_id`, `slot`. A key may come several times.
        """
        values: list[bytes | None] = []
        for message in read_whole(self._settings, MEETING_ENRICHED.name):
            if not self._erased.has_enriched(message.key()):
                values.append(message.value())
            if len(values) == _MANY:
                yield from said_of(self._catalog, values)
                values = []
        yield from said_of(self._catalog, values)

    def meetings_since(self, places: Mapping[Partition, int]) -> Unknown:
        """Give what this worker itself said of meetings from these places on.

        A partition without a place is read from its start.
        """
        values: list[bytes | None] = []
        ends: dict[Partition, int] = {}
        for message in read_whole(self._settings, MEETING_ENRICHED.name, start=places):
            ends[Partition(MEETING_ENRICHED.name, message.partition() or 0)] = (message.offset() or 0) + 1
            is_ours = ("ce_source", self._sender) in (message.headers() or ())
            if is_ours and not self._erased.has_enriched(message.key()):
                values.append(message.value())
        return Unknown([*said_of(self._catalog, values)], ends)


def said_of(catalog: SchemaCatalog, values: list[bytes | None]) -> Iterator[pa.RecordBatch]:
    """Decode enriched meetings to the columns of `SaidBefore.meetings`; what can't be read was not ours."""
    reader = catalog.latest("EnrichedMeeting")
    for group in wire.split(values).groups:
        batch = columns.decode(catalog.by_id(group.schema_id), reader, group.payloads).batch
        citizen = pc.if_else(batch.column("withdrawn"), pa.scalar(None, pa.string()), batch.column("citizen"))
        named = {name: batch.column(name) for name in ("source", "fact_id", "slot")}
        yield pa.RecordBatch.from_pydict({"citizen": citizen, **named})
