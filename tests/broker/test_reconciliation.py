"""Reconciliation lists on a municipality's own topic: a real broker, real processes, and the command as judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from fokusstrom.contracts.topics import topics_of
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.builders import corrected, meeting, spell
from tests.histories import random_history

pytestmark = [pytest.mark.broker]

THROUGH = date(2021, 12, 31)
TOPIC = "reconciliation.751.v1"


@pytest.fixture(scope="module")
def pipeline(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One pipeline for all tests of this module: each adds facts."""
    running = Running(cluster.bootstrap, tmp_path_factory.mktemp("pipeline"))
    with running:
        topic_admin.apply(kafka.admin(running.settings), topics=topics_of(["751"]))
        running.start("reporting", "0", RECONCILIATION="751")
        yield running


def _agree(pipeline: Running) -> str:
    """Make a cut; the topic must say what the command says of the same facts, which is returned."""
    pipeline.cut(THROUGH)
    files = sorted(str(file) for file in pipeline.folder.glob("facts-*.jsonl"))
    asked = ("--facts", *files, "--through", THROUGH.isoformat(), "--municipality", "751")
    of_files, live = pipeline.run("reconcile", *asked), pipeline.run("reconcile", "--live", "--municipality", "751")
    assert live.returncode == of_files.returncode == 0, live.stderr + of_files.stderr + pipeline.logs()
    assert live.stdout == of_files.stdout
    assert live.stderr.splitlines()[0].startswith("as of cut ")
    assert live.stderr.splitlines()[1:] == of_files.stderr.splitlines()[-5:]
    return live.stdout


def test_the_topic_and_the_command_say_the_same(pipeline: Running) -> None:
    """Of random facts, and of what comes later; an entry that is mended is taken back by a tombstone."""
    late = meeting("2021-03-01", fact_id="late", citizen="f" * 32)
    pipeline.produce([*random_history(1, citizens=40), late])
    assert ",late," in _agree(pipeline)
    pipeline.produce([spell("2021-01-01", citizen="f" * 32)])
    assert ",late," not in _agree(pipeline)
    taken_back = [message.key() for message in pipeline.read(TOPIC) if message.value() is None]
    assert any(key.endswith(b"/without_spell/momentum%3A751/late/no_spell") for key in taken_back)


def test_workers_that_start_again_say_nothing_twice(pipeline: Running) -> None:
    """After `kill -9`, and after the ledger is lost, only the status is written anew."""
    before = len(pipeline.read(TOPIC))
    for cuts in (1, 2):
        pipeline.kill("0")
        pipeline.start("0", RECONCILIATION="751")
        _agree(pipeline)
        assert len(pipeline.read(TOPIC)) == before + cuts


def test_another_number_of_slices(pipeline: Running) -> None:
    """Two slices give the lists of one, and nothing of the one is left."""
    pipeline.stop()
    pipeline.slices = 2
    pipeline.start("reporting", "0", "1", RECONCILIATION="751")
    pipeline.produce([corrected(meeting("2021-03-02", fact_id="more", citizen="f" * 32), version=2)])
    _agree(pipeline)
    newest = {message.key(): message.value() for message in pipeline.read(TOPIC)}
    origins = {key.partition(b"/")[0] for key, value in newest.items() if value is not None}
    assert origins == {b"test%2F2%2F0", b"test%2F2%2F1"}
    pipeline.stop()


def test_a_topic_that_is_not_there(pipeline: Running) -> None:
    """A municipality without a topic is told what to do."""
    done = pipeline.run("reconcile", "--live", "--municipality", "461")
    assert done.returncode == 2
    assert "topic reconciliation.461.v1 does not exist: run `fokusstrom topics apply`" in done.stderr
