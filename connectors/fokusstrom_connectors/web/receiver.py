"""Being sent to over HTTP: one receiver for all connectors that are. A sender is answered when all is delivered.

    POST path    200 it is delivered · 401, 403 who are you · 413 too large · 408 too slow · 503 send it again

A letter is a body that was let in (`entrance`), read whole and no larger than it may be. What is in it is nobody's
business here: a letter that can't be understood is delivered as such, and answered with 200. 503 says that it
wasn't delivered, with Retry-After; it is also the answer while as many letters wait as may.

To map, send and confirm costs about the same for one letter as for a hundred. So letters that come within `gather` of
each other are taken together, in the order they came; each is still answered by itself. Nobody waits when everybody
who is connected waits for an answer already, so a sender that is alone is as quick as without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import structlog
import uvicorn
from pydantic import Field, model_validator
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from fokusstrom.domain.personal_numbers import looks_personal
from fokusstrom.runtime.listening import listening
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.interface import Context, SourceUnavailable, Step
from fokusstrom_connectors.web.client import touched
from fokusstrom_connectors.web.entrance import ByCertificate, Entrance, Guard, NotLetIn

_CERTIFICATE = "fokusstrom.certificate"
_PLAIN_NAME = re.compile(r"[\w.:-]{1,80}")

_log = structlog.get_logger("connector")


class ServerTls(Strict):
    """Our certificate; it may be replaced while the connector runs."""

    certificate_file: Path = Field(description="Our certificate and those between it and the authority.")
    key_file: Path | None = Field(default=None, description="Its key, where that isn't in the same file.")


class ListenSettings(Strict):
    """Where others send to, and who may."""

    host: str = Field(default="", description="The address to listen on; empty: all.")
    port: int = Field(ge=1, le=65535)
    path: str = Field(default="/", pattern=r"^/")
    entrance: Entrance
    tls: ServerTls | None = Field(default=None, description="Without it somebody before us has to speak TLS.")
    most_bytes: int = Field(default=1_000_000, ge=1, description="A larger letter is refused.")
    at_once: int = Field(default=50, ge=1, le=10_000, description="Letters that wait for delivery, at most.")
    gather: Duration = Field(
        timedelta(milliseconds=20), description="How long others are waited for, to be delivered with a letter."
    )
    body_within: Duration = Field(timedelta(seconds=10), description="How long a letter may take to come in.")
    answer_within: Duration = Field(
        timedelta(seconds=30), description="When delivery takes longer, the sender is asked to send it again."
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if isinstance(self.entrance, ByCertificate) and self.tls is None:
            raise ValueError("entrance of kind certificate needs `tls`: certificates are shown to who speaks TLS")
        return self


@dataclass(eq=False)
class Letter:
    """What was sent, and who waits for an answer."""

    body: bytes = field(repr=False)
    name: str
    """Tells it from others, for errors: the sender's name for it, or when it came."""
    came_at: datetime
    answer: asyncio.Future[Exception | None] = field(repr=False)

    async def acknowledge(self, error: Exception | None) -> None:
        """Answer the sender, as a page's `acknowledge`."""
        if not self.answer.done():
            self.answer.set_result(error)


Reply = Callable[[int, str, Mapping[str, str]], Response]
"""Makes an answer of an HTTP status, a sentence and the request's headers."""


def in_json(status: int, text: str, _asked: Mapping[str, str]) -> Response:
    """Answer in JSON."""
    return JSONResponse({"status": text}, status)


