"""R14 and section 6: the citizen's previous contact meeting since the start of a meeting's spell."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_previous() -> None:
    """The one before by (held_at, source, fact_id), where it is on or after the start of this one's spell."""
    given = gives(
        "previous_contact",
        "fact, previous_on",
        told_meetings="""
            fact | citizen | held_at                | local_date | spell_start
            1    | 1       | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01
            2    | 1       | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01
            3    | 1       | 2021-02-01 09:00:00+00 | 2021-02-01 | 2021-01-02
            4    | 1       | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-02-01
            5    | 2       | 2021-03-02 09:00:00+00 | 2021-03-02 | 2021-02-01
        """,
    )
    assert given == [
        ("2", "2021-01-01"),
        ("4", "2021-02-01"),
    ]


def test_of_these_only() -> None:
    """Only meetings that are held, kept and of the contact types are asked; without a spell none is before."""
    given = gives(
        "previous_contact",
        "fact, previous_on",
        told_meetings="""
            fact | citizen | held_at                | local_date | spell_start | kept  | contact
            1    | 1       | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01  | true  | true
            2    | 1       | 2021-01-02 09:00:00+00 | 2021-01-02 | 2021-01-01  | false | true
            3    | 1       | 2021-01-03 09:00:00+00 | 2021-01-03 | 2021-01-01  | true  | false
            4    | 1       | 2021-01-04 09:00:00+00 | 2021-01-04 | 2021-01-01  | true  | true
            5    | 1       | 2021-01-05 09:00:00+00 | 2021-01-05 |             | true  | true
        """,
    )
    assert given == [
        ("4", "2021-01-01"),
    ]
