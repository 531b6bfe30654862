"""R3 and the words of the calendar: local dates, month numbers, adding months.

A month is its number: `12 * year + month - 1`, so that months can be subtracted.
"""

from __future__ import annotations

import calendar
import functools
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
ONE_DAY = timedelta(days=1)


def local_date(instant: datetime) -> date:
    """Give the date in Copenhagen (R3)."""
    return instant.astimezone(COPENHAGEN).date()


def month_of(day: date) -> int:
    """Give the number of the day's month."""
    return 12 * day.year + day.month - 1


def month_text(month: int) -> str:
    """Write the month as `YYYY-MM`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


@functools.cache
def first_day(month: int) -> date:
    """Give the first day of the month."""
    return date(month // 12, month % 12 + 1, 1)


@functools.cache
def last_day(month: int) -> date:
    """Give the last day of the month."""
    return first_day(month).replace(day=calendar.monthrange(month // 12, month % 12 + 1)[1])


def add_months(day: date, months: int) -> date:
    """Add calendar months; a day that the month does not have becomes its last."""
    month = month_of(day) + months
    return first_day(month).replace(day=min(day.day, last_day(month).day))
