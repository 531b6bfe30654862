"""A machine with files, reached over SSH: a real server on loopback, that shows one folder, and its troubles."""

from __future__ import annotations

import asyncio
import enum
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh

USER = "fokus"
_SECONDS = 10.0


class Trouble(enum.StrEnum):
    """What may happen to a connection, or to the first file that is fetched over it."""

    AWAY = "connection dropped at once"
    OTHER_KEY = "another host key"
    NOT_LET_IN = "our key not let in"
    CUT = "connection cut amid a file"
    STUCK = "no more of a file for long"
    REFUSES = "file refused"


class SftpSimulator:
    """The machine. Everything may be called from any thread."""

    def __init__(self, folder: Path, keys: Path) -> None:
        """Take the folder, and another one for host key, user's key and known hosts."""
        self._folder = folder
        self._host, self._other, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
        self.key_file, self._allowed = keys / "user", keys / "allowed"
        user.write_private_key(str(self.key_file))
        user.write_public_key(str(self._allowed))
        self.known_hosts = keys / "known_hosts"
        self.port = 0
        self._troubles: deque[Trouble] = deque()
        self._server: asyncssh.SSHAcceptor | None = None

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next connections or files go wrong, one after the other; another host key goes first."""
        self._troubles.extend(troubles)
        if Trouble.OTHER_KEY in troubles and self._server is not None:
            self._server.update(server_host_keys=[self._other])

    async def listen(self) -> None:
        """Begin, and write down which host key is the right one."""
        self._server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self._host],
            server_factory=lambda: _Entrance(self),
            sftp_factory=lambda channel: _Files(channel, self._folder, self),
        )
        self.port = self._server.get_port()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {self._host.export_public_key().decode()}", "utf-8")

    async def stop(self) -> None:
        """Take nobody any more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def is_next(self, *troubles: Trouble) -> Trouble | None:
        """Take what goes wrong next, if it is one of these."""
        return self._troubles.popleft() if self._troubles and self._troubles[0] in troubles else None

    def greeted(self, connection: asyncssh.SSHServerConnection) -> None:
        """Somebody is there: with another host key, or dropped, or neither."""
        if self.is_next(Trouble.OTHER_KEY) and self._server is not None:
            self._server.update(server_host_keys=[self._host])
        if self.is_next(Trouble.AWAY):
            connection.abort()

    def allowed(self) -> str | None:
        """Whose keys are let in."""
        return None if self.is_next(Trouble.NOT_LET_IN) else str(self._allowed)


class _Entrance(asyncssh.SSHServer):
    def __init__(self, machine: SftpSimulator) -> None:
        self._machine = machine
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._machine.greeted(conn)

    def begin_auth(self, username: str) -> bool:
        del username
        allowed = self._machine.allowed()
        if allowed is not None and self._connection is not None:
            self._connection.set_authorized_keys(allowed)
        return True


class _Files(asyncssh.SFTPServer):
    """One folder; of a file that is in trouble the first half comes, and then what the trouble is."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], folder: Path, machine: SftpSimulator) -> None:
        super().__init__(channel, chroot=str(folder).encode())
        self._machine = machine
        self._trouble: Trouble | None = None

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        if self._trouble is Trouble.CUT:
            self.connection.abort()
        while self._trouble is not None:
            await asyncio.sleep(0.01)
            if self.connection.is_closed():
                raise asyncssh.SFTPConnectionLost("nobody waits any more")
        self._trouble = self._machine.is_next(Trouble.CUT, Trouble.STUCK, Trouble.REFUSES)
        if self._trouble is Trouble.REFUSES:
            self._trouble = None
            raise asyncssh.SFTPFailure("a text that the connector repeats nowhere")
        found = super().read(file_obj, offset, size)
        told = found if isinstance(found, bytes) else await found
        return told[: len(told) // 2] if self._trouble else told


@contextmanager
def sftp_served(folder: Path, keys: Path) -> Iterator[SftpSimulator]:
    """Serve a folder; `keys` is another folder, for host key, user's key and known hosts."""
    machine = SftpSimulator(folder, keys)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(machine.listen(), loop).result(_SECONDS)
    try:
        yield machine
    finally:
        asyncio.run_coroutine_threadsafe(machine.stop(), loop).result(_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
