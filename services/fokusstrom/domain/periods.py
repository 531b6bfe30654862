"""Reference periods: how months, quarters and years are named, and when they begin and end, lives here.

A period is its text, as records carry it: `2020-03`, `2020-Q1` or `2020`.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from enum import StrEnum


class Kind(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}
_QUARTER = "-Q"


@functools.cache
def period_of(day: dt.date, kind: Kind) -> str:
    """Name the period that a day lies in.

    >>> [period_of(dt.date(2020, 5, 31), kind) for kind in Kind]
    ['2020-05', '2020-Q2', '2020']
    """
    if kind is Kind.YEAR:
        return f"{day:%Y}"
    if kind is Kind.MONTH:
        return f"{day:%Y-%m}"
    return f"{day:%Y}{_QUARTER}{(day.month + 2) // 3}"


def kind_of(period: str) -> Kind:
    """Say how long a period is."""
    if _QUARTER in period:
        return Kind.QUARTER
    return Kind.MONTH if "-" in period else Kind.YEAR


@functools.cache
def first_day(period: str) -> dt.date:
    """Give the day on which a period begins.

    >>> [str(first_day(period)) for period in ("2020-05", "2020-Q2", "2020")]
    ['2020-05-01', '2020-04-01', '2020-01-01']
    """
    year, _, rest = period.partition("-")
    month = 3 * int(rest[1:]) - 2 if rest.startswith("Q") else int(rest or 1)
    return dt.date(int(year), month, 1)


@functools.cache
def final_day(period: str) -> dt.date:
    """Give the day on which a period ends.

    >>> [str(final_day(period)) for period in ("2020-02", "2020-Q2", "2020")]
    ['2020-02-29', '2020-06-30', '2020-12-31']
    """
    return last_day(months_before(first_day(period), 1 - _MONTHS[kind_of(period)]))


def last_day(month: dt.date) -> dt.date:
    """Give the last day of a date's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def reported_to(through: dt.date) -> dt.date:
    """Give the last day of the last month that is over at an end date.

    >>> [str(reported_to(dt.date(2020, 2, day))) for day in (28, 29)]
    ['2020-01-31', '2020-02-29']
    """
    return through if through == last_day(through) else through.replace(day=1) - dt.timedelta(days=1)


def months_before(month: dt.date, count: int) -> dt.date:
    """Give the first day of the month so many months before (or after, when negative).

    >>> months_before(dt.date(2020, 3, 1), 11)
    datetime.date(2019, 4, 1)
    """
    year, index = divmod(month.year * 12 + month.month - 1 - count, 12)
    return dt.date(year, index + 1, 1)


def months_of(period: str) -> list[str]:
    """Name the months of a period, in order.

    >>> months_of("2020-Q2")
    ['2020-04', '2020-05', '2020-06']
    """
    first, last = first_day(period), final_day(period)
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    return [period_of(months_before(first, -number), Kind.MONTH) for number in range(months)]


def add_months(day: dt.date, count: int) -> dt.date:
    """Give the day so many calendar months later, at the latest the last of its month.

    >>> add_months(dt.date(2020, 11, 30), 3)
    datetime.date(2021, 2, 28)
    """
    month = months_before(day.replace(day=1), -count)
    return month.replace(day=min(day.day, last_day(month).day))
