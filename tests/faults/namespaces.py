"""Two network namespaces, clients' and brokers', with a link between them that can be made bad; root's, on Linux.

    clients 10.77.0.1 ──c1  c0── netem ──b0  b1── 10.77.0.2 brokers

The link is a process in a third namespace (`tests.faults.netem`). All of it is gone with its processes: nothing of
it is ever in the machine's own namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.netem import Way

CLIENTS, BROKERS = "10.77.0.1", "10.77.0.2"
_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"
_ROOT = Path(__file__).parents[2]
_UNSHARED = ("/usr/bin/unshare", "--net")


def may_be_made() -> bool:
    """Whether this user may make namespaces, with the programs for it."""
    with contextlib.suppress(OSError):
        return subprocess.run([*_UNSHARED, "ip", "link"], capture_output=True, check=False).returncode == 0
    return False


class Namespaces:
    """The namespaces and the link; use it as a context."""

    def __init__(self) -> None:
        """Start what keeps each namespace."""
        self._clients, self._brokers = (_kept("sleep", "infinity") for _ in range(2))
        self._link = _kept(sys.executable, "-m", "tests.faults.netem", "c0", "b0")

    def __enter__(self) -> Self:
        """Lay the cables."""
        for kept, near, far, address in ((self._clients, "c0", "c1", CLIENTS), (self._brokers, "b0", "b1", BROKERS)):
            _in(self._link, "link", "add", near, "type", "veth", "peer", "name", far, "netns", str(kept.pid))
            _in(self._link, "link", "set", near, "up")
            _in(kept, "address", "add", f"{address}/24", "dev", far)
            _in(kept, "link", "set", far, "up")
            _in(kept, "link", "set", "lo", "up")
        self.be()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything."""
        for kept in (self._link, self._clients, self._brokers):
            kept.kill()
            kept.communicate()

    def be(self, onward: Way | None = None, back: Way | None = None) -> dict[str, int]:
        """Let the link be so from now on, towards the brokers and back; give what became of packets before."""
        if self._link.stdin is None or self._link.stdout is None:
            raise AssertionError("it was started with both")
        self._link.stdin.write(json.dumps({"onward": asdict(onward or Way()), "back": asdict(back or Way())}) + "\n")
        self._link.stdin.flush()
        done: dict[str, int] = json.loads(self._link.stdout.readline())
        return done

    def among_clients(self) -> contextlib.AbstractContextManager[None]:
        """Let this thread, and what it starts, be among the clients."""
        return _within(self._clients.pid)

    def among_brokers(self) -> contextlib.AbstractContextManager[None]:
        """Let this thread, and what it starts, be among the brokers."""
        return _within(self._brokers.pid)


def _kept(*command: str) -> subprocess.Popen[str]:
    """Start a process in a namespace of its own; return when it is there."""
    ours = Path(_OWN).readlink()
    process = subprocess.Popen(
        [*_UNSHARED, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    while Path(f"/proc/{process.pid}/ns/net").readlink() == ours:
        if process.poll() is not None:
            raise AssertionError(f"{command} ended")
    return process


def _in(kept: subprocess.Popen[str], *arguments: str) -> None:
    namespace = f"--net=/proc/{kept.pid}/ns/net"
    subprocess.run(["/usr/bin/nsenter", namespace, "ip", *arguments], check=True)


@contextlib.contextmanager
def _within(pid: int) -> Iterator[None]:
    with Path(_OWN).open("rb") as ours, Path(f"/proc/{pid}/ns/net").open("rb") as theirs:
        _enter(theirs)
        try:
            yield
        finally:
            _enter(ours)


def _enter(namespace: Any) -> None:  # noqa: ANN401 - an open file
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "can't enter the namespace")
