"""Making a cut's mark: what it says, and where it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fokusstrom.contracts import keys
from fokusstrom.contracts.figures import FIGURES_CONTRACT
from fokusstrom.contracts.records import CutMark, MarkedTopic, decode, encode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import SOURCE_TOTALS
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.log_ends import read_whole
from fokusstrom.runtime.publisher import Outgoing

Topics = Mapping[str, tuple[str, int]]
"""Id and number of partitions of each topic that is marked."""


@dataclass(frozen=True)
class Marks:
    """The marks that the log holds."""

    newest: CutMark | None
    newest_written_at: int
    """When the broker's record of it was made: milliseconds since 1970; 0 when there is none."""
    answered: Mapping[str, int]
    """The newest cut that names a command, by the command's id."""


def read_marks(settings: Settings, catalog: SchemaCatalog) -> Marks:
    """Read source-totals.v1, which has every mark that the fact topics have, to its end."""
    found: dict[int, tuple[CutMark, int]] = {}
    for message in read_whole(settings, SOURCE_TOTALS.name):
        if keys.is_mark_key(message.key()):
            try:
                mark = decode(catalog, CutMark, message.value() or b"")
            except Rejected:
                continue
            found[mark.number] = (mark, message.timestamp()[1])
    answered = {request: number for number in sorted(found) for request in found[number][0].requests}
    newest, written_at = found[max(found)] if found else (None, 0)
    return Marks(newest, written_at, answered)


def make_mark(
    before: CutMark | None,
    *,
    requests: Sequence[str],
    through: date,
    rule_set: RuleSet,
    slices: int,
    now: datetime,
    topics: Topics,
) -> CutMark:
    """Make the mark that follows another."""
    return CutMark(
        number=before.number + 1 if before else 1,
        requests=tuple(requests),
        through=through,
        rule_set=rule_set.digest,
        rule_set_name=rule_set.name,
        rule_set_version=rule_set.version,
        slices=slices,
        contract=FIGURES_CONTRACT,
        made_at=now,
        topics=_marked(topics),
    )


def is_outdated(mark: CutMark, slices: int, topics: Topics) -> str | None:
    """Say why figures need another cut than this one, if they do."""
    if mark.slices != slices:
        return f"there are {slices} slices now, the newest cut names {mark.slices}"
    if mark.contract != FIGURES_CONTRACT:
        return f"the figures contract is {FIGURES_CONTRACT} now, the newest cut names {mark.contract}"
    if mark.topics != _marked(topics):
        return "the topics' partitions are not those that the newest cut names"
    return None


def to_every_partition(catalog: SchemaCatalog, mark: CutMark) -> list[Outgoing]:
    """Give the mark's messages: one for every partition that it names, to be sent as one transaction."""
    key, value = keys.mark_key(mark.number), encode(catalog, mark)
    return [
        Outgoing(topic.topic, "CutMark", [key], [value], partition=partition)
        for topic in mark.topics
        for partition in range(topic.partitions)
    ]


def _marked(topics: Topics) -> tuple[MarkedTopic, ...]:
    return tuple(
        MarkedTopic(topic=name, topic_id=topic_id, partitions=count)
        for name, (topic_id, count) in sorted(topics.items())
    )
