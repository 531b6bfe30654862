"""The monitor's round: looks at groups, topics, cuts and releases, and keeps what it saw for whoever asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from confluent_kafka import KafkaException

from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import topics_of
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.monitor.following_cuts import Following
from fokusstrom.monitor.lag import Observation, Watch
from fokusstrom.monitor.probe import Probe, groups_of
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.fetched import PositionLost

_TOPICS_EVERY = timedelta(minutes=1)
_AWAY = (Unavailable, ConfigError, KafkaException, PositionLost)
"""What is waited out: brokers that are away, and topics that are not there yet."""

_log = structlog.get_logger("monitor")


class Watching:
    """Looks when told to, in one thread; `seen` may be read from any."""

    def __init__(self, settings: Settings, catalog: SchemaCatalog, clock: Clock) -> None:
        """Take how to reach the brokers; nothing is asked yet."""
        self._settings = settings
        self._catalog = catalog
        self._clock = clock
        self._probe = Probe(settings)
        self._watch = Watch()
        self._following: Following | None = None
        self._topics_at: datetime | None = None
        self._is_away = False
        self.seen = Snapshot(clock.now(), has_looked=False, trouble="the monitor has not looked yet")

    def close(self) -> None:
        """Leave the brokers."""
        self._probe.close()
        self._stop_following()

    def look(self) -> Snapshot:
        """Look at everything once; what can't be found out is unknown, and the reason is said."""
        trouble = self._follow()
        following = self._following
        seen = dataclasses.replace(self.seen, at=self._clock.now(), has_looked=True, trouble=trouble)
        if following is not None:
            seen = dataclasses.replace(
                seen, newest=following.newest, complete=following.complete, released=following.released
            )
        slices = self._settings.slices if seen.newest is None else seen.newest.slices
        observed = self._observe(groups_of(self._settings.deployment, slices))
        now = self._clock.now()
        lags = [self._watch.judge(one, now) for one in observed]
        self.seen = dataclasses.replace(seen, lags=lags, topics=self._topics(now))
        return self.seen

    def _observe(self, groups: Mapping[str, Sequence[str]]) -> list[Observation]:
        if self._is_away:  # each question would wait for an answer, and a stop for all of them
            return [Observation(group, topic, None) for group, topics in groups.items() for topic in topics]
        return self._probe.observe(groups)

    def _follow(self) -> str | None:
        try:
            if self._following is None:
                self._following = Following(self._settings, self._catalog)
            self._following.read()
        except _AWAY as error:
            self._is_away = not isinstance(error, ConfigError)
            if self.seen.trouble is None:
                _log.warning("cuts and releases can't be followed", error=str(error))
            self._stop_following()
            return str(error)
        self._is_away = False
        return None

    def _stop_following(self) -> None:
        if self._following is not None:
            with suppress(RuntimeError):  # closed already
                self._following.close()
            self._following = None

    def _topics(self, now: datetime) -> list[str] | tuple[str, ...] | None:
        """Compare the topics now and then: it asks for every topic's settings."""
        if self._topics_at is not None and now - self._topics_at < _TOPICS_EVERY and self.seen.topics is not None:
            return tuple(self.seen.topics)
        if self._is_away:
            return None
        self._topics_at = now
        try:
            return topic_admin.check(kafka.admin(self._settings), topics_of(self._settings.reconciliation))
        except _AWAY as error:
            _log.warning("the topics' settings are unknown", error=str(error))
            return None
