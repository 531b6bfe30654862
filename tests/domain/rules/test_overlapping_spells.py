"""R4, R6: of whom it is to be asked which spell decides."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_same_day() -> None:
    """Two spells that share one day overlap, next to each other or not; one that begins the day after doesn't."""
    given = gives(
        "overlapping_spells",
        "citizen",
        spells="""
            fact | citizen | starts_on  | ends_on
            1    | 1       | 2021-01-01 | 2021-01-31
            2    | 1       | 2021-01-31 | 2021-03-31
            3    | 2       | 2021-01-01 | 2021-01-31
            4    | 2       | 2021-02-01 | 2021-03-31
            5    | 3       | 2021-01-01 | 2021-12-31
            6    | 3       | 2021-02-01 | 2021-02-28
            7    | 4       | 2021-01-01 | 2021-12-31
            8    | 5       | 2021-06-01 | 2021-06-30
        """,
    )
    assert given == [("1",), ("3",)]
