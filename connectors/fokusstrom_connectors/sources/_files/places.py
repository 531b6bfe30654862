"""Where files lie: a folder, or one on another machine over SFTP. Both list, fetch, and put away."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

import asyncssh
from pydantic import Field

from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import Address, Context, SourceUnavailable, Step
from fokusstrom_connectors.secrets import Secret


@dataclass(frozen=True)
class Listed:
    """A file as a list shows it."""

    name: str
    size: int
    changed: float


class Place(Protocol):
    """A folder of files somewhere. Everything may raise `SourceUnavailable`."""

    async def open(self) -> None:
        """Get ready."""

    async def list(self) -> list[Listed]:
        """Give the files that are there, not those in folders within."""

    async def fetch(self, name: str) -> Path:
        """Give a file of this machine with the content; its name may be another."""

    async def put_away(self, name: str) -> None:
        """Do with a file that was delivered what the settings say."""

    async def close(self) -> None:
        """Let go."""


class SftpSettings(Strict):
    """A machine that is reached over SSH."""

    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    known_hosts: Path = Field(description="File with the machine's host key; without one nobody is trusted.")
    key_file: Path | None = Field(default=None, description="Our private key.")
    password: Secret | None = Field(default=None, description="Where the machine wants a password instead.")
    timeout: Duration = Field(default="30s", description="How long connecting may take.", validate_default=True)

    def addresses(self) -> list[Address]:
        """Where it is."""
        return [Address(self.host, self.port, has_tls=False)]


class Folder:
    """A folder of this machine."""

    def __init__(self, folder: Path, done: Literal["leave", "delete"] | Path) -> None:
        """Take the folder, and where files go when they were delivered."""
        self._folder = folder
        self._done = done

    async def open(self) -> None:
        """As `Place`."""

    async def list(self) -> list[Listed]:
        """As `Place`."""
        with _of_the_machine():
            found = [(one, one.stat()) for one in self._folder.iterdir() if one.is_file()]
        return [Listed(one.name, told.st_size, told.st_mtime) for one, told in found]

    async def fetch(self, name: str) -> Path:
        """As `Place`."""
        return self._folder / name

    async def put_away(self, name: str) -> None:
        """As `Place`."""
        with _of_the_machine():
            if self._done == "delete":
                (self._folder / name).unlink(missing_ok=True)
            elif isinstance(self._done, Path):
                target = self._folder / self._done
                target.mkdir(parents=True, exist_ok=True)
                (self._folder / name).replace(target / name)

    async def close(self) -> None:
        """As `Place`."""


class Sftp:
    """A folder of another machine. Files are fetched whole, and then read here."""

    def __init__(
        self, settings: SftpSettings, folder: str, done: Literal["leave", "delete"] | Path, context: Context
    ) -> None:
        """Take where and who we are."""
        self._settings = settings
        self._folder = PurePosixPath(folder)
        self._done = done
        self._environ = context.environ
        self._open = contextlib.AsyncExitStack()
        self._files: asyncssh.SFTPClient | None = None
        self._spool: Path | None = None

    async def open(self) -> None:
        """As `Place`."""
        settings = self._settings
        password = None if settings.password is None else settings.password.read(self._environ)
        with _over_ssh():
            connection = await self._open.enter_async_context(
                asyncssh.connect(
                    settings.host,
                    settings.port,
                    username=settings.user,
                    known_hosts=str(settings.known_hosts),
                    client_keys=None if settings.key_file is None else [str(settings.key_file)],
                    agent_path=None,
                    config=None,
                    password=password,
                    connect_timeout=settings.timeout.total_seconds(),
                    keepalive_interval=15,
                )
            )
            self._files = await self._open.enter_async_context(connection.start_sftp_client())
        self._spool = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="fokusstrom-")))

    async def list(self) -> list[Listed]:
        """As `Place`."""
        with _over_ssh():
            found = await self._client().readdir(str(self._folder))
        return [
            Listed(str(one.filename), one.attrs.size or 0, one.attrs.mtime or 0)
            for one in found
            if one.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
        ]

    async def fetch(self, name: str) -> Path:
        """As `Place`."""
        spooled = (self._spool or Path()) / "fetched"
        target = spooled.with_suffix(".gz") if name.lower().endswith(".gz") else spooled
        with _over_ssh():
            await self._client().get(str(self._folder / name), str(target))
        return target

    async def put_away(self, name: str) -> None:
        """As `Place`."""
        with _over_ssh():
            if self._done == "delete":
                await self._client().remove(str(self._folder / name))
            elif isinstance(self._done, Path):
                target = self._folder / PurePosixPath(self._done.as_posix())
                await self._client().makedirs(str(target), exist_ok=True)
                await self._client().posix_rename(str(self._folder / name), str(target / name))

    async def close(self) -> None:
        """As `Place`."""
        self._files = None
        with contextlib.suppress(Exception):  # a connection that can't be closed is gone
            await self._open.aclose()

    def _client(self) -> asyncssh.SFTPClient:
        if self._files is None:
            raise SourceUnavailable(Step.CONNECTION, "there is no connection")
        return self._files


@contextlib.contextmanager
def _of_the_machine() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceUnavailable(Step.PAGE, f"the folder can't be used ({error.strerror}); check `folder`") from None


@contextlib.contextmanager
def _over_ssh() -> Iterator[None]:
    """Name the step that failed; texts of the other side go nowhere."""
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise SourceUnavailable(Step.CONNECTION, "the machine's host key isn't in `known_hosts`") from None
    except (asyncssh.PermissionDenied, asyncssh.KeyImportError):
        raise SourceUnavailable(
            Step.AUTHENTICATION, "the machine doesn't let us in; check `user`, `key_file` and `password`"
        ) from None
    except asyncssh.SFTPNoSuchFile:
        raise SourceUnavailable(Step.PAGE, "there is no such folder or file; check `folder`") from None
    except asyncssh.SFTPError as error:
        raise SourceUnavailable(Step.PAGE, f"the machine refuses files (SFTP error {error.code})") from None
    except (TimeoutError, asyncssh.Error, OSError):
        raise SourceUnavailable(Step.CONNECTION, "no connection over SSH; check `host` and `port`") from None
