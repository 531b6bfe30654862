"""Workers that are killed, at any moment: on a real broker, by real signals."""

from __future__ import annotations

import random
import shutil
import signal
import time

import pytest

from fokusstrom.contracts.national import Release, Releases
from fokusstrom.contracts.topics import NATIONAL_REPORTING
from tests.broker.running import SECONDS, Running
from tests.enrichment.pipeline import CATALOG
from tests.faults.dying import POINTS
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]

WORKING = [point for point in POINTS if point != "log-appended"]
"""The points that a worker with a ledger passes."""


def _die(running: Running, name: str, point: str, nth: int, seed: int) -> None:
    """Let a worker die at a point while facts come in and a cut is asked for; start it again."""
    running.kill(name)
    running.start(name, dies_at=(point, nth))
    running.produce(random_history(seed, citizens=8))
    cut = running.ask_for_cut(THROUGH)
    assert running.wait_for_death(name) == -signal.SIGKILL
    assert cut.poll() is None, "a cut must not be complete without the worker"
    running.start(name)
    assert cut.wait(SECONDS) == 0


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


@pytest.mark.parametrize("point", ["send-begun", "send-produced", "send-confirmed"])
def test_a_release_is_whole_or_not_there(pipeline: Running, point: str) -> None:
    """Of a release that is broken off, readers of committed records see nothing or all of it; it is made once."""
    pipeline.produce(random_history(25 + POINTS.index(point), citizens=12))
    before = len(_releases(pipeline))
    pipeline.kill("reporting")
    # the mark is the first transaction, as the rule set's is where it hasn't been confirmed yet: the release the third
    pipeline.start("reporting", dies_at=(point, 3))
    asked = pipeline.command("release", "--timeout", str(SECONDS))
    assert pipeline.wait_for_death("reporting") == -signal.SIGKILL
    assert len(_releases(pipeline)) == before + (point == "send-confirmed")
    pipeline.start("reporting")
    assert asked.wait(SECONDS) == 0
    assert len(_releases(pipeline)) == before + 1
    prove(pipeline, THROUGH)


def _releases(pipeline: Running) -> list[Release]:
    """Read the national topic as any client can: every record of it is of a release that is whole."""
    found = Releases(CATALOG)
    fed = (found.feed(message.key(), message.value()) for message in pipeline.read(NATIONAL_REPORTING.name))
    whole = [release for release in fed if release is not None]
    records = sum(len(release.records) + 1 for release in whole)
    assert len(pipeline.read(NATIONAL_REPORTING.name)) == records
    return whole


def test_all_at_once_and_in_a_loop(pipeline: Running) -> None:
    """Every worker is killed at once, again and again, at any moment, while facts come in and cuts are asked for."""
    chance = random.Random(29)
    for number in range(4):
        sending = pipeline.produce_slowly(random_history(70 + number, citizens=5), rate=200)
        cut = pipeline.ask_for_cut(THROUGH)
        time.sleep(chance.uniform(0, 6))
        for name in list(pipeline.processes):
            pipeline.kill(name)
        pipeline.start("reporting", "0", "1")
        assert sending.wait(SECONDS) == 0
        assert cut.wait(SECONDS) == 0
    prove(pipeline, THROUGH)


def test_a_worker_dies_while_a_cut_is_aligned(pipeline: Running) -> None:
    """A worker that has met the mark in some partitions, and dies before it has in all, answers when it is back."""
    asleep = pipeline.processes["1"]
    asleep.send_signal(signal.SIGSTOP)
    pipeline.produce(random_history(80, citizens=8))
    cut = pipeline.ask_for_cut(THROUGH)
    pipeline.wait_until(lambda: pipeline.measured("reporting", "fokusstrom_cut_slices_missing") == 1)
    pipeline.kill("1")
    pipeline.start("1", dies_at=("ledger-written", 1))  # what lies before the marks is taken in, the cut isn't answered
    assert pipeline.wait_for_death("1") == -signal.SIGKILL
    pipeline.start("1")
    assert cut.wait(SECONDS) == 0
    prove(pipeline, THROUGH)


def test_a_worker_dies_while_it_reads_the_log(pipeline: Running) -> None:
    """A first reading of the log that is broken off begins again, and says that it does."""
    pipeline.kill("0")
    shutil.rmtree(pipeline.folder / "0-of-2")
    pipeline.start("0", dies_at=("log-appended", 1))
    assert pipeline.wait_for_death("0") == -signal.SIGKILL
    pipeline.start("0")
    pipeline.wait_until_said("0", "its first reading of the log was not finished")
    pipeline.wait_until(lambda: bool(pipeline.readyz("0")["ready"]))
    prove(pipeline, THROUGH)
