"""One line of JSON as the pairs that stand in it, exactly: nothing is rounded, no key swallows another."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeAlias

from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS, Reason

Pairs: TypeAlias = tuple[tuple[str, Any], ...]
"""An object's keys and values in their order. Values: text, int, Decimal, bool, None, lists, objects (as
tuples of pairs, which no field takes)."""

_SPACE = " \t\r\n"
_DIGITS = 40
"""Of a longer integer that many are enough to see that it is out of range."""


def pairs_of(line: bytes) -> Pairs:
    """The object of a line; `Rejected` when there is none, or something beside it."""
    try:
        text = str(line, "utf-8")
        found, end = _DECODER.raw_decode(text)
        if text[end:].strip(_SPACE):
            raise _not_json()
    except (ValueError, RecursionError):
        found = _carefully(line)
    if type(found) is not tuple:
        raise _not_json()
    return found


def _carefully(line: bytes) -> Any:  # noqa: ANN401 - any JSON
    """As `pairs_of`, for lines with space before the object, and integers longer than Python reads."""
    try:
        return _CAREFUL.decode(str(line, "utf-8").strip(_SPACE))
    except (ValueError, RecursionError):
        raise _not_json() from None


def _not_json() -> Rejected:
    return Rejected(Reason.NOT_JSON, None, HINTS[Reason.NOT_JSON])


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what even Decimal holds
        return Decimal("Infinity")


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _whole(text: str) -> int:
    return int(text[:_DIGITS])


_DECODER = json.JSONDecoder(object_pairs_hook=tuple, parse_float=_decimal, parse_constant=_no_constant)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=tuple, parse_float=_decimal, parse_constant=_no_constant, parse_int=_whole
)
