"""The reporting worker's work: commands become cuts, complete cuts are released; Faust is outside.

Theory of operation. The topics are the only memory. `open` fences an older worker, then reads what was cut and
what was released; from there `step` compares what commands want with what the log shows, and does what is
missing: it writes marks, gathers what the slices answer, and releases. Each of its writes is one transaction
of the one transactional id `fokusstrom-reporting-<deployment>`, for cuts and releases alike, so that only the
newest worker can write either, and nothing is ever there in part. When the brokers are away in between,
everything is opened anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from confluent_kafka import KafkaException

from fokusstrom.contracts import records
from fokusstrom.contracts.cuts import Assembly, CompleteCut
from fokusstrom.contracts.national import History
from fokusstrom.contracts.records import ControlCommand, CutMark
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES, MARKED_TOPICS, NATIONAL_REPORTING, RELEASE_STATE, RULE_SETS
from fokusstrom.domain import rule_set as rule_sets
from fokusstrom.domain.errors import Rejected, Unavailable
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.unchanged import Basis
from fokusstrom.reporting import marks, releasing
from fokusstrom.reporting.agenda import Agenda, Seen, Wanted
from fokusstrom.reporting.measures import Measures
from fokusstrom.runtime import erasures, kafka, log_ends
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.cores import Cores
from fokusstrom.runtime.declarations import read_declarations
from fokusstrom.runtime.fetched import PositionLost
from fokusstrom.runtime.following import Follower, places_at
from fokusstrom.runtime.operations import Status
from fokusstrom.runtime.publisher import Outgoing, Publisher
from fokusstrom.runtime.release_history import read_history
from fokusstrom.runtime.rule_sets import SentRuleSets

_log = structlog.get_logger("reporting")

_POLL_SECONDS = 0.1
_CLOCKS_DIFFER_MS = 60_000
"""The clocks of workers may differ by this much: answers of a cut are looked for from so long before its mark."""

_STANDS_BY = "control.v1 is not this worker's: another one is active, or the group is being formed"


@dataclass
class _Open:
    """What an active worker holds."""

    publisher: Publisher
    follower: Follower
    history: History
    newest: CutMark | None
    answered: dict[str, int]
    assemblies: dict[int, Assembly] = field(default_factory=dict)
    complete: CompleteCut | None = None
    """The newest cut that was seen complete."""
    basis: Basis | None = None
    """What the last release was made of, when it was made here."""

    @property
    def seen(self) -> Seen:
        under_way = set(self.assemblies) | ({self.complete.mark.number} if self.complete else set())
        return Seen(self.answered, under_way, self.history.released.keys())


class Desk:
    """All that the active reporting worker does; used from one thread, except for `status`."""

    def __init__(
        self,
        settings: Settings,
        catalog: SchemaCatalog,
        clock: Clock,
        make_publisher: Callable[[], Publisher],
        measures: Measures,
    ) -> None:
        """Take what it works with; nothing is opened before `open`."""
        self._settings = settings
        self._catalog = catalog
        self._clock = clock
        self._make_publisher = make_publisher
        self._measures = measures
        self._rule_sets = SentRuleSets(settings, catalog)
        self._confirmed: set[str] = set()
        self._agenda = Agenda()
        self._own: list[Wanted] = []
        self._held: _Open | None = None
        self._is_active = False
        self._status = Status(waits_for=["no broker has answered yet"])

    def status(self) -> Status:
        """How the worker is; may be called from any thread."""
        return self._status

    def activate(self) -> None:
        """Be the one that works, from the next step on."""
        self._is_active = True

    def stand_by(self) -> None:
        """Let another worker work: forget everything, commands too, which are heard again."""
        self._is_active = False
        self._agenda = Agenda()
        self.close()
        self._status = Status(waits_for=[_STANDS_BY])

    def close(self) -> None:
        """Let go of the brokers."""
        if self._held is not None:
            self._held.follower.close()
            self._held = None

    def hear(self, value: bytes) -> str | None:
        """Take a command; its id while it is not done, None for what is nothing for reporting."""
        try:
            command = records.decode(self._catalog, ControlCommand, value)
        except Rejected as refused:
            _log.warning("a command can't be read and is left alone", reason=refused.reason)
            return None
        return command.id if self._agenda.hear(command) else None

    @property
    def waiting(self) -> frozenset[str]:
        """Ids of the commands that are not done."""
        return frozenset(self._agenda.waiting)

    def step(self) -> None:
        """Do what is to be done now, and wait a moment for answers.

        Raises `Fenced` when a newer worker has taken over.
        """
        if not self._is_active:
            self._status = Status(waits_for=[_STANDS_BY])
            return
        try:
            held = self._held or self._open()
            self._work(held)
            self._show(held)
        except (Unavailable, KafkaException, PositionLost) as error:
            _log.warning("opening everything anew", error=str(error))
            self.close()
            self._status = Status(waits_for=[f"the brokers are away: {error}"])

    def _open(self) -> _Open:
        publisher = self._make_publisher()
        publisher.start()
        topics = self._marked_topics()
        found = marks.read_marks(self._settings, self._catalog)
        history = read_history(self._settings, self._catalog)
        places = places_at(self._settings, CUT_FIGURES.name, max(0, found.newest_written_at - _CLOCKS_DIFFER_MS))
        held = _Open(publisher, Follower(self._settings, places), history, found.newest, dict(found.answered))
        if found.newest is not None:
            self._gather_from_now_on(held, found.newest)
            self._replace_outdated(found.newest, topics)
        self._measures.know_newest(found.newest)
        self._held = held
        _log.info(
            "ready",
            newest_cut=found.newest.number if found.newest else None,
            releases=len(history.released),
            published_figures=len(history.newest),
        )
        return held

    def _marked_topics(self) -> Mapping[str, tuple[str, int]]:
        return log_ends.topics(kafka.admin(self._settings), [topic.name for topic in MARKED_TOPICS])

    def _gather_from_now_on(self, held: _Open, mark: CutMark) -> None:
        held.assemblies[mark.number] = Assembly(self._catalog, mark, self._settings.deployment)

    def _replace_outdated(self, newest: CutMark, topics: Mapping[str, tuple[str, int]]) -> None:
        why = marks.is_outdated(newest, self._settings.slices, topics)
        if why is not None:
            _log.info("making a cut by itself", why=why)
            self._own = [Wanted(None, None)]

    def _work(self, held: _Open) -> None:
        for command in self._agenda.settle(held.seen, self._clock.now()):
            self._measures.commands.inc()
            _log.warning("a command expired before it was done", kind=command.kind.value, command=command.id)
        for wanted in [*self._own, *self._agenda.wanted(held.seen)]:
            self._cut(held, wanted)
        self._own = []
        for message in held.follower.poll(_POLL_SECONDS):
            for assembly in held.assemblies.values():
                assembly.feed(message.key(), message.value())
        self._take_complete(held)
        if held.complete is not None and held.complete.mark.number in self._agenda.to_release(held.seen):
            self._release(held, held.complete)
        self._agenda.settle(held.seen, self._clock.now())

    def _cut(self, held: _Open, wanted: Wanted) -> None:
        newest = held.newest
        digest = wanted.rule_set or (newest.rule_set if newest else rule_sets.in_force().digest)
        rules = self._rule_sets.find(digest)
        if rules is None:
            self._give_up(wanted.requests, f"rule set {digest} is not on {RULE_SETS.name}")
            return
        self._confirm(held, rules)
        yesterday = self._clock.today() - timedelta(days=1)
        mark = marks.make_mark(
            newest,
            requests=wanted.requests,
            through=wanted.through or (newest.through if newest else yesterday),
            rule_set=rules,
            slices=self._settings.slices,
            now=self._clock.now(),
            topics=self._marked_topics(),
        )
        held.publisher.send(marks.to_every_partition(self._catalog, mark))
        held.newest = mark
        held.answered |= dict.fromkeys(mark.requests, mark.number)
        self._gather_from_now_on(held, mark)
        self._measures.cuts.inc()
        self._measures.know_newest(mark)
        _log.info("cut made", cut=mark.number, through=str(mark.through), rule_set=rules.name, slices=mark.slices)

    def _confirm(self, held: _Open, rules: RuleSet) -> None:
        """Have the rule set on its topic before a mark names it, also the one that ships with us."""
        if rules.digest not in self._confirmed:
            sent = records.RuleSet(digest=rules.digest, name=rules.name, version=rules.version, text=rules.text)
            value = records.encode(self._catalog, sent)
            held.publisher.send([Outgoing(RULE_SETS.name, "RuleSet", [rules.digest.encode()], [value])])
            self._confirmed.add(rules.digest)

    def _give_up(self, requests: Sequence[str], why: str) -> None:
        _log.error("commands can't be followed", why=why, commands=list(requests))
        for request in requests:
            self._agenda.drop(request)
            self._measures.commands.inc()

    def _take_complete(self, held: _Open) -> None:
        for number in sorted(held.assemblies):
            cut = held.assemblies[number].complete()
            if cut is not None:
                held.complete = cut
                held.assemblies = {later: one for later, one in held.assemblies.items() if later > number}
                _log.info("cut complete", cut=number)

    def _release(self, held: _Open, cut: CompleteCut) -> None:
        number = cut.mark.number
        rules = self._rule_sets.find(cut.mark.rule_set)
        requests = [request for request, answer in held.answered.items() if answer == number]
        if rules is None:
            self._give_up(requests, "no release: its rule set is not known")
            return
        declared = read_declarations(self._settings, self._catalog)
        erased = erasures.read(self._settings)
        heard = releasing.Heard(self._settings.expected_sources or (), declared, erased)
        try:
            with Cores(self._settings.threads) as cores:
                judged = releasing.judge(cut, held.history, rules, heard, cores, held.basis)
        except Rejected as refused:
            self._give_up(requests, f"no release: the figures of cut {number} can't be read ({refused.reason})")
            return
        if judged.contradictions:
            self._give_up(requests, f"no release: {'; '.join(judged.contradictions)}")
            return
        release = releasing.prepare(self._catalog, cut, held.history, judged, self._clock.now())
        held.publisher.send(_as_messages(release))
        held.history.add(release.release)
        held.history.states.update(release.remembered)
        held.basis = judged.basis
        self._measures.count_release(release)
        _log.info(
            "released",
            release=number,
            through=str(cut.mark.through),
            records=len(release.changes),
            new=sum(change.is_new for change in release.changes),
            hidden=sum(change.shown.is_hidden for change in release.changes),
            held_back=release.held_back,
        )

    def _show(self, held: _Open) -> None:
        newest = held.newest
        assembly = held.assemblies.get(newest.number) if newest else None
        waits = assembly.waits_for if assembly else []
        self._measures.missing.set(len(assembly.missing) if assembly else 0 if newest else float("nan"))
        self._status = Status(
            details={
                "newest_cut": newest.number if newest else None,
                "through": str(newest.through) if newest else None,
                "cut_waits_for": waits,
                "last_release": held.history.last.release if held.history.last else None,
                "commands_waiting": len(self._agenda.waiting),
            }
        )


def _as_messages(release: releasing.Prepared) -> list[Outgoing]:
    """Give the release in the order of its topic: records, then the manifest that closes them; then the state."""
    national = NATIONAL_REPORTING.name
    return [
        Outgoing(national, "NationalRecord", [*release.records], [*release.records.values()]),
        Outgoing(national, "ReleaseManifest", [release.manifest_key], [release.manifest]),
        Outgoing(RELEASE_STATE.name, "ReleaseState", [*release.states], [*release.states.values()]),
    ]
