"""What a fact is: every type, field, code and bound of the specification's section 1 lives here.

Everything that carries facts - the Avro schemas, the exchange format, the ledger, the refusals - is
tested against these tables or derived from them.

Facts travel as *columns*: one Arrow table for each type, one row a record, the fields below in their
order, typed by `Kind` (see `FactType.arrow_schema`).
"""

from __future__ import annotations

import csv
import enum
import functools
from dataclasses import dataclass
from importlib import resources

import pyarrow as pa


class Kind(enum.Enum):
    """What a field holds, and with that its Arrow type."""

    TEXT = "text"
    CODE = "code"
    PSEUDONYM = "pseudonym"
    """Keyed pseudonym of a citizen: 32 lower-case hex digits."""
    MUNICIPALITY = "municipality"
    """3-digit text (kommunekode), one of the 98."""
    JOBCENTER = "jobcenter"
    """5-digit text."""
    INSTANT = "instant"
    """UTC, whole milliseconds."""
    DATE = "date"
    MONTH = "month"
    """`YYYY-MM`."""
    INTEGER = "integer"
    BOOLEAN = "boolean"
    HOURS = "hours"
    """Hundredths of an hour, as an integer."""
    SHARE = "share"
    """Millionths, as an integer."""


_ARROW = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.PSEUDONYM: pa.string(),
    Kind.MUNICIPALITY: pa.string(),
    Kind.JOBCENTER: pa.string(),
    Kind.INSTANT: pa.timestamp("ms", tz="UTC"),
    Kind.DATE: pa.date32(),
    Kind.MONTH: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.HOURS: pa.int64(),
    Kind.SHARE: pa.int64(),
}

SCALE = {Kind.HOURS: 100, Kind.SHARE: 1_000_000}
"""Units in one, for the kinds that are scaled integers."""

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Dates and instants (in UTC) outside these years are refused."""

UNKNOWN = "UNKNOWN"
"""Default of every enumeration: a value that a newer sender knows and an older reader does not."""


@dataclass(frozen=True)
class Field:
    """One field of a fact."""

    name: str
    kind: Kind
    optional: bool = False
    """May be null or absent."""
    codes: tuple[str, ...] = ()
    """The codes of a `Kind.CODE`, without `UNKNOWN`."""
    unknown_is_accepted: bool = False
    """`UNKNOWN` is a value here; elsewhere it is refused."""
    least: int | None = None
    """Smallest value, in the unit of the column."""
    most: int | None = None
    """Greatest value, in the unit of the column."""

    @property
    def code_type(self) -> str:
        """Name of the ENUM type that `domain.book` makes of the field's codes and UNKNOWN."""
        return "municipality_code" if self.kind is Kind.MUNICIPALITY else f"{self.name}_code"

    @property
    def arrow(self) -> pa.Field:
        """The field as a column: always nullable, since a deleted record may lack it."""
        return pa.field(self.name, _ARROW[self.kind])


INTERVIEW_TYPES = (
    "JOB", "FOLLOW_UP", "JOINT", "CV", "AVAILABILITY", "REFERRAL", "INFORMATION", "PLACEMENT",
    "REHABILITATION_TEAM", "FLEX_JOB_FOLLOW_UP", "OTHER",
)  # fmt: skip
"""Kinds of meeting (samtaletyper)."""
MODES = ("PHYSICAL", "PHONE", "VIDEO", "WRITTEN", "OTHER")
"""Ways of meeting (samtaleform)."""
BENEFITS = (
    "UNEMPLOYMENT", "CASH", "EDUCATION", "SICKNESS", "TRANSITION", "RESOURCE", "JOB_CLARIFICATION",
    "FLEX_UNEMPLOYMENT", "REHABILITATION",
)  # fmt: skip
"""Benefits (ydelser)."""
OFFER_TYPES = ("INTERNSHIP", "UTILITY_JOB", "WAGE_SUBSIDY", "GUIDANCE_UPGRADING", "OTHER")
"""Active offers (aktive tilbud)."""
OUTCOMES = ("JOB", "EDUCATION", "FIT")
"""What a citizen leaves the benefit for (afgang); FIT is raskmeldt."""
REPORTERS = ("JOBCENTER", "A_KASSE")
ATTENDANCES = ("HELD", "NO_SHOW")
REASONS = (
    "duplicate", "no_show", "type_not_counted", "unconfirmed_joint", "reported_by_a_kasse", "mode_not_counted",
    "no_spell",
)  # fmt: skip
"""Why a meeting does not count (R7)."""
CHANGE_REASONS = ("CREATED", "DELAYED", "CORRECTED", "REGISTERED_BY_MISTAKE")
MODE_CHOOSERS = ("CITIZEN", "AUTHORITY")

_LONGEST = 2**63 - 1
_INT = 2**31 - 1

COMMON_FIELDS = (
    Field("source", Kind.TEXT),
    Field("fact_id", Kind.TEXT),
    Field("version", Kind.INTEGER, least=0, most=_LONGEST),
    Field("deleted", Kind.BOOLEAN),
    Field("registered_at", Kind.INSTANT),
    Field("change_reason", Kind.CODE, optional=True, codes=CHANGE_REASONS, unknown_is_accepted=True),
    Field("citizen", Kind.PSEUDONYM),
)
"""The fields that every fact has; `deleted` is false when a line of the exchange format lacks it."""


