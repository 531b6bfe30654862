"""The counting work on Quix Streams: the newest version in its state, with a changelog; the counts in a dict.

A second state, of cells, would need a second topic to bring each cell's changes together: that is left out, to
Quix Streams' advantage.
"""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

from quixstreams import Application, State

from benchmarks.peers.work import Report, Task, cell_of, meeting_of


def main() -> None:
    """Count until all is counted."""
    task = Task.given()
    report = Report(task)
    cells: Counter[str] = Counter()
    application = Application(
        broker_address=task.bootstrap,
        consumer_group=f"counting-quix-{secrets.token_hex(4)}",
        auto_offset_reset="earliest",
        state_dir=task.folder,
        loglevel="WARNING",
        consumer_extra_config={"fetch.wait.max.ms": 10},
    )

    def count(value: bytes, _key: Any, timestamp: int, _headers: Any, state: State) -> None:  # noqa: ANN401 - theirs
        report.begin()
        meeting = meeting_of(value)
        version, held = state.get("newest") or (-1, None)
        if meeting["version"] > version:
            cell = cell_of(meeting)
            state.set("newest", [meeting["version"], cell])
            if held is not None:
                cells[held] -= 1
            if cell is not None:
                cells[cell] += 1
        if report.counted([timestamp]):
            report.end()
            application.stop()

    topic = application.topic(task.topic, key_deserializer="string", value_deserializer="bytes")
    application.dataframe(topic).update(count, stateful=True, metadata=True)
    application.run()
    report.write(cells)


if __name__ == "__main__":
    main()
