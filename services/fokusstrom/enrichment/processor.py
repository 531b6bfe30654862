"""What a worker does with a batch and with a cut; everything it decides lives here, Kafka and Faust outside.

Theory of operation. A worker is in one of two phases.

*Reading*: it has no usable ledger. It appends what the log holds up to the newest cut's mark, passes over
earlier marks, and at the mark keeps what holds, folds once and answers the cut.

*Live*: each batch is staged against the book, the persons it touches are folded as they were and as they are,
and the cells move by the difference. At a mark it answers the cut: after a whole fold where the rule set
differs, and where only the end date does, after one of who is concerned (`domain.refold`).

In both, messages leave and are confirmed before the ledger commits: a crash in between repeats them with the
same keys and values. What a cut changes of meetings is committed for each part of the persons by itself, before the
rest: it was said, and need not be said again. Figures are a function of the set of facts before the marks, so a
worker that starts again, or anew, says the same.
"""

from __future__ import annotations

import datetime as dt
import enum
import importlib.metadata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Protocol

import duckdb
import pyarrow as pa
import structlog
from confluent_kafka import Message

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.checksums import checksum
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import FIGURES_CONTRACT, ControlCommand, CutMark, CutStatus
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES, REJECTIONS, SCENARIO_FIGURES
from fokusstrom.domain import periods
from fokusstrom.domain.cells import fold_all
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.domain.fold import Fold
from fokusstrom.domain.reach import FactsReach, needed_of_meetings, reach_of_facts
from fokusstrom.domain.refold import move_end, refold
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import SUMMED
from fokusstrom.enrichment.alignment import Alignment, Step
from fokusstrom.enrichment.intake import Intake, Taken
from fokusstrom.enrichment.outputs import Origin, Outputs
from fokusstrom.enrichment.reconciling import Reconciling
from fokusstrom.enrichment.scenarios import Scenarios
from fokusstrom.runtime import dead_letters
from fokusstrom.runtime.ahead import ahead
from fokusstrom.runtime.batches import Directions
from fokusstrom.runtime.clock import Clock
from fokusstrom.runtime.erasures import Erasures, NothingErased
from fokusstrom.runtime.ledger import InForce, Ledger, is_damaged
from fokusstrom.runtime.publisher import Outgoing

_log = structlog.get_logger("enrichment")

_REFUSALS_KEPT_FOR = REJECTIONS.kept_for or dt.timedelta.max


class Sender(Protocol):
    """Where messages leave."""

    def ends(self) -> Mapping[Partition, int]:
        """Where in the partitions of `meeting-enriched.v1` ends what was sent so far."""

    def send(self, outgoing: Sequence[Outgoing]) -> int:
        """Send all of it, and return when it is confirmed."""


class RuleSets(Protocol):
    """Where rule sets come from."""

    def get(self, digest: str) -> RuleSet:
        """Return the rule set of a digest; waits until it is there."""

    def find(self, digest: str) -> RuleSet | None:
        """Return the rule set of a digest, or None when it is not there now."""


class _Folded(enum.Enum):
    """Whose facts were folded for a cut."""

    NOBODY = enum.auto()
    CONCERNED = enum.auto()
    """Those of `touched`; the cells are everybody's."""
    EVERYBODY = enum.auto()


@dataclass
class Last:
    """What the newest batch was, for whoever watches."""

    changed: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Unknown:
    """What this worker said of meetings and its ledger doesn't know: one killed amid it, or a copy's original."""

    sayings: Sequence[pa.RecordBatch] = ()
    """Columns as of `Said.meetings`."""
    ends: Mapping[Partition, int] = field(default_factory=dict)
    """Where that ends in each partition of their topic."""


class Said(Protocol):
    """What the slices have said, for a worker whose ledger doesn't know."""

    def figures(self) -> Iterable[bytes]:
        """Give the keys of live figures."""

    def meetings(self) -> Iterable[pa.RecordBatch]:
        """Give what was said of meetings: citizen, source, fact_id, slot."""

    def meetings_since(self, places: Mapping[Partition, int]) -> Unknown:
        """Give what this worker said of meetings from these places on."""

    def lists(self, topics: Sequence[str], /) -> Iterable[tuple[str, bytes, bytes | None]]:
        """Give topic, key and value of all records of reconciliation topics."""


