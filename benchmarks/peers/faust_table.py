"""The counting work on Faust as its guide shows it: one event at a time, and tables with their changelogs."""

from __future__ import annotations

import secrets
import signal
from collections import Counter

import faust
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.peers.work import Report, Task, cell_of, meeting_of


def main() -> None:
    """Count until all is counted."""
    task = Task.given()
    report = Report(task)
    name = f"counting-faust-{secrets.token_hex(4)}"
    _make_changelogs(task, name)
    app = faust.App(
        name,
        broker=f"kafka://{task.bootstrap}",
        store="memory://",
        datadir=task.folder,
        web_enabled=False,
        topic_partitions=task.partitions,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        stream_wait_empty=False,
    )
    topic = app.topic(task.topic, key_serializer="raw", value_serializer="raw", partitions=task.partitions)
    newest = app.Table("newest", partitions=task.partitions)
    cells = app.Table("cells", default=int, partitions=task.partitions)

    async def count(stream: faust.StreamT[bytes]) -> None:
        async for event in stream.events():
            report.begin()
            meeting = meeting_of(event.value)
            held = newest.get(meeting["id"]) or (-1, None)
            if meeting["version"] > held[0]:
                cell = cell_of(meeting)
                newest[meeting["id"]] = meeting["version"], cell
                if held[1] is not None:
                    cells[held[1]] -= 1
                if cell is not None:
                    cells[cell] += 1
            if report.counted([int(event.message.timestamp * 1000)]):
                report.end()
                signal.raise_signal(signal.SIGTERM)

    app.agent(topic)(count)
    worker = faust.Worker(app, override_logging=False, quiet=True, redirect_stdouts=False)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit:
        report.write(Counter(dict(cells.items())))


def _make_changelogs(task: Task, name: str) -> None:
    """Faust leaves that to the broker where it is alone: this one makes no topics by itself."""
    admin = AdminClient({"bootstrap.servers": task.bootstrap})
    compacted = {"cleanup.policy": "compact"}
    topics = [
        NewTopic(f"{name}-{table}-changelog", task.partitions, 1, config=compacted) for table in ("newest", "cells")
    ]
    for made in admin.create_topics(topics).values():
        made.result()


if __name__ == "__main__":
    main()
