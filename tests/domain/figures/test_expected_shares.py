"""R12: the shares of a municipality and year."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_of_several() -> None:
    """Of several for the same municipality and year, the greatest (registered_at, source, fact_id), as text."""
    given = gives(
        "expected_shares",
        "municipality, year, shares, actual_share, expected_share",
        expected_shares="""
            municipality | year | registered_at          | source | fact_id | actual_share | expected_share
            751          | 2021 | 2022-01-02 00:00:00+00 | a      | 1       | 1            | 2
            751          | 2021 | 2022-01-01 00:00:00+00 | b      | 2       | 3            | 4
            751          | 2020 | 2022-01-01 00:00:00+00 | a      | 9       | 5            | 6
            751          | 2020 | 2022-01-01 00:00:00+00 | b      | 10      | 7            | 8
            751          | 2020 | 2022-01-01 00:00:00+00 | b      | 1       | 9            | 10
            101          | 2021 | 2022-01-01 00:00:00+00 | a      | 9       | 11           | 12
            101          | 2021 | 2022-01-01 00:00:00+00 | a      | 10      | 13           | 14
        """,
    )
    assert given == [
        ("101", "2021", "1", "11", "12"),
        ("751", "2020", "1", "7", "8"),
        ("751", "2021", "1", "1", "2"),
    ]


def test_as_they_were_and_as_they_are() -> None:
    """What was and what is are each judged by themselves: only the difference is left of both."""
    given = gives(
        "expected_shares",
        "citizen, actual_share",
        expected_shares="""
            citizen | year | fact_id | actual_share | expected_share
            1       | 2021 | 1       | 1            | 9
            2       | 2021 | 1       | 1            | 9
            2       | 2021 | 2       | 2            | 9
        """,
    )
    assert given == [("1", "1"), ("2", "2")]
