"""R8 and R9: the months that count for a person in scope."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_window() -> None:
    """The 12 calendar months ending with the month, not before the chain's start."""
    given = gives(
        "focus_window",
        "month, window_start",
        in_scope="""
            month      | chain_start
            2021-12-01 | 2019-05-05
            2021-06-01 | 2020-08-15
        """,
    )
    assert given == [
        ("2021-06-01", "2020-08-15"),
        ("2021-12-01", "2021-01-01"),
    ]


def test_as_the_rule_set_says() -> None:
    """How many months they are is the rule set's to say."""
    given = gives(
        "focus_window",
        "month, window_start",
        in_scope="""
            month      | chain_start
            2021-12-01 | 2019-05-05
        """,
        focus_targets="""
            row | window_months
            1   | 3
        """,
    )
    assert given == [
        ("2021-12-01", "2021-10-01"),
    ]
