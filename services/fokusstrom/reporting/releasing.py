"""What a release writes: from a complete cut and what was published before, the records, pure.

The judgement of what changed is `domain.releases`; here its changes become records, with what they rest on.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fokusstrom.contracts import keys
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.figures import COUNTRY
from fokusstrom.contracts.national import History, Release
from fokusstrom.contracts.records import (
    ConfidentialityStatus,
    Coverage,
    CutStatus,
    Deployment,
    FigureStatus,
    MeetingsByReason,
    NationalRecord,
    ObservationStatus,
    ReleaseManifest,
    ReleaseState,
    RevisionReason,
    encode,
)
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain import releases
from fokusstrom.domain.fold import FIGURES, Period
from fokusstrom.domain.measures import MEASURES, Key, cells_of
from fokusstrom.domain.releases import Change
from fokusstrom.domain.rule_set import RuleSet

SOFTWARE = importlib.metadata.version("fokusstrom")


@dataclass(frozen=True)
class Prepared:
    """A release, encoded and ready to be sent as one transaction."""

    release: Release
    changes: Sequence[Change]
    records: Mapping[bytes, bytes]
    manifest_key: bytes
    manifest: bytes
    states: Mapping[bytes, bytes]


def judge(cut: CompleteCut, history: History, rule_set: RuleSet) -> list[Change]:
    """Say what a release of a cut would publish."""
    rows = {name: table.to_pylist() for name, table in cut.figures.items()}
    return releases.judge(cells_of(rows), history.published(), rule_set, cut.mark.through)


def prepare(catalog: SchemaCatalog, cut: CompleteCut, history: History, rule_set: RuleSet, now: datetime) -> Prepared:
    """Make the release of a cut: number that of the cut, `now` the instant that it is published at."""
    changes = judge(cut, history, rule_set)
    first = history.first_published()
    maker = _Maker(cut, now, _Coverages(cut))
    records = {key_of(change.cell.key): maker.record(change, first.get(change.cell.key, now)) for change in changes}
    encoded = {key: encode(catalog, record) for key, record in records.items()}
    states = {
        key_of(change.cell.key): encode(catalog, maker.state(change, first.get(change.cell.key, now)))
        for change in changes
    }
    manifest = maker.manifest(encoded)
    return Prepared(
        Release(manifest, records),
        changes,
        encoded,
        keys.manifest_key(manifest.release),
        encode(catalog, manifest),
        states,
    )


def lost_facts(before: ReleaseManifest | None, cut: CompleteCut) -> list[str]:
    """Sources of which there are fewer facts than when last released: facts are never fewer, unless erased."""
    if before is None:
        return []
    now = {(total.type, total.source): total.holding + total.deleted for total in cut.statuses[0].totals}
    return [
        f"{total.type} of {total.source}: {total.holding + total.deleted} before,"
        f" {now.get((total.type, total.source), 0)} now"
        for total in before.totals
        if now.get((total.type, total.source), 0) < total.holding + total.deleted
    ]


def key_of(key: Key) -> bytes:
    """Key of a figure on both topics."""
    return keys.measure_key(key.measure, key.area, key.period, **dict(key.dimensions))


class _Coverages:
    """What figures of a cut rest on."""

    def __init__(self, cut: CompleteCut) -> None:
        heard = {total.source for total in cut.statuses[0].totals}
        self._heard = len(heard)
        self._by_month: dict[date, set[str]] = {}
        for name in (name for name, figure in FIGURES.items() if figure.period is Period.MONTH):
            table = cut.figures[name]
            areas, months = table.column("municipality").to_pylist(), table.column("month").to_pylist()
            for area, month in zip(areas, months, strict=True):
                if area != COUNTRY:
                    self._by_month.setdefault(month, set()).add(area)

    def of(self, key: Key) -> Coverage:
        """Give that of one figure; which sources are expected is not known yet."""
        count = len(self._by_month.get(key.month, ())) if key.area == COUNTRY else 1
        return Coverage(sources_heard=self._heard, sources_expected=None, municipalities=count)

    def of_all(self) -> Coverage:
        """Give that of the release."""
        areas = set().union(*self._by_month.values()) if self._by_month else set()
        return Coverage(sources_heard=self._heard, sources_expected=None, municipalities=len(areas))


@dataclass(frozen=True)
class _Maker:
    """Makes the records of one release."""

    cut: CompleteCut
    now: datetime
    coverages: _Coverages

    def record(self, change: Change, first_published_at: datetime) -> NationalRecord:
        """Make what is published of a figure."""
        key, shown, mark = change.cell.key, change.shown, self.cut.mark
        measure = MEASURES[key.measure]
        return NationalRecord(
            measure=key.measure,
            area=key.area,
            period=key.period,
            **_dimensions(key),
            value=shown.value,
            base=shown.base,
            share_permille=shown.share_permille,
            unit=measure.unit,
            obs_status=ObservationStatus(change.observation),
            conf_status=ConfidentialityStatus.PRIMARY if shown.is_hidden else ConfidentialityStatus.FREE,
            status=FigureStatus(change.status.value),
            revision=change.revision,
            revision_reason=None if change.reason is None else RevisionReason(change.reason.value),
            previous_revision=None if change.is_new else change.revision - 1,
            coverage=self.coverages.of(key),
            through=mark.through,
            computed_at=max(status.completed_at for status in self.cut.statuses),
            first_published_at=first_published_at,
            published_at=self.now,
            rule_set=mark.rule_set,
            rule_set_name=mark.rule_set_name,
            rule_set_version=mark.rule_set_version,
            rests_on_assumed=shown.rests_on_assumed,
            software=SOFTWARE,
            release=mark.number,
            definition=measure.definition,
        )

    def state(self, change: Change, first_published_at: datetime) -> ReleaseState:
        """Make what is remembered of a figure, not suppressed."""
        key = change.cell.key
        return ReleaseState(
            measure=key.measure,
            area=key.area,
            period=key.period,
            **_dimensions(key),
            value=change.cell.value,
            base=change.cell.base,
            persons=change.cell.persons,
            status=FigureStatus(change.status.value),
            revision=change.revision,
            release=self.cut.mark.number,
            first_published_at=first_published_at,
            rule_set=self.cut.mark.rule_set,
        )

    def manifest(self, encoded: Mapping[bytes, bytes]) -> ReleaseManifest:
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
            meetings_by_reason=_meetings_by_reason(self.cut.statuses),
            refused=max(status.refused for status in self.cut.statuses),
            deliveries=max(status.deliveries for status in self.cut.statuses),
            coverage=self.coverages.of_all(),
            silent_sources=(),
            nothing_to_report=(),
            deployments=(Deployment(deployment=first.deployment, slices=mark.slices),),
            software=SOFTWARE,
            published_at=self.now,
        )


def _dimensions(key: Key) -> dict[str, Any]:
    return dict(key.dimensions)


def _meetings_by_reason(statuses: Sequence[CutStatus]) -> tuple[MeetingsByReason, ...]:
    sums: dict[str | None, int] = {}
    for status in statuses:
        for counted in status.meetings_by_reason:
            sums[counted.reason] = sums.get(counted.reason, 0) + counted.meetings
    return tuple(
        MeetingsByReason(reason=reason, meetings=sums[reason]) for reason in sorted(sums, key=lambda one: one or "")
    )
