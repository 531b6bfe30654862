"""Sockets that servers listen on: made before the server is, so that a port that is taken is said at once."""

from __future__ import annotations

import socket


def listening(host: str, port: int) -> socket.socket:
    """Listen on a port, or on a free one where it is 0; `OSError` where that can't be.

    Answers leave at once. asyncio sees to that itself, but not on sockets that Python's `create_server` made: there
    the second half of an answer waits 40 ms for whoever asked to say that they have the first.
    """
    made = socket.create_server((host, port))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted has it from here
    return made
