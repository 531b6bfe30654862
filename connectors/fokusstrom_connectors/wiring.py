"""A connector put together from its configuration: everything it is made of is wired here, and nowhere else."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client.registry import CollectorRegistry

from fokusstrom.contracts import schemas
from fokusstrom.contracts.records import Rejection
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import Clock, SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.garbage import collect_rarely
from fokusstrom.runtime.operations import OperationsPort, Status
from fokusstrom_connectors import configuration
from fokusstrom_connectors.configuration import Configuration
from fokusstrom_connectors.interface import Connector, Context, Source, Window
from fokusstrom_connectors.mapping import rules
from fokusstrom_connectors.mapping.mapper import Mapper
from fokusstrom_connectors.mapping.rules import Mapping as FieldMapping
from fokusstrom_connectors.personal.pseudonyms import Pseudonyms
from fokusstrom_connectors.runner import rejections, state
from fokusstrom_connectors.runner.measures import Measures
from fokusstrom_connectors.runner.outlet import KafkaOutlet, Outlet
from fokusstrom_connectors.runner.pages import Pages
from fokusstrom_connectors.runner.rejections import Corrections
from fokusstrom_connectors.runner.running import Options, Runner

T = TypeVar("T")

_BY_BATCHES = {"delivery.report.only.error": True, "linger.ms": 100}
"""Whoever asks for confirmation flushes, which hears of errors, so that each fact costs a call less, and waits for no
linger: facts of a batch leave together, which costs the brokers half."""

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


@dataclass(frozen=True)
class Wired:
    """A connector that is configured: its parts, made when they are asked for."""

    connector: Connector[Any]
    told: Configuration[Any]
    mapping: FieldMapping
    environ: Mapping[str, str]
    clock: Clock

    def source(self, window: Window | None = None) -> Source:
        """Make the source."""
        context = Context(self.clock, self.environ, self.told.look_back, window)
        return self.connector.make(self.told.settings, context)

    def pseudonyms(self) -> Pseudonyms | None:
        """Make what makes pseudonyms, if keys are configured."""
        personal = self.told.personal_numbers
        return None if personal is None else personal.pseudonyms(self.environ)

    def mapper(self) -> Mapper:
        """Make the mapper."""
        personal = self.told.personal_numbers
        changed_at = personal.previous.changed_at if personal is not None and personal.previous is not None else None
        return Mapper(self.mapping, self.told.source, self.pseudonyms(), changed_at)

    def options(self, remembered: Mapping[str, Any]) -> Options:
        """Give the runner's options."""
        return Options(
            self.told.name,
            self.told.source,
            remembered,
            poll_every=self.told.poll_every,
            at_most_pages=self.told.at_most_pages,
            batch_records=self.told.batch_records,
            give_up_after=self.told.give_up_after,
            heartbeat_every=self.told.heartbeat_every,
        )

    def open_rejections(self, settings: Settings, catalog: SchemaCatalog) -> Sequence[Rejection]:
        """What is refused of this connector's facts, and not corrected yet."""
        return rejections.still_open(rejections.read(settings, catalog), self.told.name, [self.told.source])


def wired(connector: Connector[Any], file: Path, environ: Mapping[str, str], clock: Clock | None = None) -> Wired:
    """Read a configuration and its mapping; `ConfigError` with every problem of both."""
    problems: list[str] = []
    told = _tried(problems, lambda: configuration.read(connector, file, environ))
    mapping = _tried(problems, lambda: _mapping(file))
    personal = None if told is None else told.personal_numbers
    if personal is not None:
        _tried(problems, lambda: personal.pseudonyms(environ))
    if told is not None and mapping is not None and mapping.needs_key() and personal is None:
        problems.append(f"{file}: personal_numbers: it is missing, and the mapping takes personal numbers")
    if told is None or mapping is None or problems:
        raise ConfigError(*problems)
    return Wired(connector, told, mapping, environ, clock or SystemClock())


def _mapping(file: Path) -> FieldMapping:
    """The mapping that a configuration names; a path is taken from where the configuration is."""
    name = configuration.table(file).get("mapping")
    if not isinstance(name, str):
        raise ConfigError(f"{file}: mapping: name one that ships ({', '.join(rules.shipped())}), or a file")
    return rules.find(str(file.parent / name) if "/" in name or name.endswith(".toml") else name)


