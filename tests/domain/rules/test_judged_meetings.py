"""R7: which meetings count, and why not."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_reasons() -> None:
    """The first reason that applies, in the order of the specification; none when it counts."""
    given = gives(
        "judged_meetings",
        "fact, reason, kept, contact",
        meetings="""
            fact | attendance | interview_type | reporter  | mode     | local_date
            1    | HELD       | JOB            | JOBCENTER | PHYSICAL | 2021-03-01
            2    | HELD       | JOB            | JOBCENTER | PHYSICAL | 2021-03-01
            3    | NO_SHOW    | CV             | A_KASSE   | WRITTEN  | 2021-03-01
            4    | HELD       | CV             | A_KASSE   | WRITTEN  | 2021-03-01
            5    | HELD       | JOINT          | A_KASSE   | WRITTEN  | 2021-03-01
            6    | HELD       | JOB            | A_KASSE   | WRITTEN  | 2021-03-01
            7    | HELD       | JOB            | JOBCENTER | WRITTEN  | 2021-03-01
            8    | HELD       | FOLLOW_UP      | JOBCENTER | PHONE    | 2021-03-01
        """,
        held_meetings_once="""
            fact | duplicate_of
            2    | 1
        """,
        spell_of_meeting="""
            fact | spell | spell_municipality
            1    | 9     | 101
            2    | 9     | 101
        """,
    )
    assert given == [
        ("1", None, "true", "true"),
        ("2", "duplicate", "false", "true"),
        ("3", "no_show", "false", "false"),
        ("4", "type_not_counted", "true", "false"),
        ("5", "unconfirmed_joint", "true", "true"),
        ("6", "reported_by_a_kasse", "true", "true"),
        ("7", "mode_not_counted", "true", "true"),
        ("8", "no_spell", "true", "true"),
    ]


def test_on_its_date() -> None:
    """Modes and reporters count on the meeting's local date, both ends of a row included."""
    given = gives(
        "judged_meetings",
        "fact, reason",
        meetings="""
            fact | mode     | reporter  | local_date
            1    | PHONE    | JOBCENTER | 2020-03-19
            2    | PHONE    | JOBCENTER | 2020-03-20
            3    | PHONE    | JOBCENTER | 2020-05-26
            4    | PHONE    | JOBCENTER | 2020-05-27
            5    | PHYSICAL | A_KASSE   | 2023-12-31
            6    | PHYSICAL | A_KASSE   | 2024-01-01
        """,
        spell_of_meeting="""
            fact | spell
            1    | 9
            2    | 9
            3    | 9
            4    | 9
            5    | 9
            6    | 9
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


def test_lent_and_told() -> None:
    """A lent a-kasse is its own from here on; it is told of by its spell's municipality, else by its own."""
    given = gives(
        "judged_meetings",
        "fact, a_kasse, told_by",
        meetings="""
            fact | a_kasse | municipality
            1    |         | 751
            2    | HK      | 751
        """,
        held_meetings_once="""
            fact | lent_a_kasse
            1    | 3F
        """,
        spell_of_meeting="""
            fact | spell | spell_municipality
            2    | 9     | 101
        """,
    )
    assert given == [
        ("1", "3F", "751"),
        ("2", "HK", "101"),
    ]
