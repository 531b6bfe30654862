"""Asking the running pipeline for something, and waiting for the answer: the client's side of control.v1.

    control = Control(settings, catalog, clock)
    command = control.command(CommandKind.CUT, patience)
    control.send(command)
    cut = control.wait_for_cut(command.id, patience)

A request is answered by a cut whose mark names it. All that was on the fact topics when the request was sent
lies before that mark, so it is in the figures.
"""

from __future__ import annotations

import dataclasses
import functools
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from confluent_kafka import KafkaException, Message, Producer

from fokusstrom.contracts import cloud_events, keys, records
from fokusstrom.contracts.cuts import Assembly, CompleteCut
from fokusstrom.contracts.national import Release, Releases
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import CommandKind, ControlCommand, CutMark
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import (
    CONTROL,
    CUT_FIGURES,
    NATIONAL_REPORTING,
    RULE_SETS,
    SCENARIO_FIGURES,
    SOURCE_TOTALS,
)
from fokusstrom.domain.errors import Rejected, Unavailable
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower, ends_of

_SEND_SECONDS = 30.0
_POLL_SECONDS = 0.2
_ANSWERS = (SOURCE_TOTALS.name, CUT_FIGURES.name)
"""Where a cut shows: its mark and its figures."""

Progress = Callable[[str], None]


def _silent(_text: str) -> None:
    pass


def _nothing(_cut: CompleteCut) -> None:
    pass


