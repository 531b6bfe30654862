"""Values of the exchange format, a column at a time: is each of the JSON type and the format of its field?

Theory of operation. A column is converted whole by Arrow, which takes nothing wrong but also not all that is
right (an instant with a long row of zeros as fraction). When it refuses, that column alone is converted value
by value, in plain Python: the same results for what both take, and a reason for each value that is refused.
Years that Python and DuckDB have not are kept from Arrow, which would take them.

What a value *means* - its bounds, its codes - is `domain.refusals`' to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.domain.facts import SCALE, Field, Kind
from fokusstrom.domain.refusals import Reason

DECIMALS = {kind: len(str(scale)) - 1 for kind, scale in SCALE.items()}
_LONGEST = 2**63 - 1
_MOST_DIGITS = 12
"""Before the point; more than any bound of a scaled field: what can't be held is out of range all the same."""
_EXPONENTS = frozenset(range(-12, 13))
"""Of numbers for Arrow: it looks a power of ten up by the exponent, and doesn't look whether there is one."""

_INSTANT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_INSTANT_FOR_ARROW = (
    r"^[12]\d{3}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)$"  # the same, without what it refuses
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_FOR_ARROW = r"^[12]\d{3}-\d\d-\d\d$"
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_MONTH_FOR_ARROW = r"^\d{4}-\d\d$"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Column:
    """A field's values of a batch, and what was wrong with them."""

    values: pa.Array
    """Typed as the field's column; null where a value was refused."""
    faults: dict[int, Reason] = field(default_factory=dict)
    """By row: what the value is refused for."""


class _WrongError(Exception):
    """One value is refused; never leaves this module."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def typed(asked: Field, values: Sequence[Any]) -> Column:
    """The field's column of JSON values: text, int, Decimal, bool or None; anything else is refused."""
    try:
        return Column(_AT_ONCE[asked.kind](values, asked))
    except (pa.ArrowException, UnicodeEncodeError, OverflowError):
        return _one_by_one(asked, values)


def _one_by_one(asked: Field, values: Sequence[Any]) -> Column:
    convert, faults, found = _SINGLY[asked.kind], {}, []
    for row, value in enumerate(values):
        try:
            found.append(None if value is None else convert(value, asked))
        except _WrongError as wrong:
            found.append(None)
            faults[row] = wrong.reason
    numbers_first = pa.int64() if asked.kind is Kind.INSTANT else asked.arrow.type
    return Column(pa.array(found, numbers_first).cast(asked.arrow.type), faults)


# Whole columns, by Arrow: an error means "look closer", never "refused".


def _texts(values: Sequence[Any], _asked: Field) -> pa.Array:
    return pa.array(values, pa.string())


def _matching(values: Sequence[Any], pattern: str) -> pa.Array:
    texts = pa.array(values, pa.string())
    if pc.all(pc.match_substring_regex(texts, pattern)).as_py() is False:
        raise pa.ArrowInvalid("another format")
    return texts


def _instants(values: Sequence[Any], asked: Field) -> pa.Array:
    return _matching(values, _INSTANT_FOR_ARROW).cast(asked.arrow.type)


def _dates(values: Sequence[Any], asked: Field) -> pa.Array:
    return _matching(values, _DATE_FOR_ARROW).cast(asked.arrow.type)


def _months(values: Sequence[Any], _asked: Field) -> pa.Array:
    return _matching(values, _MONTH_FOR_ARROW)


def _only(*types: type) -> Callable[[Sequence[Any], Field], pa.Array]:
    def convert(values: Sequence[Any], asked: Field) -> pa.Array:
        if not set(map(type, values)) <= {*types, type(None)}:
            raise pa.ArrowInvalid("another type")
        return pa.array(values, asked.arrow.type)

    return convert


def _scaled(values: Sequence[Any], asked: Field) -> pa.Array:
    if not set(map(type, values)) <= {int, Decimal, type(None)}:
        raise pa.ArrowInvalid("another type")
    if not {value.as_tuple().exponent for value in values if isinstance(value, Decimal)} <= _EXPONENTS:
        raise pa.ArrowInvalid("an exponent that Arrow doesn't bound")
    exact = pa.array(values, pa.decimal128(15, DECIMALS[asked.kind]))
    return pc.multiply(exact, pa.scalar(SCALE[asked.kind], pa.decimal128(7, 0))).cast(pa.int64())


_AT_ONCE: dict[Kind, Callable[[Sequence[Any], Field], pa.Array]] = {
    Kind.TEXT: _texts,
    Kind.CODE: _texts,
    Kind.PSEUDONYM: _texts,
    Kind.MUNICIPALITY: _texts,
    Kind.JOBCENTER: _texts,
    Kind.INSTANT: _instants,
    Kind.DATE: _dates,
    Kind.MONTH: _months,
    Kind.INTEGER: _only(int),
    Kind.BOOLEAN: _only(bool),
    Kind.HOURS: _scaled,
    Kind.SHARE: _scaled,
}


# One value, in plain Python.


def _text(value: object, _asked: Field) -> str:
    if not isinstance(value, str):
        raise _WrongError(Reason.MISTYPED)
    try:
        value.encode()
    except UnicodeEncodeError:  # an escaped half of a surrogate pair is no text in UTF-8
        raise _WrongError(Reason.NOT_JSON) from None
    return value


def _instant(value: object, asked: Field) -> int:
    parts = _INSTANT.fullmatch(_text(value, asked))
    if parts is None:
        raise _WrongError(Reason.MISTYPED)
    *whole, second, fraction, offset = parts.groups(default="")
    if not offset:
        raise _WrongError(Reason.NO_OFFSET)
    if fraction[3:].strip("0"):
        raise _WrongError(Reason.TOO_FINE)
    year, month, day, hour, minute = map(int, whole)
    try:
        local = datetime(year, month, day, hour, minute, int(second or 0), tzinfo=_offset(offset))
        since = local.astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError):
        raise _WrongError(Reason.IMPOSSIBLE_DATE) from None
    return since // timedelta(milliseconds=1) + int(fraction[:3].ljust(3, "0"))


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - of a day and an hour
        raise ValueError("no offset from UTC")
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1))


