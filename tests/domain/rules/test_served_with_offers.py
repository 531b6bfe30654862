"""R9: served with offers or ordinary hours."""

from __future__ import annotations

import pytest

from tests.domain.rules.tables import gives

_WINDOW = """
    month      | last_day   | window_start
    2021-12-01 | 2021-12-31 | 2021-01-01
"""
_SERVED = [("1", "2021-12-01")]


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "serves"),
    [
        ("2020-06-01", "2021-01-01", True),
        ("2020-06-01", "2020-12-31", False),
        ("2021-12-31", "9999-12-31", True),
        ("2022-01-01", "2022-02-01", False),
        ("2020-06-01", "9999-12-31", True),
    ],
)
def test_a_day_of_the_window(starts_on: str, ends_on: str, serves: bool) -> None:  # noqa: FBT001 - a case
    """An offer serves that covers at least one day of the window, first and last included."""
    given = gives(
        "served_with_offers",
        "citizen, month",
        focus_window=_WINDOW,
        offers=f"""
            fact | starts_on   | ends_on
            1    | {starts_on} | {ends_on}
        """,
    )
    assert given == (_SERVED if serves else [])


def test_kinds_of_offers() -> None:
    """INTERNSHIP, UTILITY_JOB, WAGE_SUBSIDY and GUIDANCE_UPGRADING serve, OTHER doesn't."""
    given = gives(
        "served_with_offers",
        "citizen",
        focus_window="""
            citizen | month      | last_day   | window_start
            1       | 2021-12-01 | 2021-12-31 | 2021-01-01
            2       | 2021-12-01 | 2021-12-31 | 2021-01-01
            3       | 2021-12-01 | 2021-12-31 | 2021-01-01
            4       | 2021-12-01 | 2021-12-31 | 2021-01-01
            5       | 2021-12-01 | 2021-12-31 | 2021-01-01
        """,
        offers="""
            fact | citizen | offer_type         | starts_on
            1    | 1       | INTERNSHIP         | 2021-05-01
            2    | 2       | UTILITY_JOB        | 2021-05-01
            3    | 3       | WAGE_SUBSIDY       | 2021-05-01
            4    | 4       | GUIDANCE_UPGRADING | 2021-05-01
            5    | 5       | OTHER              | 2021-05-01
        """,
    )
    assert given == [("1",), ("2",), ("3",), ("4",)]


def test_two_offers_serve_once() -> None:
    """A person is served or not, however many offers and hours there are."""
    given = gives(
        "served_with_offers",
        "citizen, month",
        focus_window=_WINDOW,
        offers="""
            fact | starts_on
            1    | 2021-05-01
            2    | 2021-06-01
        """,
        hours="""
            fact | month      | hours
            1    | 2021-05-01 | 30000
        """,
    )
    assert given == _SERVED


@pytest.mark.parametrize(("hundredths", "serves"), [(11250, True), (11249, False)])
def test_enough_hours(hundredths: int, serves: bool) -> None:  # noqa: FBT001 - a case
    """Or with at least 225 hours in total in the months of the window."""
    given = gives(
        "served_with_offers",
        "citizen, month",
        focus_window=_WINDOW,
        hours=f"""
            fact | month      | hours
            1    | 2021-01-01 | 11250
            2    | 2021-12-01 | {hundredths}
            3    | 2020-12-01 | 74400
            4    | 2022-01-01 | 74400
        """,
    )
    assert given == (_SERVED if serves else [])


def test_month_of_the_chains_start() -> None:
    """A month counts whose last day is not before the chain's start, also where the start is within it."""
    given = gives(
        "served_with_offers",
        "citizen, month",
        focus_window="""
            citizen | month      | last_day   | window_start
            1       | 2021-12-01 | 2021-12-31 | 2021-01-31
            2       | 2021-12-01 | 2021-12-31 | 2021-02-01
        """,
        hours="""
            fact | citizen | month      | hours
            1    | 1       | 2021-01-01 | 22500
            2    | 2       | 2021-01-01 | 22500
        """,
    )
    assert given == _SERVED


def test_as_the_rule_set_says() -> None:
    """How many hours are asked for is the rule set's to say."""
    given = gives(
        "served_with_offers",
        "citizen, month",
        focus_window=_WINDOW,
        focus_targets="""
            row | min_hours
            1   | 100
        """,
        hours="""
            fact | month      | hours
            1    | 2021-05-01 | 10000
        """,
    )
    assert given == _SERVED
