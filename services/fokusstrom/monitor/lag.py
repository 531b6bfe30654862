"""How far a group is behind in a topic, and what that means: the words for it live here. Pure.

Lag is counted in offsets, as Kafka does, with one difference: markers of transactions and aborted records take
offsets and are nothing to read, so where only such are left the lag is 0. Age is how old the oldest unread
record is. What could not be found out is unknown, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PATIENCE = timedelta(seconds=60)
"""How old something unread must be before a group that doesn't move is called stopped: a cut of the country shows
nothing for less."""

ALL_TOPICS = "(all)"
"""Stands for a topic's name in a line of all topics."""


class State(StrEnum):
    """How a group is with a topic."""

    UP_TO_DATE = "up to date"
    BEHIND = "behind"
    STOPPED = "stopped"
    """There is something to read, and nothing of it is read."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Place:
    """Where a group is in one partition."""

    committed: int | None
    """The next offset it reads; None when it never said so."""
    first: int
    """The first offset that the log has."""
    end: int
    """The offset behind the last record that can be read."""
    oldest_unread: datetime | None = None
    """The timestamp of the first record that it has not read; None when only markers are left."""

    @property
    def next(self) -> int:
        """The offset that it reads next: the log's first when it never committed any."""
        return max(self.first, self.first if self.committed is None else self.committed)

    @property
    def lag(self) -> int:
        """How many offsets it is behind, 0 when nothing of it is a record."""
        return 0 if self.oldest_unread is None else max(0, self.end - self.next)


@dataclass(frozen=True)
class Observation:
    """What was seen of a group in a topic; no places when it couldn't be found out."""

    group: str
    topic: str
    places: Sequence[Place] | None

    @property
    def never_committed(self) -> bool:
        """Whether nothing is known of the group in this topic."""
        return all(place.committed is None for place in self.places or ())

    @property
    def read_to(self) -> tuple[int, ...]:
        """The next offset of each partition: moves when the group works."""
        return tuple(place.next for place in self.places or ())


@dataclass(frozen=True)
class Lag:
    """One line of the table."""

    group: str
    topic: str
    lag: int | None
    age: timedelta | None
    """None when nothing is unread, and when it is unknown."""
    state: State


class Watch:
    """Remembers when each group last moved; `judge` is told one observation after the other."""

    def __init__(self, still_for: timedelta = PATIENCE) -> None:
        """Take for how long a group must be seen standing still to be stopped."""
        self._still_for = still_for
        self._moved: dict[tuple[str, str], tuple[tuple[int, ...], datetime]] = {}

    def judge(self, seen: Observation, now: datetime) -> Lag:
        """Give the line of an observation made now."""
        if seen.places is None:
            return Lag(seen.group, seen.topic, None, None, State.UNKNOWN)
        is_still = self._is_still(seen, now)
        lag = sum(place.lag for place in seen.places)
        if not lag:
            return Lag(seen.group, seen.topic, 0, None, State.UP_TO_DATE)
        if seen.never_committed:
            return Lag(seen.group, seen.topic, None, None, State.UNKNOWN)
        unread = [place.oldest_unread for place in seen.places if place.oldest_unread is not None]
        age = max(timedelta(0), now - min(unread))
        state = State.STOPPED if is_still and age >= PATIENCE else State.BEHIND
        return Lag(seen.group, seen.topic, lag, age, state)

    def _is_still(self, seen: Observation, now: datetime) -> bool:
        name = (seen.group, seen.topic)
        before = self._moved.get(name)
        if before is None or before[0] != seen.read_to:
            self._moved[name] = (seen.read_to, now)
            return False
        return now - before[1] >= self._still_for


def by_group(lags: Sequence[Lag]) -> list[Lag]:
    """Give one line a group, of all its topics: what is unknown of one is unknown of all, the gravest state counts."""
    groups: dict[str, list[Lag]] = {}
    for lag in lags:
        groups.setdefault(lag.group, []).append(lag)
    return [_together(group, of) for group, of in groups.items()]


_GRAVITY = (State.UP_TO_DATE, State.BEHIND, State.UNKNOWN, State.STOPPED)


def _together(group: str, lags: Sequence[Lag]) -> Lag:
    state = max((lag.state for lag in lags), key=_GRAVITY.index)
    if any(lag.lag is None for lag in lags):
        return Lag(group, ALL_TOPICS, None, None, state)
    ages = [lag.age for lag in lags if lag.age is not None]
    return Lag(group, ALL_TOPICS, sum(lag.lag or 0 for lag in lags), max(ages, default=None), state)
