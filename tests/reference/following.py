"""R14 Contact and what followed, and the first outcome of section 4."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tests.reference.days import add_months, last_day
from tests.reference.persons import Outcome

HORIZONS = (3, 6, 12)
OUTCOMES = ("JOB", "EDUCATION", "FIT")
"""In the order in which they are named when several are reached on one day."""


def reached(met_on: date, horizon: int, kind: str, outcomes: Iterable[Outcome]) -> bool:
    """Say whether the outcome was reached after the day and no later than the day + horizon."""
    return any(
        outcome.outcome == kind and met_on < outcome.reached_on <= add_months(met_on, horizon) for outcome in outcomes
    )


def is_complete(month: int, horizon: int, through: date) -> bool:
    """Say whether the month's last day + horizon is no later than the end date."""
    return add_months(last_day(month), horizon) <= through


def first_outcome(met_on: date, outcomes: Iterable[Outcome]) -> Outcome | None:
    """Give the first outcome after the day and within 12 calendar months."""
    followed = [outcome for outcome in outcomes if met_on < outcome.reached_on <= add_months(met_on, HORIZONS[-1])]
    return min(
        followed,
        key=lambda outcome: (outcome.reached_on, OUTCOMES.index(outcome.outcome)),
        default=None,
    )
