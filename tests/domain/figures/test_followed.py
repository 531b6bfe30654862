"""Section 6, R14, R17: what followed meetings, by quarter and year, with the distinct persons behind it."""

from __future__ import annotations

from tests.domain.rules.tables import gives

_KEPT = """
    fact | citizen | local_date | month      | benefit | mode
    1    | 1       | 2021-01-05 | 2021-01-01 | CASH    | PHONE
    2    | 1       | 2021-03-05 | 2021-03-01 | CASH    | PHONE
    3    | 2       | 2021-02-05 | 2021-02-01 | CASH    | PHONE
    4    | 2       | 2021-02-06 | 2021-02-01 |         | PHONE
"""
_FOLLOWED = """
    fact | outcome | reached_on
    1    | JOB     | 2021-06-04
    2    | JOB     | 2021-06-04
    3    | FIT     | 2021-02-06
"""


def test_a_quarter_of_the_country() -> None:
    """All meetings with a spell, and those after which an outcome was reached within a horizon; persons once."""
    given = gives(
        "followed_quarter",
        "citizen, municipality, quarter, part, horizon, outcome, meetings, persons, persons_only",
        kept_meetings=_KEPT,
        what_followed=_FOLLOWED,
    )
    assert given == [
        ("1", "DK", "2021-01-01", "all", None, None, "2", "1", "1"),
        ("1", "DK", "2021-01-01", "reached", "12", "JOB", "2", "1", "1"),
        ("1", "DK", "2021-01-01", "reached", "3", "JOB", "1", "1", "0"),
        ("1", "DK", "2021-01-01", "reached", "6", "JOB", "2", "1", "1"),
        ("2", "DK", "2021-01-01", "all", None, None, "1", "1", "1"),
        ("2", "DK", "2021-01-01", "reached", "12", "FIT", "1", "1", "1"),
        ("2", "DK", "2021-01-01", "reached", "3", "FIT", "1", "1", "1"),
        ("2", "DK", "2021-01-01", "reached", "6", "FIT", "1", "1", "1"),
    ]


def test_a_year_of_a_municipality() -> None:
    """By mode alone, under the municipality of the meeting's spell."""
    given = gives(
        "followed_year",
        "citizen, municipality, year, part, mode, horizon, outcome, meetings, persons_only",
        kept_meetings=_KEPT,
        what_followed=_FOLLOWED,
    )
    assert [row for row in given if row[0] == "1"] == [
        ("1", "751", "2021", "all", "PHONE", None, None, "2", "1"),
        ("1", "751", "2021", "reached", "PHONE", "12", "JOB", "2", "1"),
        ("1", "751", "2021", "reached", "PHONE", "3", "JOB", "1", "0"),
        ("1", "751", "2021", "reached", "PHONE", "6", "JOB", "2", "1"),
    ]
