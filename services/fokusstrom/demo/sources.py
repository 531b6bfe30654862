"""The systems that the demo's facts come from: a simulator of each, and the connector that reads it.

    momentum, fasit    platforms of municipalities' case systems, asked over REST
    workbase           another, whose exports are fetched over SFTP
    akasse             the unemployment funds' platform, asked over REST
    registers          new personal numbers and protected addresses, pushed as messages of Beskedfordeler
    jobindsats         expected and actual shares on benefits, asked over REST

They know test persons by made-up personal numbers, and say what is simulated in their own words: mappings read
backwards. Connectors are processes of their own; their configurations are in `systems/`, and as they run in the
demo's folder.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from fokusstrom.demo.processes import Services
from fokusstrom.domain.facts import FACT_TYPES, municipality_names
from fokusstrom.simulation.engine import Tables
from fokusstrom_connectors.mapping import rules
from fokusstrom_connectors.simulators.beskedfordeler import element, envelope
from fokusstrom_connectors.simulators.jobindsats import JobindsatsSimulator
from fokusstrom_connectors.simulators.pushing import Pusher
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator
from fokusstrom_connectors.simulators.sender import Sender
from fokusstrom_connectors.simulators.serving import served
from fokusstrom_connectors.simulators.sftp import sftp_served

KINDS = {
    "momentum": "rest",
    "fasit": "rest",
    "workbase": "files",
    "akasse": "akasse",
    "registers": "beskedfordeler",
    "jobindsats": "jobindsats",
}
"""The kind of connector that reads each system."""
_PREFIXES = {"registers": "cpr"}
"""What the sources of a system's facts begin with, where it isn't its name."""
_KEY = "the key of the demo's pseudonyms is no secret"

Facts = Mapping[str, pa.RecordBatch]
"""By the name of their type."""


class System(Protocol):
    """One of them."""

    def register(self, facts: Facts) -> int:
        """Say these facts from now on; how many its connector sends for it."""


class Sources:
    """All of them, while they run."""

    def __init__(self, systems: Mapping[str, System], configurations: Mapping[str, Path]) -> None:
        """Take them by name, and how their connectors are configured."""
        self._systems = systems
        self._configurations = configurations

    def connect(self, services: Services) -> None:
        """Start the connectors."""
        for name, file in self._configurations.items():
            services.start(f"connector-{name}", ["connector", KINDS[name], "run", "--config", str(file)])

    def register(self, tables: Tables) -> int:
        """Let each system have what is its own; how many facts will arrive for it."""
        return sum(system.register(facts_of(name, tables)) for name, system in self._systems.items())


@contextmanager
def sources(folder: Path, port: int) -> Iterator[Sources]:
    """Run the systems, and put what they and their connectors need into a folder; `port` is free for a connector."""
    folder.mkdir()
    with ExitStack() as running:
        apis = {name: RestSimulator(is_feed=True) for name in ("momentum", "fasit", "akasse")}
        shares = JobindsatsSimulator()
        told: dict[str, dict[str, Any]] = {
            name: {"url": running.enter_context(served(one.application)) + PATH} for name, one in apis.items()
        }
        told["jobindsats"] = {"url": running.enter_context(served(shares.application)) + "/v3"}
        exports, keys = folder / "workbase", folder / "ssh"
        exports.mkdir()
        keys.mkdir(mode=0o700)
        machine = running.enter_context(sftp_served(exports, keys))
        told["workbase"] = {
            "port": machine.port,
            "known_hosts": str(machine.known_hosts),
            "key_file": str(machine.key_file),
        }
        secret = secrets.token_hex(32)
        told["registers"] = {"port": port, "secret": _kept(folder / "secret", secret)}
        pusher = Pusher(f"http://127.0.0.1:{port}/besked", secret.encode(), "application/xml", pause=0.2)
        running.enter_context(pusher.sending())
        systems: dict[str, System] = {name: Api(sender(name), one) for name, one in apis.items()}
        systems |= {
            "workbase": Exports(sender("workbase"), exports),
            "registers": Registers(sender("registers"), pusher),
            "jobindsats": Shares(shares),
        }
        key = _kept(folder / "key", _KEY)
        yield Sources(systems, {name: _configured(folder, name, {"key": key, **told[name]}) for name in KINDS})


def sender(name: str) -> Sender:
    """How a system speaks: as its connector's mapping understands it."""
    return Sender(rules.read(_shipped(f"{name}-mapping.toml"), name))


def facts_of(name: str, tables: Tables) -> Facts:
    """The facts of a system's sources, of each type of which it has any."""
    found = {}
    for fact_type, table in tables.items():
        is_theirs = pc.starts_with(table.column("source"), f"{_PREFIXES.get(name, name)}:")
        theirs = table.filter(is_theirs).combine_chunks()
        if theirs.num_rows:
            (found[fact_type],) = theirs.to_batches()
    return found


