"""Brokers that are killed, away, lost one after the other, and that give transactions up."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.faults import dying
from tests.faults.proof import THROUGH, prove
from tests.faults.three_brokers import ThreeBrokers
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

AWAY_SECONDS = 130
"""Longer than a session of a group, than a transaction may take and than any of the clients' tries."""


def test_a_broker_that_is_killed_amid_facts_and_cuts(pipeline: Running, cluster: LocalBroker) -> None:
    """A broker killed while facts come in, a cut and a release are made, costs nothing but time."""
    sending = pipeline.produce_slowly(random_history(100, citizens=10), rate=100)
    cut = pipeline.ask_for_cut(THROUGH)
    cluster.kill()
    cluster.start()
    assert cut.wait(SECONDS) in {0, 1}  # 1: its own question may have been lost with the broker
    assert sending.wait(SECONDS) in {0, 1}
    pipeline.produce([dict(fact) for fact in pipeline.told])
    pipeline.cut(THROUGH)
    pipeline.release()
    prove(pipeline, THROUGH)


def test_a_broker_that_is_away(pipeline: Running, cluster: LocalBroker) -> None:
    """While the broker is away nobody is ready, and everybody says so; when it is back all goes on by itself."""
    before = {name: process.pid for name, process in pipeline.processes.items()}
    pipeline.produce(random_history(101, citizens=8))
    cluster.kill()
    for name in pipeline.processes:
        pipeline.wait_until(lambda name=name: bool(pipeline.readyz(name)["waits_for"]))  # type: ignore[misc]
    time.sleep(AWAY_SECONDS)
    cluster.start()
    prove(pipeline, THROUGH)
    assert all(pipeline.readyz(name)["ready"] for name in pipeline.processes)
    assert {name: process.pid for name, process in pipeline.processes.items()} == before
    assert all(process.poll() is None for process in pipeline.processes.values())


@pytest.mark.parametrize("name", ["0", "reporting"])
def test_a_transaction_that_is_given_up(pipeline: Running, cluster: LocalBroker, name: str) -> None:
    """A worker asleep amid sending for longer than a transaction may take ends with a line, and starts again."""
    cluster.kill()
    cluster.properties["transaction.abort.timed.out.transaction.cleanup.interval.ms"] = "500"
    cluster.start()
    pipeline.kill(name)
    pipeline.start(name, stops_at=("send-produced", 1))
    cut = pipeline.ask_for_cut(THROUGH)
    pipeline.produce(random_history(102 + len(name), citizens=8))
    asleep = pipeline.processes[name]
    pipeline.wait_until(lambda: _is_stopped(asleep.pid))
    time.sleep(2 * dying.TRANSACTION_SECONDS)
    asleep.send_signal(signal.SIGCONT)
    pipeline.wait_until(lambda: asleep.poll() is not None or cut.poll() is not None)
    if asleep.poll() is not None:
        assert asleep.returncode == 1
        assert "Traceback" not in pipeline.said(name), pipeline.said(name)
        pipeline.start(name)
    assert cut.wait(SECONDS) == 0
    prove(pipeline, THROUGH)


def _is_stopped(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    return state == "T"


def test_a_cluster_that_loses_one_broker_after_the_other(tmp_path: Path) -> None:
    """Of three brokers any one may be gone: figures go on; when all were gone once, nothing is missing."""
    with ThreeBrokers(tmp_path / "brokers") as brokers, Running(brokers.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.produce(random_history(105, citizens=8))
        running.cut(THROUGH)
        for number, node in enumerate(brokers.nodes):
            node.kill()
            running.produce(random_history(106 + number, citizens=4))
            assert running.figures_at(THROUGH) == running.expected(THROUGH)
            node.start()
        running.release()
        prove(running, THROUGH)
