"""Where files lie: a folder, or one on another machine over SFTP. Both list, fetch, and put away."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol, TypeVar

import asyncssh
from pydantic import Field

from fokusstrom.domain.errors import ConfigError
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import Address, Context, SourceUnavailable, Step
from fokusstrom_connectors.secrets import Secret
from fokusstrom_connectors.sources._patience import Patience

T = TypeVar("T")

_UNREADABLE = "a file can't be read ({why}); check our rights there"


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

    async def work(self, does: Callable[[], T]) -> T:
        """Do something with a file that was fetched, in a thread: it reads, and may hang."""

    def goes_on(self) -> None:
        """Said by work that takes long."""

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
    timeout: Duration = Field(
        default="30s",
        description="How long connecting may take, and each step after it; a file, as long as more of it comes.",
        validate_default=True,
    )

    def addresses(self) -> list[Address]:
        """Where it is."""
        return [Address(self.host, self.port, has_tls=False)]


class Folder:
    """A folder of this machine, which may be on a network drive."""

    def __init__(self, folder: Path, done: Literal["leave", "delete"] | Path, timeout: timedelta) -> None:
        """Take the folder, and where files go when they were delivered."""
        self._folder = folder
        self._done = done
        self._reading, self._putting_away = Patience(timeout), Patience(timeout)

    async def open(self) -> None:
        """As `Place`."""

    async def list(self) -> list[Listed]:
        """As `Place`."""
        with _of_the_machine():
            return await self._reading.do(functools.partial(_files_in, self._folder))

    async def fetch(self, name: str) -> Path:
        """As `Place`."""
        return self._folder / name

    async def work(self, does: Callable[[], T]) -> T:
        """As `Place`."""
        with _of_the_machine(_UNREADABLE):
            return await self._reading.do(does)

    def goes_on(self) -> None:
        """As `Place`."""
        self._reading.goes_on()

    async def put_away(self, name: str) -> None:
        """As `Place`."""
        with _of_the_machine():
            await self._putting_away.do(functools.partial(self._put_away, name))

    def _put_away(self, name: str) -> None:
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
        self._connection: asyncssh.SSHClientConnection | None = None
        self._heard_at = 0.0
        self._spool: Path | None = None

    async def open(self) -> None:
        """As `Place`."""
        settings = self._settings
        with _over_ssh():
            password = None if settings.password is None else settings.password.read(self._environ)
            self._connection = connection = await self._open.enter_async_context(
                asyncssh.connect(
                    settings.host,
                    settings.port,
                    username=settings.user,
                    known_hosts=str(settings.known_hosts),
                    client_keys=None if settings.key_file is None else [str(settings.key_file)],
                    agent_path=None,
                    config=None,
                    password=password,
                    connect_timeout=self._seconds(),
                    keepalive_interval=15,
                )
            )
            self._files = await self._open.enter_async_context(connection.start_sftp_client())
        self._spool = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="fokusstrom-")))

    async def list(self) -> list[Listed]:
        """As `Place`."""
        with _over_ssh():
            found = await self._answered(self._client().readdir(str(self._folder)))
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
            await self._answered(
                self._client().get(str(self._folder / name), str(target), progress_handler=self._more_came)
            )
        return target

    async def work(self, does: Callable[[], T]) -> T:
        """As `Place`: what was fetched lies on this machine."""
        with _of_the_machine(_UNREADABLE):
            return await asyncio.to_thread(does)

    def goes_on(self) -> None:
        """As `Place`."""

    async def put_away(self, name: str) -> None:
        """As `Place`."""
        with _over_ssh():
            await self._answered(self._put_away(name))

    async def _put_away(self, name: str) -> None:
        if self._done == "delete":
            await self._client().remove(str(self._folder / name))
        elif isinstance(self._done, Path):
            target = self._folder / PurePosixPath(self._done.as_posix())
            await self._client().makedirs(str(target), exist_ok=True)
            await self._client().posix_rename(str(self._folder / name), str(target / name))

    async def close(self) -> None:
        """As `Place`."""
        self._files = None
        self._leave()
        with contextlib.suppress(Exception):  # a connection that can't be closed is gone
            await self._open.aclose()

    async def _answered(self, asked: Coroutine[Any, Any, T]) -> T:
        """What the machine answers; one that stays silent while its connection lives is left, also when we are stopped.

        The connection goes first: to end a question in order would wait for the same machine.
        """
        self._more_came()
        asking = asyncio.ensure_future(asked)
        try:
            while not asking.done():
                left = self._heard_at + self._seconds() - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                await asyncio.wait({asking}, timeout=left)
            return asking.result()
        finally:
            if not asking.done():
                self._leave()
                await asyncio.gather(asking, return_exceptions=True)

    def _more_came(self, *_: object) -> None:
        """Of a file."""
        self._heard_at = time.monotonic()

    def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()

    def _seconds(self) -> float:
        return self._settings.timeout.total_seconds()

    def _client(self) -> asyncssh.SFTPClient:
        if self._files is None:
            raise SourceUnavailable(Step.CONNECTION, "there is no connection")
        return self._files


def _files_in(folder: Path) -> list[Listed]:
    found = [(one, one.stat()) for one in folder.iterdir() if one.is_file()]
    return [Listed(one.name, told.st_size, told.st_mtime) for one, told in found]


@contextlib.contextmanager
def _of_the_machine(trouble: str = "the folder can't be used ({why}); check `folder`") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceUnavailable(Step.PAGE, trouble.format(why=error.strerror)) from None


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
    except TimeoutError:
        raise SourceUnavailable(Step.CONNECTION, "the machine didn't answer within `timeout`") from None
    except ConfigError as error:  # a password that isn't there any more
        raise SourceUnavailable(Step.AUTHENTICATION, "; ".join(error.problems)) from None
    except (asyncssh.Error, OSError):
        raise SourceUnavailable(Step.CONNECTION, "no connection over SSH; check `host` and `port`") from None
