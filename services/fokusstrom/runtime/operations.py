"""The operations port, one for each service: is it alive, is it ready, what does it measure.

    GET /livez      200 while the process works, 503 when it should be started anew
    GET /readyz     200 when it does its job, 503 with the reasons otherwise
    GET /metrics    Prometheus (or OpenMetrics, when asked for)
    GET /schemas/…, /subjects/…    the schema registry's read paths (`registry_routes`)

It runs in a thread with an event loop of its own: a service that is busy, or stuck, still answers. What
can't be found out reads as not ready, with the reason; never as a zero.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import structlog
import uvicorn
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime import log_ends
from fokusstrom.runtime.listening import listening
from fokusstrom.runtime.registry_routes import RegistryRoutes

_START_SECONDS = 10

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Status:
    """How a service is, as it says itself."""

    is_live: bool = True
    """False when only a new start can help."""
    waits_for: Sequence[str] = ()
    """What keeps it from its job, a sentence each; none when it is ready."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What an operator may want to see: no personal data."""


def status_with_brokers(status: Status, admin: AdminClient) -> Status:
    """Give a status that isn't ready while no broker answers: who is idle would notice it last of all."""
    if status.waits_for or log_ends.is_answered(admin):
        return status
    return replace(status, waits_for=["no broker answers"])


class OperationsPort:
    """Serves a service's status, metrics and schemas over HTTP, from `start` to `stop`."""

    def __init__(
        self,
        *,
        port: int,
        status: Callable[[], Status],
        registry: CollectorRegistry,
        schemas: SchemaCatalog | None = None,
        routes: Sequence[BaseRoute] = (),
        host: str = "",
    ) -> None:
        """Take what to serve; `routes` are a service's own pages, `host` is an address to listen on (all).

        `status` is called in another thread than the service's, for each request.
        """
        self._wanted = (host, port)
        self._status = status
        self._registry = registry
        own = RegistryRoutes(schemas).routes if schemas is not None else ()
        self._application = Starlette(
            routes=[
                Route("/livez", self._livez),
                Route("/readyz", self._readyz),
                Route("/metrics", self._metrics),
                *own,
                *routes,
            ]
        )
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def port(self) -> int:
        """The port it listens on, the free one when 0 was asked for."""
        if self._socket is None:
            return self._wanted[1]
        taken: int = self._socket.getsockname()[1]
        return taken

    def start(self) -> None:
        """Listen, and return when requests are answered; a port that is taken is a `ConfigError`."""
        self._socket = _listening(*self._wanted)
        configuration = uvicorn.Config(self._application, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(configuration)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="operations", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise Unavailable("The operations port didn't start")
            time.sleep(0.005)
        _log.info("operations port listens", port=self.port)

    def stop(self) -> None:
        """Answer what was asked, and close the port."""
        if self._server is not None and self._thread is not None and self._socket is not None:
            self._server.should_exit = True
            self._thread.join(_START_SECONDS)
            self._socket.close()
            self._server = self._thread = self._socket = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _livez(self, _request: Request) -> JSONResponse:
        status = self._asked_status()
        return JSONResponse({"live": status.is_live}, 200 if status.is_live else 503)

    def _readyz(self, _request: Request) -> JSONResponse:
        status = self._asked_status()
        is_ready = status.is_live and not status.waits_for
        content = {"ready": is_ready, "waits_for": list(status.waits_for), **status.details}
        return JSONResponse(content, 200 if is_ready else 503)

    def _asked_status(self) -> Status:
        try:
            return self._status()
        except Exception:  # noqa: BLE001 - whatever it was: not knowing is an answer, and it is logged
            _log.exception("the service's status is unknown")
            return Status(waits_for=("the service's status is unknown; its log says why",))

    def _metrics(self, request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._registry), headers={"content-type": content_type})


def _listening(host: str, port: int) -> socket.socket:
    try:
        return listening(host, port)
    except OSError as error:
        raise ConfigError(
            f"FOKUSSTROM_PORT: can't listen on port {port} ({error.strerror}); 0 takes a free one"
        ) from error
