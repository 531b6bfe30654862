"""The limit of the counting work: consuming and decoding by batches, as `ours` does, and no more."""

from __future__ import annotations

from confluent_kafka import TopicPartition

from benchmarks.peers.ours import SCHEMA, settings_of
from benchmarks.peers.work import Report, Task
from fokusstrom.contracts import columns, wire
from fokusstrom.runtime import kafka
from fokusstrom.runtime.batches import MOST_MESSAGES
from fokusstrom.runtime.garbage import collect_rarely


def main() -> None:
    """Read all records once."""
    task = Task.given()
    report = Report(task)
    collect_rarely()  # as the worker does
    consumer = kafka.consumer(settings_of(task), "decode")
    consumer.assign([TopicPartition(task.topic, number, 0) for number in range(task.partitions)])
    is_done = False
    while not is_done:
        messages = consumer.consume(1, 1.0)
        report.begin()
        messages += consumer.consume(MOST_MESSAGES - 1, 0.2)
        for group in wire.split([message.value() for message in messages]).groups:
            columns.decode(SCHEMA, SCHEMA, group.payloads)
        is_done = report.counted((), len(messages))
    report.write({})
    consumer.close()


if __name__ == "__main__":
    main()