class Control:
    """Sends commands, and waits for what they bring about; one thread's."""

    def __init__(
        self, settings: Settings, catalog: SchemaCatalog, clock: Clock, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Take how to reach the pipeline; nothing is opened before it is needed.

        `meanwhile` is called again and again while an answer is waited for; what it raises ends the waiting.
        """
        self._settings = settings
        self._catalog = catalog
        self._clock = clock
        self._meanwhile = meanwhile
        self._began: dict[str, dict[Partition, int]] = {}
        self._released: dict[str, dict[Partition, int]] = {}

    def command(
        self,
        kind: CommandKind,
        patience: timedelta,
        *,
        through: date | None = None,
        rule_set: str | None = None,
        dry_run: bool = False,
    ) -> ControlCommand:
        """A command with an id of its own, that expires when nobody waits for it any more."""
        now = self._clock.now()
        return ControlCommand(
            id=uuid.uuid4().hex,
            kind=kind,
            through=through,
            rule_set=rule_set,
            dry_run=dry_run,
            issued_at=now,
            expires_at=now + patience,
        )

    def send(self, command: ControlCommand) -> None:
        """Send it, and remember where its answer can begin; `Unavailable` when it isn't confirmed."""
        self._began[command.id] = self._ends(*_ANSWERS)
        self._released[command.id] = self._ends(NATIONAL_REPORTING.name)
        self._say(command)

    def send_rule_set(self, rule_set: RuleSet) -> None:
        """Put a rule set where every service finds it by its digest; done before a command names it."""
        sent = records.RuleSet(digest=rule_set.digest, name=rule_set.name, version=rule_set.version, text=rule_set.text)
        self._produce(RULE_SETS.name, "RuleSet", rule_set.digest.encode(), records.encode(self._catalog, sent))

    def ask_scenario(self, rule_set: RuleSet, patience: timedelta) -> str:
        """Ask for a cut, with end date and rule set in force, and for the same facts under another rule set.

        Returns the request's id. Workers are asked first: who has heard what asks for the cut has heard this too.
        """
        self.send_rule_set(rule_set)
        asked = self.command(CommandKind.SCENARIO, patience, rule_set=rule_set.digest)
        self._began[asked.id] = self._ends(*_ANSWERS, SCENARIO_FIGURES.name)
        self._say(asked)
        self._say(dataclasses.replace(asked, kind=CommandKind.CUT, rule_set=None))
        return asked.id

    def wait_for_scenario(
        self,
        request: str,
        rule_set: RuleSet,
        patience: timedelta,
        progress: Progress = _silent,
        meanwhile: Callable[[CompleteCut], None] = _nothing,
    ) -> tuple[CompleteCut, CompleteCut]:
        """Wait for what `ask_scenario` asked for: the cut, and the same under the scenario's rule set.

        `Unavailable` when the time is over, naming the slices that have not answered. `meanwhile` is called with the
        cut as soon as it is complete: workers fold the scenario for many seconds then.
        """
        waiting = _Waiting(self._catalog, request, self._settings.deployment, rule_set)
        waiting.when_complete[CUT_FIGURES.name] = meanwhile
        complete = self._wait(waiting, patience, progress)
        return complete[CUT_FIGURES.name], complete[SCENARIO_FIGURES.name]

    def wait_for_cut(self, request: str, patience: timedelta, progress: Progress = _silent) -> CompleteCut:
        """Wait for the cut that answers a command sent here.

        `Unavailable` when the time is over, naming the slices that have not answered. `progress` is told a
        sentence at each step.
        """
        complete = self._wait(_Waiting(self._catalog, request, self._settings.deployment), patience, progress)
        return complete[CUT_FIGURES.name]

    def wait_for_release(self, request: str, cut: int, patience: timedelta) -> Release:
        """Wait for the release of the cut that answered a command sent here, or of one made later instead.

        `Unavailable` when the time is over.
        """
        releases = Releases(self._catalog)
        deadline = time.monotonic() + patience.total_seconds()
        with Follower(self._settings, self._released[request]) as follower:
            while time.monotonic() < deadline:
                self._meanwhile()
                for message in follower.poll(_POLL_SECONDS):
                    release = releases.feed(message.key(), message.value())
                    if release is not None and release.manifest.release >= cut:
                        return release
        raise Unavailable(
            f"cut {cut} is complete and was not released in {patience.total_seconds():g} seconds:"
            " the log of the reporting worker says why"
        )

    def _wait(self, waiting: _Waiting, patience: timedelta, progress: Progress) -> Mapping[str, CompleteCut]:
        deadline = time.monotonic() + patience.total_seconds()
        with Follower(self._settings, self._began[waiting.request]) as follower:
            while time.monotonic() < deadline:
                self._meanwhile()
                complete = waiting.take(follower.poll(_POLL_SECONDS), progress)
                if complete is not None:
                    return complete
        raise Unavailable(f"after {patience.total_seconds():g} seconds {waiting.lacks}")

    def _ends(self, *topics: str) -> dict[Partition, int]:
        return {partition: end for topic in topics for partition, end in ends_of(self._settings, topic).items()}

    def _say(self, command: ControlCommand) -> None:
        self._produce(CONTROL.name, "ControlCommand", command.id.encode(), records.encode(self._catalog, command))

    @functools.cached_property
    def _producer(self) -> Producer:
        """One that leaves out telling repeats apart: for that it would wait half a second for the brokers first.

        What is said here is said by name, and the same twice is the same; each is confirmed before the next.
        """
        return kafka.producer(self._settings, extra={"enable.idempotence": False})

    def _produce(self, topic: str, record: str, key: bytes, value: bytes) -> None:
        failures: list[str] = []
        self._producer.produce(
            topic,
            key=key,
            value=value,
            headers=[*cloud_events.stamp(record, "command-line", self._clock.now())(key)],
            on_delivery=lambda error, _message: failures.append(str(error)) if error else None,
        )
        try:
            left = self._producer.flush(_SEND_SECONDS)
        except KafkaException as error:
            raise Unavailable(f"{topic}: {error.args[0].str()}") from error
        if left or failures:
            raise Unavailable(f"{topic} took no message: {failures[0] if failures else 'no broker answers'}")


class _Waiting:
    """What has come of the answer to one request."""

    def __init__(self, catalog: SchemaCatalog, request: str, deployment: str, scenario: RuleSet | None = None) -> None:
        self.request = request
        self._catalog = catalog
        self._deployment = deployment
        self._scenario = scenario
        self._early: list[Message] = []
        self._mark: CutMark | None = None
        self._assemblies: dict[str, Assembly] = {}
        self._complete: dict[str, CompleteCut] = {}
        self.when_complete: dict[str, Callable[[CompleteCut], None]] = {}
        """What is done once with the answer of a topic."""
        self._said: list[str] = []

    @property
    def lacks(self) -> str:
        """What the answer still lacks."""
        if self._mark is None:
            return "no cut was made: is a reporting worker running, and ready?"
        return f"cut {self._mark.number} is not complete: " + "; ".join(self._waits_for())

    def take(self, messages: list[Message], progress: Progress) -> Mapping[str, CompleteCut] | None:
        """Take records of all topics, which may come in any order between them; return what each gave."""
        for message in messages:
            if message.topic() == SOURCE_TOTALS.name:
                self._look_for_mark(message.key(), message.value(), progress)
            elif self._mark is None:
                self._early.append(message)
            else:
                self._feed(message)
        if self._mark is None:
            return None
        waits_for = self._waits_for()
        if waits_for != self._said and waits_for:
            self._said = waits_for
            progress(f"cut {self._mark.number}: " + "; ".join(waits_for))
        for topic in self._assemblies.keys() - self._complete.keys():
            complete = self._assemblies[topic].complete()
            if complete is not None:
                self._complete[topic] = complete
                self.when_complete.get(topic, _nothing)(complete)
        return self._complete if len(self._complete) == len(self._assemblies) else None

    def _waits_for(self) -> list[str]:
        said = {CUT_FIGURES.name: "", SCENARIO_FIGURES.name: "under the scenario, "}
        return [f"{said[topic]}{one}" for topic, assembly in self._assemblies.items() for one in assembly.waits_for]

    def _feed(self, message: Message) -> None:
        assembly = self._assemblies.get(message.topic() or "")
        if assembly is not None:
            assembly.feed(message.key(), message.value())

    def _look_for_mark(self, key: bytes | None, value: bytes | None, progress: Progress) -> None:
        if self._mark is not None or not keys.is_mark_key(key):
            return
        try:
            mark = records.decode(self._catalog, CutMark, value or b"")
        except Rejected:
            return
        if self.request not in mark.requests:
            return
        progress(f"cut {mark.number} is made, through {mark.through}")
        self._mark = mark
        self._assemblies[CUT_FIGURES.name] = Assembly(self._catalog, mark, self._deployment)
        if self._scenario is not None:
            asked = dataclasses.replace(mark, rule_set=self._scenario.digest)
            self._assemblies[SCENARIO_FIGURES.name] = Assembly(self._catalog, asked, self._deployment, self.request)
        for early in self._early:
            self._feed(early)
        self._early.clear()
