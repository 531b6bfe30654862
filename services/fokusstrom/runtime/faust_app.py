"""Faust as every service runs it: the traps of DESIGN's section 5 are avoided here, once.

Faust gives the app, agents, services, supervision and the worker with its signals. What it does not do here:
no tables, no exactly-once, no per-event work on the fact log. An app needs a subscribed topic: every service
hears `control.v1`, under an app id of its own, so that each instance hears every command.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import faust
import mode
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from fokusstrom.contracts.topics import CONTROL
from fokusstrom.runtime import crashes
from fokusstrom.runtime.config import SecurityProtocol, Settings

_STOP_SECONDS = 25.0
"""How long a worker may take to stop: less than the 30 seconds after which it would be killed."""
_SESSION_SECONDS = 10.0
"""After this a worker that was killed is missed, and one that stands by takes its place."""


def make_app(settings: Settings, name: str, *, shares_work: bool = False) -> faust.App:
    """Make the app of one instance of a service.

    With `shares_work` the instances of a name are one group: one of them hears the commands, those too that
    were sent while none ran, and the others stand by.
    """
    scratch = settings.data_dir / "faust"  # nothing of ours is there, but Faust makes a folder at each start
    scratch.mkdir(parents=True, exist_ok=True)
    return faust.App(
        f"fokusstrom-{name}" if shares_work else f"fokusstrom-{name}-{secrets.token_hex(4)}",
        broker=[f"kafka://{address}" for address in settings.require_bootstrap().split(",")],
        broker_credentials=_credentials(settings),
        autodiscover=False,
        store="memory://",
        datadir=scratch,
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        agent_supervisor=mode.CrashingSupervisor,
        consumer_auto_offset_reset="earliest" if shares_work else "latest",
        broker_session_timeout=_SESSION_SECONDS,
        broker_heartbeat_interval=_SESSION_SECONDS / 4,
        broker_rebalance_timeout=_SESSION_SECONDS,
        worker_redirect_stdouts=False,
    )


class Flowing(faust.Channel[Any]):
    """A channel that Faust's own consumer neither holds nor empties.

    Others are held until that consumer has its partitions, a second after the start, and emptied when it loses
    one: what is in them then is never answered.
    """

    @property
    def queue(self) -> ThrowableQueue[Any]:
        """The values that wait."""
        if self._queue is None:
            self._queue = ThrowableQueue(self.maxsize or 0, flow_control=FlowControlEvent(initially_suspended=False))
        return self._queue


def hear_commands(app: faust.App, heard: Callable[[bytes], Awaitable[None]]) -> None:
    """Call `heard` with the value of each command that is sent from now on."""
    topic = app.topic(CONTROL.name, value_serializer="raw", key_serializer="raw")

    async def commands(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            if value is not None:
                await heard(value)

    app.agent(topic, name="commands", concurrency=1)(commands)


def run(app: faust.App, *services: mode.Service) -> int:
    """Run the app and services until SIGINT or SIGTERM; what crashes one of them is raised."""
    worker = _Worker(app, *services, override_logging=False, quiet=True, redirect_stdouts=False)
    worker.spinner = None  # it writes to stdout, which is for results
    threading.excepthook = tell_of_thread
    try:
        worker.execute_from_commandline()
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else 0


def tell_of_thread(ended: threading.ExceptHookArgs) -> None:
    """Tell of what a thread ended by, masked, unless it was told to end while it waited for brokers."""
    if not issubclass(ended.exc_type, asyncio.CancelledError):
        crashes.tell_of_thread(ended)


class Ending:
    """Ends a service in order, for a reason that is no fault of the program: no crash, and no trace of one."""

    def __init__(self) -> None:
        """There is no reason yet."""
        self._reason: Exception | None = None

    async def because(self, reason: Exception) -> None:
        """Have the service stopped as by a signal; waits until whoever calls this is cancelled."""
        self._reason = reason
        signal.raise_signal(signal.SIGTERM)
        await asyncio.get_running_loop().create_future()

    def raise_reason(self) -> None:
        """Raise the reason, if there was one; to be called when the service has stopped."""
        if self._reason is not None:
            raise self._reason


class _Worker(faust.Worker):
    """Ends in time: with the brokers away Faust would wait for them, and a killed worker loses nothing."""

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        timer = threading.Timer(_STOP_SECONDS, os._exit, [1])
        timer.daemon = True
        timer.start()
        super()._schedule_shutdown(signal)


def _credentials(settings: Settings) -> Any:  # noqa: ANN401 - Faust's own union
    match settings.kafka_security_protocol:
        case SecurityProtocol.PLAINTEXT:
            return None
        case SecurityProtocol.SSL:
            return faust.SSLCredentials(cafile=_ca(settings))
        case _:
            return faust.SASLCredentials(
                username=settings.kafka_username,
                password=settings.kafka_password,
                mechanism=settings.kafka_sasl_mechanism,
                ssl_context=_ssl_context(settings),
            )


def _ca(settings: Settings) -> str | None:
    return None if settings.kafka_ca_file is None else str(settings.kafka_ca_file)


def _ssl_context(settings: Settings) -> Any:  # noqa: ANN401 - an SSLContext or None
    if settings.kafka_security_protocol is not SecurityProtocol.SASL_SSL:
        return None
    return faust.SSLCredentials(cafile=_ca(settings)).context
