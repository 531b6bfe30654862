"""R15: was the mode lawful, and was an assessment missing?"""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_lawful() -> None:
    """Lawful when allowed, or with a documented assessment; missing where one is asked for and none documented."""
    given = gives(
        "mode_of_meeting",
        "fact, mode_lawful, assessment_missing",
        kept_meetings="""
            fact | local_date | mode     | assessment_documented
            1    | 2021-01-01 | PHYSICAL | false
            2    | 2021-01-01 | PHONE    | true
            3    | 2021-01-01 | PHONE    | false
            4    | 2021-01-01 | VIDEO    | true
            5    | 2021-01-01 | VIDEO    | false
            6    | 2021-01-01 | OTHER    | true
        """,
        mode_in_force="""
            local_date | allowed           | with_assessment | assessment_expected
            2021-01-01 | [PHYSICAL, VIDEO] | [PHONE]         | [VIDEO]
        """,
    )
    assert given == [
        ("1", "true", "false"),
        ("2", "true", "false"),
        ("3", "false", "true"),
        ("4", "true", "false"),
        ("5", "true", "true"),
        ("6", "false", "false"),
    ]


def test_no_rule() -> None:
    """Where no row matches, lawful is null and nothing is missing."""
    given = gives(
        "mode_of_meeting",
        "fact, mode_lawful, assessment_missing, mode_rule",
        kept_meetings="""
            fact | local_date
            1    | 2019-01-01
        """,
    )
    assert given == [
        ("1", None, "false", None),
    ]
