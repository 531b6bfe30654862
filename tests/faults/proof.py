"""What must hold after every fault: the figures, what stands on the topics, and what operations see."""

from __future__ import annotations

import os
import time
from datetime import date

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.cuts import Assembly
from fokusstrom.contracts.topics import CUT_FIGURES, FACT_TOPICS, MEETING_ENRICHED, PARTIAL_FIGURES, SOURCE_TOTALS
from fokusstrom.runtime import log_ends
from tests import reference
from tests.broker.running import Running
from tests.enrichment.pipeline import CATALOG, Topics, live_tables, told_meetings

THROUGH = date(2021, 12, 31)
"""End date of the scripted faults' cuts."""

_PATIENCE = 60.0 * float(os.environ.get("PATIENCE", "1"))


def prove(running: Running, through: date, *, first_cut: int = 1) -> None:
    """Prove the promise: byte-equal figures, nothing stale on the topics, every cut whole, no lag.

    The figures are of a cut that is made now: all that was produced is in them, once. Of cuts before
    `first_cut` the log may have lost marks, as when a topic was made anew.
    """
    expected = running.expected(through)
    assert running.live() == expected, running.logs()
    _prove_live_topics(running, through)
    _prove_cuts(running, first_cut)
    _prove_no_lag(running)


def topics_of(running: Running, *names: str) -> Topics:
    """Read topics whole, and give the newest of each key as what was sent there."""
    newest = {
        (name, message.key() or b""): message.value()
        for name in names
        for message in log_ends.read_whole(running.settings, name)
    }
    return Topics([(name, key, value) for (name, key), value in newest.items()])


def _prove_live_topics(running: Running, through: date) -> None:
    """The newest of each key is what the reference says: behind the cut's answer, meetings follow."""
    told = [dict(fact) for fact in running.told]
    meetings, tables = reference.enriched(told, through), reference.tables(told, through)
    deadline = time.monotonic() + _PATIENCE
    while True:
        said = topics_of(running, PARTIAL_FIGURES.name, MEETING_ENRICHED.name)
        is_so = told_meetings(said) == meetings and live_tables(said, through, running.slices) == tables
        if is_so or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert live_tables(said, through, running.slices) == tables, running.logs()
    assert told_meetings(said) == meetings, running.logs()


def _prove_cuts(running: Running, first_cut: int) -> None:
    """Every cut's mark stands once in each partition that it names; the newest cut is complete."""
    written: dict[int, list[tuple[str, int]]] = {}
    marks: dict[int, records.CutMark] = {}
    for topic in (*FACT_TOPICS, SOURCE_TOTALS):
        for message in running.read(topic.name):
            if keys.is_mark_key(message.key()):
                mark = records.decode(CATALOG, records.CutMark, message.value() or b"")
                marks[mark.number] = mark
                written.setdefault(mark.number, []).append((topic.name, message.partition() or 0))
    for number, mark in ((number, mark) for number, mark in marks.items() if number >= first_cut):
        named = [(topic.topic, partition) for topic in mark.topics for partition in range(topic.partitions)]
        assert sorted(written[number]) == sorted(named), f"cut {number} is not in every partition once"
    newest = Assembly(CATALOG, marks[max(marks)], "test")
    for message in running.read(CUT_FIGURES.name):
        newest.feed(message.key(), message.value())
    assert newest.waits_for == []


def _prove_no_lag(running: Running) -> None:
    """Lag returns to zero, and operations are told so."""
    deadline = time.monotonic() + _PATIENCE
    while (said := running.run("lag")).returncode or "behind" in said.stdout:
        assert time.monotonic() < deadline, said.stdout + said.stderr
        time.sleep(0.5)
