"""The rare records as frozen dataclasses: marks, statuses, commands, manifests, national figures, rejections.

A class has the name and the fields of its schema in `schemas/avro`, where each field is explained; a test
holds the two together. What comes by the million - facts, enriched meetings - travels as columns instead
(`contracts.columns`).
"""

from __future__ import annotations

import dataclasses
import functools
import io
import sys
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

import fastavro

from fokusstrom.contracts import single
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.wire import header, unframe
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS, Reason

FIGURES_CONTRACT = 2
"""Version of what a cut's records hold and how they are summed; a new one needs a new cut."""


class CommandKind(StrEnum):
    """What a control command asks for."""

    UNKNOWN = "UNKNOWN"
    CUT = "CUT"
    RELEASE = "RELEASE"
    REPUBLISH = "REPUBLISH"
    SCENARIO = "SCENARIO"
    PAUSE = "PAUSE"
    RESUME = "RESUME"


class Severity(StrEnum):
    """How grave a rejection is."""

    UNKNOWN = "UNKNOWN"
    FATAL = "FATAL"
    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


class FigureStatus(StrEnum):
    """How settled a figure is (rule R16)."""

    UNKNOWN = "UNKNOWN"
    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    REVISED = "REVISED"


class ObservationStatus(StrEnum):
    """SDMX observation status."""

    UNKNOWN = "UNKNOWN"
    NORMAL = "A"
    PROVISIONAL = "P"
    BREAK = "B"
    MISSING = "M"
    ESTIMATED = "E"
    """Rests on an assumed rule row."""


class ConfidentialityStatus(StrEnum):
    """SDMX confidentiality status."""

    UNKNOWN = "UNKNOWN"
    FREE = "F"
    PRIMARY = "C"
    SECONDARY = "D"


class RevisionReason(StrEnum):
    """Why a published figure changed."""

    UNKNOWN = "UNKNOWN"
    DATA = "DATA"
    RULES = "RULES"
    METHOD = "METHOD"


@dataclass(frozen=True, kw_only=True)
class MarkedTopic:
    """A topic that a cut's mark was written into."""

    topic: str
    topic_id: str
    partitions: int


@dataclass(frozen=True, kw_only=True)
class CutMark:
    """Figures as of here, with this end date and this rule set."""

    number: int
    requests: tuple[str, ...]
    through: date
    rule_set: str
    rule_set_name: str
    rule_set_version: str
    slices: int
    contract: int
    made_at: datetime
    topics: tuple[MarkedTopic, ...]


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a partition was read."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class ControlTotal:
    """How many facts of a type and a source there are."""

    type: str
    source: str
    holding: int
    deleted: int
    in_conflict: int


@dataclass(frozen=True, kw_only=True)
class MeetingsByReason:
    """How many meetings count, or do not for a reason."""

    reason: str | None
    meetings: int


@dataclass(frozen=True, kw_only=True)
class MeetingsBeyond:
    """How many meetings that hold are in no figure, and why."""

    why: str
    meetings: int


@dataclass(frozen=True, kw_only=True)
class CutStatus:
    """A slice has written all its figures for a cut."""

    cut: int
    requests: tuple[str, ...]
    deployment: str
    slices: int
    slice: int
    through: date
    rule_set: str
    rule_set_name: str
    rule_set_version: str
    contract: int
    figures: tuple[str, ...] | None = None
    records: int
    checksum: str
    positions: tuple[Position, ...]
    totals: tuple[ControlTotal, ...]
    meetings_by_reason: tuple[MeetingsByReason, ...]
    beyond: tuple[MeetingsBeyond, ...] = ()
    refused: int
    deliveries: int
    software: str
    completed_at: datetime


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """A record was refused; holds no value of it except what identifies the fact."""

    topic: str
    partition: int
    offset: int
    source: str | None
    fact_type: str | None
    fact_id: str | None
    version: int | None
    reason: str
    severity: Severity
    field: str | None
    hint: str | None
    rejected_at: datetime
    connector: str | None = None
    place: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What figures rest on, of what was expected."""

    sources_heard: int
    sources_expected: int | None
    municipalities: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NationalRecord:
    """A published figure."""

    measure: str
    area: str
    period: str
    benefit: str | None = None
    interview_type: str | None = None
    mode: str | None = None
    reason: str | None = None
    lawful: str | None = None
    assessment_missing: bool | None = None
    first: bool | None = None
    horizon: int | None = None
    outcome: str | None = None
    value: int | None
    base: int | None
    share_permille: int | None = None
    mean_hundredths: int | None = None
    threshold_permille: int | None = None
    met: bool | None = None
    code: str | None = None
    result_gate: bool | None = None
    focus_gate: bool | None = None
    reasons: tuple[str, ...] = ()
    unit: str
    base_unit: str | None = None
    obs_status: ObservationStatus
    conf_status: ConfidentialityStatus
    status: FigureStatus
    withdrawn: bool = False
    revision: int
    revision_reason: RevisionReason | None
    previous_revision: int | None
    coverage: Coverage
    through: date
    computed_at: datetime
    first_published_at: datetime
    published_at: datetime
    rule_set: str
    rule_set_name: str
    rule_set_version: str
    rests_on_assumed: bool
    software: str
    release: int
    definition: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseState:
    """A figure as last released, before suppression: internal."""

    measure: str
    area: str
    period: str
    benefit: str | None = None
    interview_type: str | None = None
    mode: str | None = None
    reason: str | None = None
    lawful: str | None = None
    assessment_missing: bool | None = None
    first: bool | None = None
    horizon: int | None = None
    outcome: str | None = None
    value: int | None
    base: int | None
    groups: tuple[int, ...] = ()
    status: FigureStatus
    revision: int
    release: int
    first_published_at: datetime
    rule_set: str
    changed_at: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment whose slices are summed."""

    deployment: str
    slices: int


