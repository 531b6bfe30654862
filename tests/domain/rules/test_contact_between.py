"""Section 6, contact: days between a citizen's meetings, whether they are in scope then, and minutes."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_days_since_the_previous_meeting() -> None:
    """Days since the citizen's previous meeting in the spell; null without one; of the contact types only."""
    given = gives(
        "contact_between",
        "fact, days",
        kept_meetings="""
            fact | local_date | previous_on | contact
            1    | 2021-03-01 |             | true
            2    | 2021-03-31 | 2021-03-01  | true
            3    | 2021-03-31 | 2021-03-31  | true
            4    | 2021-03-31 | 2021-03-01  | false
        """,
    )
    assert given == [("1", None), ("2", "30"), ("3", "0")]


def test_in_scope_in_its_month() -> None:
    """The municipality under which the citizen is in scope in the meeting's month, not in another one."""
    given = gives(
        "contact_between",
        "fact, month, told_by, in_scope_of",
        kept_meetings="""
            fact | citizen | month      | told_by
            1    | 1       | 2021-02-01 | 751
            2    | 1       | 2021-03-01 | 751
            3    | 2       | 2021-03-01 | 751
        """,
        in_scope="""
            citizen | month      | municipality
            1       | 2021-03-01 | 101
        """,
    )
    assert given == [
        ("1", "2021-02-01", "751", None),
        ("2", "2021-03-01", "751", "101"),
        ("3", "2021-03-01", "751", None),
    ]


def test_minutes() -> None:
    """Minutes are as told, or unknown."""
    given = gives(
        "contact_between",
        "fact, mode, minutes",
        kept_meetings="""
            fact | mode  | duration_minutes
            1    | PHONE | 0
            2    | VIDEO |
        """,
    )
    assert given == [("1", "PHONE", "0"), ("2", "VIDEO", None)]
