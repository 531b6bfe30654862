"""R5: chains and their start."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_start() -> None:
    """A chain begins with its first spell."""
    given = gives(
        "chains",
        "chain, benefit, starts_on",
        spells_in_chains="""
            fact | chain | benefit  | starts_on  | ends_on
            1    | 1     | CASH     | 2020-01-01 | 2020-06-30
            2    | 1     | CASH     | 2020-07-15 | 2020-12-31
            3    | 3     | RESOURCE | 2020-03-01 | 2020-12-31
        """,
    )
    assert given == [
        ("1", "CASH", "2020-01-01"),
        ("3", "RESOURCE", "2020-03-01"),
    ]


def test_taken_over() -> None:
    """A cash or education chain takes over the start of a transition chain that ended just before."""
    given = gives(
        "chains",
        "chain, starts_on",
        spells_in_chains="""
            fact | citizen | chain | benefit    | starts_on  | ends_on
            1    | 1       | 1     | TRANSITION | 2020-01-10 | 2020-11-01
            2    | 1       | 2     | CASH       | 2020-12-31 | 9999-12-31
            3    | 1       | 3     | EDUCATION  | 2021-01-01 | 9999-12-31
            4    | 1       | 4     | RESOURCE   | 2020-11-02 | 9999-12-31
            5    | 2       | 5     | CASH       | 2020-11-02 | 9999-12-31
            6    | 1       | 6     | EDUCATION  | 2020-11-01 | 9999-12-31
        """,
    )
    assert given == [
        ("1", "2020-01-10"),
        ("2", "2020-01-10"),
        ("3", "2021-01-01"),
        ("4", "2020-11-02"),
        ("5", "2020-11-02"),
        ("6", "2020-11-01"),
    ]
