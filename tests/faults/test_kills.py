"""Workers that are killed, at any moment: on a real broker, by real signals."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import date

import pytest

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.faults.dying import POINTS
from tests.faults.proof import prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

THROUGH = date(2021, 12, 31)
WORKING = [point for point in POINTS if point != "log-appended"]
"""The points that a worker with a ledger passes."""


@pytest.fixture(scope="module")
def pipeline(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A pipeline of two slices that has worked before; each test adds facts, and proves all of them."""
    running = Running(cluster.bootstrap, tmp_path_factory.mktemp("pipeline"), slices=2)
    with running:
        running.apply_topics()
        running.start("reporting", "0", "1")
        running.produce(random_history(1, citizens=20))
        running.cut(THROUGH)
        yield running


def _die(running: Running, name: str, point: str, nth: int, seed: int) -> None:
    """Let a worker die at a point while facts come in and a cut is asked for; start it again."""
    running.kill(name)
    running.start(name, dies_at=(point, nth))
    running.produce(random_history(seed, citizens=8))
    cut = running.ask_for_cut(THROUGH)
    assert running.wait_for_death(name) == -signal.SIGKILL
    assert cut.poll() is None, "a cut must not be complete without the worker"
    running.start(name)
    assert cut.wait(90) == 0


@pytest.mark.parametrize("point", WORKING)
def test_a_slice_dies_between_two_steps(pipeline: Running, point: str) -> None:
    """A slice that is killed before or after any send, confirmation or commit loses nothing, repeats nothing."""
    _die(pipeline, "0", point, 1, seed=10 + POINTS.index(point))
    prove(pipeline, THROUGH)


@pytest.mark.parametrize("point", ["send-begun", "send-produced", "send-confirmed"])
def test_the_reporting_worker_dies_while_it_writes_marks(pipeline: Running, point: str) -> None:
    """A cut whose marks are broken off is written whole by the next worker: in every partition once, or not at all."""
    _die(pipeline, "reporting", point, 1, seed=20 + POINTS.index(point))
    prove(pipeline, THROUGH)
