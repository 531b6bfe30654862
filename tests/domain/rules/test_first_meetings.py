"""R14: the first contact meeting since the start of its spell."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_first() -> None:
    """No other contact meeting on or after the start of its spell is earlier, by instant, source and fact id."""
    given = gives(
        "first_meetings",
        "fact",
        judged_meetings="""
            fact | held_at                | local_date | spell_start
            1    | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01
            2    | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01
            3    | 2021-02-01 09:00:00+00 | 2021-02-01 | 2021-01-02
            4    | 2021-03-01 09:00:00+00 | 2021-03-01 | 2021-02-01
        """,
    )
    assert given == [
        ("1",),
        ("3",),
    ]


def test_of_these_only() -> None:
    """Only meetings that are held, kept, of the contact types and with a spell are asked."""
    given = gives(
        "first_meetings",
        "fact",
        judged_meetings="""
            fact | citizen | held_at                | local_date | spell_start | kept  | contact
            1    | 1       | 2021-01-01 09:00:00+00 | 2021-01-01 | 2021-01-01  | false | true
            2    | 1       | 2021-01-02 09:00:00+00 | 2021-01-02 | 2021-01-01  | true  | false
            3    | 1       | 2021-01-03 09:00:00+00 | 2021-01-03 |             | true  | true
            4    | 1       | 2021-01-04 09:00:00+00 | 2021-01-04 | 2021-01-01  | true  | true
            5    | 2       | 2021-01-05 09:00:00+00 | 2021-01-05 | 2021-01-01  | true  | true
        """,
    )
    assert given == [
        ("4",),
        ("5",),
    ]
