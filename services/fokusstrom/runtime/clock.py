"""The clock is read here and nowhere else; everything else is told the time.

The tools enforce it: `datetime.now` and its kin are banned in every other module.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
"""Where a day begins and ends."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """The date in Copenhagen."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def today(self) -> date:
        """The date in Copenhagen."""
        return self.now().astimezone(COPENHAGEN).date()


class FixedClock:
    """A clock that stands until it is advanced: time as an argument, for tests and simulations.

    >>> clock = FixedClock(datetime(2020, 3, 31, 22, 30, tzinfo=UTC))
    >>> clock.today()
    datetime.date(2020, 4, 1)
    >>> clock.advance(timedelta(days=1))
    >>> clock.now().isoformat()
    '2020-04-01T22:30:00+00:00'
    """

    def __init__(self, instant: datetime) -> None:
        """Stand at an aware instant."""
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return self._instant

    def today(self) -> date:
        """The date in Copenhagen."""
        return self._instant.astimezone(COPENHAGEN).date()

    def advance(self, duration: timedelta) -> None:
        """Move on by a duration."""
        self._instant += duration
