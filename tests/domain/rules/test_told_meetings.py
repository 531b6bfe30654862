"""R2 and R4: what every meeting is, before any rule set is asked."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_kept_and_contact() -> None:
    """What was held and is no duplicate is kept; three types are contact."""
    given = gives(
        "told_meetings",
        "fact, kept, contact",
        meetings="""
            fact | attendance | interview_type
            1    | HELD       | JOB
            2    | HELD       | FOLLOW_UP
            3    | NO_SHOW    | JOINT
            4    | HELD       | CV
        """,
        held_meetings_once="""
            fact | duplicate_of
            2    | 1
        """,
    )
    assert given == [
        ("1", "true", "true"),
        ("2", "false", "true"),
        ("3", "false", "true"),
        ("4", "true", "false"),
    ]


def test_lent_and_told() -> None:
    """A lent a-kasse is its own from here on; it is told of by its spell's municipality, else by its own."""
    given = gives(
        "told_meetings",
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
