"""The reporting worker as a process of its own, asked by the command line, with slices whose answers are given."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.records import CutMark
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.contracts.topics import SOURCE_TOTALS, TOPICS
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower, ends_of
from fokusstrom.runtime.local_broker import LocalBroker
from tests.reporting.slices import Rows, answer, focus, held, modes

pytestmark = [pytest.mark.broker, pytest.mark.slow]

CATALOG = checked_in()
MARCH: Rows = {
    ("751", "2021-03"): focus(40, 10),
    ("101", "2021-03"): focus(20, 2),
    ("851", "2021-03"): focus(30, 3),
    ("461", "2021-03"): held(PHONE=(50, 20), VIDEO=(6, 3)),
    ("DK", "2021-03"): modes(PHONE=(50, 20), VIDEO=(6, 3)),
}
RECORDS = ["records", "77", "new", "77", "changed", "0", "hidden", "40"]
"""As `tests/broker/test_reporting.py` counts them. Hidden are both targets of two municipalities, by benefit and not
(8), all of the meetings by video, of a municipality and of the country (26), and what rests on those two
municipalities' only month: their yearly averages (4) and statuses (2)."""


@pytest.fixture(scope="module")
def ready(cluster: LocalBroker) -> LocalBroker:
    """A broker with the topics."""
    admin = kafka.admin(_settings(cluster))
    topic_admin.apply(admin)
    for topic in TOPICS:
        ends_of(_settings(cluster), topic.name)
    return cluster


@pytest.fixture
def answering(ready: LocalBroker) -> Iterator[dict[str, Rows]]:
    """One slice that answers every cut that is made from now on, with the rows under "rows"."""
    says, stop = {"rows": MARCH}, threading.Event()
    thread = threading.Thread(target=_answer_until, args=(_settings(ready), says, stop))
    thread.start()
    yield says
    stop.set()
    thread.join()


