"""Running a simulator: a real HTTP server on loopback, in a thread of its own, with TLS where it is asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from fokusstrom.runtime.listening import listening

_START_SECONDS = 10.0


@contextmanager
def served(
    application: ASGIApp, *, certificate: Path | None = None, client_ca: Path | None = None, port: int = 0
) -> Iterator[str]:
    """Serve an application, and give its address; `certificate` holds a chain and its key.

    With `client_ca` only who shows a certificate of it is let in.
    """
    listens = listening("127.0.0.1", port)
    configuration = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        ssl_certfile=certificate,
        ssl_ca_certs=None if client_ca is None else str(client_ca),
        ssl_cert_reqs=0 if client_ca is None else 2,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=server.run, args=([listens],), name="simulator", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    host = "localhost" if certificate is not None else "127.0.0.1"
    try:
        yield f"{'http' if certificate is None else 'https'}://{host}:{listens.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        listens.close()