class Receiver:
    """Listens from `open` to `close`."""

    def __init__(self, settings: ListenSettings, context: Context, reply: Reply = in_json) -> None:
        """Take where to listen, whom to let in, and how to answer."""
        self._settings = settings
        self._clock = context.clock
        self._reply = reply
        self._guard = Guard(settings.entrance, context.environ)
        self._line: asyncio.Queue[Letter] = asyncio.Queue()
        self._open: set[Letter] = set()
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._signature: tuple[object, ...] = ()
        self._is_open = False

    async def open(self) -> None:
        """Listen; raises `SourceUnavailable`, naming what to change."""
        self._guard.judge_secrets()
        self._line = asyncio.Queue()
        listens = _listening(self._settings)
        try:
            server = _Server(self._configuration())
        except BaseException:
            listens.close()
            raise
        self._signature = self._touched()
        self._server, self._serving = server, asyncio.create_task(server.serve(sockets=[listens]))
        self._is_open = True
        await server.is_up.wait()

    async def take(self, at_most: int, within: timedelta) -> list[Letter]:
        """The letters that came together, at least one; none when none came within a time."""
        self._renew()
        letters: list[Letter] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()):
                letters.append(await self._line.get())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.gather.total_seconds()):
                while letters and len(letters) < at_most and (not self._line.empty() or self._may_come()):
                    letters.append(await self._line.get())
        return letters

    def _may_come(self) -> bool:
        """Whether somebody is connected who doesn't wait for an answer, and there is room for a letter of theirs."""
        connected = 0 if self._server is None else len(self._server.server_state.connections)
        return len(self._open) < min(connected, self._settings.at_once)

    async def close(self) -> None:
        """Ask everybody who still waits to send again, and listen no more."""
        self._is_open = False
        for letter in list(self._open):
            await letter.acknowledge(SourceUnavailable(Step.PAGE, "the connector connects anew"))
        server, serving = self._server, self._serving
        self._server = self._serving = None
        if server is not None and serving is not None:
            server.should_exit = True
            try:
                await asyncio.gather(serving, return_exceptions=True)
            finally:
                server.let_go()
            await asyncio.sleep(0)

    async def _receive(self, request: Request) -> Response:
        try:
            status, text, after = await self._received(request)
        except NotLetIn as refusal:
            status, text, after = refusal.status, refusal.text, None
        except SourceUnavailable as error:
            _log.warning("nobody can be let in", why=str(error))
            status, text, after = 503, "send it again", error.after
        answer = self._reply(status, text, request.headers)
        if status == 503:  # noqa: PLR2004 - HTTP's own number
            answer.headers["Retry-After"] = str(math.ceil((after or timedelta(seconds=1)).total_seconds()))
        return answer

    async def _received(self, request: Request) -> tuple[int, str, timedelta | None]:
        """Status, sentence, and how long the sender should wait before it tries again."""
        self._guard.judge_sender(request.scope.get("state", {}).get(_CERTIFICATE))
        body = await self._body(request)
        told = self._guard.judge_letter(request.headers, body, self._clock.now())
        if self._guard.was_delivered(told):
            return 200, "it was delivered before", None
        if not self._is_open or len(self._open) >= self._settings.at_once:
            return 503, "too many wait: send it again", None
        error = await self._delivery(body, "" if told is None else told[0])
        if error is None:
            self._guard.delivered(told, self._clock.now())
            return 200, "it is delivered", None
        return 503, "it was not delivered: send it again", getattr(error, "after", None)

    async def _delivery(self, body: bytes, name: str) -> Exception | None:
        """Put it into the line, and wait for what becomes of it."""
        now = self._clock.now()
        is_plain = _PLAIN_NAME.fullmatch(name) and not looks_personal(name)
        letter = Letter(body, name if is_plain else now.isoformat(), now, asyncio.get_running_loop().create_future())
        self._open.add(letter)
        letter.answer.add_done_callback(lambda _: self._open.discard(letter))
        self._line.put_nowait(letter)
        try:
            async with asyncio.timeout(self._settings.answer_within.total_seconds()):
                return await asyncio.shield(letter.answer)
        except TimeoutError as error:
            return error

    async def _body(self, request: Request) -> bytes:
        """The whole body, within a time and a size."""
        too_large = NotLetIn(413, f"send at most {self._settings.most_bytes:,} bytes")
        announced = request.headers.get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._settings.most_bytes:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_within.total_seconds()):
                async for part in request.stream():
                    body += part
                    if len(body) > self._settings.most_bytes:
                        raise too_large
        except TimeoutError:
            raise NotLetIn(408, "it took too long to come in") from None
        except ClientDisconnect:
            raise NotLetIn(400, "it broke off") from None
        return bytes(body)

    def _configuration(self) -> uvicorn.Config:
        tls, entrance = self._settings.tls, self._settings.entrance
        by_certificate = isinstance(entrance, ByCertificate)
        configuration = uvicorn.Config(
            Starlette(routes=[Route(self._settings.path, self._receive, methods=["POST"])]),
            http=_WithCertificate,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=2 * self._settings.at_once + 50,
            timeout_graceful_shutdown=1,
            ssl_certfile=None if tls is None else tls.certificate_file,
            ssl_keyfile=None if tls is None else tls.key_file,
            ssl_ca_certs=str(entrance.client_ca_file) if isinstance(entrance, ByCertificate) else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if by_certificate else ssl.CERT_NONE,
        )
        try:
            configuration.load()
        except (OSError, ssl.SSLError):
            raise SourceUnavailable(Step.TLS, "the files of `listen.tls` or `client_ca_file` can't be used") from None
        return configuration

    def _touched(self) -> tuple[object, ...]:
        tls = self._settings.tls
        return () if tls is None else (touched(tls.certificate_file), touched(tls.key_file))

    def _renew(self) -> None:
        """Show a certificate that was replaced to whoever connects from now on."""
        tls, signature = self._settings.tls, self._touched()
        if self._server is None or tls is None or signature == self._signature:
            return
        context: ssl.SSLContext | None = self._server.config.ssl
        try:
            if context is not None:
                context.load_cert_chain(tls.certificate_file, tls.key_file)
            self._signature = signature
        except (OSError, ssl.SSLError):
            _log.warning("the new certificate can't be used; the old one stays")


class _Server(uvicorn.Server):
    """Leaves signals to the connector, and says when it listens."""

    def __init__(self, configuration: uvicorn.Config) -> None:
        super().__init__(configuration)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()

    def let_go(self) -> None:
        """Close what is still open: connections made while others were closed; all, where closing was cancelled."""
        for listens in getattr(self, "servers", ()):
            listens.close()
        for late in list(self.server_state.connections):
            late.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _WithCertificate(H11Protocol):
    """Tells the application whose certificate was shown."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        shown: Mapping[str, Any] | None = transport.get_extra_info("peercert")
        self.app_state = {**self.app_state, _CERTIFICATE: shown}


def _listening(settings: ListenSettings) -> socket.socket:
    try:
        return listening(settings.host, settings.port)
    except OSError as error:
        raise SourceUnavailable(
            Step.CONNECTION, f"can't listen on port {settings.port} ({error.strerror}); check `listen`"
        ) from None
