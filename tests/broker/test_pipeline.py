"""The same figures, whatever happens to facts, workers and their number: on a real broker, by real processes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import date

import pytest

from fokusstrom.contracts.topics import TOPICS
from fokusstrom.runtime import log_ends
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.builders import BO, corrected, link, meeting, meetings, spell
from tests.histories import random_history
from tests.reference import tables
from tests.reference.scenarios import SCENARIOS

pytestmark = [pytest.mark.broker, pytest.mark.slow]

THROUGH = date(2021, 12, 31)
EVA, EVA_BEFORE = "e" * 32, "0e" * 16


@pytest.fixture(scope="module")
def pipeline(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One pipeline for all tests of this module: each adds facts, and figures are always of all of them."""
    running = Running(cluster.bootstrap, tmp_path_factory.mktemp("pipeline"))
    with running:
        running.apply_topics()
        running.start("reporting", "0")
        yield running


def test_live_figures_are_the_references(pipeline: Running) -> None:
    """Facts that arrive in any order, twice and corrected, give the reference's tables, byte for byte."""
    pipeline.produce(random_history(1, citizens=40))
    pipeline.cut(THROUGH)
    assert pipeline.live() == pipeline.expected(THROUGH)


def test_files_and_the_pipeline_say_the_same(pipeline: Running) -> None:
    """`figures --facts` of the same facts gives the same bytes without a broker."""
    live, files = pipeline.live(), sorted(str(file) for file in pipeline.folder.glob("facts-*.jsonl"))
    out = pipeline.folder / "from-files"
    done = pipeline.run("figures", "--facts", *files, "--through", THROUGH.isoformat(), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_text("utf-8") for file in out.iterdir()} == live


@pytest.mark.parametrize("came_back", [False, True])
def test_workers_answer_a_scenario(pipeline: Running, came_back: bool) -> None:  # noqa: FBT001 - a parameter
    """`scenario --live` gives the reference's tables under both rule sets, and what is in force stays so.

    Also where it is asked of a worker that has just come back, and hears nothing yet.
    """
    if came_back:
        pipeline.kill("0")
        pipeline.start("0")
        pipeline.wait_until(lambda: pipeline.readyz("0").get("ready") is True)
    out = pipeline.folder / f"scenario-{came_back}"
    done = pipeline.run("scenario", "--live", "--rules", "remote_meetings_count", "--out", str(out), "--timeout", "90")
    assert done.returncode == 0, done.stderr + pipeline.logs()
    against, under = (
        {file.name: file.read_text("utf-8") for file in (out / side).iterdir()} for side in ("against", "under")
    )
    assert against == pipeline.expected(THROUGH)
    assert under == tables(pipeline.told, THROUGH, SCENARIOS["remote_meetings_count"])
    assert "Rules that differ: counting_modes" in done.stdout


def test_what_changes_goes_on_from_the_ledger(pipeline: Running) -> None:
    """Later facts, corrections and links change the figures by exactly what they say."""
    pipeline.produce(random_history(2, citizens=20))
    assert pipeline.live() == pipeline.expected(THROUGH)


def test_repeated_and_shuffled_facts_change_nothing(pipeline: Running) -> None:
    """Delivering everything once more, in another order, changes no figure."""
    before = pipeline.live()
    again = [dict(fact) for fact in pipeline.told]
    random.Random(5).shuffle(again)
    pipeline.produce(again)
    assert pipeline.live() == before == pipeline.expected(THROUGH)


def test_a_killed_worker_goes_on_where_it_was(pipeline: Running) -> None:
    """After `kill -9` amid its work a worker that starts again loses nothing and counts nothing twice."""
    pipeline.produce(random_history(3, citizens=30))
    pipeline.kill("0")
    pipeline.produce(random_history(4, citizens=10))
    pipeline.start("0")
    assert pipeline.live() == pipeline.expected(THROUGH)


