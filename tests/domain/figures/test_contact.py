"""Section 6, R17: contact by month and quarter, with the distinct persons behind it."""

from __future__ import annotations

import pytest

from tests.domain.rules.tables import gives


@pytest.mark.parametrize(("figure", "period", "scope", "told"), [
    ("contact_quarter", "quarter", "461", "751"),
    ("contact_month", "month", "DK", "DK"),
])  # fmt: skip
def test_parts(figure: str, period: str, scope: str, told: str) -> None:
    """Meetings of those in scope are told where they are in scope, days and minutes where the meeting is."""
    given = gives(
        figure,
        f"municipality, {period}, part, mode, counted, amount, persons",
        contact_between="""
            fact | month      | mode  | in_scope_of | days | minutes
            1    | 2021-01-01 | PHONE | 461         |      | 20
            2    | 2021-01-01 | PHONE | 461         | 9    | 30
            3    | 2021-01-01 | VIDEO |             | 5    |
        """,
        in_scope="""
            month      | municipality
            2021-01-01 | 461
        """,
    )
    assert sorted(given, key=lambda row: row[2:4]) == [
        (told, "2021-01-01", "duration", "PHONE", "2", "50", "1"),
        (told, "2021-01-01", "interval", "PHONE", "1", "9", "1"),
        (told, "2021-01-01", "interval", "VIDEO", "1", "5", "1"),
        (scope, "2021-01-01", "meetings", "PHONE", "2", "0", "1"),
        (scope, "2021-01-01", "scope", None, "1", "0", "1"),
    ]
