"""What a release writes: from a complete cut and what was published before, the records, pure.

The judgement of what may be shown is `domain.publication`, of what changed `domain.releases`; here their changes
become records, with what they rest on.
"""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import duckdb

from fokusstrom.contracts import keys
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.national import History, Release
from fokusstrom.contracts.records import (
    ConfidentialityStatus,
    ControlTotal,
    Coverage,
    Deployment,
    FigureStatus,
    NationalRecord,
    ObservationStatus,
    ReleaseManifest,
    ReleaseState,
    RevisionReason,
    encode,
)
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain import coverage, periods, releases, yearly
from fokusstrom.domain.averages import Year
from fokusstrom.domain.coverage import Declared, Sources
from fokusstrom.domain.each import Each, by_turns
from fokusstrom.domain.measures import COUNTED, COUNTRY, MEASURES, Area, Cell, Key, cells_of
from fokusstrom.domain.past import Held
from fokusstrom.domain.periods import Kind
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.relations import Group, group_of
from fokusstrom.domain.releases import Change, Now, Presence
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import Tables
from fokusstrom.domain.unchanged import Basis, Opened, opened
from fokusstrom.reporting import control_totals
from fokusstrom.runtime.erasures import Erased

SOFTWARE = importlib.metadata.version("fokusstrom")
_TOTALS = ("focus_meetings", "focus_offers")
"""Measures whose municipality's total is missing when its sources are."""
_MONTHLY = frozenset(
    table.value.figure
    for measure in MEASURES.values()
    for table in measure.tables
    if (table.area, table.kind) == (Area.MUNICIPALITY, Kind.MONTH)
)
"""The figures that say of which municipalities there is anything in a month."""


@dataclass(frozen=True)
class Heard:
    """What is known of the sources, besides their facts."""

    expected: Sequence[str] = ()
    declared: Sequence[Declared] = ()
    erased: Erased = field(default_factory=Erased)


@dataclass(frozen=True)
class Judged:
    """What a release of a cut would publish."""

    changes: Sequence[Change]
    held_back: Collection[Key]
    """Figures of which it says nothing, as no hiding would protect them."""
    cells: Mapping[Key, Cell]
    """Those that were looked at."""
    sources: Sources
    contradictions: Sequence[str] = ()
    """Why there can be no release: what doesn't add up."""
    basis: Basis | None = None
    """What the next release compares, when this one was published."""
    groups: Collection[Group] | None = None
    """What was looked at; all, where None."""


@dataclass(frozen=True)
class Prepared:
    """A release, encoded and ready to be sent as one transaction."""

    release: Release
    changes: Sequence[Change]
    held_back: int
    records: Mapping[bytes, bytes]
    manifest_key: bytes
    manifest: bytes
    states: Mapping[bytes, bytes]
    remembered: Mapping[bytes, ReleaseState] = field(repr=False)
    """The states, as records."""


def judge(
    cut: CompleteCut,
    history: History,
    rule_set: RuleSet,
    heard: Heard,
    each: Each = by_turns,
    before: Basis | None = None,
) -> Judged:
    """Say what a release of a cut would publish; `each` does what can be done side by side.

    `before`: what the last release was made of, where that is still known: only what may have changed is looked at
    then. `Rejected` when a slice sent what is no figure.
    """
    through, last = cut.mark.through, history.last
    sources = coverage.sources_of(
        heard.expected,
        {total.source for total in cut.statuses[0].totals},
        heard.declared,
        since=last.through if last is not None and last.through < through else None,
        through=through,
    )
    contradictions = control_totals.contradictions(cut)
    if last is not None:
        erased = heard.erased.facts_since(last.published_at)
        contradictions += lost_facts(last.totals, cut.statuses[0].totals, erased)
    if contradictions:
        return Judged((), (), {}, sources, contradictions)
    years, statuses, basis = _read(cut, rule_set)
    is_all_heard = not sources.missing() and not history.is_any_missing
    seen = opened(before, basis, history.timings) if before is not None and is_all_heard else None
    past = history.past(None if seen is None else seen.groups)
    counted = list(_counted(cut, basis, seen))
    publication = Publication(counted, past, rule_set, through, each, seen)
    judgement = publication.judge(years, [cell.key for cell in statuses])
    cells = {cell.key: cell for cell in (*counted, *yearly.average_cells(years), *statuses)}
    held_back = {*judgement.held_back, *(seen.held_back if seen is not None else ())}
    missing = _missing(sources, cells) - cells.keys()
    now = Now(cells.values(), rule_set, through, judgement.hidden, missing, held_back)
    return Judged(
        releases.judge(now, past.published),
        held_back,
        cells,
        sources,
        basis=replace(basis, held_back=held_back),
        groups=None if seen is None else seen.groups,
    )


