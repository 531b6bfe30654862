"""R5: which spells belong together, and how many days each adds."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_gaps() -> None:
    """A whole calendar month without the benefit breaks the chain, measured from its latest end."""
    given = gives(
        "spells_in_chains",
        "fact, chain",
        spells="""
            fact | starts_on  | ends_on
            1    | 2020-01-15 | 2020-06-30
            2    | 2020-02-01 | 2020-02-10
            3    | 2020-07-31 | 2020-08-01
            4    | 2020-10-01 | 2020-10-31
        """,
    )
    assert given == [
        ("1", "1"),
        ("2", "1"),
        ("3", "1"),
        ("4", "4"),
    ]


def test_benefits() -> None:
    """Each benefit has its chains; sickness spells one each, unemployment spells one together."""
    given = gives(
        "spells_in_chains",
        "fact, chain",
        spells="""
            fact | benefit      | starts_on  | ends_on
            1    | SICKNESS     | 2020-01-01 | 2020-01-31
            2    | SICKNESS     | 2020-02-01 | 2020-02-29
            3    | UNEMPLOYMENT | 2018-01-01 | 2018-01-31
            4    | UNEMPLOYMENT | 2020-01-01 | 2020-01-31
            5    | CASH         | 2020-01-01 | 2020-01-31
        """,
    )
    assert given == [
        ("1", "1"),
        ("2", "2"),
        ("3", "3"),
        ("4", "3"),
        ("5", "5"),
    ]


def test_days() -> None:
    """A day on two spells is one day."""
    given = gives(
        "spells_in_chains",
        "fact, new_from, new_days, days_before",
        spells="""
            fact | benefit      | starts_on  | ends_on
            1    | UNEMPLOYMENT | 2020-01-01 | 2020-01-31
            2    | UNEMPLOYMENT | 2020-01-10 | 2020-01-20
            3    | UNEMPLOYMENT | 2020-01-31 | 2020-02-02
        """,
    )
    assert given == [
        ("1", "2020-01-01", "31", "0"),
        ("2", "2020-02-01", "0", "31"),
        ("3", "2020-02-01", "2", "31"),
    ]


def test_introduction() -> None:
    """Spells in an introduction programme are left out."""
    given = gives(
        "spells_in_chains",
        "fact",
        spells="""
            fact | starts_on  | introduction_programme
            1    | 2020-01-01 | true
        """,
    )
    assert given == []