def test_another_end_date_is_another_cut(pipeline: Running) -> None:
    """A cut with an earlier end date, and one with a later, give the reference's tables of that date."""
    for through in (date(2020, 6, 15), THROUGH):
        pipeline.cut(through)
        assert pipeline.live() == pipeline.expected(through)


def test_a_bad_line_is_reported_and_the_rest_goes_on(pipeline: Running) -> None:
    """A bad line is reported with file, line, field and reason; the others count, and the exit code says so."""
    good = random_history(6, citizens=4)
    said = pipeline.produce(good, '{"type": "MeetingHeld", "citizen": "0101801234"}', "no json", code=1)
    assert f"jsonl:{len(good) + 1}" in said
    assert "not_json" in said
    assert "0101801234" not in said
    assert pipeline.live() == pipeline.expected(THROUGH)


def test_a_replay_of_the_log_gives_the_same(pipeline: Running) -> None:
    """A worker without its ledger reads the log from the first offset and says the same."""
    before = pipeline.live()
    pipeline.stop()
    shutil.rmtree(pipeline.folder / "0-of-1")
    pipeline.start("reporting", "0")
    assert pipeline.live() == before


def test_too_little_memory_is_said_and_can_be_mended(pipeline: Running) -> None:
    """A worker whose memory doesn't carry its facts ends with the setting's name, and with enough goes on."""
    before = pipeline.live()
    pipeline.stop_one("0")
    shutil.rmtree(pipeline.folder / "0-of-1")
    pipeline.start("0", MEMORY_LIMIT="20MB")
    assert pipeline.wait_for_death("0") == 2
    assert "FOKUSSTROM_MEMORY_LIMIT=20MB is too little" in pipeline.said("0")
    assert "Traceback" not in pipeline.said("0")
    pipeline.start("0")
    assert pipeline.live() == before


def test_an_erased_citizen_is_in_nothing_any_more(pipeline: Running) -> None:
    """Log, ledger and enriched meetings are as if they had never been, also when their facts are delivered again."""
    mistaken = meeting("2021-07-01", citizen=EVA, source="fasit:751")
    pipeline.produce([corrected(mistaken, citizen=BO)])
    before, told = pipeline.figures_at(THROUGH), list(pipeline.told)
    theirs = [
        spell("2019-01-01", citizen=EVA),
        *meetings("2021-03-01", "2021-05-01", citizen=EVA, source="fasit:751"),
        mistaken,
    ]
    theirs += [meeting("2021-06-01", citizen=EVA_BEFORE, source="fasit:751"), link(EVA, EVA_BEFORE)]
    pipeline.produce(theirs)
    assert pipeline.figures_at(THROUGH) != before
    erasing = pipeline.command("erase", "--citizen", EVA_BEFORE, "--timeout", "90")
    assert pipeline.wait_for_death("0") == 1
    pipeline.start("0")
    assert erasing.wait(90) == 0, pipeline.logs()
    pipeline.told[:] = told
    assert pipeline.figures_at(THROUGH) == before
    newest = {
        (one.topic(), one.partition(), one.key()): one.value() or b""
        for one in log_ends.read_whole(pipeline.settings, *(topic.name for topic in TOPICS))
    }
    found = [where for where, value in newest.items() if EVA.encode() in value or EVA_BEFORE.encode() in value]
    assert found == []
    assert pipeline.run("erase", "--citizen", EVA, "--dry-run").stdout == "0 records would be erased\n"
    pipeline.produce(theirs)
    pipeline.told[:] = told
    assert pipeline.figures_at(THROUGH) == before


def test_the_number_of_slices_can_change(pipeline: Running) -> None:
    """Three slices give the figures of one, and one gives those of three."""
    before = pipeline.live()
    for slices in (3, 1):
        pipeline.stop()
        pipeline.slices = slices
        pipeline.start("reporting", *map(str, range(slices)))
        assert pipeline.live() == before
    pipeline.produce(random_history(7, citizens=10))
    assert pipeline.live() == pipeline.expected(THROUGH)
    pipeline.stop()
