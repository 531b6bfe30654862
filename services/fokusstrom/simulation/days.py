"""Days, months and local time as whole columns: day numbers since 1 January 1970, instants in milliseconds.

Local time is by the European Union's rule: summer time from the last Sunday of March to that of October.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fokusstrom.simulation.settings import Settings

Ints = npt.NDArray[np.int64]
"""A column of whole numbers."""

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Durations in milliseconds."""

_EPOCH = dt.date(1970, 1, 1)
_YEARS = np.arange(1970, 2140)
_SUNDAY = 3  # day 3 of the epoch, 4 January 1970, was a Sunday
_MONDAY_BASE = 3  # day 0 was a Thursday, the third day after a Monday


def number_of(day: dt.date) -> int:
    """The day's number."""
    return (day - _EPOCH).days


@dataclass(frozen=True)
class Window:
    """The months in which things happen, as numbers of their first and last day."""

    first: int
    last: int

    @classmethod
    def of(cls, settings: Settings) -> Window:
        """The window that the settings ask for."""
        return cls(number_of(settings.first_day), number_of(settings.last_day))

    @property
    def first_month(self) -> int:
        """Number of the first month, since January 1970."""
        return int(month_of(np.array([self.first]))[0])

    @property
    def months(self) -> int:
        """How many months there are."""
        return int(month_of(np.array([self.last]))[0]) - self.first_month + 1

    def holds(self, days: Ints) -> npt.NDArray[np.bool_]:
        """Which of the days lie in it."""
        return (days >= self.first) & (days <= self.last)


def month_of(days: npt.NDArray[Any]) -> Ints:
    """Number of each day's month, since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_day_of(months: npt.NDArray[Any]) -> Ints:
    """Number of each month's first day."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def weekday_of(days: npt.NDArray[Any]) -> Ints:
    """Monday is 0."""
    return np.asarray((days + _MONDAY_BASE) % 7)


def _last_sunday(month: str) -> Ints:
    ends = np.array([f"{year}-{month}-31" for year in _YEARS], "datetime64[D]").astype(np.int64)
    return np.asarray(ends - (ends - _SUNDAY) % 7)


_SUMMER_BEGINS, _SUMMER_ENDS = _last_sunday("03"), _last_sunday("10")


def instant_of(days: npt.NDArray[Any], minutes: npt.NDArray[Any]) -> Ints:
    """The instant of a local minute of a local day; not for the hours in which the clock is changed."""
    year = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    summer = (days >= _SUMMER_BEGINS[year]) & (days < _SUMMER_ENDS[year])
    return np.asarray(days * DAY + minutes * MINUTE - np.where(summer, 2, 1) * HOUR, np.int64)
