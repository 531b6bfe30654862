"""R8: served with meetings."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_enough() -> None:
    """At least 4 counting meetings in the window, both ends included."""
    given = gives(
        "served_with_meetings",
        "citizen, month",
        focus_window="""
            citizen | month      | last_day   | window_start
            1       | 2021-12-01 | 2021-12-31 | 2021-01-01
            1       | 2021-11-01 | 2021-11-30 | 2020-12-01
            2       | 2021-12-01 | 2021-12-31 | 2021-01-01
        """,
        judged_meetings="""
            fact | citizen | local_date | reason
            1    | 1       | 2021-01-01 |
            2    | 1       | 2021-05-01 |
            3    | 1       | 2021-05-01 |
            4    | 1       | 2021-12-31 |
            5    | 2       | 2021-05-01 |
            6    | 2       | 2021-05-02 |
            7    | 2       | 2021-05-03 |
            8    | 2       | 2021-05-04 | no_spell
            9    | 2       | 2020-12-31 |
        """,
    )
    assert given == [
        ("1", "2021-12-01"),
    ]


def test_as_the_rule_set_says() -> None:
    """How many are asked for is the rule set's to say."""
    given = gives(
        "served_with_meetings",
        "citizen, month",
        focus_window="""
            month      | last_day   | window_start
            2021-12-01 | 2021-12-31 | 2021-01-01
        """,
        focus_targets="""
            row | min_meetings
            1   | 1
        """,
        judged_meetings="""
            fact | local_date
            1    | 2021-05-01
        """,
    )
    assert given == [
        ("1", "2021-12-01"),
    ]
