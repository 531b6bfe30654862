"""R14 and R15: meetings that are held and kept."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_asked() -> None:
    """Their month, region, whether they were the first, and whether the assessment is documented."""
    given = gives(
        "kept_meetings",
        "fact, month, region, first, assessment_documented",
        judged_meetings="""
            fact | local_date | told_by | assessment_documented | kept
            1    | 2021-03-31 | 751     | true                  | true
            2    | 2021-03-31 | 101     |                       | true
            3    | 2021-03-31 | 101     | true                  | false
        """,
        first_meetings="""
            fact
            2
        """,
    )
    assert given == [
        ("1", "2021-03-01", "Midtjylland", "false", "true"),
        ("2", "2021-03-01", "Hovedstaden", "true", "false"),
    ]


def test_six_months() -> None:
    """Six months are reached from the day on which start + 6 calendar months is no later; never without a spell."""
    given = gives(
        "kept_meetings",
        "fact, six_months_reached",
        judged_meetings="""
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
