"""A machine with files, reached over SSH: a real server on loopback, that shows one folder and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

USER = "fokus"


@dataclass(frozen=True)
class SftpSimulator:
    """Where the machine is, and what a client needs."""

    port: int
    known_hosts: Path
    key_file: Path
    """Private key of the user who is let in."""


@contextmanager
def sftp_served(folder: Path, keys: Path) -> Iterator[SftpSimulator]:
    """Serve a folder; `keys` is another folder, for host key, user's key and known hosts."""
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key_file, allowed = keys / "user", keys / "allowed"
    user.write_private_key(str(key_file))
    user.write_public_key(str(allowed))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp", daemon=True)
    thread.start()

    def jailed(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(folder).encode())

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host], authorized_client_keys=str(allowed), sftp_factory=jailed
        )

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    port = server.get_port()
    known_hosts = keys / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {host.export_public_key().decode()}", "utf-8")
    try:
        yield SftpSimulator(port, known_hosts, key_file)
    finally:

        async def stop() -> None:
            server.close()
            await server.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
