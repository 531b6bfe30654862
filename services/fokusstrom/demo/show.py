"""The demo: a Kafka, every service and connector as a process of its own, and simulated citizens whose facts arrive.

    with running(Plan(...), os.environ, said) as demo:
        shown = demo.play()

What is simulated is registered in simulated sources, month by month (`demo.sources`); connectors read it there,
make pseudonyms and send it. When all of a month has arrived, a cut through its last day is made. What was registered
after the last month arrives too, and then a release is made through that month's last day.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import SystemRandom

from confluent_kafka import KafkaException

from fokusstrom.contracts import schemas
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.national import Release
from fokusstrom.contracts.records import CommandKind
from fokusstrom.contracts.topics import FACT_TOPICS
from fokusstrom.demo.arriving import Arrival
from fokusstrom.demo.folder import own_folder
from fokusstrom.demo.processes import Services
from fokusstrom.demo.sources import Sources, sources
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.periods import last_day, months_before
from fokusstrom.monitor.lag import Lag, State
from fokusstrom.monitor.probe import Probe, groups_of, look
from fokusstrom.runtime import following, kafka, topic_admin
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.control import Control
from fokusstrom.runtime.local_broker import broker_from_environment
from fokusstrom.simulation import arrival, texts
from fokusstrom.simulation import settings as simulated

SLICES = 2
_PATIENCE = timedelta(hours=1)
"""How long a cut or the release may take: a cut takes seconds, and judging 36 months for the first time minutes."""
_REST_SECONDS = 15
_PORTS = range(15_000, 32_000)
"""Below the ports that systems give to outgoing connections."""

Said = Callable[[str, int, int], None]
"""Told a step's name, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Plan:
    """What is asked of a demo."""

    data: Path
    """Its folder: everything that it makes is there."""
    simulated: simulated.Settings

    @property
    def months(self) -> list[date]:
        """First days of the months that are played."""
        first, last = self.simulated.first_day, self.simulated.last_day.replace(day=1)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        return [months_before(first, -place) for place in range(count)]


@dataclass(frozen=True)
class Shown:
    """What a demo has come to."""

    cut: CompleteCut
    """The one that was released."""
    release: Release
    facts: int
    """How many connectors have sent, repeats included."""
    seconds: float


@contextmanager
def running(plan: Plan, environ: Mapping[str, str], said: Said) -> Iterator[Demo]:
    """Start everything, and stop it all at the end, in order: nothing but the folder is left.

    Raises `ConfigError` when the folder or the cluster can't be used for a demo.
    """
    with own_folder(plan.data) as folder, _broker(environ, folder, said) as bootstrap:
        port = environ.get("FOKUSSTROM_PORT") or str(_free_port())
        own = {"BOOTSTRAP": bootstrap, "SLICES": str(SLICES), "PORT": "0", "DATA_DIR": str(folder)}
        environ = {**environ, **{f"FOKUSSTROM_{name}": text for name, text in own.items()}}
        settings = Settings.from_environment(environ)
        said("topics", 0, 1)
        topic_admin.apply(kafka.admin(settings))
        _refuse_facts_of_others(settings)
        said("topics", 1, 1)
        with sources(folder / "sources", _free_port()) as systems, Services(folder, environ) as services:
            services.start("reporting", ["worker", "reporting"])
            for number in range(SLICES):
                name = f"enrichment-{number}-of-{SLICES}"
                of = ["--slice", f"{number}/{SLICES}"]
                services.start(name, ["worker", "enrichment", *of], DATA_DIR=str(folder / name), THREADS="1")
            services.start("monitor", ["monitor"], PORT=port)
            systems.connect(services)
            yield Demo(plan, folder, settings, services, systems, f"http://127.0.0.1:{port}/", said)


class Demo:
    """A demo whose services run."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        settings: Settings,
        services: Services,
        systems: Sources,
        page: str,
        said: Said,
    ) -> None:
        """Take what runs."""
        self.page = page
        """The address of the monitor's page."""
        self._plan = plan
        self._folder = folder
        self._settings = settings
        self._services = services
        self._systems = systems
        self._said = said
        self._catalog = schemas.catalog(settings.registry_url)
        self._control = Control(settings, self._catalog, SystemClock(), services.check)

    def play(self) -> Shown:
        """Simulate, let the facts arrive with a cut as each month ends, and release at the end."""
        begun = time.monotonic()
        with closing(Arrival(self._settings, self._catalog)) as arriving:
            self._let_arrive(arriving)
            facts = arriving.facts
        cut, release = self._release()
        return Shown(cut, release, facts, time.monotonic() - begun)

    def lags(self) -> list[Lag]:
        """How far each group is behind, when all are up to date or after some seconds."""
        deadline = time.monotonic() + _REST_SECONDS
        with closing(Probe(self._settings)) as probe:
            while True:
                lags = look(probe, groups_of(self._settings.deployment, SLICES))
                if all(lag.state is State.UP_TO_DATE for lag in lags) or time.monotonic() > deadline:
                    return lags

    def serve(self) -> None:
        """Go on until interrupted; `ServiceEnded` when a service ends."""
        while True:
            self._services.check()
            time.sleep(0.5)

    def _let_arrive(self, arriving: Arrival) -> None:
        months, facts = self._plan.months, 0
        made = arrival.by_month(self._plan.simulated, self._folder, self._checked, texts.personal_numbers)
        for place, tables in enumerate(made):  # the first is what was registered before the first month
            facts += self._systems.register(tables)
            if 1 <= place <= len(months):
                self._said(f"{facts:,} facts, month", place - 1, len(months))
                arriving.wait(facts, self._services.check, _PATIENCE.total_seconds())
                self._ask(CommandKind.CUT, last_day(months[place - 1]))
                self._said(f"{facts:,} facts, month", place, len(months))
        arriving.wait(facts, self._services.check, _PATIENCE.total_seconds())

    def _release(self) -> tuple[CompleteCut, Release]:
        self._said("release, which judges each month for the first time: minutes", 0, 1)
        request, cut = self._ask(CommandKind.RELEASE, self._plan.simulated.last_day)
        release = self._control.wait_for_release(request, cut.mark.number, _PATIENCE)
        self._said("release", 1, 1)
        return cut, release

    def _ask(self, kind: CommandKind, through: date) -> tuple[str, CompleteCut]:
        command = self._control.command(kind, _PATIENCE, through=through)
        self._control.send(command)
        return command.id, self._control.wait_for_cut(command.id, _PATIENCE)

    def _checked(self, step: str, done: int, of: int) -> None:
        self._services.check()
        self._said(step, done, of)


@contextmanager
def _broker(environ: Mapping[str, str], folder: Path, said: Said) -> Iterator[str]:
    with broker_from_environment(environ, folder / "kafka", progress=lambda text: said(text, 0, 1)) as bootstrap:
        yield bootstrap


def _refuse_facts_of_others(settings: Settings) -> None:
    """A demo's facts must not be mixed with others: figures of both together would be nobody's."""
    try:
        ends = [end for topic in FACT_TOPICS for end in following.ends_of(settings, topic.name).values()]
    except KafkaException as error:
        raise kafka.no_answer(error) from error
    if any(ends):
        raise ConfigError(
            "FOKUSSTROM_BOOTSTRAP: there are facts on this cluster, and a demo would mix its own with them;"
            " unset it for a Kafka of the demo's own, or delete the topics"
        )


def _free_port() -> int:
    for port in SystemRandom().sample(_PORTS, 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise ConfigError("FOKUSSTROM_PORT: no free port was found, set one")
