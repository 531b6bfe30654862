"""The clock: instants are UTC, days are Copenhagen's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fokusstrom.runtime.clock import Clock, FixedClock, SystemClock


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        pytest.param(datetime(2021, 1, 31, 22, 59, tzinfo=UTC), date(2021, 1, 31), id="winter, before midnight"),
        pytest.param(datetime(2021, 1, 31, 23, 0, tzinfo=UTC), date(2021, 2, 1), id="winter, midnight"),
        pytest.param(datetime(2021, 6, 30, 22, 0, tzinfo=UTC), date(2021, 7, 1), id="summer, midnight"),
    ],
)
def test_a_day_begins_at_midnight_in_copenhagen(instant: datetime, day: date) -> None:
    """Today is the date in Copenhagen, in summer time too."""
    assert FixedClock(instant).today() == day


def test_a_fixed_clock_stands_until_it_is_advanced() -> None:
    """Time passes when the test says so."""
    clock = FixedClock(datetime(2021, 1, 1, tzinfo=UTC))
    first = clock.now()
    clock.advance(timedelta(hours=1))
    assert (first, clock.now()) == (datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, 1, tzinfo=UTC))


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    """An instant without an offset never leaves the clock."""
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert abs((clock.today() - clock.now().date()).days) <= 1