def _date(value: object, asked: Field) -> date:
    if not _DATE.fullmatch(_text(value, asked)):
        raise _WrongError(Reason.MISTYPED)
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _WrongError(Reason.IMPOSSIBLE_DATE) from None


def _month(value: object, asked: Field) -> str:
    text = _text(value, asked)
    if not _MONTH.fullmatch(text):
        raise _WrongError(Reason.MISTYPED)
    return text


def _integer(value: object, _asked: Field) -> int:
    if type(value) is not int:
        raise _WrongError(Reason.MISTYPED)
    if not -_LONGEST - 1 <= value <= _LONGEST:
        raise _WrongError(Reason.OUT_OF_RANGE)
    return value


def _boolean(value: object, _asked: Field) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(Reason.MISTYPED)
    return value


def _number(value: object, asked: Field) -> int:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise _WrongError(Reason.MISTYPED)
    number = Decimal(value) or Decimal()  # nothing is nothing, whatever its exponent
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        raise _WrongError(Reason.OUT_OF_RANGE)
    if _decimals_of(number) > DECIMALS[asked.kind]:
        # Out of bounds comes first, whatever the decimals: -0.001 is no number of hours.
        too_much = number < 0 or number > Decimal(asked.most or 0) / SCALE[asked.kind]
        raise _WrongError(Reason.OUT_OF_RANGE if too_much else Reason.TOO_MANY_DECIMALS)
    return int(number.scaleb(DECIMALS[asked.kind]))


def _decimals_of(number: Decimal) -> int:
    """How many decimals the value needs: trailing zeros are none."""
    _, digits, exponent = number.as_tuple()
    needed = "".join(map(str, digits)).rstrip("0")
    return -int(exponent) - (len(digits) - len(needed)) if needed else 0


_SINGLY: dict[Kind, Callable[[object, Field], Any]] = {
    Kind.TEXT: _text,
    Kind.CODE: _text,
    Kind.PSEUDONYM: _text,
    Kind.MUNICIPALITY: _text,
    Kind.JOBCENTER: _text,
    Kind.INSTANT: _instant,
    Kind.DATE: _date,
    Kind.MONTH: _month,
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: _boolean,
    Kind.HOURS: _number,
    Kind.SHARE: _number,
}