@dataclass(frozen=True, kw_only=True)
class ReleaseManifest:
    """Closes a release: what it holds and what it rests on."""

    release: int
    cut: int
    records: int
    checksum: str
    through: date
    rule_set: str
    rule_set_name: str
    rule_set_version: str
    positions: tuple[Position, ...]
    totals: tuple[ControlTotal, ...]
    meetings_by_reason: tuple[MeetingsByReason, ...]
    beyond: tuple[MeetingsBeyond, ...] = ()
    refused: int
    deliveries: int
    coverage: Coverage
    silent_sources: tuple[str, ...]
    nothing_to_report: tuple[str, ...]
    deployments: tuple[Deployment, ...]
    software: str
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class ControlCommand:
    """Asks the services to do something, until it expires."""

    id: str
    kind: CommandKind
    through: date | None = None
    rule_set: str | None = None
    dry_run: bool = False
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """What the law changes, as data: a TOML file."""

    digest: str
    name: str
    version: str
    text: str


@dataclass(frozen=True, kw_only=True)
class SentTotal:
    """How many records of one type were sent."""

    type: str
    records: int


@dataclass(frozen=True, kw_only=True)
class SourceTotals:
    """What a source declares to have sent on a day."""

    source: str
    day: date
    sent: tuple[SentTotal, ...]
    nothing_to_report: bool = False
    holds: int | None = None
    refused: int = 0
    connector: str | None = None
    alive_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ConnectorState:
    """Something that a connector remembers: how far it has read."""

    connector: str
    item: str
    value: str
    stored_at: datetime


@dataclass(frozen=True, kw_only=True)
class ReconciliationEntry:
    """A meeting that somebody of the municipality should look at, and why."""

    list: str
    reason: str
    source: str
    fact_id: str
    version: int
    held_on: date
    municipality: str
    reporter: str
    interview_type: str
    mode: str
    other_source: str | None
    other_fact_id: str | None
    what_to_do: str


@dataclass(frozen=True, kw_only=True)
class ReconciliationList:
    """How long one list is in one slice."""

    list: str
    entries: int
    protected: int


@dataclass(frozen=True, kw_only=True)
class ReconciliationStatus:
    """A slice has brought its entries of a municipality's lists to what a cut says."""

    municipality: str
    deployment: str
    slices: int
    slice: int
    cut: int
    through: date
    rule_set: str
    rule_set_name: str
    rule_set_version: str
    lists: tuple[ReconciliationList, ...]
    software: str
    completed_at: datetime


Record = (
    CutMark
    | CutStatus
    | Rejection
    | NationalRecord
    | ReleaseState
    | ReleaseManifest
    | ControlCommand
    | RuleSet
    | SourceTotals
    | ReconciliationEntry
    | ReconciliationStatus
    | ConnectorState
)
"""What stands alone on a topic."""

R = TypeVar("R", bound=Record)


def encode(catalog: SchemaCatalog, record: Record) -> bytes:
    """The record's value, with header."""
    schema = catalog.latest(type(record).__name__)
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema.parsed, _as_avro(record), strict=True)
    return header(schema.schema_id) + stream.getvalue()


def decode(catalog: SchemaCatalog, kind: type[R], value: bytes) -> R:
    """The record of a value; `Rejected` when it is none of this kind."""
    schema_id, payload = unframe(value)
    writer = catalog.by_id(schema_id)
    if writer.name != kind.__name__:
        raise Rejected(Reason.WRONG_SCHEMA, None, HINTS[Reason.WRONG_SCHEMA])
    latest = catalog.latest(writer.name)
    # A schema that is read as itself would be matched with itself anew for each record.
    read = single.read(payload, writer.parsed, None if writer is latest else latest.parsed)
    made: R = _made(kind, _makers(typing.cast("Any", kind)), read)
    return made


def kind_of(catalog: SchemaCatalog, value: bytes) -> str:
    """Name of the record that a value holds, for topics that carry several; `Rejected` when nobody knows."""
    return catalog.by_id(unframe(value)[0]).name


def _as_avro(value: Any) -> Any:  # noqa: ANN401 - one step of a walk over any record
    """What Avro writes, of what the dataclasses declare."""
    if dataclasses.is_dataclass(value):
        return {name: _as_avro(getattr(value, name)) for name in _names(value.__class__)}
    return [_as_avro(one) for one in value] if isinstance(value, tuple) else value


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _maker(hint: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - one step of a walk over any declared type
    """Give what makes a declared type of what is there, or none where that is it; what isn't there stays None."""
    if isinstance(hint, types.UnionType):
        return _maker(typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        each = _maker(typing.get_args(hint)[0])
        return tuple if each is None else lambda values: tuple(map(each, values))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return functools.partial(_made, hint, _makers(hint))
    if hint is str:
        # Hundreds of thousands of figures are held that say the same names, codes and digests.
        return sys.intern
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else None


@functools.cache
def _makers(hint: Any) -> Sequence[tuple[str, Callable[[Any], Any]]]:  # noqa: ANN401 - a dataclass
    """Give the fields whose values aren't what Avro reads, and what makes these."""
    makers = ((name, _maker(of)) for name, of in typing.get_type_hints(hint).items())
    return [(name, maker) for name, maker in makers if maker is not None]


def _made(kind: Callable[..., Any], makers: Sequence[tuple[str, Callable[[Any], Any]]], values: dict[str, Any]) -> Any:  # noqa: ANN401 - what `kind` makes
    """Make a dataclass of the values that were read, which are nobody else's."""
    for name, maker in makers:
        value = values.get(name)
        if value is not None:
            values[name] = maker(value)
    return kind(**values)
