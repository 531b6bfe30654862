"""R7: which meetings count, and why not."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_reasons() -> None:
    """The first reason that applies, in the order of the specification; none when it counts."""
    given = gives(
        "judged_meetings",
        "fact, reason",
        told_meetings="""
            fact | attendance | interview_type | contact | reporter  | mode     | duplicate_of | spell_start
            1    | HELD       | JOB            | true    | JOBCENTER | PHYSICAL |              | 2021-01-01
            2    | HELD       | JOB            | true    | JOBCENTER | PHYSICAL | 1            | 2021-01-01
            3    | NO_SHOW    | CV             | false   | A_KASSE   | WRITTEN  |              |
            4    | HELD       | CV             | false   | A_KASSE   | WRITTEN  |              |
            5    | HELD       | JOINT          | true    | A_KASSE   | WRITTEN  |              |
            6    | HELD       | JOB            | true    | A_KASSE   | WRITTEN  |              |
            7    | HELD       | JOB            | true    | JOBCENTER | WRITTEN  |              |
            8    | HELD       | FOLLOW_UP      | true    | JOBCENTER | PHONE    |              |
        """,
    )
    assert given == [
        ("1", None),
        ("2", "duplicate"),
        ("3", "no_show"),
        ("4", "type_not_counted"),
        ("5", "unconfirmed_joint"),
        ("6", "reported_by_a_kasse"),
        ("7", "mode_not_counted"),
        ("8", "no_spell"),
    ]


def test_on_its_date() -> None:
    """Modes and reporters count on the meeting's local date, both ends of a row included."""
    given = gives(
        "judged_meetings",
        "fact, reason",
        told_meetings="""
            fact | mode     | reporter  | local_date | spell_start
            1    | PHONE    | JOBCENTER | 2020-03-19 | 2020-01-01
            2    | PHONE    | JOBCENTER | 2020-03-20 | 2020-01-01
            3    | PHONE    | JOBCENTER | 2020-05-26 | 2020-01-01
            4    | PHONE    | JOBCENTER | 2020-05-27 | 2020-01-01
            5    | PHYSICAL | A_KASSE   | 2023-12-31 | 2020-01-01
            6    | PHYSICAL | A_KASSE   | 2024-01-01 | 2020-01-01
        """,
    )
    assert given == [
        ("1", None),
        ("2", "mode_not_counted"),
        ("3", "mode_not_counted"),
        ("4", None),
        ("5", "reported_by_a_kasse"),
        ("6", None),
    ]
