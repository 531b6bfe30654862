"""A network between a broker and its clients that can be cut, slowed, or deaf in one direction.

It forwards bytes, so that it works for any user on any machine: no rights, no kernel modules.
"""

from __future__ import annotations

import enum
import select
import socket
import threading
import time
from types import TracebackType
from typing import Self

_BYTES = 65_536
_POLL_SECONDS = 0.02
_DELAY_SECONDS = 0.25


class Fault(enum.Enum):
    """What is wrong with the network."""

    NONE = "nothing"
    CUT = "connections break, and new ones are refused"
    SILENT = "nothing goes either way, and nobody is told"
    DEAF = "what clients send arrives, what brokers answer doesn't"
    SLOW = "everything takes a quarter of a second each way, and comes in small pieces"


class Wire:
    """Listens in a broker's place, and forwards to it."""

    def __init__(self) -> None:
        """Take a port; `lead_to` says where it leads."""
        self.fault = Fault.NONE
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._to: tuple[str, int] | None = None
        self._is_over = threading.Event()

    @property
    def address(self) -> str:
        """Where clients connect to."""
        host, port = self._listening.getsockname()
        return f"{host}:{port}"

    def lead_to(self, address: str) -> None:
        """Forward to there from now on."""
        host, _, port = address.partition(":")
        self._to = (host, int(port))
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything."""
        self._is_over.set()
        self._listening.close()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.fault is Fault.CUT or self._to is None:
                return
            try:
                with socket.create_connection(self._to, 5) as broker:
                    self._forward(client, broker)
            except OSError:
                return

    def _forward(self, client: socket.socket, broker: socket.socket) -> None:
        other = {client: broker, broker: client}
        while not self._is_over.is_set() and self.fault is not Fault.CUT:
            readable, _, _ = select.select([one for one in other if self._passes(one is broker)], [], [], _POLL_SECONDS)
            for one in readable:
                data = one.recv(1024 if self.fault is Fault.SLOW else _BYTES)
                if not data:
                    return
                if self.fault is Fault.SLOW:
                    time.sleep(_DELAY_SECONDS)
                other[one].sendall(data)

    def _passes(self, is_answer: bool) -> bool:  # noqa: FBT001 - a direction
        return self.fault is not Fault.SILENT and not (self.fault is Fault.DEAF and is_answer)
