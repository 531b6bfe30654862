"""What tests of sources that others send to need."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable
from typing import Protocol

from fokusstrom_connectors.interface import Page, Source, State
from fokusstrom_connectors.simulators.pushing import Pusher
from tests.connectors.battery import Listening, Rig, run_once, runner
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.web_battery import listen_to_failures


class Patient:
    """A source that isn't caught up while its sender still has something, however long it takes on a busy machine."""

    def __init__(self, source: Source, is_sending: Callable[[], bool]) -> None:
        """Take the source, and whether the sender has something."""
        self.source = source
        self._is_sending = is_sending

    async def connect(self, state: State) -> None:
        """Connect."""
        await self.source.connect(state)

    async def read(self) -> Page:
        """Read, until there is something or the sender has nothing."""
        page = await self.source.read()
        while page.caught_up and self._is_sending():
            page = await self.source.read()
        return page

    async def close(self) -> None:
        """Close."""
        await self.source.close()


def free_port() -> int:
    """Give a port that was free just now, and that no connection gets as its own end: below those of Linux."""
    for port in random.sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a hundred ports are taken")


class PushedRig(Rig, Protocol):
    """One that something is pushed to."""

    pusher: Pusher


def run_and_see(rig: PushedRig, outlet: MemoryOutlet) -> list[object]:
    """Run once, and give everything that was sent, remembered, said, confirmed and answered."""
    one = runner(source := Listening(rig.make()), outlet, mapping=rig.mapping)
    said: list[str] = []
    listen_to_failures(one, said.append)
    run_once(one, rig)
    return [outlet.__dict__, one.state, said, source.acknowledged, rig.pusher.answers]
