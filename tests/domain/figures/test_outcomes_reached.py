"""R14: what was reached within each horizon."""

from __future__ import annotations

import pytest

from tests.domain.rules.tables import gives


@pytest.mark.parametrize(
    ("met_on", "reached_on", "horizons"),
    [
        ("2020-11-30", "2021-02-28", ["12", "3", "6"]),
        ("2020-11-30", "2021-03-01", ["12", "6"]),
        ("2020-08-31", "2021-02-28", ["12", "6"]),
        ("2020-08-31", "2021-03-01", ["12"]),
        ("2020-02-29", "2021-02-28", ["12"]),
        ("2020-02-29", "2021-03-01", []),
    ],
)
def test_horizons(met_on: str, reached_on: str, horizons: list[str]) -> None:
    """No later than date + horizon; adding months clips to the last day of the month."""
    given = gives(
        "outcomes_reached",
        "horizon, outcome, reached",
        kept_meetings=f"""
            fact | local_date | month         | benefit
            1    | {met_on}   | {met_on[:7]}-01 | CASH
        """,
        what_followed=f"""
            fact | outcome | reached_on
            1    | FIT     | {reached_on}
        """,
    )
    assert sorted(given) == sorted((horizon, "FIT", "1") for horizon in horizons)


def test_only_months_that_are_reported() -> None:
    """In every table a month is reported when its last day is no later than the end date."""
    given = gives(
        "outcomes_reached",
        "month",
        kept_meetings="""
            fact | local_date | month      | benefit
            1    | 2021-12-01 | 2021-12-01 | CASH
            2    | 2022-01-01 | 2022-01-01 | CASH
        """,
        what_followed="""
            fact | outcome | reached_on
            1    | FIT     | 2021-12-02
            2    | FIT     | 2022-01-02
        """,
    )
    assert {month for (month,) in given} == {"2021-12-01"}
