"""A record as JSON, read the same wherever it comes from."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """Give a JSON object, its numbers as they are written; None for whatever is none.

    >>> object_of(b'{"hours": 7.50}'), object_of("[]")
    ({'hours': Decimal('7.50')}, None)
    """
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
