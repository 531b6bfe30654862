"""How national.reporting.v1 is read: which releases are whole, and what was published last of each figure.

A release is its records, and behind them a manifest with their number and checksum. Until the manifest is
seen, and agrees, the records are none: that holds for any client, also one that reads uncommitted records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fokusstrom.contracts import keys
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.records import (
    FigureStatus,
    NationalRecord,
    ObservationStatus,
    ReleaseManifest,
    ReleaseState,
    decode,
    kind_of,
)
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import ConfigError, Rejected
from fokusstrom.domain.measures import DETAILS, DIMENSIONS, MEASURES, Key
from fokusstrom.domain.past import Held, Past
from fokusstrom.domain.refusals import HINTS, Reason
from fokusstrom.domain.relations import Group, group_of
from fokusstrom.domain.releases import Confidence, Presence, Published, Shown, Status
from fokusstrom.domain.unchanged import timing_of


@dataclass(frozen=True)
class Release:
    """A release that is whole."""

    manifest: ReleaseManifest
    records: Mapping[bytes, NationalRecord]
    """By key, in the order in which they were published."""


@dataclass(frozen=True)
class Sent:
    """A release that is whole, as it was sent."""

    manifest: ReleaseManifest
    values: Mapping[bytes, bytes]
    """By key, in the order in which they were published."""


class SentReleases:
    """Puts the topic's records, in their order, together to releases, and reads none that it need not."""

    def __init__(self, catalog: SchemaCatalog) -> None:
        """Take the schemas."""
        self._catalog = catalog
        self._waiting: list[tuple[bytes, bytes]] = []
        self.broken: dict[int, str] = {}
        """Releases whose manifest doesn't agree with their records, and how: to be reported, never to be used."""
        self.unreadable = 0
        """Records that can't be read; a release that they belong to is broken."""

    def feed(self, key: bytes | None, value: bytes | None) -> Sent | None:
        """Take one record; the release that it closes, if it closes one."""
        try:
            return self._take(key or b"", value or b"")
        except Rejected:
            self.unreadable += 1
            return None

    def _take(self, key: bytes, value: bytes) -> Sent | None:
        kind = kind_of(self._catalog, value)
        if kind == ReleaseManifest.__name__:
            return self._close(decode(self._catalog, ReleaseManifest, value))
        if kind != NationalRecord.__name__:
            raise Rejected(Reason.WRONG_SCHEMA, None, HINTS[Reason.WRONG_SCHEMA])
        self._waiting.append((key, value))
        return None

    def _close(self, manifest: ReleaseManifest) -> Sent | None:
        values = dict(self._waiting)
        if _disagreement(manifest, values) is None:
            self._waiting.clear()
            return Sent(manifest, values)
        # Records of a release that was never finished may lie between: each names its own.
        values = self._taken(manifest.release)
        disagreement = _disagreement(manifest, values)
        if disagreement is not None:
            self.broken[manifest.release] = disagreement
            return None
        return Sent(manifest, values)

    def _taken(self, release: int) -> dict[bytes, bytes]:
        taken: dict[bytes, bytes] = {}
        others: list[tuple[bytes, bytes]] = []
        for key, value in self._waiting:
            try:
                named = decode(self._catalog, NationalRecord, value).release
            except Rejected:
                self.unreadable += 1
                continue
            if named == release:
                taken[key] = value
            else:
                others.append((key, value))
        self._waiting = others
        return taken


class Releases:
    """Puts the topic's records, in their order, together to releases, and reads them."""

    def __init__(self, catalog: SchemaCatalog) -> None:
        """Take the schemas."""
        self._catalog = catalog
        self._sent = SentReleases(catalog)

    @property
    def broken(self) -> Mapping[int, str]:
        """Releases that can't be used, and why: to be reported."""
        return self._sent.broken

    @property
    def unreadable(self) -> int:
        """Records that can't be read; a release that they belong to is broken."""
        return self._sent.unreadable

    def feed(self, key: bytes | None, value: bytes | None) -> Release | None:
        """Take one record; the release that it closes, if it closes one."""
        sent = self._sent.feed(key, value)
        if sent is None:
            return None
        try:
            records = {key: decode(self._catalog, NationalRecord, value) for key, value in sent.values.items()}
        except Rejected as refused:
            number = sent.manifest.release
            self._sent.broken[number] = f"release {number} holds a record that can't be read ({refused.reason})"
            return None
        return Release(sent.manifest, records)


def _disagreement(manifest: ReleaseManifest, values: Mapping[bytes, bytes]) -> str | None:
    found = checksum(values.items()) if len(values) == manifest.records else "another"
    if (manifest.records, manifest.checksum) == (len(values), found):
        return None
    return (
        f"release {manifest.release} is not whole: its manifest names {manifest.records} records with checksum"
        f" {manifest.checksum[:16]}, there are {len(values)} with {found[:16]}"
    )


