"""JSON as sources send it, read the same wherever it comes from: numbers with a point are exactly what was written.

What msgspec reads, it reads as Python's own module does, in half the time. It is stricter: what it doesn't take
(half of a surrogate pair, NaN, an encoding other than UTF-8), Python's own looks at.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec


def value_of(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Give the value; raises `ValueError` when the text is no JSON, or nested too deep.

    >>> value_of(b'[7.50, 1E+99999999999999999999]')
    [Decimal('7.50'), Decimal('NaN')]
    """
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    try:
        return json.loads(text, parse_float=_number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """Give a JSON object; None for whatever is none.

    >>> object_of(b'{"hours": 7.50}'), object_of("[]")
    ({'hours': Decimal('7.50')}, None)
    """
    try:
        found = value_of(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _number(text: str) -> Decimal:
    """The number; none where its exponent is beyond all that a decimal can have."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


_DECODER = msgspec.json.Decoder(float_hook=_number)
