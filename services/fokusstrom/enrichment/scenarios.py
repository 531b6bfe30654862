"""Which scenarios a worker has been asked for: what waits for which cut lives here.

A request for a scenario has the id of the request for the cut that is made for it. Where the worker meets that
cut's mark, its ledger holds exactly the facts that the cut's figures rest on, so there it folds the scenario
too. Requests are heard in one thread and due in another, and a mark can be met before the request that it answers
is heard: for that one the worker waits.
"""

from __future__ import annotations

import threading
from collections import deque
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

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = threading.Condition()
        self._waiting: dict[str, ControlCommand] = {}
        self._heard: deque[str] = deque(maxlen=_KEPT)
        """Commands of all kinds."""
        self._passed: deque[str] = deque(maxlen=_KEPT)

    def hear(self, command: ControlCommand, now: datetime) -> None:
        """Take a command; what asks for no scenario, or can't be answered any more, is left alone."""
        with self._changed:
            self._heard.append(command.id)
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

        What the mark of a moment ago answers and was not heard here is waited for, up to a second.
        """
        with self._changed:
            if now - mark.made_at < _RECENT:
                self._changed.wait_for(lambda: set(mark.requests).issubset(self._heard), _HEARD_SECONDS)
            self._passed.extend(mark.requests)
            expired = [command for command in self._waiting.values() if command.expires_at < now]
            for command in expired:
                _tell_expired(self._waiting.pop(command.id))
            return [self._waiting.pop(request) for request in mark.requests if request in self._waiting]


def _tell_expired(command: ControlCommand) -> None:
    _log.warning("a scenario's request has expired and is left alone", request=command.id)