@dataclass
class History:
    """What was published so far."""

    newest: dict[bytes, NationalRecord] = field(default_factory=dict)
    """The newest record of each key."""
    released: dict[int, ReleaseManifest] = field(default_factory=dict)
    """Every release's manifest, by its number."""
    states: dict[bytes, ReleaseState] = field(default_factory=dict)
    """Each figure as last released and not suppressed: for who releases, inside the trust boundary."""

    changed: dict[Group, dict[int, list[NationalRecord]]] = field(default_factory=dict)
    """What each release changed, by the group of what hangs together, and by its number."""
    timings: dict[Group, set[Key]] = field(default_factory=dict)
    """The timings (`unchanged.timing_of`) of the figures of each group that anything was published of."""
    _of_group: dict[Group, dict[bytes, Key]] = field(default_factory=dict, repr=False)
    """The figures of each group that anything was published of."""
    _keys: dict[bytes, Key] = field(default_factory=dict, repr=False)

    def add(self, release: Release) -> None:
        """Take a release in, after those before it."""
        number = release.manifest.release
        self.newest.update(release.records)
        self.released[number] = release.manifest
        for key, record in release.records.items():
            if record.measure in MEASURES:
                figure = self.figure_of(key, record)
                group = group_of(figure)
                self.changed.setdefault(group, {}).setdefault(number, []).append(record)
                self._of_group.setdefault(group, {})[key] = figure
                self.timings.setdefault(group, set()).add(timing_of(figure))

    @property
    def last(self) -> ReleaseManifest | None:
        """The manifest of the newest release."""
        return self.released[max(self.released)] if self.released else None

    @property
    def is_any_missing(self) -> bool:
        """Whether any figure was last said to be missing."""
        return any(_presence(record) is Presence.MISSING for record in self.newest.values())

    def figures(self, groups: Iterable[Group] | None = None) -> Iterator[tuple[bytes, Key]]:
        """Name what was published of some groups, or of all: for the measures that are known here."""
        for group in self._of_group if groups is None else groups:
            yield from self._of_group.get(group, {}).items()

    def published(self, groups: Iterable[Group] | None = None) -> dict[Key, Published]:
        """What a reader sees of each figure of some groups, or of all.

        `ConfigError` when a newer version published one of them with codes that this one doesn't know.
        """
        return {figure: _published(self.newest[key]) for key, figure in self.figures(groups)}

    def past(self, groups: Collection[Group] | None = None) -> Past:
        """What a release is judged against: of some groups, or of all."""
        states = {figure: self.states[key] for key, figure in self.figures(groups) if key in self.states}
        return Past(
            self.published(groups),
            {key: Held(state.value, state.base, state.groups) for key, state in states.items()},
            self.last.rule_set if self.last else None,
            {key: self.changed_at(state) for key, state in states.items()},
            self.changes,
            self.last.through if self.last else None,
        )

    def changed_at(self, state: ReleaseState) -> tuple[int, ...]:
        """The releases at which a figure became another, as far as that is known: at the last it was what is said."""
        return state.changed_at or ((self.last.release,) if self.last else ())

    def changes(self, together: Group) -> Iterator[tuple[int, dict[Key, Shown]]]:
        """Give what each release changed of a family and period, in their order."""
        for number, records in self.changed.get(together, {}).items():
            yield number, {figure_key(record): _published(record).shown for record in records}

    def figure_of(self, key: bytes, record: NationalRecord | ReleaseState) -> Key:
        """What a record under a key of its topic is of; worked out once."""
        found = self._keys.get(key)
        if found is None:
            found = self._keys[key] = figure_key(record)
        return found


def forms_of(
    catalog: SchemaCatalog, values: Mapping[bytes, bytes], is_wanted: Callable[[Key], bool] = lambda _: True
) -> dict[Key, Shown]:
    """What a reader sees of each figure that a release changed, for the measures that are known here.

    `is_wanted` is asked of figures without their dimensions; what isn't wanted isn't read.
    """
    places = ((key, Key(*keys.measured(key))) for key in values)
    wanted = [key for key, figure in places if figure.measure in MEASURES and is_wanted(figure)]
    records = (decode(catalog, NationalRecord, values[key]) for key in wanted)
    return {figure_key(record): _published(record).shown for record in records}


def figure_key(record: NationalRecord | ReleaseState) -> Key:
    """What a record is of."""
    dimensions = tuple((name, code) for name in DIMENSIONS if (code := getattr(record, name)) is not None)
    return Key(record.measure, record.area, record.period, dimensions)


def details_of(record: NationalRecord) -> tuple[tuple[str, Any], ...]:
    """What a record says of a figure besides numbers, as `domain.measures.Cell` has it."""
    given = [(name, getattr(record, name)) for name in DETAILS]
    return tuple((name, value) for name, value in given if value is not None and value != ())


def _published(record: NationalRecord) -> Published:
    if FigureStatus.UNKNOWN is record.status or ObservationStatus.UNKNOWN is record.obs_status:
        raise ConfigError(f"{record.measure} was published by a newer version: run that one, this can't judge it")
    shown = Shown(
        record.value,
        record.base,
        record.share_permille,
        record.mean_hundredths,
        Confidence(record.conf_status.value),
        record.rests_on_assumed,
        _presence(record),
        details_of(record),
    )
    return Published(shown, Status(record.status.value), record.revision, record.rule_set, record.definition)


def _presence(record: NationalRecord) -> Presence:
    if record.withdrawn:
        return Presence.WITHDRAWN
    return Presence.MISSING if record.obs_status is ObservationStatus.MISSING else Presence.THERE
