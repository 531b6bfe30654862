"""The reporting service: everything a worker is made of is wired here, and nowhere else.

Workers of one deployment are one group on control.v1, which has one partition: who has it is active, the
others stand by. Commands are acknowledged when they are done, so that a worker that takes over hears those
that are not. There is no static membership, as every worker would need a name of its own to stand by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import mode
import structlog
from faust.types import TP, EventT
from prometheus_client import CollectorRegistry

from fokusstrom.contracts import schemas
from fokusstrom.contracts.topics import CONTROL, TOPICS
from fokusstrom.reporting.desk import Desk
from fokusstrom.reporting.measures import Measures
from fokusstrom.runtime import faust_app, kafka, log_ends
from fokusstrom.runtime.clock import Clock, SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.garbage import collect_rarely
from fokusstrom.runtime.operations import OperationsPort, status_with_brokers
from fokusstrom.runtime.publisher import Fenced, Publisher

_log = structlog.get_logger("reporting")

_MOST_COMMANDS = 100
_GATHER_SECONDS = 0.05
"""How long commands wait for others that one cut can answer."""


def run(settings: Settings, clock: Clock | None = None, listening: Callable[[int], None] | None = None) -> int:
    """Run a worker until it is told to stop; returns the exit code.

    `listening` is told the operations port. While no broker answers it waits, and says so; a topic that doesn't
    exist is a `ConfigError`.
    """
    collect_rarely()
    clock = clock or SystemClock()
    catalog = schemas.catalog(settings.registry_url)
    measures = Measures(CollectorRegistry(), clock)
    name = f"reporting-{settings.deployment}"

    def publisher() -> Publisher:
        return Publisher(kafka.producer(settings, transactional_id=f"fokusstrom-{name}"), "reporting", clock)

    desk = Desk(settings, catalog, clock, publisher, measures)
    admin = kafka.admin(settings)
    operations = OperationsPort(
        port=settings.port,
        status=lambda: status_with_brokers(desk.status(), admin),
        registry=measures.registry,
        schemas=catalog,
    )
    with operations:
        if listening is not None:
            listening(operations.port)
        log_ends.wait_for_brokers(admin, settings.require_bootstrap())
        log_ends.topics(admin, [topic.name for topic in TOPICS])
        app = faust_app.make_app(settings, name, shares_work=True)
        ending = faust_app.Ending()
        code = faust_app.run(app, Reporting(app, desk, ending))
    try:
        ending.raise_reason()
    except Fenced:
        _log.error("another reporting worker has started to write: it goes on, this one ends")
        return 1
    return code


class Reporting(mode.Service):
    """Runs the desk in a thread of its own, beside the app that hears commands for it."""

    def __init__(self, app: faust.App, desk: Desk, ending: faust_app.Ending) -> None:
        """Take the app, which begins to listen when it is started, the desk, and what ends all of it."""
        super().__init__()
        self._desk = desk
        self._ending = ending
        # All that the desk does, with DuckDB and the brokers, happens in this one thread.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._heard: dict[str, list[EventT[Any]]] = {}
        topic = app.topic(CONTROL.name, value_serializer="raw", key_serializer="raw")
        app.agent(topic, name="commands", concurrency=1)(self._hear)
        app.on_partitions_assigned.connect(self._on_assigned)  # type: ignore[arg-type]  # the signal's own argument is left out
        app.on_partitions_revoked.connect(self._on_revoked)  # type: ignore[arg-type]  # as above

    async def on_stop(self) -> None:
        """Finish what is being done, and leave the brokers."""
        await self._in_thread(self._desk.close)
        self._thread.shutdown()

    @mode.Service.task
    async def _work(self) -> None:
        while not self.should_stop:
            try:
                await self._in_thread(self._desk.step)
            except Fenced as reason:
                await self._ending.because(reason)
            self._acknowledge()
            await self.sleep(_GATHER_SECONDS)

    async def _hear(self, stream: Any) -> None:  # noqa: ANN401 - Faust types streams by value, not by event
        async for events in stream.noack_take(_MOST_COMMANDS, within=_GATHER_SECONDS):
            for event in events:
                command = await self._in_thread(self._desk.hear, event.value)
                self._heard.setdefault(command or "", []).append(event)

    def _acknowledge(self) -> None:
        """Let the group's position move over what is done."""
        waiting = self._desk.waiting
        for command in self._heard.keys() - waiting:
            for event in self._heard.pop(command):
                event.ack()

    async def _on_assigned(self, _app: Any, *arguments: Any, **_: Any) -> None:  # noqa: ANN401 - a signal of Faust's
        if _hears_control(*arguments):
            await self._in_thread(self._desk.activate)

    async def _on_revoked(self, _app: Any, *arguments: Any, **_: Any) -> None:  # noqa: ANN401 - a signal of Faust's
        if _hears_control(*arguments):
            self._heard.clear()
            await self._in_thread(self._desk.stand_by)

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - what it gives
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)


def _hears_control(partitions: set[TP]) -> bool:
    return any(partition.topic == CONTROL.name for partition in partitions)
