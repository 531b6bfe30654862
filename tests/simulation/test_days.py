"""Local time and months as columns."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from fokusstrom.simulation.days import (
    Window,
    first_day_of,
    instant_of,
    month_of,
    number_of,
    weekday_of,
)
from fokusstrom.simulation.settings import Settings

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
DAYS = np.arange(number_of(dt.date(1997, 1, 1)), number_of(dt.date(2037, 12, 31)))


def day(number: int) -> dt.date:
    """The date of a number."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=number)


def test_local_time_is_that_of_copenhagen() -> None:
    """Half past six in the morning is the same instant as by the zone's own rules, on every day."""
    instants = instant_of(DAYS, np.full(len(DAYS), 390))

    expected = [dt.datetime.combine(day(number), dt.time(6, 30), COPENHAGEN).timestamp() for number in DAYS.tolist()]
    assert (instants / 1000).tolist() == expected


def test_months_and_weekdays_are_the_calendars() -> None:
    """Each day's month begins on the first, and its weekday is the calendar's."""
    assert [day(number) for number in first_day_of(month_of(DAYS)).tolist()] == [
        day(number).replace(day=1) for number in DAYS.tolist()
    ]
    assert weekday_of(DAYS).tolist() == [day(number).weekday() for number in DAYS.tolist()]


def test_a_window_holds_its_months_and_no_more() -> None:
    """Both bounds belong to the window."""
    window = Window.of(Settings(1, 1, "2019-11", "2020-02"))

    assert window.months == 4
    edges = np.array([window.first - 1, window.first, window.last, window.last + 1])
    assert window.holds(edges).tolist() == [False, True, True, False]
