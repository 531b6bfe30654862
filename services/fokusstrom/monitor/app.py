"""The monitor: everything it is made of is wired here, and nowhere else.

It joins no group, writes to no topic and keeps nothing: any number of monitors may run.
"""

from __future__ import annotations

import signal
import threading
from contextlib import closing
from types import FrameType

from fokusstrom.contracts import schemas
from fokusstrom.monitor.measures import Measures
from fokusstrom.monitor.pages import Pages
from fokusstrom.monitor.watching import Watching
from fokusstrom.runtime.clock import Clock, SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.operations import OperationsPort, Status

_PAUSE_SECONDS = 2.0


def run(settings: Settings, clock: Clock | None = None) -> int:
    """Watch until SIGINT or SIGTERM; returns the exit code. While no broker answers the pages say so."""
    clock = clock or SystemClock()
    catalog = schemas.catalog(settings.registry_url)
    stopping = threading.Event()
    _stop_at_signals(stopping)
    with closing(Watching(settings, catalog, clock)) as watching:
        operations = OperationsPort(
            port=settings.port,
            status=lambda: _status(watching),
            registry=Measures(lambda: watching.seen, clock).registry(),
            schemas=catalog,
            routes=Pages(lambda: watching.seen, clock).routes(),
        )
        with operations:
            while not stopping.is_set():
                watching.look()
                stopping.wait(_PAUSE_SECONDS)
    return 0


def _status(watching: Watching) -> Status:
    trouble = watching.seen.trouble
    return Status(waits_for=[] if trouble is None else [trouble])


def _stop_at_signals(stopping: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, stop)
