"""R6: who is in scope in a month."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_from_that_day() -> None:
    """In scope from the month whose last day the seniority is reached by; never after the spell."""
    given = gives(
        "in_scope",
        "month, last_day, chain_start",
        spells_in_chains="""
            fact | chain | starts_on  | ends_on
            1    | 1     | 2020-06-01 | 2021-06-29
        """,
        chains="""
            chain | starts_on
            1     | 2020-04-30
        """,
        seniority_reached="""
            chain | target_row | reached_on
            1     | 1          | 2021-04-30
        """,
    )
    assert given == [
        ("2021-04-01", "2021-04-30", "2020-04-30"),
        ("2021-05-01", "2021-05-31", "2020-04-30"),
    ]


def test_never_reached() -> None:
    """Out of scope for as long as the chain never has the seniority."""
    given = gives(
        "in_scope",
        "month",
        spells_in_chains="""
            fact | chain | starts_on
            1    | 1     | 2020-06-01
        """,
        chains="""
            chain | starts_on
            1     | 2020-06-01
        """,
        seniority_reached="""
            chain | target_row | reached_on
            1     | 1          |
        """,
    )
    assert given == []


def test_latest_spell_decides() -> None:
    """The covering spell with the latest start decides alone, then the smallest fact id as text."""
    given = gives(
        "in_scope",
        "citizen, month, municipality",
        spells_in_chains="""
            fact | citizen | chain | municipality | starts_on  | ends_on
            1    | 1       | 1     | 751          | 2020-01-01 | 2021-01-31
            2    | 1       | 2     | 101          | 2021-01-15 | 2021-01-31
            9    | 2       | 9     | 751          | 2021-01-01 | 2021-01-31
            10   | 2       | 10    | 101          | 2021-01-01 | 2021-01-31
        """,
        overlapping_spells="""
            citizen
            1
            2
        """,
        chains="""
            chain | starts_on
            1     | 2020-01-01
            2     | 2021-01-15
            9     | 2021-01-01
            10    | 2021-01-01
        """,
        seniority_reached="""
            chain | target_row | reached_on
            1     | 1          | 2020-12-31
            2     | 1          | 2022-01-14
            9     | 1          | 2021-01-01
            10    | 1          | 2021-01-01
        """,
    )
    assert given == [
        ("1", "2020-12-01", "751"),
        ("2", "2021-01-01", "101"),
    ]
