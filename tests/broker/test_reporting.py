"""Cuts and releases on a real broker, with slices whose answers are given."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from prometheus_client import CollectorRegistry

from fokusstrom.contracts import keys, records
from fokusstrom.contracts.national import Release, Releases
from fokusstrom.contracts.records import (
    CommandKind,
    ConfidentialityStatus,
    ControlCommand,
    CutMark,
)
from fokusstrom.contracts.schemas import checked_in
from fokusstrom.contracts.topics import (
    MARKED_TOPICS,
    MEETING_TOPIC,
    NATIONAL_REPORTING,
    RELEASE_STATE,
    RULE_SETS,
    TOPICS,
)
from fokusstrom.domain import rule_set
from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.reporting import control_totals
from fokusstrom.reporting.desk import Desk
from fokusstrom.reporting.measures import Measures
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.control import Control
from fokusstrom.runtime.following import ends_of
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.runtime.log_ends import read_whole
from fokusstrom.runtime.operations import OperationsPort
from fokusstrom.runtime.publisher import Fenced, Publisher
from fokusstrom.runtime.release_history import read_history
from tests.reporting.slices import Rows, answer, focus, held, modes

pytestmark = pytest.mark.broker

CATALOG = checked_in()
THROUGH = date(2021, 12, 31)
PATIENCE = timedelta(seconds=20)
MARCH: Rows = {
    ("751", "2021-03"): focus(40, 10),
    ("101", "2021-03"): focus(20, 2),
    ("851", "2021-03"): focus(30, 3),
    ("461", "2021-03"): held(PHONE=(50, 20), VIDEO=(6, 3)),
    ("DK", "2021-03"): modes(PHONE=(50, 20), VIDEO=(6, 3)),
}
RECORDS = 77
"""Two targets for 3 municipalities and the country, by benefit and not: 16; yearly averages 6; supervision 3;
2 modes of a municipality and of the country, each with 1 total, 5 reasons and 7 codes more: 52."""


class Bench:
    """A desk, its client, and slices that answer what they are told to."""

    def __init__(self, settings: Settings) -> None:
        """Open all on one broker."""
        self.settings = settings
        self.clock = FixedClock(datetime(2022, 1, 1, 12, tzinfo=UTC))
        self.control = Control(settings, CATALOG, self.clock)
        self.measures = Measures(CollectorRegistry(), self.clock)
        self.desk = Desk(settings, CATALOG, self.clock, self._publisher, self.measures)
        self.desk.activate()
        self._slices = Producer(
            {"bootstrap.servers": settings.require_bootstrap(), "enable.idempotence": True, "log_level": 0}
        )

    def _publisher(self) -> Publisher:
        name = f"fokusstrom-reporting-{self.settings.deployment}"
        return Publisher(kafka.producer(self.settings, transactional_id=name), "reporting", self.clock)

    def ask(self, kind: CommandKind = CommandKind.CUT, **wanted: object) -> ControlCommand:
        """Send a command, and let the desk hear it."""
        command = self.control.command(kind, PATIENCE, **wanted)  # type: ignore[arg-type]  # as the caller says
        self.control.send(command)
        self.desk.hear(records.encode(CATALOG, command))
        return command

    def cut(self, kind: CommandKind = CommandKind.CUT, **wanted: object) -> tuple[ControlCommand, CutMark]:
        """Ask for a cut; give the mark that answers."""
        command = self.ask(kind, **wanted)
        self.desk.step()
        (mark,) = [mark for mark in marks_on(self.settings) if command.id in mark.requests]
        return command, mark

    def answer(self, mark: CutMark, number: int, rows: Rows, **changed: object) -> None:
        """Let a slice answer."""
        for part in answer(CATALOG, mark, number, rows, **changed):
            for key, value in zip(part.keys, part.values, strict=True):
                self._slices.produce(part.topic, key=key, value=value)
        assert self._slices.flush(20) == 0

    def work(self) -> None:
        """Let the desk do all that there is to do."""
        deadline = time.monotonic() + 20
        while self.desk.waiting and time.monotonic() < deadline:
            self.desk.step()

    def release(self, rows: Rows, **wanted: object) -> Release:
        """Ask for a release of figures that one slice gives; give it as a reader finds it."""
        command, mark = self.cut(CommandKind.RELEASE, **wanted)
        self.answer(mark, 0, rows)
        self.work()
        return self.control.wait_for_release(command.id, mark.number, PATIENCE)

    def close(self) -> None:
        """Leave the broker."""
        self.desk.close()


def marks_on(settings: Settings, topic: str = "source-totals.v1") -> list[CutMark]:
    """Give each mark once, in the order of their numbers."""
    found = {
        (message.key() or b""): records.decode(CATALOG, CutMark, message.value() or b"")
        for message in read_whole(settings, topic)
    }
    return sorted(found.values(), key=lambda mark: mark.number)


@pytest.fixture
def settings(cluster: LocalBroker, settings_for: Callable[..., Settings]) -> Settings:
    """Settings for a cluster whose topics are empty."""
    made = settings_for(cluster.bootstrap)
    admin = kafka.admin(made)
    present = [name for name in admin.list_topics(timeout=20).topics if not name.startswith("__")]
    for future in admin.delete_topics(present).values() if present else ():
        future.result(20)
    deadline = time.monotonic() + 20
    while any(name in admin.list_topics(timeout=20).topics for name in present) and time.monotonic() < deadline:
        time.sleep(0.1)
    topic_admin.apply(admin)
    for topic in TOPICS:
        ends_of(made, topic.name)  # waits for its leaders
    return made


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    """One slice's bench."""
    made = Bench(settings)
    yield made
    made.close()


