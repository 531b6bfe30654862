"""R14 and R15: meetings that are held and kept."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_asked() -> None:
    """Their month, region, and whether the assessment is documented."""
    given = gives(
        "kept_meetings",
        "fact, month, region, assessment_documented",
        told_meetings="""
            fact | local_date | told_by | assessment_documented | kept
            1    | 2021-03-31 | 751     | true                  | true
            2    | 2021-03-31 | 101     |                       | true
            3    | 2021-03-31 | 101     | true                  | false
        """,
    )
    assert given == [
        ("1", "2021-03-01", "Midtjylland", "true"),
        ("2", "2021-03-01", "Hovedstaden", "false"),
    ]


def test_first() -> None:
    """A contact meeting with a spell is the first when none is before it since that spell began."""
    given = gives(
        "kept_meetings",
        "fact, first",
        told_meetings="""
            fact | local_date | spell_start | contact
            1    | 2021-01-01 | 2021-01-01  | true
            2    | 2021-01-02 | 2021-01-01  | true
            3    | 2021-01-03 |             | true
            4    | 2021-01-04 | 2021-01-01  | false
        """,
        previous_contact="""
            fact | previous_on
            2    | 2021-01-01
        """,
    )
    assert given == [
        ("1", "true"),
        ("2", "false"),
        ("3", "false"),
        ("4", "false"),
    ]


def test_six_months() -> None:
    """Six months are reached from the day on which start + 6 calendar months is no later; never without a spell."""
    given = gives(
        "kept_meetings",
        "fact, six_months_reached",
        told_meetings="""
            fact | local_date | spell_start
            1    | 2021-02-27 | 2020-08-31
            2    | 2021-02-28 | 2020-08-31
            3    | 2021-02-28 |
        """,
    )
    assert given == [
        ("1", "false"),
        ("2", "true"),
        ("3", "false"),
    ]
