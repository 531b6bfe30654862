"""Bad records among good ones: each is refused with its reason, everything else counts, the worker lives."""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

import pyarrow as pa
import pytest
from confluent_kafka import KafkaError

from fokusstrom.contracts import records, schemas
from fokusstrom.contracts.exchange_lines import read_lines
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.contracts.topics import DEAD_LETTERS, MEETING_TOPIC, REJECTIONS
from fokusstrom.contracts.wire import header
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.domain.refusals import Reason
from fokusstrom.runtime import kafka
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.builders import link, meeting, spell
from tests.histories import random_history

pytestmark = [pytest.mark.broker, pytest.mark.slow]

THROUGH = date(2021, 12, 31)
CATALOG = schemas.checked_in()
PERSONAL_NUMBER = "0101801234"
AT = "2021-03-03 10:00"


@dataclasses.dataclass(frozen=True)
class Sent:
    """A record as it is sent."""

    topic: str
    key: bytes
    value: bytes


@pytest.fixture(scope="module")
def pipeline(cluster: LocalBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two slices with good facts around a heap of bad records."""
    running = Running(cluster.bootstrap, tmp_path_factory.mktemp("pipeline"), slices=2)
    with running:
        running.apply_topics()
        running.start("reporting", "0", "1")
        running.produce(random_history(11, citizens=10))
        running.cut(THROUGH)
        send(running, [sent for _, sent in bad_records()])
        running.produce(random_history(12, citizens=10))
        yield running


def encoded(fact: dict[str, object]) -> Sent:
    """Encode one fact as it should be, whatever its values mean."""
    ((name, facts),) = read_lines([json.dumps(fact).encode()], "", 1).facts.items()
    ((topic, outgoing),) = encode_facts(CATALOG, FACT_TYPES[name], facts.columns).items()
    return Sent(topic, outgoing.keys[0], outgoing.values[0])


def bad_records() -> list[tuple[Reason, Sent]]:
    """One record of each kind that can go wrong on a topic."""
    good = encoded(meeting(AT))
    unknown = header(987_654) + good.value[5:]
    elsewhere = encoded(spell("2020-02-02"))
    meant_personal = encoded(meeting(AT, citizen=PERSONAL_NUMBER))
    return [
        (Reason.TRUNCATED, Sent(good.topic, good.key, good.value[:3])),
        (Reason.TRUNCATED, Sent(good.topic, good.key, good.value[:-4])),
        (Reason.UNDECODABLE, Sent(good.topic, good.key, b"\x07garbage, and more of it")),
        (Reason.UNDECODABLE, Sent(good.topic, good.key, good.value + b"more")),
        (Reason.UNKNOWN_SCHEMA, Sent(good.topic, good.key, unknown)),
        (Reason.WRONG_SCHEMA, Sent(MEETING_TOPIC.name, elsewhere.key, elsewhere.value)),
        (Reason.WRONG_SCHEMA, Sent(MEETING_TOPIC.name, b"cut/99", elsewhere.value)),
        (Reason.WRONG_KEY, Sent(good.topic, good.key + b"0", good.value)),
        (Reason.WRONG_KEY, Sent(good.topic, b"", good.value)),
        (Reason.BAD_PSEUDONYM, meant_personal),
        (Reason.UNKNOWN_MUNICIPALITY, encoded(meeting(AT, municipality="999"))),
        (Reason.UNKNOWN_CODE, with_unknown_type()),
        (Reason.OUT_OF_RANGE, encoded(meeting(AT, version=-1))),
        (Reason.OUT_OF_RANGE, encoded(spell("2020-02-02", target_group=14))),
        (Reason.END_BEFORE_START, encoded(spell("2020-02-02", "2020-02-01"))),
        (Reason.SELF_LINK, encoded(link("a" * 32, "a" * 32))),
    ]


def with_unknown_type() -> Sent:
    """Encode a meeting whose type only a newer sender knows: UNKNOWN to us."""
    facts = read_lines([json.dumps(meeting(AT)).encode()], "", 1).facts["MeetingHeld"].columns
    place = facts.schema.get_field_index("interview_type")
    unknown = facts.set_column(place, facts.schema.field(place), pa.array(["UNKNOWN"]))
    ((topic, outgoing),) = encode_facts(CATALOG, FACT_TYPES["MeetingHeld"], unknown).items()
    return Sent(topic, outgoing.keys[0], outgoing.values[0])


def send(pipeline: Running, sent: list[Sent]) -> None:
    """Send records as they are, spread over partitions."""
    failed: list[KafkaError] = []
    producer = kafka.producer(pipeline.settings)
    for place, one in enumerate(sent):
        producer.produce(
            one.topic,
            key=one.key,
            value=one.value,
            partition=place % 4,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    producer.flush()
    assert not failed


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def rejections(pipeline: Running) -> list[records.Rejection]:
    """Read what the senders are told."""
    return [records.decode(CATALOG, records.Rejection, message.value()) for message in pipeline.read(REJECTIONS.name)]


def test_everything_else_counts(pipeline: Running) -> None:
    """Bad records stop no good one: the figures are those of the good facts alone."""
    assert pipeline.live() == pipeline.expected(THROUGH)


def test_each_is_rejected_once_with_its_reason(pipeline: Running) -> None:
    """Each bad record is rejected and dead-lettered once, by one slice, with its reason and where it stands."""
    pipeline.live()
    told = rejections(pipeline)
    assert Counter(one.reason for one in told) == Counter(reason.value for reason, _ in bad_records())
    assert all(one.hint for one in told)
    where = {(one.topic, one.partition, one.offset) for one in told}
    assert len(where) == len(told) == len(pipeline.read(DEAD_LETTERS.name))


def test_a_dead_letter_is_the_record_itself(pipeline: Running) -> None:
    """A dead letter keeps the bytes, and says in its headers where they stood and why they were refused."""
    pipeline.live()
    values = {message.value() for message in pipeline.read(DEAD_LETTERS.name)}
    kept = [sent.value for reason, sent in bad_records() if reason is not Reason.BAD_PSEUDONYM]
    assert {value for value in kept if value} <= values
    headers = [dict(message.headers()) for message in pipeline.read(DEAD_LETTERS.name)]
    assert all(one["dlq.reason"] and one["__connect.errors.topic"] for one in headers)


def test_a_personal_number_is_never_repeated(pipeline: Running) -> None:
    """A CPR number where a pseudonym belongs is refused without being printed anywhere."""
    pipeline.live()
    for topic in (REJECTIONS.name, DEAD_LETTERS.name):
        for message in pipeline.read(topic):
            everything = repr((message.key(), message.value(), message.headers()))
            assert PERSONAL_NUMBER not in everything
    assert PERSONAL_NUMBER not in pipeline.logs()


def test_a_restart_tells_nothing_twice(pipeline: Running) -> None:
    """Workers that start again from their ledgers reject nothing anew."""
    before = Counter(one.reason for one in rejections(pipeline))
    for slice_ in ("0", "1"):
        pipeline.kill(slice_)
        pipeline.start(slice_)
    assert pipeline.live() == pipeline.expected(THROUGH)
    assert Counter(one.reason for one in rejections(pipeline)) == before


def test_a_missing_broker_is_waited_for(pipeline: Running, cluster: LocalBroker) -> None:
    """A worker that starts while the broker is away says so, waits, and works when it is back."""
    pipeline.stop()
    cluster.stop()
    pipeline.start("reporting", "0", "1")
    wait_for(lambda: "waiting for Kafka" in (pipeline.folder / "0.log").read_text("utf-8"))
    cluster.start()
    assert pipeline.live() == pipeline.expected(THROUGH)
    pipeline.stop()