def prepare(catalog: SchemaCatalog, cut: CompleteCut, history: History, judged: Judged, now: datetime) -> Prepared:
    """Make the release of a cut: number that of the cut, `now` the instant that it is published at."""
    maker = _Maker(cut, now, _Coverages(cut, judged.sources), history)
    records = {key_of(change.key): maker.record(change) for change in judged.changes}
    encoded = {key: encode(catalog, record) for key, record in records.items()}
    remembered = {key_of(change.key): maker.state(change) for change in judged.changes}
    remembered |= dict(_unseen(history, judged, remembered.keys(), cut.mark.number))
    manifest = maker.manifest(encoded, judged.sources)
    return Prepared(
        Release(manifest, records),
        judged.changes,
        len(judged.held_back),
        encoded,
        keys.manifest_key(manifest.release),
        encode(catalog, manifest),
        {key: encode(catalog, state) for key, state in remembered.items()},
        remembered,
    )


def lost_facts(
    before: Iterable[ControlTotal], now: Iterable[ControlTotal], erased: Mapping[tuple[str, str], int]
) -> list[str]:
    """Sources of which there are fewer facts than when last released: never but for those erased since."""
    there = Counter({(total.type, total.source): total.holding + total.deleted for total in now})
    there.update(erased)
    return [
        f"{total.type} of {total.source}: {total.holding + total.deleted} before,"
        f" {there[total.type, total.source]} now, those erased included"
        for total in before
        if there[total.type, total.source] < total.holding + total.deleted
    ]


def key_of(key: Key) -> bytes:
    """Key of a figure on both topics."""
    return keys.measure_key(key.measure, key.area, key.period, **dict(key.dimensions))