class Processor:
    """One worker's work; used from one thread, but for `scenarios`."""

    def __init__(  # noqa: PLR0913 - what the wiring hands over, once
        self,
        ledger: Ledger,
        catalog: SchemaCatalog,
        origin: Origin,
        sender: Sender,
        rule_sets: RuleSets,
        clock: Clock,
        said_before: Said,
        *,
        topic_ids: Mapping[str, str],
        start: Mapping[Partition, int],
        newest_cut: int,
        reconciliation: Sequence[str] = (),
        erasures: Erasures | None = None,
        scenarios: Scenarios | None = None,
    ) -> None:
        """Take the ledger and where it stands.

        `start`: where to read from, which is the ledger's positions when it has any; `newest_cut`: number of
        the newest mark in the log when the worker started, 0 when there is none; `reconciliation`: the
        municipalities that get lists.
        """
        self._ledger = ledger
        self._catalog = catalog
        self._origin = origin
        self._sender = sender
        self._rule_sets = rule_sets
        self._clock = clock
        self._said_before = said_before
        self._topic_ids = topic_ids
        self._intake = Intake(ledger.book, catalog, erasures or NothingErased())
        self._settling = Taken()
        self._outputs = Outputs(ledger.connection, catalog, origin)
        self._reconciling = Reconciling(ledger.connection, catalog, origin, reconciliation, said_before.lists, clock)
        passed = newest_cut - 1 if ledger.is_new else ledger.in_force().cut
        self.alignment: Alignment[Message] = Alignment(start, passed)
        self._fold: Fold | None = None
        self._rules: RuleSet | None = None
        self.scenarios = scenarios or Scenarios()
        """What it is asked besides; may be told from any thread."""
        self._unknown = Unknown() if ledger.is_new else said_before.meetings_since(ledger.said_to())
        self._has_told_all = False
        self._reaches: dict[frozenset[FactType], FactsReach] = {}
        self._delivered = self._refused = 0
        self.last = Last()
        self.newest_cut = ledger.in_force().cut
        self.is_of_cut = ledger.in_force().folded
        """The newest cut is for workers like this one; else nothing is published."""

    @property
    def ledger_bytes(self) -> int:
        """Size of the ledger on disk."""
        return self._ledger.size()

    @property
    def is_reading(self) -> bool:
        """The log is read for the first time; nothing is published until the newest cut."""
        return self._ledger.is_new

    def prepare(self) -> None:
        """Count what the ledger holds, which the first batch or cut would wait for."""
        if self.is_of_cut:
            self._outputs.counted.all()

    def process(self, messages: Mapping[Partition, Sequence[Message]]) -> Directions:
        """Take in a batch, answer the cut that it completes, and say how to go on."""
        self.last = Last()
        try:
            return self._process(messages)
        except BaseException:
            self._outputs.counted.forget()
            self._ledger.book.forget()
            raise

    def _process(self, messages: Mapping[Partition, Sequence[Message]]) -> Directions:
        step = self.alignment.step(messages, self._marks(messages))
        if step.take and self._ledger.is_new:
            self._append(step)
        elif step.take:
            self._ledger.work_on(sum(map(len, step.take.values())))
            self._take_in(step)
        resume = self._answer(step.cut) if step.cut is not None else {}
        return Directions(
            hold=step.hold,
            resume=resume,
            begin=step.begin,
            commit={} if self._ledger.is_new else dict(self.alignment.positions),
        )

    def close(self) -> None:
        """Leave the ledger alone: it may be closed then."""
        self._settling.wait()

    def _marks(self, messages: Mapping[Partition, Sequence[Message]]) -> dict[Partition, dict[int, CutMark]]:
        found: dict[Partition, dict[int, CutMark]] = {}
        for partition, of_partition in messages.items():
            marked = keys.mark_places([message.key() for message in of_partition])
            marks = {index: mark for index in marked if (mark := self._mark(of_partition[index])) is not None}
            if marks:
                found[partition] = marks
        return found

    def _mark(self, message: Message) -> CutMark | None:
        """Return the mark; None for what only has the key of one, which the intake refuses then."""
        try:
            return records.decode(self._catalog, CutMark, message.value() or b"")
        except Rejected:
            return None

    def _append(self, step: Step[Message]) -> None:
        taken = self._intake.read(step.take, self._ledger.book.append)
        self._settle()
        self._settling = taken

    def _settle(self) -> None:
        """Wait until the book has what was read last: it takes in one batch while the next one is decoded."""
        taken, self._settling = self._settling.settle(), Taken()
        self._refuse(taken)
        # Nothing of an unfinished ledger outlives the process, so nothing is committed before its first cut.
        self._delivered += taken.delivered
        self._refused += len(taken.refused)

    def _take_in(self, step: Step[Message]) -> None:
        book = self._ledger.book
        with self._ledger.transaction():
            book.begin_stage()
            taken = self._intake.read(step.take, book.stage).settle()
            self.last.changed = book.touched(taken.fact_types)
            if self.last.changed:
                self._reconciling.is_stale = True
                self._change(taken)
            self._refuse(taken)
            self._ledger.remember(self.alignment.positions, delivered=taken.delivered, refused=len(taken.refused))

    def _change(self, taken: Taken) -> None:
        """Let a staged batch hold, and publish what that changes."""
        book, now = self._ledger.book, self._ledger.in_force()
        if not now.folded:
            book.apply(taken.fact_types)
            return
        fold, rules = self._fold_in_force(now)
        is_recalled = bool(self._unknown.sayings)
        if is_recalled:
            self._outputs.recall_meetings(pa.Table.from_batches(self._unknown.sayings))
        reached = self._reach_of(taken.fact_types)
        fold.begin()
        book.single_out(reached.relations)
        fold.collect("touched", sign=-1, singled_out=True, inputs=reached.needed)
        book.apply(taken.fact_types)
        fold.collect("touched", sign=1, singled_out=True, inputs=reached.needed)
        fold.run(reached.figures, reached.needed)
        meetings: list[Outgoing] = []
        if reached.of_meetings:
            fold.enrich()
            self._outputs.find_changes(rules, now, recalled=is_recalled)
            meetings = [one for part in self._outputs.meetings(rules) for one in part]
            self._outputs.keep_changes(self._sequence())
        if self._has_told_all:
            figures = self._outputs.partials(reached.figures, now, self._sequence())
        else:
            said = self._said_before.figures()
            figures = self._outputs.all_partials(reached.figures, said, now, self._sequence())
        # One transaction: another one right behind it would wait until the brokers have ended the first.
        self._sender.send([*meetings, figures])
        self._unknown = replace(self._unknown, sayings=())
        if reached.of_meetings:
            self._remember_said()
        self._has_told_all = True

    def _reach_of(self, fact_types: Sequence[FactType]) -> FactsReach:
        """Tell what a batch of facts of these types can change; all of it while what was said is still to be judged."""
        types = frozenset(FACT_TYPES.values() if self._unknown.sayings else fact_types)
        if types not in self._reaches:
            self._reaches[types] = reach_of_facts(self._ledger.connection, types)
        return self._reaches[types]

    def _remember_said(self) -> None:
        """Note where what was said of meetings ends, unless there is something before it that is still to be judged."""
        if not self._unknown.sayings:
            self._ledger.remember_said({**self._ledger.said_to(), **self._unknown.ends, **self._sender.ends()})

    def _answer(self, mark: CutMark) -> Mapping[Partition, int]:
        """Answer a cut that is met in all partitions; return where to go on behind the marks."""
        self._settle()  # before anything is asked of the connection, which the book may be using until then
        self._ledger.work_on(None)
        met_at = self.alignment.positions.copy()
        is_new, before, now = self._ledger.is_new, self._ledger.in_force(), self._now(mark)
        if is_new:
            self._ledger.book.keep_latest()  # alone: of an unfinished ledger nothing outlives the process
        folded = self._fold_anew(before, now)
        onward = self.alignment.resume()
        if now.folded:
            self._tell(mark, now, met_at, folded, is_lost=not before.folded)
        with self._ledger.transaction():
            if is_new:
                self._ledger.finish(self._topic_ids)
            if folded is not _Folded.NOBODY:
                self._outputs.counted.keep_folded()
            self._ledger.remember(self.alignment.positions, delivered=self._delivered, refused=self._refused)
            self._ledger.put_in_force(now)
            if is_new:
                self._ledger.book.learn_names()  # here nobody waits for it
        self._delivered = self._refused = 0
        self.newest_cut, self.is_of_cut = mark.number, now.folded
        _log.info("cut answered", cut=mark.number, through=str(mark.through), published=now.folded)
        for command in self.scenarios.due(mark, self._clock.now()):
            if now.folded:
                self._answer_scenario(command, mark, met_at)
        return onward

    def _answer_scenario(self, command: ControlCommand, mark: CutMark, read_to: Mapping[Partition, int]) -> None:
        """Say the figures under another rule set, as of a cut that was just answered; nothing else changes by it."""
        rules = self._rule_sets.find(command.rule_set or "")
        if rules is None:
            _log.warning("a scenario's rule set is not known: the request is left alone", request=command.id)
            return
        asked = replace(mark, rule_set=rules.digest, rule_set_name=rules.name, rule_set_version=rules.version)
        try:
            self._send_scenario(command.id, self._rule_sets.get(mark.rule_set), rules, asked, read_to)
        except duckdb.Error as error:
            if is_damaged(error):
                raise
            _log.warning("a scenario can't be folded and is left alone", request=command.id, error=type(error).__name__)
        finally:
            self._fold = None  # the connection has the scenario's rules now

    def _send_scenario(
        self, request: str, in_force: RuleSet, rules: RuleSet, asked: CutMark, read_to: Mapping[Partition, int]
    ) -> None:
        self._gather()
        self._ledger.make_room()
        changed = refold(self._ledger.connection, in_force, rules, asked.through, self._origin.of, SUMMED)
        now = InForce(asked.number, asked.through, rules.digest, folded=True)
        figures = self._outputs.figures_of_scenario(request, now, self._sequence(), changed)
        reasons = self._outputs.counted.reasons_of_cells("refolded_")
        status = self._status(asked, figures, read_to, reasons, changed)
        key = keys.scenario_status_key(request, self._origin.key)
        self._sender.send([figures, Outgoing(SCENARIO_FIGURES.name, "CutStatus", [key], [status])])
        _log.info("scenario answered", request=request, cut=asked.number, rule_set=rules.name)

    def _now(self, mark: CutMark) -> InForce:
        is_ours = (mark.slices, mark.contract) == (self._origin.of.count, FIGURES_CONTRACT)
        if not is_ours:
            _log.warning(
                "the cut is for other workers: nothing is published until one is for this one",
                cut=mark.number,
                slices_of_cut=mark.slices,
                slices_here=self._origin.of.count,
            )
        return InForce(mark.number, mark.through, mark.rule_set, folded=is_ours)

    def _tell(
        self, mark: CutMark, now: InForce, read_to: Mapping[Partition, int], folded: _Folded, *, is_lost: bool
    ) -> None:
        """Say a cut's figures, and what else the cut changes."""
        counted = self._outputs.counted
        if folded is not _Folded.NOBODY:
            counted.let_folded_be_all()
        figures = self._outputs.figures_of_cut(now, self._sequence())
        key = keys.cut_status_key(mark.number, self._origin.key)
        status = self._status(mark, figures, read_to, counted.meetings_by_reason())
        self._sender.send([figures, Outgoing(CUT_FIGURES.name, "CutStatus", [key], [status])])
        if folded is not _Folded.NOBODY:
            gone = self._outputs.figures_gone(self._said_before.figures() if is_lost else (), now, self._sequence())
            self._sender.send([gone, self._outputs.live_of_cut(now, self._sequence())])
            self._say_meetings(now, folded, is_lost=is_lost)
            self._has_told_all = True
            self._reconciling.is_stale = True
        if self._reconciling.is_asked:
            self._say_lists(mark, now, is_folded=folded is _Folded.EVERYBODY)

    def _say_lists(self, mark: CutMark, now: InForce, *, is_folded: bool) -> None:
        """Bring the municipalities' reconciliation lists to what the cut says."""
        if self._reconciling.is_stale and not is_folded:
            fold, _ = self._fold_in_force(now)
            fold.begin()
            fold.collect()
            fold.run(())
        said = sum(map(self._sender.send, self._reconciling.say(mark)))
        _log.info("reconciliation lists said", cut=mark.number, records=said)

    def _say_meetings(self, now: InForce, folded: _Folded, *, is_lost: bool) -> None:
        """Say what a cut's fold changes of meetings; of each part of the persons it is remembered when it is said."""
        fold, rules = self._fold_in_force(now)
        with self._ledger.transaction():
            self._outputs.gather_said()
            if is_lost:
                self._outputs.remember_meetings(self._said_before.meetings())
        for persons in fold.enriched_parts(needed_of_meetings(self._ledger.connection)):
            self._outputs.find_meetings(rules, now, persons, whole=folded is _Folded.EVERYBODY)
            with closing(ahead(self._outputs.meetings(rules))) as parts:
                for part in parts:
                    self._sender.send(part)
            with self._ledger.transaction():
                self._outputs.keep_said()
                self._remember_said()
        self._outputs.forget_before()

    def _fold_anew(self, before: InForce, now: InForce) -> _Folded:
        """Fold what a cut changes; outside a transaction, as DuckDB reads what that made in one thread only."""
        if not now.folded or replace(before, cut=now.cut) == now:
            return _Folded.NOBODY
        self._fold = None
        self._ledger.make_room()
        if self._move_end(before, now):
            return _Folded.CONCERNED
        fold, _ = self._fold_in_force(now)
        # Lists are made of what the rules say of everybody.
        fold_all(fold, at_once=self._reconciling.is_asked)
        return _Folded.EVERYBODY

    def _move_end(self, before: InForce, now: InForce) -> bool:
        """Fold who is concerned by another end date, if that is all that differs and they are few."""
        if before.through is None or now.through is None or now.rule_set is None or before.rule_set != now.rule_set:
            return False
        # Lists are of everybody, and so is what has yet to be said of a slice.
        if not before.folded or not self._has_told_all or self._unknown.sayings or self._reconciling.is_asked:
            return False
        self._gather()
        rules = self._rule_sets.get(now.rule_set)
        fold = move_end(self._ledger.connection, rules, before.through, now.through, self._origin.of)
        if fold is not None:
            self._fold, self._rules = fold, rules
        return fold is not None

    def _gather(self) -> None:
        """Let the ledger's cells be what is counted: another end date and other rules are folded beside them."""
        with self._ledger.transaction():
            self._outputs.counted.gather()

    def _fold_in_force(self, now: InForce) -> tuple[Fold, RuleSet]:
        if self._fold is None or self._rules is None:
            if now.through is None or now.rule_set is None:
                raise AssertionError("cells are folded only under a cut")
            self._rules = self._rule_sets.get(now.rule_set)
            self._fold = Fold(self._ledger.connection, self._rules, now.through, self._origin.of)
        return self._fold, self._rules

    def _status(
        self,
        mark: CutMark,
        figures: Outgoing,
        read_to: Mapping[Partition, int],
        meetings_by_reason: Mapping[str | None, int],
        answered: tuple[str, ...] | None = None,
    ) -> bytes:
        delivered, refused = self._ledger.counters()
        status = CutStatus(
            cut=mark.number,
            requests=mark.requests,
            deployment=self._origin.deployment,
            slices=self._origin.of.count,
            slice=self._origin.of.number,
            through=mark.through,
            rule_set=mark.rule_set,
            rule_set_name=mark.rule_set_name,
            rule_set_version=mark.rule_set_version,
            contract=FIGURES_CONTRACT,
            figures=answered,
            records=len(figures.keys),
            checksum=checksum(zip(figures.keys, (value or b"" for value in figures.values), strict=True)),
            positions=tuple(
                records.Position(topic=partition.topic, partition=partition.number, offset=offset)
                for partition, offset in sorted(read_to.items())
            ),
            totals=tuple(records.ControlTotal(**one._asdict()) for one in self._ledger.book.totals()),
            meetings_by_reason=tuple(
                records.MeetingsByReason(reason=reason, meetings=meetings)
                for reason, meetings in sorted(
                    meetings_by_reason.items(), key=lambda one: (one[0] is None, one[0] or "")
                )
            ),
            beyond=self._meetings_beyond(mark.through),
            refused=refused + self._refused,
            deliveries=delivered + self._delivered,
            software=importlib.metadata.version("fokusstrom"),
            completed_at=self._clock.now(),
        )
        return records.encode(self._catalog, status)

    def _meetings_beyond(self, through: dt.date) -> tuple[records.MeetingsBeyond, ...]:
        """Count the slice's meetings that hold and are in no figure."""
        rows = self._ledger.connection.execute(f"""
            SELECT CASE WHEN local_date > $through THEN 'AFTER_END_DATE' ELSE 'MONTH_NOT_OVER' END AS why, count(*)
            FROM (
                SELECT coalesce(person, citizen) AS person, local_date
                FROM meeting_held LEFT JOIN person_of USING (citizen)
                WHERE NOT deleted AND local_date > $reported_to
            )
            WHERE {self._origin.of.condition} GROUP BY why ORDER BY why
        """, {"through": through, "reported_to": periods.reported_to(through)}).fetchall()  # fmt: skip
        return tuple(records.MeetingsBeyond(why=why, meetings=meetings) for why, meetings in rows)

    def _refuse(self, taken: Taken) -> None:
        """Send what was refused in the partitions that are this slice's to tell of."""
        self.last.refused.update(one.reason.value for one in taken.refused)
        # A worker that reads the log anew tells again of what it refuses, but of nothing that has been let go.
        oldest = (self._clock.now() - _REFUSALS_KEPT_FOR).timestamp() * 1000
        ours = [
            one
            for one in taken.refused
            if (one.message.partition() or 0) % self._origin.of.count == self._origin.of.number
            and one.message.timestamp()[1] >= oldest
        ]
        self._sender.send(dead_letters.outgoing(ours, self._catalog, self._clock))

    def _sequence(self) -> int:
        """Order live figures under one cut: the sum of the offsets read."""
        return sum(self.alignment.positions.values())
