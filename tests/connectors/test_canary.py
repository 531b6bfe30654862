"""Whole runs of every kind of connector on sources that are full of one personal number: afterwards it is nowhere.

On a real broker, with a worker that keeps what they sent; the connectors run as processes and are killed amid their
work, looked at by every command, and crashed. Then topics, headers, ledgers, logs, metrics and pages are searched.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import duckdb
import httpx
import pytest
from confluent_kafka import KafkaException

from fokusstrom.contracts.topics import TOPICS
from fokusstrom.domain.personal_numbers import MASK
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom_connectors.kinds import KINDS
from tests.broker.running import SECONDS, Running
from tests.connectors.canaries import CANARY, HAUNTED, SECRET, Haunted, found_in, values_of
from tests.connectors.records import KEY

_EACH = """
import sys
from fokusstrom.cli import main
from fokusstrom_connectors.mapping.mapper import Mapper

def crash(self, pages):
    raise ValueError(f"unforeseen: {[page.records for page in pages]}")

if "--crash" in sys.argv:
    Mapper.map = crash
for line in sys.stdin:
    try:
        main(["connector", *line.split()])
    except SystemExit:
        pass
    except Exception:
        sys.excepthook(*sys.exc_info())
"""
"""Commands of stdin, one after the other; with `--crash` mapping fails as nobody foresaw, its records in the text."""
_VERBS = ("check", "discover", "read", "rejections", "state show")


class Haunt:
    """Sources of every kind, and what was seen of their connectors."""

    def __init__(self, pipeline: Running, folder: Path, stack: ExitStack) -> None:
        """Serve the sources, and write the configurations."""
        self.pipeline = pipeline
        self.seen: dict[str, bytes] = {}
        """What may be seen from outside, by what shows it."""
        self._folder = folder
        self._sources = {kind: self._configured(kind, stack) for kind in KINDS}

    def _configured(self, kind: str, stack: ExitStack) -> Haunted:
        folder = self._folder / kind
        folder.mkdir()
        source = HAUNTED[kind](stack, folder)
        self._file(kind).write_text(
            f'name = "canary-{kind}"\nsource = "{kind}:751"\nmapping = "{source.mapping}"\npoll_every = "200ms"\n'
            '[personal_numbers]\nkey = "env:KEY"\nkey_id = "2026"\n[settings]\n' + source.settings,
            "utf-8",
        )
        return source

    def run(self) -> None:
        """Run all of them at once, look at their pages, and kill them."""
        with ExitStack() as running:
            for kind in KINDS:
                process = running.enter_context(self._started(kind))
                running.callback(process.kill)
            self._wait_for_the_good()
            for kind in KINDS:
                paths = ("/", "/metrics", "/readyz")
                told = [httpx.get(f"http://127.0.0.1:{self._port(kind)}{path}", timeout=20) for path in paths]
                self.seen[f"pages of {kind}"] = b"".join(one.content for one in told)
        for kind in KINDS:
            self.seen[f"log of {kind}"] = self._log(kind).read_bytes()

    def ask(self) -> None:
        """Let every command look at every source; and let each connector crash."""
        for source in self._sources.values():
            source.again()
        self.seen["commands"] = self._each(
            f"{kind} {verb} --config {self._file(kind)}" for kind in KINDS for verb in _VERBS
        )
        self.seen["crashes"] = self._each((f"{kind} read --config {self._file(kind)}" for kind in KINDS), "--crash")

    def keep(self) -> None:
        """Let a worker keep all that was sent, make a cut of it, and kill the workers."""
        self.pipeline.start("0", "reporting")
        self.pipeline.cut(date(2020, 12, 31))
        for name in ("0", "reporting"):
            self.pipeline.kill(name)
            self.seen[f"log of {name}"] = self.pipeline.said(name).encode()

    def sent(self) -> bytes:
        """Give all facts that were sent; none while the brokers choose their leaders."""
        found: list[bytes] = []
        with contextlib.suppress(KafkaException):
            for topic in ("meeting-held.v1", "akasse-meeting-held.v1", "expected-benefit.v1"):
                found += [one.value() or b"" for one in self.pipeline.read(topic)]
        return b"".join(found)

    def _each(self, lines: Iterable[str], *arguments: str) -> bytes:
        program = [sys.executable, "-c", _EACH, *arguments]
        told = "\n".join(lines).encode()
        done = subprocess.run(
            program, env=self._environ(), input=told, capture_output=True, timeout=SECONDS, check=True
        )
        return done.stdout + done.stderr

    def _started(self, kind: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", "fokusstrom.cli", "connector", kind, "run", "--config", str(self._file(kind))]
        with self._log(kind).open("wb") as log:
            return subprocess.Popen(program, env=self._environ(), stdout=log, stderr=log)

    def _wait_for_the_good(self) -> None:
        good = [source.good for source in self._sources.values()]
        deadline = time.monotonic() + SECONDS
        while missing := [one for one in good if one.encode() not in self.sent()]:
            logs = "\n".join(self._log(kind).read_text("utf-8")[-1_500:] for kind in KINDS)
            assert time.monotonic() < deadline, (missing, logs)
            time.sleep(1)

    def _port(self, kind: str) -> int:
        lines = [json.loads(line) for line in self._log(kind).read_text("utf-8").splitlines() if line.startswith("{")]
        return next(int(line["port"]) for line in lines if line["event"] == "operations port listens")

    def _environ(self) -> dict[str, str]:
        told = {"KEY": KEY, "SECRET": SECRET, "FOKUSSTROM_LOG_FORMAT": "json", "FOKUSSTROM_PORT": "0"}
        return {**self.pipeline._environ("connector"), **told}

    def _file(self, kind: str) -> Path:
        return self._folder / kind / "connector.toml"

    def _log(self, kind: str) -> Path:
        return self._folder / kind / "connector.log"


@pytest.fixture(scope="module")
def haunt(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Haunt]:
    """Everything has been run, looked at, killed and crashed."""
    folder = tmp_path_factory.mktemp("haunt")
    pipeline = Running(cluster.bootstrap, folder)
    pipeline.apply_topics()
    with ExitStack() as stack:
        stack.enter_context(pipeline)
        one = Haunt(pipeline, folder, stack)
        one.run()
        one.ask()
        one.keep()
        yield one


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """In texts, amid Base64, as a number, and in a ledger that compresses it."""
    with duckdb.connect(str(tmp_path / "ledger.duckdb")) as ledger:
        ledger.execute("CREATE TABLE kept AS SELECT 'id-' || ? AS id FROM range(10000)", [CANARY])
    rows, values = values_of(tmp_path / "ledger.duckdb")
    assert (rows, found_in(values)) == (10_000, ["digits"])
    assert found_in(int(CANARY).to_bytes(8, "little")) == ["a whole number of 8 bytes"]
    for before in range(3):
        assert len(found_in(base64.b64encode(b"x" * before + CANARY.encode() + b"yy"))) == 1
    assert found_in(b"nothing of the kind 1211704322") == []


@pytest.mark.broker
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_shows_a_connector_shows_a_personal_number(haunt: Haunt, kind: str) -> None:
    """Its log until it was killed, its metrics, its pages: though it met the number, and refused much for it."""
    for place in (f"log of {kind}", f"pages of {kind}", "log of 0", "log of reporting"):
        assert found_in(haunt.seen[place]) == [], place
    refused = [one for one in haunt.pipeline.read("rejections.v1") if f"canary-{kind}".encode() in (one.value() or b"")]
    assert len(refused) >= 3


@pytest.mark.broker
def test_no_command_shows_a_personal_number(haunt: Haunt) -> None:
    """`check`, `discover`, `read`, `rejections` and `state show`, of each kind, on both streams."""
    assert found_in(haunt.seen["commands"]) == []
    for kind in KINDS:
        assert f"canary-{kind}".encode() in haunt.seen["commands"]


@pytest.mark.broker
def test_no_crash_shows_a_personal_number(haunt: Haunt) -> None:
    """An exception that nobody foresaw, with whole records in its text: the trace is there, the number isn't."""
    assert haunt.seen["crashes"].count(b"ValueError: unforeseen") == len(KINDS)
    assert MASK.encode() in haunt.seen["crashes"]
    assert found_in(haunt.seen["crashes"]) == []


@pytest.mark.broker
def test_no_topic_holds_a_personal_number(haunt: Haunt) -> None:
    """No key, no value, no header; of no topic."""
    for topic in TOPICS:
        for one in haunt.pipeline.read(topic.name):
            headers = b"\0".join(name.encode() + b"=" + (value or b"") for name, value in one.headers() or ())
            assert found_in(b"\0".join([one.key() or b"", one.value() or b"", headers])) == [], topic.name


@pytest.mark.broker
def test_no_ledger_holds_a_personal_number(haunt: Haunt) -> None:
    """Neither a worker's files, as they lie on the disk after a kill, nor the values in them."""
    folder = haunt.pipeline.folder / "0-of-1"
    for file in folder.rglob("*"):
        assert file.is_dir() or found_in(file.read_bytes()) == [], file.name
    rows, values = values_of(folder / "ledger.duckdb")
    assert rows >= len(KINDS)
    assert b"good-rest" in values
    assert found_in(values) == []
