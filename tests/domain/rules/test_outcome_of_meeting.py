"""Section 4: the first outcome after a meeting."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_within() -> None:
    """On a day after the meeting and no later than 12 calendar months after it."""
    given = gives(
        "outcome_of_meeting",
        "fact, reached_on",
        meetings="""
            fact | citizen | local_date
            1    | 1       | 2020-02-29
            2    | 2       | 2020-02-29
            3    | 3       | 2020-02-29
        """,
        outcomes="""
            fact | citizen | reached_on
            1    | 1       | 2020-02-29
            2    | 1       | 2021-02-28
            3    | 2       | 2021-03-01
            4    | 3       | 2020-03-01
            5    | 3       | 2020-03-02
        """,
    )
    assert given == [
        ("1", "2021-02-28"),
        ("3", "2020-03-01"),
    ]


def test_same_day() -> None:
    """On the same day job before education before fit."""
    given = gives(
        "outcome_of_meeting",
        "fact, outcome",
        meetings="""
            fact | citizen | local_date
            1    | 1       | 2021-01-01
            2    | 2       | 2021-01-01
        """,
        outcomes="""
            fact | citizen | reached_on | outcome
            1    | 1       | 2021-02-01 | FIT
            2    | 1       | 2021-02-01 | EDUCATION
            3    | 1       | 2021-02-01 | JOB
            4    | 2       | 2021-02-01 | FIT
            5    | 2       | 2021-02-01 | EDUCATION
        """,
    )
    assert given == [
        ("1", "JOB"),
        ("2", "EDUCATION"),
    ]