def _tried(problems: list[str], find: Callable[[], T]) -> T | None:
    try:
        return find()
    except ConfigError as error:
        problems += [one for one in error.problems if one not in problems]
        return None


def run(
    one: Wired,
    settings: Settings,
    *,
    once: bool = False,
    window: Window | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> int:
    """Run until SIGINT or SIGTERM, or until the source has no more; returns the exit code.

    At the end `say` is told on a line how much was read, sent and refused.
    A backfill (`window`) remembers nothing: it is read from its beginning each time.
    """
    collect_rarely(_OBJECTS_BETWEEN_COLLECTIONS)
    catalog = schemas.catalog(settings.registry_url)
    known = state.remembered(settings, catalog, one.told.name)
    if window is not None:
        known = {item: value for item, value in known.items() if item.startswith(state.OWN)}
    outlet = _outlet(one, settings, catalog, is_backfill=window is not None)
    registry = CollectorRegistry(auto_describe=False)
    corrections = Corrections(one.told.name, lambda: one.open_rejections(settings, catalog))
    runner = Runner(
        one.source(window),
        one.mapper(),
        outlet,
        one.options(known),
        clock=one.clock,
        measures=Measures(registry),
        corrections=corrections,
    )
    port = OperationsPort(
        port=settings.port,
        status=lambda: Status(waits_for=[] if runner.trouble is None else [runner.trouble]),
        registry=registry,
        schemas=catalog,
        routes=Pages(one.told.name, runner, lambda: one.open_rejections(settings, catalog)).routes(),
    )
    with port:
        code = asyncio.run(_until_stopped(runner, outlet.stop, once=once, waits_itself=one.connector.is_sent_to))
    say(str(runner.sums))
    return code


async def _until_stopped(runner: Runner, stop: Callable[[], None], *, once: bool, waits_itself: bool) -> int:
    """Run; SIGINT and SIGTERM end it in order, whatever it waits for."""
    running = asyncio.create_task(runner.run(once=once, waits_itself=waits_itself))

    def end() -> None:
        stop()
        running.cancel()

    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, end)
    try:
        await running
    except asyncio.CancelledError:
        return 0
    return 0


async def only_read(one: Wired, outlet: Outlet) -> None:
    """Read the source from its beginning until it has no more, into an outlet; nothing is remembered."""
    measures = Measures(CollectorRegistry(auto_describe=False))
    runner = Runner(one.source(), one.mapper(), outlet, one.options({}), clock=one.clock, measures=measures)
    await runner.run(once=True, waits_itself=one.connector.is_sent_to)


def remembered(one: Wired, settings: Settings) -> dict[str, Any]:
    """Everything that the connector remembers, by item."""
    return state.remembered(settings, schemas.catalog(settings.registry_url), one.told.name)


def remember(one: Wired, settings: Settings, changes: Mapping[str, Any]) -> None:
    """Change what it remembers, by hand; None forgets an item."""
    catalog = schemas.catalog(settings.registry_url)
    outlet = KafkaOutlet(kafka.producer(settings), catalog, one.clock, one.told.name, None)
    outlet.remember(changes)
    outlet.confirm()


def _outlet(one: Wired, settings: Settings, catalog: SchemaCatalog, *, is_backfill: bool) -> KafkaOutlet | _Forgetful:
    personal = one.told.personal_numbers
    key_id = None if personal is None else personal.key_id
    outlet = KafkaOutlet(kafka.producer(settings, extra=_BY_BATCHES), catalog, one.clock, one.told.name, key_id)
    return _Forgetful(outlet) if is_backfill else outlet


class _Forgetful:
    """An outlet that remembers nothing of the source: of a backfill only what was sent on the day is kept."""

    def __init__(self, outlet: KafkaOutlet) -> None:
        self.ready, self.say = outlet.ready, outlet.say
        self.declare, self.confirm, self.stop = outlet.declare, outlet.confirm, outlet.stop
        self._outlet = outlet

    def remember(self, changes: Mapping[str, Any]) -> None:
        self._outlet.remember({item: value for item, value in changes.items() if item.startswith(state.OWN)})
