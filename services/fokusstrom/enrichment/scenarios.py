"""Which scenarios a worker has been asked for: what waits for which cut lives here.

A request for a scenario has the id of the request for the cut that is made for it. Where the worker meets that
cut's mark, its ledger holds exactly the facts that the cut's figures rest on, so there it folds the scenario
too. Requests are heard in one thread and due in another, and a mark can be met before the request that it answers
is heard: for that one the worker waits. One that has just started hears nothing yet, and may begin between the two
commands that ask for a scenario: it looks on the topic itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from fokusstrom.contracts.records import CommandKind, ControlCommand, CutMark

_log = structlog.get_logger("enrichment")

_KEPT = 1_000
_HEARD_SECONDS = 1.0
"""After so long every worker that runs has heard a command."""
_RECENT = timedelta(minutes=1)
"""A mark that was made longer ago, by whichever clock, is read again: what asked for it was said long before."""


class Scenarios:
    """Requests that wait for their cut."""

    def __init__(self, look_up: Callable[[], Iterable[ControlCommand]] = tuple) -> None:
        """Begin with none; `look_up` gives the commands that are on their topic."""
        self._look_up = look_up
        self._has_looked = False
        self._changed = threading.Condition()
        self._waiting: dict[str, ControlCommand] = {}
        self._heard: deque[ControlCommand] = deque(maxlen=_KEPT)
        """Commands of all kinds."""
        self._passed: deque[str] = deque(maxlen=_KEPT)

    def hear(self, command: ControlCommand, now: datetime) -> None:
        """Take a command; what asks for no scenario, or can't be answered any more, is left alone."""
        with self._changed:
            if command in self._heard:
                return
            self._heard.append(command)
            self._changed.notify_all()
            if command.kind is not CommandKind.SCENARIO:
                return
            if command.expires_at < now:
                _tell_expired(command)
            elif command.id in self._passed:
                _log.warning("a scenario was heard after its cut and is left alone: ask again", request=command.id)
            else:
                self._waiting[command.id] = command

    def due(self, mark: CutMark, now: datetime) -> list[ControlCommand]:
        """Return the requests that a cut was made for, and let go of them and of all that expired.

        What the mark of a moment ago answers is looked up the first time; later it is waited for, up to a second, and
        looked up where it wasn't heard.
        """
        if now - mark.made_at < _RECENT and mark.requests and not self._has_heard(mark.requests):
            for command in self._look_up():
                if command.id in mark.requests:
                    self.hear(command, now)
        with self._changed:
            self._passed.extend(mark.requests)
            expired = [command for command in self._waiting.values() if command.expires_at < now]
            for command in expired:
                _tell_expired(self._waiting.pop(command.id))
            return [self._waiting.pop(request) for request in mark.requests if request in self._waiting]

    def _has_heard(self, requests: Iterable[str]) -> bool:
        """Wait for requests; False where one is not heard, and at once the first time."""
        is_first, self._has_looked = not self._has_looked, True
        if is_first:
            return False
        with self._changed:
            return self._changed.wait_for(
                lambda: {command.id for command in self._heard}.issuperset(requests), _HEARD_SECONDS
            )


def _tell_expired(command: ControlCommand) -> None:
    _log.warning("a scenario's request has expired and is left alone", request=command.id)
