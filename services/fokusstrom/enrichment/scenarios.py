"""Which scenarios a worker has been asked for: what waits for which cut lives here.

A request for a scenario has the id of the request for the cut that is made for it. Where the worker meets that
cut's mark, its ledger holds exactly the facts that the cut's figures rest on, so there it folds the scenario
too. Requests are heard in one thread and due in another.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime

import structlog

from fokusstrom.contracts.records import CommandKind, ControlCommand, CutMark

_log = structlog.get_logger("enrichment")

_PASSED_KEPT = 1_000


class Scenarios:
    """Requests that wait for their cut."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._waiting: dict[str, ControlCommand] = {}
        self._passed: deque[str] = deque(maxlen=_PASSED_KEPT)

    def hear(self, command: ControlCommand, now: datetime) -> None:
        """Take a command; what asks for no scenario, or can't be answered any more, is left alone."""
        if command.kind is not CommandKind.SCENARIO:
            return
        with self._lock:
            if command.expires_at < now:
                _tell_expired(command)
            elif command.id in self._passed:
                _log.warning("a scenario was heard after its cut and is left alone: ask again", request=command.id)
            else:
                self._waiting[command.id] = command

    def due(self, mark: CutMark, now: datetime) -> list[ControlCommand]:
        """Return the requests that a cut was made for, and let go of them and of all that expired."""
        with self._lock:
            self._passed.extend(mark.requests)
            expired = [command for command in self._waiting.values() if command.expires_at < now]
            for command in expired:
                _tell_expired(self._waiting.pop(command.id))
            return [self._waiting.pop(request) for request in mark.requests if request in self._waiting]


def _tell_expired(command: ControlCommand) -> None:
    _log.warning("a scenario's request has expired and is left alone", request=command.id)
