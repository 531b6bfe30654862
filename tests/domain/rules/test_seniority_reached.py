"""R5: the day on which a chain reaches the seniority asked for."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_calendar() -> None:
    """All benefits but one: the day before the start's anniversary, clipped to the end of its month."""
    given = gives(
        "seniority_reached",
        "chain, reached_on",
        chains="""
            chain | starts_on
            1     | 2020-01-01
            2     | 2020-02-29
            3     | 2020-01-02
        """,
    )
    assert given == [
        ("1", "2020-12-31"),
        ("2", "2021-02-27"),
        ("3", "2021-01-01"),
    ]


def test_days() -> None:
    """Unemployment: the 365th distinct day on the benefit, in whichever spell it lies; null while there are fewer."""
    given = gives(
        "seniority_reached",
        "chain, reached_on",
        chains="""
            chain | benefit      | starts_on
            1     | UNEMPLOYMENT | 2019-01-01
            9     | UNEMPLOYMENT | 2021-01-01
        """,
        spells_in_chains="""
            fact | chain | benefit      | new_from   | new_days | days_before
            1    | 1     | UNEMPLOYMENT | 2019-01-01 | 181      | 0
            2    | 1     | UNEMPLOYMENT | 2020-01-01 | 366      | 181
            9    | 9     | UNEMPLOYMENT | 2021-01-01 | 364      | 0
        """,
    )
    assert given == [
        ("1", "2020-07-02"),
        ("9", None),
    ]