@pytest.fixture
def start(ready: LocalBroker) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start workers; those that still run at the end are killed."""
    started: list[subprocess.Popen[bytes]] = []

    def worker() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(_line("worker", "reporting"), env=_environ(ready)))
        return started[-1]

    yield worker
    for one in started:
        if one.poll() is None:
            one.kill()
        one.wait()


def _settings(broker: LocalBroker) -> Settings:
    return Settings.from_environment({"FOKUSSTROM_BOOTSTRAP": broker.bootstrap})


def _environ(broker: LocalBroker) -> dict[str, str]:
    return {**os.environ, "FOKUSSTROM_BOOTSTRAP": broker.bootstrap}


def _line(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from fokusstrom.cli import main; main()", *arguments]


def _ask(broker: LocalBroker, *arguments: str) -> tuple[int, str]:
    """Run a command; give its exit code and what it printed."""
    done = subprocess.run(_line(*arguments), env=_environ(broker), stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout


def _answer_until(settings: Settings, says: dict[str, Rows], stop: threading.Event) -> None:
    producer = Producer({"bootstrap.servers": settings.require_bootstrap(), "log_level": 0})
    answered: set[int] = set()
    with Follower(settings, ends_of(settings, SOURCE_TOTALS.name)) as follower:
        while not stop.is_set():
            for message in follower.poll(0.1):
                if not keys.is_mark_key(message.key()):
                    continue
                mark = records.decode(CATALOG, CutMark, message.value() or b"")
                for part in answer(CATALOG, mark, 0, says["rows"]) if mark.number not in answered else ():
                    for key, value in zip(part.keys, part.values, strict=True):
                        producer.produce(part.topic, key=key, value=value)
                answered.add(mark.number)
            producer.flush(10)


def test_the_command_line_gets_cuts_and_releases(
    ready: LocalBroker,
    answering: dict[str, Rows],
    start: Callable[[], subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    """Asked for by commands, made by the worker, read by any client; a worker that is killed is replaced."""
    worker = start()
    code, said = _ask(ready, "cut", "--through", "2021-12-31", "--timeout", "60")
    assert (code, said.split()[0], said.split()[2:]) == (0, "cut", ["through", "2021-12-31"])
    code, said = _ask(ready, "release", "--dry-run", "--verbose", "--timeout", "60")
    assert (code, said.splitlines()[0].split()[2:]) == (0, ["would", "release", *RECORDS])
    assert ["supervision", "PRELIMINARY", "new", "3", "2"] in [line.split() for line in said.splitlines()]
    assert "focus_meetings/101/2021-03 hidden FINAL revision 0 new" in said
    code, said = _ask(ready, "release", "--timeout", "60")
    assert (code, said.split()[2:]) == (0, RECORDS)
    number = said.split()[1]

    worker.kill()
    worker.wait()
    worker = start()
    answering["rows"] = {**MARCH, ("751", "2021-03"): focus(40, 12)}
    code, said = _ask(ready, "release", "--timeout", "60")
    assert (code, said.split()[2:]) == (0, ["records", "10", "new", "0", "changed", "10", "hidden", "0"])

    code, said = _ask(ready, "national")
    newest = {(row["measure"], row["area"]): row for row in csv.DictReader(said.splitlines()) if not row["benefit"]}
    assert [newest["focus_meetings", "751"][name] for name in ("value", "share_percent")] == ["12", "30.0"]
    assert newest["focus_meetings", "101"]["value"] == ""
    code, said = _ask(ready, "national", "--release", number, "--format", "jsonl")
    first = [json.loads(line) for line in said.splitlines()]
    assert [record["value"] for record in first if record["area"] == "751" and record["base"] == 40] == [10] * 4
    code, said = _ask(ready, "national", "--metadata", str(tmp_path / "metadata"))
    assert (code, str(tmp_path / "metadata" / "dcat.jsonld") in said.splitlines()) == (0, True)
    assert _ask(ready, "national", "--release", "999")[0] == 1
    code, said = _ask(ready, "audit", "--with-state", "--format", "csv")
    assert (code, said.splitlines()[0]) == (0, "finding,release,figure,low,high")
    assert all(line.startswith("narrow,") for line in said.splitlines()[1:])
    assert _ask(ready, "audit", "--release", "999")[0] == 1

    assert _ask(ready, "figures", "--live", "--out", str(tmp_path), "--timeout", "60")[0] == 0
    assert (tmp_path / "focus_meetings.csv").read_bytes() == (
        b"municipality,month,benefit,persons,not_served\n101,2021-03,CASH,20,2\n751,2021-03,CASH,40,12\n"
        b"851,2021-03,CASH,30,3\n"
    )
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0


def test_a_worker_that_stands_by_takes_over(
    ready: LocalBroker,
    answering: dict[str, Rows],
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    """One worker is active, a second may stand by; what the first one hasn't done, the second does."""
    assert answering
    first, second = start(), start()
    assert _ask(ready, "cut", "--timeout", "60")[0] == 0
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    assert _ask(ready, "cut", "--timeout", "60")[0] == 0
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0


def test_a_worker_goes_on_when_the_brokers_are_back(
    ready: LocalBroker,
    answering: dict[str, Rows],
    start: Callable[[], subprocess.Popen[bytes]],
) -> None:
    """Brokers that are away are waited for; the worker stays, and is ready again after."""
    assert answering
    worker = start()
    assert _ask(ready, "cut", "--timeout", "60")[0] == 0
    ready.kill()
    time.sleep(2)
    ready.start()
    assert _ask(ready, "cut", "--timeout", "90")[0] == 0
    assert worker.poll() is None


def test_a_fenced_worker_stops_loudly(ready: LocalBroker, start: Callable[[], subprocess.Popen[bytes]]) -> None:
    """Of two workers that both believe to be active only the newest writes; the other ends with an error."""
    worker = start()
    assert _ask(ready, "cut", "--timeout", "3")[0] == 1, "nobody answers here"
    deadline = time.monotonic() + 60
    while worker.poll() is None and time.monotonic() < deadline:
        kafka.producer(_settings(ready), transactional_id="fokusstrom-reporting-national").init_transactions(20)
        _ask(ready, "cut", "--timeout", "1")
    assert worker.wait(20) == 1
