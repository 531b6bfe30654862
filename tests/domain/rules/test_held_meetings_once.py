"""R2: one meeting, reported twice."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_same_minute() -> None:
    """Same citizen, type and minute: the jobcentre's record is kept, then the smallest source and fact id."""
    given = gives(
        "held_meetings_once",
        "fact, duplicate_of, lent_a_kasse",
        meetings="""
            fact | reporter  | source | a_kasse | held_at
            1    | A_KASSE   | a      | 3F      | 2021-03-01 09:00:00+00
            2    | JOBCENTER | m      |         | 2021-03-01 09:00:59+00
            3    | JOBCENTER | n      |         | 2021-03-01 09:00:30+00
            4    | JOBCENTER | m      |         | 2021-03-01 09:01:00+00
        """,
    )
    assert given == [
        ("1", "2", None),
        ("2", None, "3F"),
        ("3", "2", None),
    ]


def test_joint_same_day() -> None:
    """Joint meetings of one date, by jobcentre and a-kasse, are one; further records of the jobcentre stay."""
    given = gives(
        "held_meetings_once",
        "fact, duplicate_of, lent_a_kasse",
        meetings="""
            fact | interview_type | reporter  | source | a_kasse | held_at
            1    | JOINT          | JOBCENTER | m      |         | 2021-03-01 12:00:00+00
            2    | JOINT          | JOBCENTER | m      |         | 2021-03-01 09:00:00+00
            3    | JOINT          | A_KASSE   | b      | HK      | 2021-03-01 15:00:00+00
            4    | JOINT          | A_KASSE   | a      | 3F      | 2021-03-01 16:00:00+00
        """,
    )
    assert given == [
        ("2", None, "3F"),
        ("3", "2", None),
        ("4", "2", None),
    ]


def test_both_steps() -> None:
    """What the first step set aside names the record kept in the end."""
    given = gives(
        "held_meetings_once",
        "fact, duplicate_of",
        meetings="""
            fact | interview_type | reporter  | source | held_at
            1    | JOINT          | A_KASSE   | a      | 2021-03-01 15:00:00+00
            2    | JOINT          | A_KASSE   | b      | 2021-03-01 15:00:00+00
            3    | JOINT          | JOBCENTER | m      | 2021-03-01 09:00:00+00
        """,
    )
    assert given == [
        ("1", "3"),
        ("2", "3"),
        ("3", None),
    ]


def test_not_the_same() -> None:
    """Another citizen, another type, a no-show, or only a-kasser: nothing is set aside."""
    given = gives(
        "held_meetings_once",
        "fact",
        meetings="""
            fact | citizen | interview_type | attendance | reporter  | held_at
            1    | 1       | JOB            | HELD       | JOBCENTER | 2021-03-01 09:00:00+00
            2    | 2       | JOB            | HELD       | JOBCENTER | 2021-03-01 09:00:00+00
            3    | 1       | CV             | HELD       | JOBCENTER | 2021-03-01 09:00:00+00
            4    | 1       | JOB            | NO_SHOW    | JOBCENTER | 2021-03-01 09:00:00+00
            5    | 3       | JOINT          | HELD       | A_KASSE   | 2021-03-01 09:00:00+00
            6    | 3       | JOINT          | HELD       | A_KASSE   | 2021-03-01 10:00:00+00
        """,
    )
    assert given == []
