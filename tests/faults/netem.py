"""A link between two network interfaces that loses and delays packets: `python -m tests.faults.netem ONE OTHER`.

What Linux's own netem does is not in every kernel; this does it with sockets, for the few megabytes of a test.
On stdin come orders, a line of JSON each: `{"onward": {...}, "back": {...}}` with the fields of `Way`, and on
stdout goes, for each, what was done so far. It ends when stdin does.

Headers of offloaded work (checksums that are not yet there, segments not yet cut) are handed on with each frame,
so that what one kernel left undone the other side's does.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass

_ETH_P_ALL = 3
_SOL_PACKET = 263
_PACKET_VNET_HDR = 15
_PACKET_IGNORE_OUTGOING = 23
_FRAME_BYTES = 1 << 17
_SOCKET_BYTES = 1 << 24
_WAIT_SECONDS = 0.5


@dataclass
class Way:
    """What happens to packets in one direction."""

    loss: float = 0.0
    """Of how many packets of one; 1 is a cut."""
    delay: float = 0.0
    """Seconds, each packet."""
    jitter: float = 0.0
    """Up to so many seconds more, drawn for each packet: so they overtake one another."""


@dataclass
class Done:
    """What became of the packets so far."""

    passed: int = 0
    lost: int = 0
    overtaken: int = 0


class Link:
    """Passes frames on between two sockets, each way as told."""

    def __init__(self, one: socket.socket, other: socket.socket) -> None:
        """Take the two ends."""
        self._to = {one: other, other: one}
        self.ways = {one: Way(), other: Way()}
        """By the end that packets come from."""
        self.done = Done()
        self._chance = random.Random(1)
        self._number = itertools.count()
        self._waiting: list[tuple[float, int, socket.socket, bytes]] = []
        self._newest = 0

    def run(self) -> None:
        """Pass on until stdin ends."""
        ends = list(self._to)
        while True:
            wait = min(_WAIT_SECONDS, self._waiting[0][0] - time.monotonic()) if self._waiting else _WAIT_SECONDS
            readable, _, _ = select.select([*ends, sys.stdin], [], [], max(0.0, wait))
            for end in ends:
                if end in readable:
                    self._take(end)
            self._pass_due()
            if sys.stdin in readable and not self._obey(sys.stdin.readline()):
                return

    def _take(self, end: socket.socket) -> None:
        way, frame = self.ways[end], end.recv(_FRAME_BYTES)
        if self._chance.random() < way.loss:
            self.done.lost += 1
            return
        due = time.monotonic() + way.delay + self._chance.random() * way.jitter
        heapq.heappush(self._waiting, (due, next(self._number), self._to[end], frame))

    def _pass_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, number, to, frame = heapq.heappop(self._waiting)
            self.done.overtaken += number < self._newest
            self._newest = max(self._newest, number)
            to.send(frame)
            self.done.passed += 1

    def _obey(self, line: str) -> bool:
        if not line:
            return False
        for end, way in zip(self._to, ("onward", "back"), strict=True):
            self.ways[end] = Way(**json.loads(line).get(way, {}))
        print(json.dumps(asdict(self.done)), flush=True)  # noqa: T201 - its answer
        return True


def _end(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    made.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    made.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BYTES)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
    made.bind((interface, 0))
    return made


def main() -> None:
    """Wait for a first order, by which the interfaces are there, and pass on."""
    first = sys.stdin.readline()
    link = Link(*map(_end, sys.argv[1:]))
    if link._obey(first):
        link.run()


if __name__ == "__main__":
    main()