def test_a_mark_is_in_every_partition_of_every_marked_topic(bench: Bench) -> None:
    """A cut is one mark in all partitions of all fact topics and source-totals.v1, with topic ids and counts."""
    _, mark = bench.cut(through=THROUGH)
    assert (mark.number, mark.through, mark.slices) == (1, THROUGH, 1)
    assert {topic.topic for topic in mark.topics} == {topic.name for topic in MARKED_TOPICS}
    assert all(topic.topic_id for topic in mark.topics)
    for topic in mark.topics:
        found = [(message.partition(), message.key()) for message in read_whole(bench.settings, topic.topic)]
        assert sorted(found) == [(number, keys.mark_key(1)) for number in range(topic.partitions)]


def test_a_mark_is_everywhere_or_nowhere(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies in the middle of a mark leaves none."""
    bench.desk.step()
    produce, sent = Publisher._produce, []

    def dies(self: Publisher, outgoing: object) -> None:
        sent.append(outgoing)
        if len(sent) == 9:  # after the rule set, in the middle of the marks
            raise KeyboardInterrupt
        produce(self, outgoing)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Publisher, "_produce", dies)
    bench.ask(through=THROUGH)
    with pytest.raises(KeyboardInterrupt):
        bench.desk.step()
    monkeypatch.undo()
    assert marks_on(bench.settings, MEETING_TOPIC.name) == []
    following = Bench(bench.settings)
    _, mark = following.cut(through=THROUGH)
    assert [found.number for found in marks_on(bench.settings, MEETING_TOPIC.name)] == [mark.number] == [1]
    following.close()


def test_the_rule_set_is_on_its_topic_before_a_mark_names_it(bench: Bench) -> None:
    """Without a rule set asked for, the one in force; at first the one that ships."""
    _, mark = bench.cut()
    assert mark.rule_set == rule_set.in_force().digest
    assert mark.through == date(2021, 12, 31), "yesterday, when there is no end date in force"
    sent = [message.key() for message in read_whole(bench.settings, RULE_SETS.name)]
    assert sent == [mark.rule_set.encode()]


def test_end_date_and_rule_set_stay_in_force(bench: Bench) -> None:
    """Until the next cut that names others."""
    other = rule_set.parse(rule_set.in_force().text.replace('version = "1"', 'version = "2"'))
    bench.control.send_rule_set(other)
    bench.cut(through=date(2020, 6, 30), rule_set=other.digest)
    _, mark = bench.cut()
    assert (mark.number, mark.through, mark.rule_set_version) == (2, date(2020, 6, 30), "2")


def test_an_unknown_rule_set_makes_no_cut(bench: Bench) -> None:
    """The command is given up, and the others are followed."""
    bench.ask(rule_set="ff" * 32)
    _, mark = bench.cut()
    assert mark.number == 1
    assert not bench.desk.waiting


def test_a_client_gets_the_sum_of_a_complete_cut(bench: Bench) -> None:
    """All input that was on the topics when it asked is in the figures."""
    command, mark = bench.cut(through=THROUGH)
    bench.answer(mark, 0, MARCH)
    cut = bench.control.wait_for_cut(command.id, PATIENCE)
    assert sorted(cut.figures["focus_meetings"].column("persons").to_pylist()) == [20, 30, 40]


def test_a_client_is_told_who_has_not_answered(settings: Settings) -> None:
    """A timeout says which slices are missing, or that nobody made a cut."""
    bench = Bench(replace(settings, slices=2))
    command, mark = bench.cut(through=THROUGH)
    bench.answer(mark, 1, MARCH)
    with pytest.raises(Unavailable, match="cut 1 is not complete: slice 0/2 has not answered"):
        bench.control.wait_for_cut(command.id, timedelta(seconds=2))
    unheard = bench.control.command(CommandKind.CUT, PATIENCE)
    bench.control.send(unheard)
    with pytest.raises(Unavailable, match="no cut was made: is a reporting worker running"):
        bench.control.wait_for_cut(unheard.id, timedelta(seconds=1))
    bench.close()


@pytest.mark.parametrize("changed", [{"checksum": "00"}, {"records": 1}])
def test_a_cut_that_is_not_whole_is_not_released(bench: Bench, changed: dict[str, object]) -> None:
    """A wrong checksum or number is refused, and said; a right answer after it is taken."""
    _, mark = bench.cut(CommandKind.RELEASE, through=THROUGH)
    bench.answer(mark, 0, MARCH, **changed)
    for _ in range(10):
        bench.desk.step()
    assert list(read_whole(bench.settings, NATIONAL_REPORTING.name)) == []
    assert "slice 0/1" in str(bench.desk.status().details["cut_waits_for"])
    bench.answer(mark, 0, MARCH)
    bench.work()
    assert len(list(read_whole(bench.settings, NATIONAL_REPORTING.name))) == RECORDS + 1


def test_a_release_is_its_records_and_a_manifest_that_agrees(bench: Bench) -> None:
    """Closed by a manifest: number of records and checksum, input positions, control totals, coverage."""
    release = bench.release(MARCH, through=THROUGH)
    manifest = release.manifest
    assert (manifest.release, manifest.cut, manifest.records, manifest.deliveries) == (1, 1, RECORDS, 12)
    assert [total.holding for total in manifest.totals] == [60]
    assert control_totals.adds_up(manifest.totals, manifest.meetings_by_reason, manifest.beyond)
    assert (manifest.coverage.sources_heard, manifest.coverage.municipalities) == (1, 4)
    by_key = {key.decode(): record for key, record in release.records.items()}
    aarhus = by_key["focus_meetings/751/2021-03"]
    assert (aarhus.value, aarhus.base, aarhus.share_permille, aarhus.unit) == (10, 40, 250, "persons")
    assert (aarhus.obs_status.value, aarhus.status.value, aarhus.revision) == ("E", "FINAL", 0)
    assert by_key["meetings_by_mode/DK/2021-03/interview_type=JOB/mode=PHONE"].value == 50
    assert by_key["focus_meetings/DK/2021-03"].base == 90
    assert {record.measure for record in release.records.values()} >= {"supervision", "focus_offers_average"}


def test_hidden_figures_leave_without_their_numbers(bench: Bench) -> None:
    """Null with a flag, never the number; inside, the number is kept."""
    release = bench.release(MARCH, through=THROUGH)
    hidden = {
        key.decode(): record
        for key, record in release.records.items()
        if record.conf_status is ConfidentialityStatus.PRIMARY
    }
    assert "focus_meetings/101/2021-03" in hidden
    assert "focus_meetings/751/2021-03" not in hidden
    assert {key.rpartition("/")[2] for key in hidden if key.startswith("meetings_by_mode")} == {"mode=VIDEO"}
    assert {(record.value, record.base, record.share_permille) for record in hidden.values()} == {(None, None, None)}
    states = {
        (message.key() or b"").decode(): records.decode(CATALOG, records.ReleaseState, message.value() or b"")
        for message in read_whole(bench.settings, RELEASE_STATE.name)
    }
    assert states["focus_meetings/101/2021-03"].value == 2
    assert states["meetings_by_mode/DK/2021-03/interview_type=JOB/mode=VIDEO"].groups == (3,)


def test_a_second_release_of_unchanged_figures_is_empty(bench: Bench) -> None:
    """Unchanged figures are not published again: the manifest stands alone."""
    bench.release(MARCH, through=THROUGH)
    second = bench.release(MARCH)
    assert (second.manifest.release, second.manifest.records, dict(second.records)) == (2, 0, {})


def test_a_new_worker_goes_on_where_the_last_one_was(bench: Bench) -> None:
    """What changed since the last release is published, with the next revision; numbers are never used again."""
    bench.release(MARCH, through=THROUGH)
    following = Bench(bench.settings)
    changed = {**MARCH, ("751", "2021-03"): focus(40, 12)}
    release = following.release(changed)
    record = release.records[b"focus_meetings/751/2021-03"]
    assert (record.release, record.value, record.revision, record.previous_revision) == (2, 12, 1, 0)
    average = release.records[b"focus_meetings_average/751/2021"]
    assert (average.value, average.base, average.met, average.revision) == (300, 1, False, 1)
    assert {key.split(b"/")[1] for key in release.records} == {b"751", b"DK"}
    assert (record.status.value, str(record.revision_reason)) == ("REVISED", "DATA")
    with pytest.raises(Fenced):
        bench.cut()
    following.close()


def test_a_command_heard_again_does_nothing_twice(bench: Bench) -> None:
    """A released cut isn't released again, also by a worker that starts anew."""
    command, mark = bench.cut(CommandKind.RELEASE, through=THROUGH)
    bench.answer(mark, 0, MARCH)
    bench.work()
    following = Bench(bench.settings)
    following.desk.hear(records.encode(CATALOG, command))
    following.work()
    assert not following.desk.waiting
    assert [found.number for found in marks_on(bench.settings)] == [1]
    assert len(read_history(bench.settings, CATALOG).released) == 1
    following.close()


def test_a_worker_that_takes_over_finishes_the_release(bench: Bench) -> None:
    """The cut was made by one worker, and is released by the next."""
    command, mark = bench.cut(CommandKind.RELEASE, through=THROUGH)
    bench.close()
    following = Bench(bench.settings)
    following.desk.hear(records.encode(CATALOG, command))
    following.desk.step()
    following.answer(mark, 0, MARCH)
    following.work()
    assert list(read_history(bench.settings, CATALOG).released) == [mark.number]
    following.close()


def test_an_aborted_release_was_never_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release is whole or not at all for who reads committed records; others find no manifest."""
    _, mark = bench.cut(CommandKind.RELEASE, through=THROUGH)
    bench.answer(mark, 0, MARCH)

    def dies(self: Publisher) -> None:
        self._producer.flush(20)
        raise KeyboardInterrupt

    monkeypatch.setattr(Publisher, "_commit", dies)
    with pytest.raises(KeyboardInterrupt):
        bench.work()
    monkeypatch.undo()
    consumer = Consumer(
        {
            "bootstrap.servers": bench.settings.require_bootstrap(),
            "group.id": "uncommitted",
            "isolation.level": "read_uncommitted",
        }
    )
    consumer.assign([TopicPartition(NATIONAL_REPORTING.name, 0, 0)])
    uncommitted = consumer.consume(RECORDS + 1, 5)
    consumer.close()
    assert len(uncommitted) == RECORDS + 1, "the broker holds what was not committed"
    assert list(read_whole(bench.settings, NATIONAL_REPORTING.name)) == []
    whole = Releases(CATALOG)
    assert [whole.feed(message.key(), message.value()) for message in uncommitted[:-1]] == [None] * RECORDS


def test_fewer_facts_than_before_are_not_released(bench: Bench) -> None:
    """The set's totals are not below the last manifest's; else no release."""
    bench.release(MARCH, through=THROUGH)
    _, mark = bench.cut(CommandKind.RELEASE)
    bench.answer(mark, 0, MARCH, totals=())
    bench.work()
    assert list(read_history(bench.settings, CATALOG).released) == [1]


def test_what_the_two_topics_say_must_agree(bench: Bench) -> None:
    """A release writes records and state in one transaction: if they differ, someone else wrote."""
    bench.release(MARCH, through=THROUGH)
    stray = Producer({"bootstrap.servers": bench.settings.require_bootstrap(), "log_level": 0})
    (message, *_) = read_whole(bench.settings, RELEASE_STATE.name)
    stray.produce(RELEASE_STATE.name, key=b"focus_meetings/999/2021-03", value=message.value())
    stray.flush(20)
    with pytest.raises(ConfigError, match=r"differ in 1 figures, first focus_meetings/999/2021-03"):
        read_history(bench.settings, CATALOG)


@pytest.mark.parametrize("slices", [1, 3])
def test_a_worker_makes_a_cut_by_itself_when_the_newest_does_not_fit(bench: Bench, slices: int) -> None:
    """After a change of N there is a new cut, with end date and rule set as they are."""
    bench.cut(through=date(2020, 6, 30))
    following = Bench(replace(bench.settings, slices=slices))
    following.desk.step()
    found = [(mark.number, mark.slices, mark.through) for mark in marks_on(bench.settings)]
    first, second = (1, 1, date(2020, 6, 30)), (2, 3, date(2020, 6, 30))
    assert found == ([first] if slices == 1 else [first, second])
    following.close()


def test_a_worker_makes_a_cut_by_itself_when_partitions_were_added(bench: Bench) -> None:
    """A worker reads a new partition only when a mark lists it."""
    bench.cut(through=THROUGH)
    topic_admin.apply(kafka.admin(bench.settings), partitions=5)
    following = Bench(bench.settings)
    following.desk.step()
    newest = marks_on(bench.settings)[-1]
    assert (newest.number, {topic.partitions for topic in newest.topics}) == (2, {5, 1})
    following.close()


def test_a_standing_by_worker_does_nothing(bench: Bench) -> None:
    """One active worker; a second may stand by."""
    bench.desk.stand_by()
    bench.ask(through=THROUGH)
    bench.desk.step()
    assert marks_on(bench.settings) == []
    assert bench.desk.status().waits_for


def test_confluents_own_deserializer_reads_the_national_topic(bench: Bench) -> None:
    """Any Confluent client can decode, through the registry read paths of a service's operations port."""
    bench.release(MARCH, through=THROUGH)
    with OperationsPort(
        port=0, status=bench.desk.status, registry=bench.measures.registry, schemas=CATALOG
    ) as operations:
        url = f"http://127.0.0.1:{operations.port}"
        assert httpx.get(f"{url}/readyz").status_code == 200
        assert 'fokusstrom_records_published_total{hidden="true"}' in httpx.get(f"{url}/metrics").text
        with SchemaRegistryClient({"url": url}) as registry:
            deserialize = AvroDeserializer(registry)
            context = SerializationContext(NATIONAL_REPORTING.name, MessageField.VALUE)
            read = [
                deserialize(message.value(), context) for message in read_whole(bench.settings, NATIONAL_REPORTING.name)
            ]
    municipalities = [
        record.get("value")
        for record in read
        if record.get("measure") == "focus_meetings" and record["area"] != "DK" and not record["benefit"]
    ]
    assert municipalities == [None, 10, None]
    assert read[-1]["records"] == RECORDS
