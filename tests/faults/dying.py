"""The command line in a process that ends, or stops, itself: `python -m tests.faults.dying SIGNAL POINT NTH ...`.

What is killed is the real worker, by SIGKILL (or SIGSTOP), with nothing of it replaced: the points are the
moments between the steps whose order the promises rest on. `POINTS` names them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from fokusstrom import cli
from fokusstrom.enrichment.processor import Processor
from fokusstrom.runtime import kafka
from fokusstrom.runtime.ledger import Ledger
from fokusstrom.runtime.publisher import Publisher

POINTS = (
    "send-begun",  # nothing of a transaction is sent
    "send-produced",  # all of it is sent, none of it confirmed
    "send-confirmed",  # it is confirmed, and nobody has noted that
    "ledger-unwritten",  # all is confirmed, the ledger isn't committed
    "ledger-written",  # the ledger is committed, the group's position isn't
    "log-appended",  # amid the first reading of the log
)
"""Where a worker can be made to die."""


TRANSACTION_SECONDS = 5
"""How long a transaction may take of a worker that is to sleep: else a test would have to wait for a minute."""


class _Death:
    """Comes at the nth time that a point is passed."""

    def __init__(self, by: signal.Signals, point: str, nth: int) -> None:
        self._by, self._point, self._left = by, point, nth

    def pass_by(self, point: str) -> None:
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._by)


def _watch_sending(death: _Death) -> None:
    commit = Publisher._commit
    send_once = Publisher._send_once

    def begun(self: Publisher, outgoing: Any) -> None:  # noqa: ANN401 - as the original takes it
        death.pass_by("send-begun")
        send_once(self, outgoing)

    def committed(self: Publisher) -> None:
        self._producer.flush(10)  # what was produced is on the brokers, in an open transaction
        death.pass_by("send-produced")
        commit(self)
        death.pass_by("send-confirmed")

    Publisher._send_once = begun  # type: ignore[method-assign]  # the point of this module
    Publisher._commit = committed  # type: ignore[method-assign]  # the point of this module


def _watch_ledger(death: _Death) -> None:
    transaction = Ledger.transaction

    @contextlib.contextmanager
    def watched(self: Ledger) -> Iterator[None]:
        with transaction(self):
            yield
            death.pass_by("ledger-unwritten")
        death.pass_by("ledger-written")

    Ledger.transaction = watched  # type: ignore[method-assign]  # the point of this module


def _watch_reading(death: _Death) -> None:
    append: Callable[..., None] = Processor._append

    def watched(self: Processor, step: Any) -> None:  # noqa: ANN401 - as the original takes it
        append(self, step)
        death.pass_by("log-appended")

    Processor._append = watched  # type: ignore[method-assign]  # the point of this module


def main() -> None:
    """Run the command line, and die of the signal, or sleep."""
    by, point, nth, *arguments = sys.argv[1:]
    if point not in POINTS:
        raise SystemExit(f"{point} is none of {', '.join(POINTS)}")
    death = _Death(signal.Signals[by], point, int(nth))
    if by == signal.SIGSTOP.name:
        kafka.TRANSACTION_TIMEOUT_MS = TRANSACTION_SECONDS * 1000
    _watch_sending(death)
    _watch_ledger(death)
    _watch_reading(death)
    sys.argv[1:] = arguments
    cli.main()


if __name__ == "__main__":
    main()
