"""Two where there should be one, and ledgers that are not what a worker needs: on a real broker."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from fokusstrom.contracts.topics import MEETING_ENRICHED, MEETING_TOPIC, PARTIAL_FIGURES
from fokusstrom.runtime import kafka
from fokusstrom.runtime.ledger import FILE_NAME
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.builders import corrected
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

ASLEEP_SECONDS = 120
"""Longer than a session of a group, and than a transaction may take."""
FENCED = "another worker of this slice has started: it goes on, this one ends"


@pytest.fixture
def one_of_each(pipeline: Running) -> Iterator[Running]:
    """The pipeline, with one worker of each kind after the test, on the ledger of its own.

    Both slices work when it begins: of two that start, the one that is ready last goes on.
    """
    pipeline.wait_until(lambda: all(pipeline.readyz(name)["ready"] for name in ("0", "1")))
    yield pipeline
    for name in [one for one in pipeline.processes if one.endswith("'")]:
        for each in (name, name.rstrip("'")):
            if each in pipeline.processes:
                pipeline.kill(each)
        shutil.rmtree(pipeline.folder / f"{name}-of-{pipeline.slices}", ignore_errors=True)
    pipeline.start(*({"reporting", "0", "1"} - pipeline.processes.keys()))


def _ended_in_order(running: Running, name: str, line: str) -> None:
    """The process ends with code 1; its log says why, once, and holds no trace of a crash."""
    assert running.wait_for_death(name) == 1
    assert running.said(name).count(line) == 1, running.said(name)
    assert "Traceback" not in running.said(name), running.said(name)


def test_of_two_workers_of_a_slice_the_newer_goes_on(one_of_each: Running) -> None:
    """Of two workers of one slice the older ends with code 1 and one line that says why; nothing counts twice."""
    one_of_each.start("0'")
    one_of_each.wait_until_said("0'", "started")
    one_of_each.produce(random_history(30, citizens=8))
    _ended_in_order(one_of_each, "0", FENCED)
    prove(one_of_each, THROUGH)


def test_a_worker_that_wakes_after_cuts_and_releases_writes_nothing(one_of_each: Running) -> None:
    """A worker stopped while another did its work, cut and released, ends when it wakes, and changes nothing."""
    asleep = one_of_each.processes["0"]
    asleep.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    cut = one_of_each.ask_for_cut(THROUGH)
    one_of_each.wait_until(lambda: one_of_each.measured("reporting", "fokusstrom_cut_slices_missing") == 1)
    assert one_of_each.readyz("reporting")["cut_waits_for"] == ["slice 0/2 has not answered"]
    one_of_each.start("0'")
    assert cut.wait(SECONDS) == 0
    one_of_each.produce(random_history(31, citizens=8))
    one_of_each.release()
    time.sleep(max(0.0, begun + ASLEEP_SECONDS - time.monotonic()))
    asleep.send_signal(signal.SIGCONT)
    _ended_in_order(one_of_each, "0", FENCED)
    prove(one_of_each, THROUGH)


def test_a_reporting_worker_that_wakes_writes_nothing(one_of_each: Running) -> None:
    """A second reporting worker takes over from one that is stopped; when that wakes, only one of them writes."""
    one_of_each.start("reporting'")
    one_of_each.wait_until(lambda: "control.v1 is not this worker's" in str(one_of_each.readyz("reporting'")))
    asleep = one_of_each.processes["reporting"]
    asleep.send_signal(signal.SIGSTOP)
    one_of_each.cut(THROUGH)
    assert one_of_each.readyz("reporting'")["ready"]
    one_of_each.release()
    asleep.send_signal(signal.SIGCONT)
    prove(one_of_each, THROUGH)
    one_of_each.wait_until(lambda: asleep.poll() == 1 or not one_of_each.readyz("reporting")["ready"])
    assert "Traceback" not in one_of_each.said("reporting")
    if asleep.poll() == 1:
        del one_of_each.processes["reporting"]


def _torn(ledger: Path) -> None:
    with ledger.open("r+b") as file:
        file.truncate(ledger.stat().st_size // 2)


def _scribbled_on(ledger: Path) -> None:
    with ledger.open("r+b") as file:
        file.seek(4096)
        file.write(random.Random(5).randbytes(8192))


def _another_file(ledger: Path) -> None:
    ledger.write_bytes(b"something else\n" * 1000)


def _made_for(**changed: object) -> Callable[[Path], None]:
    def change(ledger: Path) -> None:
        with duckdb.connect(str(ledger)) as connection:
            ((text,),) = connection.execute("SELECT identity FROM made_for").fetchall()
            connection.execute("UPDATE made_for SET identity = ?", [json.dumps(json.loads(text) | changed)])

    return change


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(_torn, "it can't be read|the ledger is damaged", id="torn"),
        pytest.param(_scribbled_on, "it can't be read|the ledger is damaged", id="scribbled-on"),
        pytest.param(_another_file, "it can't be read", id="no-ledger"),
        pytest.param(_made_for(ledger_version=1), "it was made for", id="of-another-version"),
        pytest.param(_made_for(slice="0/3"), "it was made for", id="of-another-slice-count"),
        pytest.param(_made_for(cluster="elsewhere"), "it was made for", id="of-another-cluster"),
    ],
)
def test_a_ledger_of_no_use_is_named_and_rebuilt(
    one_of_each: Running, fault: Callable[[Path], None], told: str
) -> None:
    """A ledger that is torn or of something else is named, set aside and rebuilt; figures are the same."""
    one_of_each.kill("0")
    fault(one_of_each.folder / "0-of-2" / FILE_NAME)
    one_of_each.start("0")
    one_of_each.wait_until(lambda: any(words in one_of_each.said("0") for words in told.split("|")))
    if "the ledger is damaged" in one_of_each.said("0"):
        assert one_of_each.wait_for_death("0") == 1
        one_of_each.start("0")
    one_of_each.wait_until_said("0", "cut answered")
    assert (one_of_each.folder / "0-of-2" / f"{FILE_NAME}.set-aside").exists()
    prove(one_of_each, THROUGH)


def test_an_old_ledger_reads_on_from_where_it_was(one_of_each: Running) -> None:
    """A ledger copied back from before facts, cuts and releases is of use: what it lacks is read again.

    Meetings that went to others and came back meanwhile are with nobody else, though the copy saw none of it.
    """
    folder, before = one_of_each.folder / "0-of-2", one_of_each.folder / "before"
    facts = [fact for fact in random_history(32, citizens=8) if fact["type"] == "MeetingHeld"]
    one_of_each.produce(facts)
    one_of_each.cut(THROUGH)
    one_of_each.stop_one("0")
    shutil.copytree(folder, before)
    one_of_each.start("0")
    one_of_each.produce(random_history(33, citizens=8))
    one_of_each.produce([corrected(fact, version=10**6, citizen=f"{place:032x}") for place, fact in enumerate(facts)])
    one_of_each.cut(THROUGH)
    one_of_each.release()
    one_of_each.kill("0")
    shutil.rmtree(folder)
    before.rename(folder)
    one_of_each.produce([corrected(fact, version=10**6 + 1, citizen=fact["citizen"]) for fact in facts])
    one_of_each.start("0")
    one_of_each.wait_until_said("0", "new_ledger=False")
    prove(one_of_each, THROUGH)


def test_the_number_of_slices_changes_while_facts_come_in(one_of_each: Running) -> None:
    """Two slices become three, and two again, while facts come in: every one counts once."""
    for slices in (3, 2):
        sending = one_of_each.produce_slowly(random_history(34 + slices, citizens=10), rate=100)
        for name in list(one_of_each.processes):
            one_of_each.kill(name)
        one_of_each.slices = slices
        one_of_each.start("reporting", *map(str, range(slices)))
        one_of_each.cut(THROUGH)
        assert sending.wait(60) == 0
        prove(one_of_each, THROUGH)


def test_a_topic_made_anew_is_seen(tmp_path: Path) -> None:
    """A fact topic that is deleted and made anew is read from its start: the facts that senders send again count."""
    with LocalBroker(tmp_path / "broker") as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(37, citizens=8))
        running.cut(THROUGH)
        running.stop()
        running.make_anew("offer.v1")
        running.start("reporting", "0")
        running.wait_until_said("0", "these topics were made anew since: offer.v1")
        running.produce([dict(fact) for fact in running.told])
        prove(running, THROUGH, first_cut=2)


def test_a_topic_lost_under_a_worker(tmp_path: Path) -> None:
    """A worker whose topic goes while it reads ends with one line; when it is there again all that is sent counts."""
    with LocalBroker(tmp_path / "broker") as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(38, citizens=8))
        running.cut(THROUGH)
        running.make_anew("offer.v1")
        _ended_in_order(running, "0", "the log no longer has a position of the ledger: rebuilding")
        running.start("0")
        running.wait_until_said("0", "new_ledger=True")
        running.produce([dict(fact) for fact in running.told])
        prove(running, THROUGH, first_cut=2)


def test_a_topic_restored_from_a_copy(tmp_path: Path) -> None:
    """A fact topic that is made anew and filled from a copy of its records is read again: nobody sends anything."""
    with LocalBroker(tmp_path / "broker") as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(44, citizens=8))
        running.cut(THROUGH)
        running.release()
        running.stop()
        copy = running.read(MEETING_TOPIC.name)
        running.make_anew(MEETING_TOPIC.name)
        producer = kafka.producer(running.settings)
        for one in copy:
            producer.produce(one.topic(), one.value(), one.key(), one.partition(), headers=one.headers())
        producer.flush()
        running.start("reporting", "0")
        running.wait_until_said("0", f"these topics were made anew since: {MEETING_TOPIC.name}")
        prove(running, THROUGH)


def test_an_output_made_anew_is_said_again(tmp_path: Path) -> None:
    """What was said on a topic that is made anew is said there again by a worker that starts."""
    with LocalBroker(tmp_path / "broker") as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(39, citizens=8))
        running.cut(THROUGH)
        running.stop()
        for topic in (MEETING_ENRICHED, PARTIAL_FIGURES):
            running.make_anew(topic.name)
        running.start("reporting", "0")
        running.wait_until_said("0", f"these topics were made anew since: {MEETING_ENRICHED.name}")
        prove(running, THROUGH)
