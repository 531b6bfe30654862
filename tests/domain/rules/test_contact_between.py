"""Section 6, contact: days between a citizen's meetings, whether they are in scope then, and minutes."""

from __future__ import annotations

from tests.domain.rules.tables import gives

_DAYS = "fact, days"


def test_days_since_the_previous_meeting() -> None:
    """Days since the citizen's previous meeting that is held, kept and of the types, by (held_at, source, fact_id)."""
    given = gives(
        "contact_between",
        _DAYS,
        judged_meetings="""
            fact | citizen | held_at                | local_date | spell_start | kept  | contact
            1    | 1       | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-01-01  | true  | true
            2    | 1       | 2021-03-08 09:00:00+00 | 2021-03-08 | 2021-01-01  | false | true
            3    | 1       | 2021-03-09 09:00:00+00 | 2021-03-09 | 2021-01-01  | true  | false
            4    | 1       | 2021-03-31 09:00:00+00 | 2021-03-31 | 2021-01-01  | true  | true
            5    | 1       | 2021-03-31 12:00:00+00 | 2021-03-31 | 2021-01-01  | true  | true
            6    | 2       | 2021-04-02 09:00:00+00 | 2021-04-02 | 2021-01-01  | true  | true
        """,
    )
    assert given == [("1", None), ("4", "30"), ("5", "0"), ("6", None)]


def test_not_before_the_spell() -> None:
    """A previous meeting counts when it lies on or after the start of this one's spell; without a spell none does."""
    given = gives(
        "contact_between",
        _DAYS,
        judged_meetings="""
            fact | citizen | held_at                | local_date | spell_start
            1    | 1       | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-01-01
            2    | 1       | 2021-03-05 09:00:00+00 | 2021-03-05 | 2021-03-01
            3    | 2       | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-01-01
            4    | 2       | 2021-03-05 09:00:00+00 | 2021-03-05 | 2021-03-02
            5    | 3       | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-01-01
            6    | 3       | 2021-03-05 09:00:00+00 | 2021-03-05 |
        """,
    )
    assert given == [("1", None), ("2", "4"), ("3", None), ("4", None), ("5", None), ("6", None)]


def test_in_scope_in_its_month() -> None:
    """The municipality under which the citizen is in scope in the meeting's month, not in another one."""
    given = gives(
        "contact_between",
        "fact, month, told_by, in_scope_of",
        judged_meetings="""
            fact | citizen | held_at                | local_date | told_by
            1    | 1       | 2021-02-28 09:00:00+00 | 2021-02-28 | 751
            2    | 1       | 2021-03-01 09:00:00+00 | 2021-03-01 | 751
            3    | 2       | 2021-03-01 09:00:00+00 | 2021-03-01 | 751
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
        judged_meetings="""
            fact | mode  | duration_minutes
            1    | PHONE | 0
            2    | VIDEO |
        """,
    )
    assert given == [("1", "PHONE", "0"), ("2", "VIDEO", None)]
