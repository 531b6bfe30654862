"""The exchange format and "Refused" (section 1): one line becomes a typed fact, or is refused.

Written from the specification alone, so that it can disagree with the services.
"""

from __future__ import annotations

import csv
import functools
import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

_CODE_LISTS = Path(__file__).parents[2] / "services" / "fokusstrom" / "domain" / "codelists"
_LONGEST = 2**63 - 1
_Given = TypeVar("_Given")


class Refused(Exception):  # noqa: N818 - the specification's word
    """A line is refused: `reason` in the words of the reason codes, and the field at fault."""

    def __init__(self, reason: str, at: str | None = None) -> None:
        """Say why and where."""
        super().__init__(reason, at)
        self.reason = reason
        self.field = at


@dataclass(frozen=True, slots=True)
class Fact:
    """A typed fact: instants in UTC, hours and shares as exact decimals without trailing zeros."""

    type: str
    source: str
    fact_id: str
    version: int
    deleted: bool
    registered_at: datetime
    change_reason: str | None
    citizen: str | None
    own: Mapping[str, Any] = field(hash=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """What names the fact, whatever its version and citizen."""
        return self.type, self.source, self.fact_id


@functools.cache
def regions() -> dict[str, str]:
    """Give the region of each municipality."""
    with (_CODE_LISTS / "municipalities.csv").open(encoding="utf-8", newline="") as listed:
        return {row["kommunekode"]: row["region"] for row in csv.DictReader(listed)}


# What a value must be. Each check takes a value that is not null and gives it typed, or refuses it.

_Check = Callable[[Any], Any]


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise Refused("mistyped")
    return value


def _text(value: object) -> str:
    if not _str(value):
        raise Refused("out_of_range")
    return _str(value)


def _code(*codes: str) -> _Check:
    def check(value: object) -> str:
        if _str(value) not in codes:
            raise Refused("unknown_code")
        return _str(value)

    return check


def _pseudonym(value: object) -> str:
    if not re.fullmatch("[0-9a-f]{32}", _str(value)):
        raise Refused("bad_pseudonym")
    return _str(value)


def _municipality(value: object) -> str:
    if _str(value) not in regions():
        raise Refused("unknown_municipality")
    return _str(value)


def _jobcenter(value: object) -> str:
    if not re.fullmatch("[0-9]{5}", _str(value)):
        raise Refused("out_of_range")
    return _str(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused("mistyped")
    return value


def _integer(least: int, most: int) -> _Check:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused("mistyped")
        if not least <= value <= most:
            raise Refused("out_of_range")
        return value

    return check


def _number(decimals: int, most: int) -> _Check:
    """A JSON number from 0 to `most` whose value needs no more than so many decimals."""

    def check(value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise Refused("mistyped")
        number = value if isinstance(value, Decimal) else Decimal(repr(value))
        if not number.is_finite() or not 0 <= number <= most:
            raise Refused("out_of_range")
        if _decimals_of(number) > decimals:
            raise Refused("too_many_decimals")
        return number.normalize() + 0 if number else Decimal(0)

    return check


def _decimals_of(number: Decimal) -> int:
    """Count the decimals that the value needs: trailing zeros are none."""
    _, digits, exponent = number.as_tuple()
    needed = "".join(map(str, digits)).rstrip("0")
    return -int(exponent) - (len(digits) - len(needed)) if needed else 0


_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


def _possible(year: int) -> None:
    if not 1900 <= year <= 2100:
        raise Refused("impossible_date")


@functools.lru_cache(100_000)
def _instant_of(text: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if not found:
        raise Refused("mistyped")
    *parts, second, fraction, offset = found.groups()
    if offset is None:
        raise Refused("no_offset")
    if (fraction or "")[3:].strip("0"):
        raise Refused("too_fine")
    microsecond = int((fraction or "")[:3].ljust(3, "0")) * 1000
    try:
        year, month, day, hour, minute = map(int, parts)
        local = datetime(year, month, day, hour, minute, int(second or 0), microsecond, _offset(offset))
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("impossible_date") from None
    _possible(instant.year)
    return instant


def _offset(text: str) -> timezone:
    """Read `Z`, `+hh:mm` or `+hhmm`."""
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)


@functools.lru_cache(100_000)
def _date_of(text: str) -> date:
    found = _DATE.fullmatch(text)
    if not found:
        raise Refused("mistyped")
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        raise Refused("impossible_date") from None
    _possible(day.year)
    return day


def _month_of(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise Refused("mistyped")
    _date_of(f"{text}-01")
    return text


_MODES = ("PHYSICAL", "PHONE", "VIDEO", "WRITTEN", "OTHER", "UNKNOWN")


@dataclass(frozen=True)
class _Field:
    """One field of a type."""

    name: str
    check: _Check
    optional: bool = False


def _date(value: object) -> date:
    return _date_of(_str(value))


def _instant(value: object) -> datetime:
    return _instant_of(_str(value))


def _month(value: object) -> str:
    return _month_of(_str(value))


_SHARE = _number(6, 1)

_COMMON = (
    _Field("source", _text),
    _Field("fact_id", _text),
    _Field("version", _integer(0, _LONGEST)),
    _Field("deleted", _boolean),
    _Field("registered_at", _instant),
    _Field(
        "change_reason",
        _code("CREATED", "DELAYED", "CORRECTED", "REGISTERED_BY_MISTAKE", "UNKNOWN"),
        optional=True,
    ),
)

_OWN: dict[str, tuple[_Field, ...]] = {
    "MeetingHeld": (
        _Field("municipality", _municipality),
        _Field("jobcenter", _jobcenter, optional=True),
        _Field("reporter", _code("JOBCENTER", "A_KASSE")),
        _Field("a_kasse", _text, optional=True),
        _Field(
            "interview_type",
            _code(
                "JOB", "FOLLOW_UP", "JOINT", "CV", "AVAILABILITY", "REFERRAL", "INFORMATION", "PLACEMENT",
                "REHABILITATION_TEAM", "FLEX_JOB_FOLLOW_UP", "OTHER",
            ),
        ),
        _Field("held_at", _instant),
        _Field("mode", _code(*_MODES)),
        _Field("planned_mode", _code(*_MODES), optional=True),
        _Field("attendance", _code("HELD", "NO_SHOW")),
        _Field("duration_minutes", _integer(0, 2**31 - 1), optional=True),
        _Field("mode_chosen_by", _code("CITIZEN", "AUTHORITY", "UNKNOWN")),
        _Field("assessment_documented", _boolean, optional=True),
    ),
    "BenefitSpell": (
        _Field("municipality", _municipality),
        _Field(
            "benefit",
            _code(
                "UNEMPLOYMENT", "CASH", "EDUCATION", "SICKNESS", "TRANSITION", "RESOURCE",
                "JOB_CLARIFICATION", "FLEX_UNEMPLOYMENT", "REHABILITATION",
            ),
        ),
        _Field("target_group", _integer(1, 13)),
        _Field("starts_on", _date),
        _Field("ends_on", _date, optional=True),
        _Field("introduction_programme", _boolean),
    ),
    "OfferParticipation": (
        _Field("municipality", _municipality),
        _Field(
            "offer_type",
            _code("INTERNSHIP", "UTILITY_JOB", "WAGE_SUBSIDY", "GUIDANCE_UPGRADING", "OTHER"),
        ),
        _Field("starts_on", _date),
        _Field("ends_on", _date, optional=True),
    ),
    "OrdinaryHours": (_Field("month", _month), _Field("hours", _number(2, 744))),
    "OutcomeReached": (
        _Field("outcome", _code("JOB", "EDUCATION", "FIT")),
        _Field("reached_on", _date),
    ),
    "CitizenLink": (_Field("same_as", _pseudonym),),
    "CitizenProtection": (_Field("protected", _boolean),),
    "ExpectedBenefitShare": (
        _Field("municipality", _municipality),
        _Field("assessment_year", _integer(1900, 2100)),
        _Field("actual_share", _SHARE),
        _Field("expected_share", _SHARE),
    ),
}  # fmt: skip

_KEYS = {name: {"type", "citizen", *(f.name for f in _COMMON), *(f.name for f in own)} for name, own in _OWN.items()}


# From a line to a fact.


def parse_line(line: bytes | str) -> Fact:
    """Read one line of the exchange format.

    Raises Refused for everything that the specification refuses.
    """
    return read_fact(_parse_json(line))


def read_fact(record: Mapping[str, Any]) -> Fact:
    """Read one parsed line: the first thing wrong with it is what it is refused for."""
    name = _value(_Field("type", _str), record)
    if name not in _OWN:
        raise Refused("unknown_type", "type")
    for key in record:
        if key not in _KEYS[name]:
            raise Refused("unknown_field", key)
    common = {f.name: _value(f, {"deleted": False, **record}) for f in _COMMON}
    citizen = _citizen(name, record)
    read = _value_or_null if common["deleted"] else _value
    own = {f.name: read(f, record) for f in _OWN[name]}
    if not common["deleted"]:
        _fits_together(citizen, own)
    return Fact(type=name, citizen=citizen, own=own, **common)


def _value(asked: _Field, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as typed as the field
    value = record.get(asked.name)
    if value is None:
        if asked.optional:
            return None
        raise Refused("missing", asked.name)
    try:
        return asked.check(value)
    except Refused as refused:
        raise Refused(refused.reason, asked.name) from None


def _value_or_null(asked: _Field, record: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """On a deleted record only the common fields are asked for."""
    try:
        return _value(asked, record)
    except Refused:
        return None


def _citizen(name: str, record: Mapping[str, Any]) -> str | None:
    """Every fact names a citizen, except the one about a municipality, which must not."""
    if name != "ExpectedBenefitShare":
        return str(_value(_Field("citizen", _pseudonym), record))
    if record.get("citizen") is not None:
        raise Refused("citizen_not_allowed", "citizen")
    return None


def _fits_together(citizen: str | None, own: Mapping[str, Any]) -> None:
    """Refuse a link to itself and an end before its start."""
    if own.get("same_as") is not None and own["same_as"] == citizen:
        raise Refused("self_link", "same_as")
    if own.get("ends_on") is not None and own["ends_on"] < own["starts_on"]:
        raise Refused("end_before_start", "ends_on")


def _parse_json(line: bytes | str) -> dict[str, Any]:
    """Read one JSON object, exactly: no duplicate keys, no NaN, decimals kept as they stand."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        text.encode("utf-8")
        read = json.loads(
            text,
            object_pairs_hook=_without_duplicate_keys,
            parse_constant=_no_constant,
            parse_float=_decimal,
            parse_int=_whole,
        )
        # an escaped half of a surrogate pair is no text in UTF-8
        json.dumps(read, ensure_ascii=False, default=str).encode("utf-8")
    except (UnicodeError, ValueError, RecursionError):
        raise Refused("not_json") from None
    if not isinstance(read, dict):
        raise Refused("not_json")
    return read


def _without_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise Refused("duplicate_key", key)
        seen[key] = value
    return seen


def _no_constant(_: str) -> None:
    raise Refused("not_json")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what even Decimal holds
        return Decimal("Infinity")


def _whole(text: str) -> int:
    """Read an integer; the first 40 digits of a longer one are enough to see that it is out of range."""
    return int(text[:40])


@dataclass(frozen=True)
class Refusal:
    """What was refused: its place among what came in (from 1), why, and the field."""

    place: int
    reason: str
    field: str | None


def read_facts(records: Iterable[Mapping[str, Any]]) -> tuple[list[Fact], list[Refusal]]:
    """Read parsed lines; refuse the bad ones and go on."""
    return _read(records, read_fact)


def read_lines(lines: Iterable[bytes | str]) -> tuple[list[Fact], list[Refusal]]:
    """Read lines of the exchange format; refuse the bad ones and go on."""
    return _read(lines, parse_line)


def _read(inputs: Iterable[_Given], reader: Callable[[_Given], Fact]) -> tuple[list[Fact], list[Refusal]]:
    facts: list[Fact] = []
    refusals: list[Refusal] = []
    for place, given in enumerate(inputs, 1):
        try:
            facts.append(reader(given))
        except Refused as refused:
            refusals.append(Refusal(place, refused.reason, refused.field))
    return facts, refusals


def lines_of(*paths: Path) -> Iterator[bytes]:
    """Give the lines of files, gzipped when the name says so."""
    for path in paths:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
            yield from opened
