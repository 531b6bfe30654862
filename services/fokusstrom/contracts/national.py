"""How national.reporting.v1 is read: which releases are whole, and what was published last of each figure.

A release is its records, and behind them a manifest with their number and checksum. Until the manifest is
seen, and agrees, the records are none: that holds for any client, also one that reads uncommitted records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.records import (
    FigureStatus,
    NationalRecord,
    ObservationStatus,
    ReleaseManifest,
    decode,
    kind_of,
)
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import ConfigError, Rejected
from fokusstrom.domain.measures import MEASURES, Key
from fokusstrom.domain.releases import Published, Shown, Status


@dataclass(frozen=True)
class Release:
    """A release that is whole."""

    manifest: ReleaseManifest
    records: Mapping[bytes, NationalRecord]
    """By key, in the order in which they were published."""


class Releases:
    """Puts the topic's records, in their order, together to releases."""

    def __init__(self, catalog: SchemaCatalog) -> None:
        """Take the schemas."""
        self._catalog = catalog
        self._open: dict[int, dict[bytes, tuple[bytes, NationalRecord]]] = {}
        self.broken: set[int] = set()
        """Releases whose manifest doesn't agree with their records: to be reported, never to be used."""
        self.unreadable = 0
        """Records that can't be read; a release that they belong to is broken."""

    def feed(self, key: bytes | None, value: bytes | None) -> Release | None:
        """Take one record; the release that it closes, if it closes one."""
        try:
            return self._take(key or b"", value or b"")
        except Rejected:
            self.unreadable += 1
            return None

    def _take(self, key: bytes, value: bytes) -> Release | None:
        if kind_of(self._catalog, value) == ReleaseManifest.__name__:
            return self._close(decode(self._catalog, ReleaseManifest, value))
        record = decode(self._catalog, NationalRecord, value)
        self._open.setdefault(record.release, {})[key] = (value, record)
        return None

    def _close(self, manifest: ReleaseManifest) -> Release | None:
        held = self._open.pop(manifest.release, {})
        found = checksum((key, value) for key, (value, _) in held.items())
        if (manifest.records, manifest.checksum) != (len(held), found):
            self.broken.add(manifest.release)
            return None
        return Release(manifest, {key: record for key, (_, record) in held.items()})


@dataclass
class History:
    """What was published so far."""

    newest: dict[bytes, NationalRecord] = field(default_factory=dict)
    """The newest record of each key."""
    released: dict[int, ReleaseManifest] = field(default_factory=dict)
    """Every release's manifest, by its number."""

    def add(self, release: Release) -> None:
        """Take a release in, after those before it."""
        self.newest.update(release.records)
        self.released[release.manifest.release] = release.manifest

    @property
    def last(self) -> ReleaseManifest | None:
        """The manifest of the newest release."""
        return self.released[max(self.released)] if self.released else None

    def published(self) -> dict[Key, Published]:
        """What a reader sees of each figure, for the measures that are known here.

        `ConfigError` when a newer version published one of them with codes that this one doesn't know.
        """
        return {figure_key(record): _published(record) for record in self.newest.values() if record.measure in MEASURES}

    def first_published(self) -> dict[Key, datetime]:
        """When each figure was first published."""
        return {
            figure_key(record): record.first_published_at
            for record in self.newest.values()
            if record.measure in MEASURES
        }


def figure_key(record: NationalRecord) -> Key:
    """What a record is of; its measure is a known one."""
    names = sorted(MEASURES[record.measure].dimensions)
    dimensions = tuple((name, str(getattr(record, name))) for name in names)
    return Key(record.measure, record.area, date.fromisoformat(f"{record.period}-01"), dimensions)


def _published(record: NationalRecord) -> Published:
    if record.status is FigureStatus.UNKNOWN or record.obs_status is ObservationStatus.UNKNOWN:
        raise ConfigError(f"{record.measure} was published by a newer version: run that one, this can't judge it")
    shown = Shown(
        record.value,
        record.base,
        record.share_permille,
        is_hidden=record.conf_status != "F",
        rests_on_assumed=record.rests_on_assumed,
    )
    return Published(shown, Status(record.status.value), record.revision, record.rule_set)
