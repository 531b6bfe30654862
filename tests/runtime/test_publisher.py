"""All messages of a sending are confirmed, or none is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import cast

import pytest
import stamina
from confluent_kafka import KafkaError, KafkaException, Producer

from fokusstrom.runtime.clock import FixedClock
from fokusstrom.runtime.publisher import Fenced, Outgoing, Publisher

NOW = datetime(2022, 1, 1, tzinfo=UTC)
MESSAGES = Outgoing("a topic", "Rejection", [b"1", b"2"], [b"one", None], headers=[[("a", b"b")], []])


def _error(code: int, **kind: bool) -> KafkaException:
    return KafkaException(KafkaError(code, None, **kind))


class FakeProducer:
    """A transactional producer whose calls fail as told, each once."""

    def __init__(self, **failing: Exception) -> None:
        """Take the error of the first call of each name."""
        self._failing = failing
        self.committed: list[tuple[str, bytes, bytes | None]] = []
        self.headers: list[dict[str, bytes]] = []
        self.partitions: list[int | None] = []
        self._open: list[tuple[str, bytes, bytes | None]] = []
        self.calls: list[str] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        error = self._failing.pop(name, None)
        if error is not None:
            raise error

    def init_transactions(self, _: float) -> None:
        """As the library's."""
        self._call("init_transactions")

    def begin_transaction(self) -> None:
        """As the library's."""
        self._call("begin_transaction")

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes,
        partition: int,
        _on_delivery: None,
        _callback: None,
        _timestamp: int,
        headers: Sequence[tuple[str, bytes]],
        /,
    ) -> None:
        """As the library's."""
        self._call("produce")
        self._open.append((topic, key, value))
        self.headers.append(dict(headers))
        self.partitions.append(partition)

    def poll(self, _: float) -> None:
        """As the library's."""
        self._call("poll")

    def commit_transaction(self, _: float) -> None:
        """As the library's."""
        self._call("commit_transaction")
        self.committed += self._open
        self._open = []

    def abort_transaction(self, _: float) -> None:
        """As the library's."""
        self._call("abort_transaction")
        self._open = []

    def list_topics(self, *, timeout: float) -> None:
        """As the library's."""
        del timeout
        self._call("list_topics")


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Retries wait for nothing in tests."""
    stamina.set_testing(True, attempts=5)
    yield
    stamina.set_testing(False)


def _publisher(producer: FakeProducer) -> Publisher:
    return Publisher(cast("Producer", producer), "enrichment/0/1", FixedClock(NOW))


def test_one_transaction() -> None:
    """All of a sending is one transaction, with the headers of the record and further ones."""
    producer = FakeProducer()
    other = Outgoing("another", "CutStatus", [b"3"], [b"three"], partition=4)
    assert _publisher(producer).send([MESSAGES, other]) == 3
    assert producer.committed == [("a topic", b"1", b"one"), ("a topic", b"2", None), ("another", b"3", b"three")]
    assert producer.calls.count("begin_transaction") == producer.calls.count("commit_transaction") == 1
    assert producer.partitions == [-1, -1, 4]
    assert producer.headers[0]["a"] == b"b"
    assert [headers["ce_id"] for headers in producer.headers] == [b"1", b"2", b"3"]
    assert producer.headers[2]["ce_type"] == b"dk.fokusstrom.CutStatus"


def test_nothing() -> None:
    """Of nothing no transaction is made."""
    producer = FakeProducer()
    assert _publisher(producer).send([Outgoing("a topic", "Rejection", [], [])]) == 0
    assert producer.calls == []


def test_again() -> None:
    """When a transaction must be given up, all of it is sent again: nothing is there twice."""
    producer = FakeProducer(commit_transaction=_error(KafkaError._TIMED_OUT, txn_requires_abort=True))
    _publisher(producer).send([MESSAGES])
    assert producer.committed == [("a topic", b"1", b"one"), ("a topic", b"2", None)]
    assert producer.calls.count("abort_transaction") == 1


def test_the_same_commit_again() -> None:
    """A commit whose answer was late is asked for again, the messages aren't sent again."""
    producer = FakeProducer(commit_transaction=_error(KafkaError._TIMED_OUT, retriable=True))
    _publisher(producer).send([MESSAGES])
    assert (producer.calls.count("produce"), producer.calls.count("commit_transaction")) == (2, 2)


def test_full_queue() -> None:
    """A full queue is waited for."""
    producer = FakeProducer(produce=BufferError())
    _publisher(producer).send([MESSAGES])
    assert [key for _, key, _ in producer.committed] == [b"1", b"2"]
    assert "poll" in producer.calls


@pytest.mark.parametrize("code", [KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH])
def test_fenced(code: int) -> None:
    """Of two workers of one slice the newer fences the older, which stops and sends nothing."""
    producer = FakeProducer(begin_transaction=_error(code, fatal=True))
    with pytest.raises(Fenced):
        _publisher(producer).send([MESSAGES])
    assert producer.committed == []


def test_fatal() -> None:
    """What the library can't get over is raised as it is."""
    with pytest.raises(KafkaException):
        _publisher(FakeProducer(commit_transaction=_error(KafkaError._FATAL, fatal=True))).send([MESSAGES])


def test_start_waits_for_the_brokers() -> None:
    """It waits for the brokers before anything is sent."""
    producer = FakeProducer(init_transactions=_error(KafkaError._TIMED_OUT, retriable=True))
    _publisher(producer).start()
    assert producer.calls == ["init_transactions", "init_transactions"]


def test_a_partition_that_is_too_new() -> None:
    """A message that can't be taken breaks off its transaction: what it began is given up, and sent again whole."""
    producer = FakeProducer(produce=_error(KafkaError._UNKNOWN_PARTITION))
    _publisher(producer).send([MESSAGES])
    assert producer.committed == [("a topic", b"1", b"one"), ("a topic", b"2", None)]
    assert producer.calls[:4] == ["begin_transaction", "produce", "abort_transaction", "list_topics"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(_error(KafkaError._TIMED_OUT, retriable=True), id="no-answer"),
        pytest.param(_error(KafkaError._INCONSISTENT, txn_requires_abort=True), id="messages-not-delivered"),
    ],
)
def test_giving_up_is_tried_until_it_is_done(error: KafkaException) -> None:
    """While the brokers don't answer, a transaction is neither given up nor is another begun."""
    producer = FakeProducer(
        commit_transaction=_error(KafkaError._TIMED_OUT, txn_requires_abort=True), abort_transaction=error
    )
    _publisher(producer).send([MESSAGES])
    assert producer.calls.count("abort_transaction") == 2
    assert len(producer.committed) == 2