def _read(cut: CompleteCut, rule_set: RuleSet) -> tuple[list[Year], list[Cell], Basis]:
    """Give what is yearly, and what the next release compares."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        tables = Tables(connection, cut.figures, rule_set, cut.mark.through)
        supervision = tables.table("supervision").to_pylist()
        basis = Basis.of(connection, cut.figures, rule_set, cut.mark.through)
        return yearly.years_of(tables.averages), list(yearly.status_cells(supervision)), basis


def _counted(cut: CompleteCut, basis: Basis, seen: Opened | None) -> Iterator[Cell]:
    """Give the cells of the groups that are looked at."""
    figures = cut.figures if seen is None else seen.narrowed(cut.figures, basis.signs)
    for cell in cells_of({name: figures[name].to_pylist() for name in COUNTED}):
        if seen is None or group_of(cell.key) in seen.groups:
            yield cell


def _missing(sources: Sources, cells: Iterable[Key]) -> frozenset[Key]:
    """Give the totals of the municipalities that nothing was heard of, for months that others have."""
    months = {key.period for key in cells if key.measure in _TOTALS}
    return frozenset(
        Key(measure, municipality, month)
        for municipality in sources.missing()
        for month in months
        for measure in _TOTALS
    )


def _unseen(
    history: History, judged: Judged, said: Iterable[bytes], release: int
) -> Iterable[tuple[bytes, ReleaseState]]:
    """Give the states of figures that changed while nobody saw it: inside what is hidden.

    Of what is held back nothing is said, so it stays what it was when something last was: another figure than now.
    """
    known = set(said)
    for key, figure in history.figures(judged.groups):
        state, cell = history.states.get(key), judged.cells.get(figure)
        if state is None or cell is None or key in known or figure in judged.held_back:
            continue
        held = Held.of(cell)
        if (state.value, state.base, state.groups) != held:
            changed_at = (*history.changed_at(state), release)
            yield key, replace(state, value=held.value, base=held.base, groups=held.groups, changed_at=changed_at)


class _Coverages:
    """What figures of a cut rest on."""

    def __init__(self, cut: CompleteCut, sources: Sources) -> None:
        self._sources = sources
        self._by_area: dict[str, tuple[int, int | None]] = {}
        self._by_period: dict[str, set[str]] = {}
        for name in _MONTHLY:
            found = cut.figures[name].group_by(["municipality", "month"]).aggregate([])
            for area, month in zip(*(found.column(one).to_pylist() for one in ("municipality", "month")), strict=True):
                for kind in Kind if area != COUNTRY else ():
                    self._by_period.setdefault(periods.period_of(month, kind), set()).add(area)

    def of(self, change: Change) -> Coverage:
        """Give that of one figure."""
        key = change.key
        heard, expected = self._sources_of(key.area)
        count = len(self._by_period.get(key.period, ())) if key.area == COUNTRY else 1
        count = 0 if change.shown.presence is Presence.MISSING else count
        return Coverage(sources_heard=heard, sources_expected=expected, municipalities=count)

    def of_all(self) -> Coverage:
        """Give that of the release."""
        heard, expected = self._sources_of(COUNTRY)
        areas = set().union(*self._by_period.values()) if self._by_period else set()
        return Coverage(sources_heard=heard, sources_expected=expected, municipalities=len(areas))

    def _sources_of(self, area: str) -> tuple[int, int | None]:
        if area not in self._by_area:
            sources = self._sources if area == COUNTRY else self._sources.of(area)
            self._by_area[area] = len(sources.heard), None if sources.expected is None else len(sources.expected)
        return self._by_area[area]


@dataclass(frozen=True)
class _Maker:
    """Makes the records of one release."""

    cut: CompleteCut
    now: datetime
    coverages: _Coverages
    history: History

    def record(self, change: Change) -> NationalRecord:
        """Make what is published of a figure."""
        key, shown, mark = change.key, change.shown, self.cut.mark
        measure = MEASURES[key.measure]
        return NationalRecord(
            measure=key.measure,
            area=key.area,
            period=key.period,
            **dict(key.dimensions),  # type: ignore[arg-type]  # each code is of its field's type
            value=shown.value,
            base=shown.base,
            share_permille=shown.share_permille,
            mean_hundredths=shown.mean_hundredths,
            **dict(shown.details),
            unit=measure.unit,
            base_unit=measure.base_unit,
            obs_status=ObservationStatus(change.observation),
            conf_status=ConfidentialityStatus(shown.confidence.value),
            status=FigureStatus(change.status.value),
            withdrawn=shown.presence is Presence.WITHDRAWN,
            revision=change.revision,
            revision_reason=None if change.reason is None else RevisionReason(change.reason.value),
            previous_revision=None if change.is_new else change.revision - 1,
            coverage=self.coverages.of(change),
            through=mark.through,
            computed_at=max(status.completed_at for status in self.cut.statuses),
            first_published_at=self._first_published(key),
            published_at=self.now,
            rule_set=mark.rule_set,
            rule_set_name=mark.rule_set_name,
            rule_set_version=mark.rule_set_version,
            rests_on_assumed=shown.rests_on_assumed,
            software=SOFTWARE,
            release=mark.number,
            definition=measure.definition,
        )

    def state(self, change: Change) -> ReleaseState:
        """Make what is remembered of a figure, not suppressed."""
        key = change.key
        return ReleaseState(
            measure=key.measure,
            area=key.area,
            period=key.period,
            **dict(key.dimensions),  # type: ignore[arg-type]  # each code is of its field's type
            value=change.cell.value,
            base=change.cell.base,
            groups=change.cell.groups,
            status=FigureStatus(change.status.value),
            revision=change.revision,
            release=self.cut.mark.number,
            first_published_at=self._first_published(key),
            rule_set=self.cut.mark.rule_set,
            changed_at=self._changed_at(change.cell),
        )

    def _first_published(self, key: Key) -> datetime:
        before = self.history.newest.get(key_of(key))
        return self.now if before is None else before.first_published_at

    def _changed_at(self, cell: Cell) -> tuple[int, ...]:
        before = self.history.states.get(key_of(cell.key))
        if before is None:
            return (self.cut.mark.number,)
        is_same = (before.value, before.base, before.groups) == Held.of(cell)
        return self.history.changed_at(before) + (() if is_same else (self.cut.mark.number,))

    def manifest(self, encoded: Mapping[bytes, bytes], sources: Sources) -> ReleaseManifest:
        """Make what closes the release."""
        mark, first = self.cut.mark, self.cut.statuses[0]
        return ReleaseManifest(
            release=mark.number,
            cut=mark.number,
            records=len(encoded),
            checksum=checksum(encoded.items()),
            through=mark.through,
            rule_set=mark.rule_set,
            rule_set_name=mark.rule_set_name,
            rule_set_version=mark.rule_set_version,
            positions=first.positions,
            totals=first.totals,
            meetings_by_reason=control_totals.meetings_by_reason(self.cut.statuses),
            beyond=control_totals.meetings_beyond(self.cut.statuses),
            refused=max(status.refused for status in self.cut.statuses),
            deliveries=max(status.deliveries for status in self.cut.statuses),
            coverage=self.coverages.of_all(),
            silent_sources=tuple(sorted(sources.silent)),
            nothing_to_report=tuple(sorted(sources.nothing_to_report)),
            deployments=(Deployment(deployment=first.deployment, slices=mark.slices),),
            software=SOFTWARE,
            published_at=self.now,
        )
