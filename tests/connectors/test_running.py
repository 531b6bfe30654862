"""The commands as processes, on a real broker: killed, away, asked what they refused."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka import KafkaException

from fokusstrom.contracts import schemas
from fokusstrom.contracts.records import SourceTotals, decode
from fokusstrom.contracts.topics import SOURCE_TOTALS
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom_connectors.simulators.rest import PATH, RestSimulator, Trouble
from fokusstrom_connectors.simulators.serving import served
from tests.broker.running import SECONDS, Running
from tests.connectors.records import KEY, cpr, meeting

pytestmark = pytest.mark.broker

CONFIGURATION = """
name = "{name}"
source = "momentum:751"
mapping = "momentum"
poll_every = "100ms"
heartbeat_every = "1s"
batch_records = 100

[personal_numbers]
key = "env:PERSONAL_NUMBER_KEY"
key_id = "2026"

[settings]
url = "{url}"
records = "data"
holds = "meta.total"
pages = {{ kind = "cursor", next = "meta.next" }}
"""


class Connecting:
    """A simulator, a configuration for it, and the command on the broker."""

    def __init__(self, pipeline: Running, url: str, simulator: RestSimulator, folder: Path) -> None:
        """Write the configuration."""
        self.pipeline = pipeline
        self.simulator = simulator
        self.name = f"momentum-{time.monotonic_ns()}"
        """Of its own, since the brokers are all tests'."""
        self.file = folder / "momentum.toml"
        self.file.write_text(CONFIGURATION.format(url=url + PATH, name=self.name), "utf-8")
        self.log = folder / "connector.log"

    def command(self, *words: str) -> list[str]:
        """Give the command line."""
        verb = [*words, "--config", str(self.file)]
        return [sys.executable, "-m", "fokusstrom.cli", "connector", "rest", *verb]

    def environ(self) -> dict[str, str]:
        """Give the environment."""
        return {**self.pipeline._environ("connector"), "PERSONAL_NUMBER_KEY": KEY, "FOKUSSTROM_LOG_FORMAT": "json"}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*words), env=self.environ(), capture_output=True, text=True, timeout=SECONDS, check=False
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run it for a while; what is left of it at the end is killed."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(self.command("run"), env=self.environ(), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def facts(self) -> list[str]:
        """Give ids of the meetings on the topic; none while the brokers choose their leaders."""
        try:
            return [(message.key() or b"").decode().split("/")[2] for message in self.pipeline.read("meeting-held.v1")]
        except KafkaException:
            return []

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.log.read_text("utf-8")[-3000:]
            time.sleep(0.2)

    def page(self, path: str = "/") -> str:
        """Give the connector's page, or another of its operations port."""
        lines = [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]
        port = [line["port"] for line in lines if line["event"] == "operations port listens"][-1]
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=20).text


@pytest.fixture
def connecting(cluster: LocalBroker, tmp_path: Path) -> Iterator[Connecting]:
    """Serve the simulator, and create the topics."""
    pipeline = Running(cluster.bootstrap, tmp_path)
    pipeline.apply_topics()
    simulator = RestSimulator()
    with served(simulator.application) as url:
        yield Connecting(pipeline, url, simulator, tmp_path)


def totals(connecting: Connecting) -> SourceTotals:
    """Give what is declared last."""
    values = [message.value() for message in connecting.pipeline.read(SOURCE_TOTALS.name)]
    return decode(schemas.checked_in(), SourceTotals, values[-1])


def test_killed_and_with_the_brokers_away_nothing_is_lost(connecting: Connecting, cluster: LocalBroker) -> None:
    """Killed amid its work, and with the brokers away for a while: every record is on the topic at the end."""
    connecting.simulator.add(*map(meeting, range(3_000)))
    with connecting.running():
        connecting.wait_until(lambda: connecting.simulator.requests >= 5)
    with connecting.running() as process:
        connecting.wait_until(lambda: connecting.simulator.requests >= 15)
        cluster.kill()
        connecting.simulator.add(*map(meeting, range(3_000, 4_000)))
        time.sleep(2)
        assert process.poll() is None
        cluster.start()
        expected = {meeting(number)["id"] for number in range(4_000)}
        connecting.wait_until(lambda: set(connecting.facts()) == expected)
        connecting.wait_until(lambda: totals(connecting).holds == 4_000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    told = totals(connecting)
    assert sum(one.records for one in told.sent) >= 4_000
    assert (told.connector, told.nothing_to_report) == (connecting.name, False)
    message = connecting.pipeline.read("meeting-held.v1")[0]
    assert dict(message.headers())["pseudonym_key"] == b"2026"
    shown = connecting.run("state", "show")
    assert shown.stdout.splitlines()[0] == 'cursor\t"3900"', shown.stderr


def test_rejections_come_back_and_a_correction_clears_them(connecting: Connecting) -> None:
    """What the connector refuses, and what a worker does, is listed and on its page until it is corrected."""
    connecting.simulator.add(meeting(1), meeting(2, samtaletype="Kaffe"))
    ran = connecting.run("run", "--once")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == (
        "records read: 2; facts sent: 1, of them flagged: 0; refused: 1; left out by the mapping: 0\n"
    )
    listed = connecting.run("rejections").stdout
    assert "ERROR  MeetingHeld m-00002 1: unmapped_code in interview_type - add the code" in listed
    with connecting.running():
        connecting.wait_until(lambda: "operations port listens" in connecting.log.read_text("utf-8"))
        assert "m-00002" in connecting.page()
        connecting.simulator.add(meeting(3, id="m-00002", version=2))
        connecting.wait_until(lambda: "<p>Nothing.</p>" in connecting.page())
    assert connecting.run("rejections").stdout == ""


def test_it_ends_in_order_also_while_the_brokers_are_away(connecting: Connecting, cluster: LocalBroker) -> None:
    """SIGTERM is heard whatever it waits for: what isn't confirmed comes again after the next start."""
    with connecting.running() as process:
        connecting.wait_until(lambda: connecting.simulator.requests >= 1)
        cluster.kill()
        connecting.simulator.add(*map(meeting, range(10)))
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    cluster.start()
    connecting.wait_until(lambda: connecting.run("run", "--once").returncode == 0)
    assert {meeting(number)["id"] for number in range(10)} <= set(connecting.facts())


def test_check_names_the_step_that_fails(connecting: Connecting) -> None:
    """Every step is tried; a good way gives exit code 0, and a bad one names its step."""
    connecting.simulator.add(*map(meeting, range(3)))
    good = connecting.run("check")
    assert good.returncode == 0, good.stdout + good.stderr
    steps = [line[6:].partition(":")[0] for line in good.stdout.splitlines()]
    assert steps == [
        *("configuration", "DNS", "authentication", "page", "mapping", "schema", "topic", "right to write"),
    ]
    connecting.simulator.trouble(Trouble.HTML)
    bad = connecting.run("check")
    assert bad.returncode == 1
    assert "FAIL  page: answered text/html where JSON was expected" in bad.stdout
    read = connecting.run("read")
    assert [json.loads(line)["fact_id"] for line in read.stdout.splitlines()] == [
        meeting(number)["id"] for number in range(3)
    ]
    discovered = connecting.run("discover").stdout
    assert "personal numbers" in discovered
    assert "not used" not in discovered
    assert re.search(r"^haendelse .* ignore, when MeetingHeld, ", discovered, re.MULTILINE)
    assert cpr(0) not in discovered
