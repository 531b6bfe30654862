"""R14: what followed a meeting."""

from __future__ import annotations

import pytest

from tests.domain.rules.tables import gives


@pytest.mark.parametrize(
    ("met_on", "reached_on", "follows"),
    [
        ("2021-03-01", "2021-02-28", False),
        ("2021-03-01", "2021-03-01", False),
        ("2021-03-01", "2021-03-02", True),
        ("2020-03-01", "2021-03-01", True),
        ("2020-03-01", "2021-03-02", False),
        ("2020-02-29", "2021-02-28", True),
        ("2020-02-29", "2021-03-01", False),
    ],
)
def test_days(met_on: str, reached_on: str, follows: bool) -> None:  # noqa: FBT001 - a case
    """On a day after the meeting's date and no later than date + the longest horizon, 12 months."""
    given = gives(
        "what_followed",
        "fact, outcome, reached_on",
        kept_meetings=f"""
            fact | local_date | benefit
            1    | {met_on}   | CASH
        """,
        outcomes=f"""
            fact | reached_on
            7    | {reached_on}
        """,
    )
    assert given == ([("1", "JOB", reached_on)] if follows else [])


def test_first_of_each_kind() -> None:
    """Each kind of outcome by itself, and the first day of it: it is reached once, however often."""
    given = gives(
        "what_followed",
        "fact, outcome, reached_on",
        kept_meetings="""
            fact | citizen | local_date | benefit
            1    | 1       | 2021-03-01 | CASH
            2    | 1       | 2021-05-01 | CASH
            3    | 2       | 2021-03-01 | CASH
        """,
        outcomes="""
            fact | citizen | outcome   | reached_on
            4    | 1       | JOB       | 2021-06-02
            5    | 1       | JOB       | 2021-04-01
            6    | 1       | EDUCATION | 2021-04-01
        """,
    )
    assert given == [
        ("1", "EDUCATION", "2021-04-01"),
        ("1", "JOB", "2021-04-01"),
        ("2", "JOB", "2021-06-02"),
    ]


def test_without_a_spell() -> None:
    """A meeting without a spell is not asked about."""
    given = gives(
        "what_followed",
        "fact",
        kept_meetings="""
            fact | local_date | benefit
            1    | 2021-03-01 |
        """,
        outcomes="""
            fact | reached_on
            7    | 2021-04-01
        """,
    )
    assert given == []


def test_as_the_rule_set_says() -> None:
    """How long is looked ahead is the rule set's longest horizon."""
    given = gives(
        "what_followed",
        "fact",
        evaluation="""
            horizon_months | outcome_months
            [6, 1]         | 12
        """,
        kept_meetings="""
            fact | local_date | benefit
            1    | 2021-03-01 | CASH
            2    | 2021-02-28 | CASH
        """,
        outcomes="""
            fact | reached_on
            7    | 2021-09-01
        """,
    )
    assert given == [("1",)]
