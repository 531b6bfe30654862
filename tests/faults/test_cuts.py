"""Cuts under faults: slices that are away, partitions that are added, dates and rule sets that change."""

from __future__ import annotations

import calendar
import signal
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fokusstrom.commands import _rules
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.builders import AARHUS, KOEGE, meetings, outcome, spell
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.fault]


def test_partitions_without_facts(tmp_path: Path) -> None:
    """A cut of an empty log is complete, and so is one of a log with a fact in one partition of all."""
    with LocalBroker(tmp_path / "broker") as broker, Running(broker.bootstrap, tmp_path) as running:
        running.apply_topics()
        running.start("reporting", "0")
        running.cut(THROUGH)
        prove(running, THROUGH)
        running.produce([spell("2020-01-01")])
        prove(running, THROUGH)


def test_a_slice_that_is_down_for_three_cuts(pipeline: Running) -> None:
    """Three cuts wait for a slice that is down, and say so; when it is back it answers, and nothing is mixed."""
    pipeline.cut(THROUGH)  # it has a ledger then: one that begins anew answers the newest cut only
    pipeline.kill("1")
    for number in range(3):
        pipeline.produce(random_history(50 + number, citizens=4))
        done = pipeline.run("cut", "--through", THROUGH.isoformat(), "--timeout", "2")
        assert done.returncode == 1
        assert "slice 1/2 has not answered" in done.stderr
    assert pipeline.measured("reporting", "fokusstrom_cut_slices_missing") == 1
    pipeline.start("1")
    prove(pipeline, THROUGH)
    assert pipeline.said("1").count("cut answered") > 3


def test_partitions_added_between_cuts_and_during_one(pipeline: Running) -> None:
    """New partitions are read from the cut that lists them on, also when a cut is under way as they come."""
    topic_admin.apply(kafka.admin(pipeline.settings), 5)
    pipeline.produce(random_history(54, citizens=8))
    pipeline.cut(THROUGH)
    prove(pipeline, THROUGH)
    asleep = pipeline.processes["1"]
    asleep.send_signal(signal.SIGSTOP)
    cut = pipeline.ask_for_cut(THROUGH)
    pipeline.wait_until(lambda: pipeline.measured("reporting", "fokusstrom_cut_slices_missing") == 1)
    topic_admin.apply(kafka.admin(pipeline.settings), 7)
    pipeline.produce(random_history(55, citizens=8))
    asleep.send_signal(signal.SIGCONT)
    assert cut.wait(SECONDS) == 0
    prove(pipeline, THROUGH)


def test_cuts_while_thousands_of_facts_a_second_come_in(pipeline: Running) -> None:
    """Cuts made amid a stream of facts, and of repeats of all of them, are whole, and the last one has them all."""
    pipeline.produce(random_history(56, citizens=30))
    files = sorted(str(file) for file in pipeline.folder.glob("facts-*.jsonl"))
    sending = pipeline.command("produce", "--facts", *(files * 20))
    cuts = 0
    while sending.poll() is None or cuts < 2:
        assert pipeline.figures_at(THROUGH) == pipeline.expected(THROUGH)
        cuts += 1
    assert sending.returncode == 0
    prove(pipeline, THROUGH)


def test_each_month_and_each_day(pipeline: Running) -> None:
    """Figures of each month's end and of each day of a month are the reference's, whatever was asked before."""
    ends = [date(2021, month, calendar.monthrange(2021, month)[1]) for month in (12, 2, 6, 7, 9)]
    days = [date(2021, 2, 26) + timedelta(days=number) for number in range(4)]
    for through in (*ends, *days, THROUGH):
        assert pipeline.figures_at(through) == pipeline.expected(through), through
    prove(pipeline, THROUGH)


def test_another_rule_set_and_back(pipeline: Running) -> None:
    """Each rule set's figures are those that files give under it; back under the first they are as before."""
    before = pipeline.figures_at(THROUGH)
    files = sorted(str(file) for file in pipeline.folder.glob("facts-*.jsonl"))
    for name in ("remote_meetings_count", "no_month_excluded", "hours_100_percent_30"):
        out = pipeline.folder / f"under-{name}"
        arguments = ("--through", THROUGH.isoformat(), "--rules", name, "--out", str(out))
        assert pipeline.run("figures", "--facts", *files, *arguments).returncode == 0
        wanted = {file.name: file.read_text("utf-8") for file in out.iterdir()}
        assert pipeline.figures_at(THROUGH, _rules.chosen(name)) == wanted, name
    assert wanted != before
    assert pipeline.figures_at(THROUGH, _rules.chosen(None)) == before
    prove(pipeline, THROUGH)


def test_what_changes_by_the_date_alone(pipeline: Running) -> None:
    """Without a new fact the date alone brings an outcome, a month in scope, a horizon; going back takes it away."""
    citizens = ("10" * 16, "21" * 16, "3f" * 16)
    for citizen in citizens:
        mine = {"citizen": citizen, "municipality": KOEGE, "source": f"workbase:{citizen[:4]}"}
        pipeline.produce(
            [
                spell("2020-08-10", **mine),
                *meetings("2021-03-01", "2021-04-12", "2021-06-30", "2021-08-02", **mine),
                outcome("2021-09-01", citizen=citizen, source=mine["source"]),
                spell("2021-09-15", **{**mine, "municipality": AARHUS}, benefit="EDUCATION"),
            ]
        )
    dates = [(2021, 8, 30), (2021, 8, 31), (2021, 9, 1), (2021, 9, 30), (2021, 8, 31), (2022, 3, 31)]
    told = [pipeline.figures_at(date(*at)) for at in dates]
    assert told == [pipeline.expected(date(*at)) for at in dates]
    assert all(one != following for one, following in pairwise(told))
    prove(pipeline, date(2022, 3, 31))
