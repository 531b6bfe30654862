"""A worker answers a scenario as of the cut that is made for it, and says the same as ever of all else."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fokusstrom.contracts.cuts import Assembly
from fokusstrom.contracts.records import CommandKind, ControlCommand, CutMark, CutStatus, decode
from fokusstrom.contracts.topics import CUT_FIGURES, SCENARIO_FIGURES
from fokusstrom.domain.fold import Slice
from fokusstrom.domain.rule_set import in_force, scenarios, shipped
from fokusstrom.enrichment import scenarios as heard
from fokusstrom.enrichment.scenarios import Scenarios
from tests import reference
from tests.builders import FactLine
from tests.domain.folding import as_csv
from tests.enrichment.pipeline import (
    CATALOG,
    NOW,
    KnownRuleSets,
    Log,
    Topics,
    Worker,
    live_tables,
    summed,
    told_meetings,
)
from tests.histories import random_history
from tests.reference.scenarios import SCENARIOS

THROUGH = date(2021, 12, 31)
RULES = KnownRuleSets([in_force(), *(shipped(name) for name in scenarios())])


def request(name: str = "no_month_excluded", **changed: object) -> ControlCommand:
    """Ask for a scenario that ships, at the cut that answers the same request."""
    asked = ControlCommand(
        id="r1",
        kind=CommandKind.SCENARIO,
        rule_set=shipped(name).digest,
        issued_at=NOW,
        expires_at=NOW + timedelta(minutes=5),
    )
    return replace(asked, **changed)  # type: ignore[arg-type]  # any field


class Pair:
    """Two workers of a log, one slice each."""

    def __init__(self, folder: Path) -> None:
        """Start them on an empty log."""
        self.log = Log()
        self.topics = Topics()
        self.chance = random.Random(4)
        self.told: list[FactLine] = []
        self.workers = [
            Worker(self.log, folder / str(number), self.topics, Slice(number, 2), RULES) for number in range(2)
        ]

    def tell(self, facts: list[FactLine]) -> None:
        """Write facts to the log."""
        self.log.tell(facts, self.chance)
        self.told += facts

    def ask(self, command: ControlCommand) -> None:
        """Let both hear a command."""
        for worker in self.workers:
            worker.processor.scenarios.hear(command, NOW)

    def cut(self, *requests: str) -> CutMark:
        """Make a cut that answers some requests, and let both hear of those and read to the end of the log."""
        for one in requests:
            self.ask(request(id=one, kind=CommandKind.CUT, rule_set=None))
        mark = self.log.mark(THROUGH, 2, requests=requests)
        self.read()
        return mark

    def read(self) -> None:
        """Let both read to the end of the log."""
        for worker in self.workers:
            worker.read_all(self.chance, 100)

    def scenario(self, mark: CutMark, name: str, asked: str = "r1") -> Mapping[str, str] | None:
        """Sum what both said under a scenario, beside its cut, as its tables; None when it is not complete."""
        scenario = Assembly(CATALOG, replace(mark, rule_set=shipped(name).digest), "test", asked)
        assemblies = {SCENARIO_FIGURES.name: scenario, CUT_FIGURES.name: Assembly(CATALOG, mark, "test")}
        for topic, key, value in self.topics.sent:
            if topic in assemblies:
                assemblies[topic].feed(key, value)
        cut, complete = assemblies[CUT_FIGURES.name].complete(), scenario.complete()
        if complete is None:
            return None
        assert cut is not None
        return as_csv(complete.figures_beside(cut), THROUGH, name)

    def check_in_force(self, mark: CutMark) -> None:
        """Check the cut, what is said live, and what is said of meetings: all under the rules in force."""
        expected = reference.tables(self.told, THROUGH)
        assert summed(self.topics.of_cut(mark.number).values(), THROUGH) == expected
        assert live_tables(self.topics, THROUGH) == expected
        assert told_meetings(self.topics) == reference.enriched(self.told, THROUGH)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two workers on an empty log."""
    made = Pair(tmp_path)
    yield made
    for worker in made.workers:
        worker.stop()


@pytest.mark.parametrize("name", ["remote_meetings_count", "hours_100_percent_30"])
def test_the_sum_is_the_references(pair: Pair, name: str) -> None:
    """All slices under a scenario sum to the reference's tables, of exactly the facts before the cut's mark."""
    pair.tell(random_history(11, citizens=20))
    before = list(pair.told)
    pair.ask(request(name))
    mark = pair.log.mark(THROUGH, 2, requests=["r1"])
    pair.tell(random_history(12, citizens=5))
    pair.read()
    under = pair.scenario(mark, name)
    assert under == reference.tables(before, THROUGH, SCENARIOS[name])
    assert under != summed(pair.topics.of_cut(mark.number).values(), THROUGH) == reference.tables(before, THROUGH)


def test_figures_in_force_are_not_disturbed(pair: Pair) -> None:
    """What is said under the rules in force, at the cut and of later facts, is as if nobody had asked."""
    pair.tell(random_history(13, citizens=10))
    pair.check_in_force(pair.cut("another"))
    pair.ask(request("remote_meetings_count"))
    mark = pair.cut("r1")
    pair.check_in_force(mark)
    assert pair.scenario(mark, "remote_meetings_count") is not None
    pair.tell(random_history(14, citizens=10))
    pair.read()
    pair.check_in_force(pair.cut("a third"))


