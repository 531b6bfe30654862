"""R4: the spell of a meeting."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_covers() -> None:
    """The citizen's spell that covers the local date, first and last day included."""
    given = gives(
        "spell_of_meeting",
        "fact, spell",
        meetings="""
            fact | citizen | local_date
            1    | 1       | 2021-01-01
            2    | 1       | 2021-01-31
            3    | 1       | 2021-02-01
            4    | 2       | 2021-01-15
        """,
        spells="""
            fact | starts_on  | ends_on
            9    | 2021-01-01 | 2021-01-31
        """,
    )
    assert given == [
        ("1", "9"),
        ("2", "9"),
    ]


def test_of_several() -> None:
    """First one in the meeting's municipality, then the latest start, then the smallest fact id as text."""
    given = gives(
        "spell_of_meeting",
        "fact, spell, spell_municipality, spell_start",
        meetings="""
            fact | citizen | municipality | local_date
            1    | 1       | 101          | 2021-03-01
            2    | 2       | 101          | 2021-03-01
        """,
        spells="""
            fact | citizen | municipality | starts_on
            7    | 1       | 101          | 2020-01-01
            8    | 1       | 751          | 2021-02-01
            9    | 2       | 751          | 2021-02-01
            10   | 2       | 751          | 2021-02-01
            11   | 2       | 751          | 2021-01-01
        """,
        overlapping_spells="""
            citizen
            1
            2
        """,
    )
    assert given == [
        ("1", "7", "101", "2020-01-01"),
        ("2", "10", "751", "2021-02-01"),
    ]


def test_introduction() -> None:
    """Spells in an introduction programme count here like any other."""
    given = gives(
        "spell_of_meeting",
        "fact, spell, target_group",
        meetings="""
            fact | local_date
            1    | 2021-03-01
        """,
        spells="""
            fact | starts_on  | introduction_programme | target_group
            9    | 2021-01-01 | true                   | 13
        """,
    )
    assert given == [
        ("1", "9", "13"),
    ]