@dataclass(frozen=True)
class FactType:
    """One type of fact."""

    name: str
    """As in the exchange format's `type` and in the keys of topics."""
    relation: str
    """Name of its relation in SQL."""
    own_fields: tuple[Field, ...]
    own_date: str | None = None
    """The field whose (local) date the end date is compared with; None when the type has none."""
    about_citizen: bool = True
    """False when `citizen` must be null."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Common fields, then the type's own."""
        return COMMON_FIELDS + self.own_fields

    @functools.cached_property
    def arrow_schema(self) -> pa.Schema:
        """Columns of this type, in the order of `fields`."""
        return pa.schema([field.arrow for field in self.fields])


MEETING_HELD = FactType(
    "MeetingHeld",
    "meeting_held",
    (
        Field("municipality", Kind.MUNICIPALITY),
        Field("jobcenter", Kind.JOBCENTER, optional=True),
        Field("reporter", Kind.CODE, codes=REPORTERS),
        Field("a_kasse", Kind.TEXT, optional=True),
        Field("interview_type", Kind.CODE, codes=INTERVIEW_TYPES),
        Field("held_at", Kind.INSTANT),
        Field("mode", Kind.CODE, codes=MODES, unknown_is_accepted=True),
        Field("planned_mode", Kind.CODE, optional=True, codes=MODES, unknown_is_accepted=True),
        Field("attendance", Kind.CODE, codes=ATTENDANCES),
        Field("duration_minutes", Kind.INTEGER, optional=True, least=0, most=_INT),
        Field("mode_chosen_by", Kind.CODE, codes=MODE_CHOOSERS, unknown_is_accepted=True),
        Field("assessment_documented", Kind.BOOLEAN, optional=True),
    ),
    own_date="held_at",
)
"""A meeting between a citizen and the jobcentre or unemployment fund (samtale)."""

BENEFIT_SPELL = FactType(
    "BenefitSpell",
    "benefit_spell",
    (
        Field("municipality", Kind.MUNICIPALITY),
        Field("benefit", Kind.CODE, codes=BENEFITS),
        Field("target_group", Kind.INTEGER, least=1, most=13),
        Field("starts_on", Kind.DATE),
        Field("ends_on", Kind.DATE, optional=True),
        Field("introduction_programme", Kind.BOOLEAN),
    ),
    own_date="starts_on",
)
"""A time on a benefit (ydelsesforløb)."""

OFFER_PARTICIPATION = FactType(
    "OfferParticipation",
    "offer_participation",
    (
        Field("municipality", Kind.MUNICIPALITY),
        Field("offer_type", Kind.CODE, codes=OFFER_TYPES),
        Field("starts_on", Kind.DATE),
        Field("ends_on", Kind.DATE, optional=True),
    ),
    own_date="starts_on",
)
"""Taking part in an active offer (aktivt tilbud)."""

ORDINARY_HOURS = FactType(
    "OrdinaryHours",
    "ordinary_hours",
    (
        Field("month", Kind.MONTH),
        Field("hours", Kind.HOURS, least=0, most=744 * SCALE[Kind.HOURS]),
    ),
    own_date="month",
)
"""Hours in ordinary employment in a month (ordinære timer)."""

OUTCOME_REACHED = FactType(
    "OutcomeReached",
    "outcome_reached",
    (Field("outcome", Kind.CODE, codes=OUTCOMES), Field("reached_on", Kind.DATE)),
    own_date="reached_on",
)
"""Leaving the benefit for job, education or health (afgang)."""

CITIZEN_LINK = FactType("CitizenLink", "citizen_link", (Field("same_as", Kind.PSEUDONYM),))
"""Two pseudonyms of one person (personnummerskift)."""

CITIZEN_PROTECTION = FactType("CitizenProtection", "citizen_protection", (Field("protected", Kind.BOOLEAN),))
"""A citizen with a protected address (adressebeskyttelse)."""

EXPECTED_BENEFIT_SHARE = FactType(
    "ExpectedBenefitShare",
    "expected_benefit_share",
    (
        Field("municipality", Kind.MUNICIPALITY),
        Field("assessment_year", Kind.INTEGER, least=FIRST_YEAR, most=LAST_YEAR),
        Field("actual_share", Kind.SHARE, least=0, most=SCALE[Kind.SHARE]),
        Field("expected_share", Kind.SHARE, least=0, most=SCALE[Kind.SHARE]),
    ),
    about_citizen=False,
)
"""Actual and expected share on benefits of a municipality (resultatmål)."""

FACT_TYPES = {
    fact_type.name: fact_type
    for fact_type in (
        MEETING_HELD,
        BENEFIT_SPELL,
        OFFER_PARTICIPATION,
        ORDINARY_HOURS,
        OUTCOME_REACHED,
        CITIZEN_LINK,
        CITIZEN_PROTECTION,
        EXPECTED_BENEFIT_SHARE,
    )
}
"""Every fact type by its name."""


@functools.cache
def municipalities() -> dict[str, str]:
    """Region by municipality code (kommunekode), of the 98 municipalities."""
    listed = resources.files(__package__).joinpath("codelists/municipalities.csv").read_text("utf-8")
    return {row["kommunekode"]: row["region"] for row in csv.DictReader(listed.splitlines())}


@functools.cache
def municipality_names() -> dict[str, str]:
    """Name by municipality code, for people to read."""
    listed = resources.files(__package__).joinpath("codelists/municipalities.csv").read_text("utf-8")
    return {row["kommunekode"]: row["kommunenavn"] for row in csv.DictReader(listed.splitlines())}