def test_two_requests_at_one_cut(pair: Pair) -> None:
    """Each request has its own answer, also where one cut answers both; any other cut answers none."""
    pair.tell(random_history(15, citizens=6))
    pair.ask(request("no_month_excluded"))
    pair.ask(request("remote_meetings_count", id="r2"))
    pair.cut("another")
    assert all(topic != SCENARIO_FIGURES.name for topic, _, _ in pair.topics.sent)
    mark = pair.cut("r2", "r1")
    for asked, name in (("r1", "no_month_excluded"), ("r2", "remote_meetings_count")):
        assert pair.scenario(mark, name, asked) == reference.tables(pair.told, THROUGH, SCENARIOS[name])


def test_only_figures_that_can_change_are_sent(pair: Pair) -> None:
    """What leaves every month's figures as they are is answered with a status alone."""
    pair.tell(random_history(17, citizens=6))
    pair.ask(request("no_month_excluded"))
    mark = pair.cut("r1")
    values = [value for topic, _, value in pair.topics.sent if topic == SCENARIO_FIGURES.name and value]
    assert [decode(CATALOG, CutStatus, value).figures for value in values] == [(), ()]
    assert pair.scenario(mark, "no_month_excluded") == reference.tables(
        pair.told, THROUGH, SCENARIOS["no_month_excluded"]
    )


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (request(rule_set="0" * 64), "a scenario's rule set is not known: the request is left alone"),
        (request(rule_set=None), "a scenario's rule set is not known: the request is left alone"),
        (request(expires_at=NOW - timedelta(seconds=1)), "a scenario's request has expired and is left alone"),
    ],
)
def test_requests_that_are_left_alone(pair: Pair, command: ControlCommand, said: str) -> None:
    """A request of an unknown rule set, or one that has expired, is ignored, and the log says so."""
    pair.tell(random_history(16, citizens=3))
    with capture_logs() as logs:
        pair.ask(command)
        mark = pair.cut("r1")
    assert [line["request"] for line in logs if line["event"] == said] == ["r1", "r1"]
    assert pair.scenario(mark, "no_month_excluded") is None
    pair.check_in_force(mark)


def test_a_request_that_comes_late() -> None:
    """One that is heard after its cut was answered, or expires before, is not due; other commands never are."""
    waiting = Scenarios()
    mark = replace(Log().mark(THROUGH, requests=["r1"]), made_at=NOW - timedelta(hours=1))
    with capture_logs() as logs:
        assert waiting.due(mark, NOW) == []
        waiting.hear(request(), NOW)
        assert waiting.due(mark, NOW) == []
    assert [line["event"] for line in logs] == ["a scenario was heard after its cut and is left alone: ask again"]
    other = replace(mark, requests=("r2", "r3"))
    waiting.hear(request(id="r2"), NOW)
    waiting.hear(request(id="r3", kind=CommandKind.CUT), NOW)
    assert waiting.due(other, NOW + timedelta(minutes=6)) == []
    waiting.hear(request(id="r4"), NOW)
    assert [command.id for command in waiting.due(replace(mark, requests=("r4",)), NOW)] == ["r4"]
    assert waiting.due(replace(mark, requests=("r4",)), NOW) == []


def test_a_request_that_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that is met before the request is heard waits for it, and goes on as soon as it is there."""
    monkeypatch.setattr(heard, "_HEARD_SECONDS", 3600.0)
    waiting = Scenarios()
    mark = Log().mark(THROUGH, requests=["r0", "r1"])
    assert waiting.due(replace(mark, requests=("an earlier one",)), NOW) == []
    waiting.hear(request(id="r0", kind=CommandKind.CUT), NOW)
    speaker = threading.Timer(0.05, waiting.hear, [request(), NOW])
    speaker.start()
    assert [command.id for command in waiting.due(mark, NOW)] == ["r1"]
    speaker.join()


def test_a_request_that_was_never_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who started after a request was sent, or between its two commands, finds it on the topic."""
    monkeypatch.setattr(heard, "_HEARD_SECONDS", 3600.0)
    cut = request(id="r1", kind=CommandKind.CUT, rule_set=None)
    for known in ([], [cut]):
        waiting = Scenarios(lambda: [request(id="another"), request(), cut])
        for command in known:
            waiting.hear(command, NOW)
        mark = Log().mark(THROUGH, requests=["r1"])
        assert waiting.due(mark, NOW) == [request()]
        with capture_logs() as logs:
            waiting.hear(request(), NOW)  # as Faust may deliver it yet
        assert logs == []
    monkeypatch.setattr(heard, "_HEARD_SECONDS", 0.01)
    assert waiting.due(replace(mark, requests=("another",)), NOW) == [request(id="another")]


def test_marks_that_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads the log again doesn't wait at old marks; at a new one it waits no longer than commands take."""
    waiting = Scenarios()
    mark = Log().mark(THROUGH, requests=["never heard"])
    monkeypatch.setattr(heard, "_HEARD_SECONDS", 3600.0)
    for _ in range(2):
        assert waiting.due(mark, NOW + timedelta(minutes=2)) == []
    assert waiting.due(mark, NOW) == []  # looked up, as nothing was heard yet
    monkeypatch.setattr(heard, "_HEARD_SECONDS", 0.01)
    assert waiting.due(mark, NOW) == []
