"""Records as the shipped profiles' systems send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

KEY = "0123456789abcdef0123456789abcdef-of-tests"
"""The secret key of all tests."""
_BEGIN = datetime(2020, 3, 2, 8, 0, tzinfo=UTC)


def meeting(number: int, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a field may hold
    """Give a meeting of the momentum profile, the number-th; ids sort as numbers do, and so do times of change."""
    at = _BEGIN + timedelta(minutes=number)
    record: dict[str, Any] = {
        "haendelse": "samtale",
        "id": f"m-{number:05}",
        "version": 1,
        "registreret": at.isoformat().replace("+00:00", "Z"),
        "aarsag": "oprettet",
        "borger": {"cpr": cpr(number)},
        "kommune": "751",
        "samtaletype": "Jobsamtale",
        "afholdt": "2020-03-02 10:00",
        "form": "Telefon",
        "fremmoede": "Mødt",
    }
    return record | changed


def cpr(number: int) -> str:
    """Give the personal number of the number-th citizen: ten digits, of somebody born in January 1970."""
    return f"{number % 28 + 1:02}0170{number % 4000:04}"
