"""Following cuts and releases as anyone can, from the topics: which are complete, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from confluent_kafka import Message

from fokusstrom.contracts import keys
from fokusstrom.contracts.cuts import Assembly, CompleteCut
from fokusstrom.contracts.national import History, Releases
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import ConfidentialityStatus, CutMark, NationalRecord, decode
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES, NATIONAL_REPORTING, SOURCE_TOTALS
from fokusstrom.domain.errors import Rejected
from fokusstrom.monitor.country import months_of
from fokusstrom.monitor.snapshot import Complete, Cut, Figure, Released, Source
from fokusstrom.runtime import log_ends
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower, places_at

_CLOCKS_DIFFER = timedelta(minutes=10)
_POLL_SECONDS = 0.2
_SHOWN = "focus_meetings"


class Following:
    """Reads marks, what slices answer, and releases; one thread's. Close it."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog) -> None:
        """Find where to begin: releases from the first, answers from the mark before the newest."""
        self._catalog = catalog
        self._deployment = settings.deployment
        self._assemblies: dict[int, Assembly] = {}
        self._early: list[Message] = []
        self._releases = Releases(catalog)
        self._history = History()
        self.newest: Cut | None = None
        self.complete: Complete | None = None
        self.released: Released | None = None
        start = {Partition(NATIONAL_REPORTING.name, 0): 0, Partition(SOURCE_TOTALS.name, 0): 0}
        begin = self._before_newest(settings)
        self._follower = Follower(settings, start | places_at(settings, CUT_FIGURES.name, begin))

    def close(self) -> None:
        """Leave the brokers."""
        self._follower.close()

    def read(self) -> None:
        """Take in what came since; `PositionLost`, `Unavailable` or a Kafka exception ends this follower's use."""
        while messages := self._follower.poll(_POLL_SECONDS):
            self._take(messages)
        self._show()

    def _before_newest(self, settings: Settings) -> int:
        """When the mark before the newest was made, in milliseconds: its cut may be the newest complete one."""
        made = [mark.made_at for mark in map(self._mark, log_ends.read_whole(settings, SOURCE_TOTALS.name)) if mark]
        return int((sorted(made)[-2:][0] - _CLOCKS_DIFFER).timestamp() * 1_000) if made else 0

    def _mark(self, message: Message) -> CutMark | None:
        if not keys.is_mark_key(message.key()):
            return None
        try:
            return decode(self._catalog, CutMark, message.value() or b"")
        except Rejected:
            return None

    def _take(self, messages: Iterable[Message]) -> None:
        """Take records of all three topics; a slice's answer may come before the mark that it answers."""
        answers, self._early = self._early, []
        is_released = False
        for message in messages:
            if message.topic() == CUT_FIGURES.name:
                answers.append(message)
            elif message.topic() == NATIONAL_REPORTING.name:
                is_released |= self._release(message)
            elif (mark := self._mark(message)) is not None:
                self._assemblies[mark.number] = Assembly(self._catalog, mark, self._deployment)
        newest = max(self._assemblies, default=0)
        for message in answers:
            if _cut_of(message) > newest:
                self._early.append(message)
            for assembly in self._assemblies.values():
                assembly.feed(message.key(), message.value())
        if is_released:
            self.released = _released(self._history)

    def _release(self, message: Message) -> bool:
        try:
            release = self._releases.feed(message.key(), message.value())
        except Rejected:
            return False
        if release is not None:
            self._history.add(release)
        return release is not None

    def _show(self) -> None:
        for number in sorted(self._assemblies, reverse=True):
            complete = self._summed(self._assemblies[number])
            if complete is not None:
                self.complete = complete
                self.newest = self.complete.cut
                self._assemblies = {later: one for later, one in self._assemblies.items() if later > number}
                break
        if self._assemblies:
            self.newest = _cut(self._assemblies[max(self._assemblies)])

    def _summed(self, assembly: Assembly) -> Complete | None:
        cut = assembly.complete()
        try:
            return None if cut is None else Complete(_cut(assembly), months_of(cut), _sources(cut))
        except Rejected:
            return None


def _cut_of(message: Message) -> int:
    number = (message.key() or b"").partition(b"/")[0]
    return int(number) if number.isdigit() else 0


def _cut(assembly: Assembly) -> Cut:
    mark = assembly.mark
    return Cut(mark.number, mark.made_at, mark.through, mark.slices, assembly.missing, assembly.waits_for)


def _sources(cut: CompleteCut) -> list[Source]:
    """Every slice counts the same totals, of all facts: one slice's are enough."""
    holding, deleted, in_conflict = Counter[str](), Counter[str](), Counter[str]()
    for total in cut.statuses[0].totals:
        holding[total.source] += total.holding
        deleted[total.source] += total.deleted
        in_conflict[total.source] += total.in_conflict
    return [
        Source(source, holding[source], deleted[source], in_conflict[source])
        for source in sorted(holding.keys() | deleted.keys() | in_conflict.keys())
    ]


def _released(history: History) -> Released | None:
    last = history.last
    if last is None:
        return None
    shares = [record for record in history.newest.values() if record.measure == _SHOWN]
    period = max((record.period for record in shares), default=None)
    return Released(
        number=last.release,
        published_at=last.published_at,
        through=last.through,
        records=last.records,
        figures=len(history.newest),
        hidden=sum(_is_hidden(record) for record in history.newest.values()),
        month=date.fromisoformat(f"{period}-01") if period else None,
        municipalities=[_figure(record) for record in sorted(shares, key=_area) if record.period == period],
    )


def _figure(record: NationalRecord) -> Figure:
    return Figure(
        record.area,
        record.base,
        record.value,
        record.share_permille,
        record.status,
        record.revision,
        _is_hidden(record),
    )


def _area(record: NationalRecord) -> str:
    return record.area


def _is_hidden(record: NationalRecord) -> bool:
    return record.conf_status is not ConfidentialityStatus.FREE
