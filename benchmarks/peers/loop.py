"""The counting work as a plain loop: confluent-kafka, fastavro and a dict; nothing outlives the process."""

from __future__ import annotations

from collections import Counter

from confluent_kafka import Consumer, TopicPartition

from benchmarks.peers.work import Report, Task, cell_of, meeting_of


def main() -> None:
    """Count until all is counted."""
    task = Task.given()
    report = Report(task)
    consumer = Consumer({"bootstrap.servers": task.bootstrap, "group.id": "loop", "fetch.wait.max.ms": 10})
    consumer.assign([TopicPartition(task.topic, number, 0) for number in range(task.partitions)])
    newest: dict[str, tuple[int, str | None]] = {}
    cells: Counter[str | None] = Counter()
    is_done = False
    while not is_done:
        messages = consumer.consume(1 if task.is_live else 10_000, 0.05)
        for message in messages:
            report.begin()
            meeting = meeting_of(message.value() or b"")
            held = newest.get(meeting["id"], (-1, None))
            if meeting["version"] > held[0]:
                cell = cell_of(meeting)
                newest[meeting["id"]] = meeting["version"], cell
                cells[held[1]] -= 1
                cells[cell] += 1
            is_done = report.counted([message.timestamp()[1]])
    report.write({cell: count for cell, count in cells.items() if cell is not None})
    consumer.close()


if __name__ == "__main__":
    main()