def _size(facts: Facts) -> int:
    return sum(batch.num_rows for batch in facts.values())


def _shipped(name: str) -> str:
    return resources.files("fokusstrom.demo").joinpath("systems", name).read_text("utf-8")


def _configured(folder: Path, name: str, told: Mapping[str, Any]) -> Path:
    """The connector's configuration as a file, with its mapping beside it, where it has one of its own."""
    file = folder / f"{name}.toml"
    # What JSON writes, of texts and numbers, TOML reads.
    written = {setting: json.dumps(value) for setting, value in told.items()}
    file.write_text(Template(_shipped(file.name)).substitute(written), "utf-8")
    mapping = f"{name}-mapping.toml"
    if mapping in file.read_text("utf-8"):
        (folder / mapping).write_text(_shipped(mapping), "utf-8")
    return file


def _kept(file: Path, secret: str) -> str:
    """A secret in a file, as a configuration refers to it."""
    file.touch(mode=0o600)
    file.write_text(secret, "utf-8")
    return f"file:{file}"


class Api:
    """A feed over REST."""

    def __init__(self, speaks: Sender, simulator: RestSimulator) -> None:
        """Take how it speaks, and what serves it."""
        self._speaks = speaks
        self._simulator = simulator

    def register(self, facts: Facts) -> int:
        """As `System`."""
        for name, batch in facts.items():
            self._simulator.add(*self._speaks.records(FACT_TYPES[name], batch))
        return _size(facts)


class Exports:
    """Files in a folder."""

    def __init__(self, speaks: Sender, folder: Path) -> None:
        """Take how it speaks, and where files go."""
        self._speaks = speaks
        self._folder = folder
        self._numbers = itertools.count(1)

    def register(self, facts: Facts) -> int:
        """As `System`: one file, with all columns that any type has."""
        if facts:
            tables = [self._speaks.table(FACT_TYPES[name], batch) for name, batch in facts.items()]
            file = self._folder / f"eksport-{next(self._numbers):04}.csv"
            rows = pa.concat_tables(tables, promote_options="default")
            pa_csv.write_csv(rows, str(file.with_suffix(".part")), pa_csv.WriteOptions(delimiter=";"))
            file.with_suffix(".part").rename(file)
        return _size(facts)


class Registers:
    """Messages that are pushed."""

    def __init__(self, speaks: Sender, pusher: Pusher) -> None:
        """Take how it speaks, and who pushes."""
        self._speaks = speaks
        self._pusher = pusher

    def register(self, facts: Facts) -> int:
        """As `System`: a message for each fact."""
        for name, batch in facts.items():
            for record in self._speaks.records(FACT_TYPES[name], batch):
                self._pusher.push(message(record))
        return _size(facts)


def message(record: Mapping[str, Any]) -> bytes:
    """The message of Beskedfordeler that says what a record does."""
    ((name, fields),) = record["data"].items()
    said = {field: value for field, value in fields.items() if value is not None}
    return envelope(record["cpr"], record["registreret"], element(name, said)).encode()


class Shares:
    """A table of jobindsats.dk: always whole, and without versions."""

    def __init__(self, simulator: JobindsatsSimulator) -> None:
        """Take what serves it."""
        self._simulator = simulator
        self._facts: dict[str, dict[str, Any]] = {}
        self._published: dict[int, list[list[Any]]] = {}

    def register(self, facts: Facts) -> int:
        """As `System`: the rows of each year in which something changed."""
        batch = facts.get("ExpectedBenefitShare")
        for fact in () if batch is None else batch.to_pylist():
            if fact["deleted"]:
                self._facts.pop(fact["fact_id"], None)
            else:
                self._facts[fact["fact_id"]] = fact
        return sum(map(self._publish, sorted({fact["assessment_year"] for fact in self._facts.values()})))

    def _publish(self, year: int) -> int:
        """Put a year on the table; how many rows the connector sends for it."""
        names, period = municipality_names(), f"{year}QMAT02"
        rows = {
            fact["municipality"]: [
                names[fact["municipality"]],
                period,
                "Ydelsesgrupper i alt",
                fact["expected_share"] / 10_000,
                fact["actual_share"] / 10_000,
                None,
            ]
            for fact in self._facts.values()
            if fact["assessment_year"] == year
        }
        told = [rows[municipality] for municipality in sorted(rows)]
        if self._published.get(year) == told:
            return 0
        self._published[year] = told
        self._simulator.put(period, told)
        return len(told)
