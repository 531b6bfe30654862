"""The counting work, as every system does it: what is counted, and how a run is measured and told.

Of each meeting the version with the greatest number holds; a withdrawn one is none. What holds is counted by
municipality, target group, mode and month of UTC. Versions arrive in any order, some twice: where one replaces
another, the other's count is taken back.

Only the standard library and fastavro are imported: a peer may live in an environment of its own.
"""

from __future__ import annotations

import io
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastavro

SCHEMA_ID = 1
SCHEMA = json.dumps(
    {
        "type": "record",
        "name": "CountedMeeting",
        "namespace": "dk.fokusstrom.benchmarks",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "citizen", "type": "string"},
            {"name": "municipality", "type": "int"},
            {"name": "target_group", "type": "string"},
            {"name": "held_at", "type": "long"},
            {
                "name": "mode",
                "type": {
                    "type": "enum",
                    "name": "Mode",
                    "symbols": ["PHYSICAL", "PHONE", "VIDEO", "WRITTEN", "OTHER", "UNKNOWN"],
                },
            },
            {"name": "version", "type": "long"},
            {"name": "withdrawn", "type": "boolean"},
        ],
    }
)
"""Of the values, behind Confluent's header; keys are the ids, so all versions of a meeting are in one partition."""
_HEADER_BYTES = 5
_PARSED = fastavro.parse_schema(json.loads(SCHEMA))


def meeting_of(value: bytes) -> dict[str, Any]:
    """Decode one value."""
    found: Any = fastavro.schemaless_reader(io.BytesIO(value[_HEADER_BYTES:]), _PARSED, None)
    return found  # type: ignore[no-any-return]  # of records it makes dictionaries


def cell_of(meeting: Mapping[str, Any]) -> str | None:
    """Say where a version counts; None for a withdrawn one."""
    if meeting["withdrawn"]:
        return None
    year, month = time.gmtime(meeting["held_at"] // 1000)[:2]
    return f"{meeting['municipality']}|{meeting['target_group']}|{meeting['mode']}|{year}-{month:02}"


def counts_of(values: Iterable[bytes]) -> Counter[str]:
    """Count values from nothing: what every system must come to."""
    newest: dict[str, tuple[int, str | None]] = {}
    for meeting in map(meeting_of, values):
        held = newest.get(meeting["id"])
        if held is None or meeting["version"] > held[0]:
            newest[meeting["id"]] = meeting["version"], cell_of(meeting)
    return Counter(cell for _, cell in newest.values() if cell is not None)


@dataclass(frozen=True)
class Task:
    """What a system is asked to do: count the records of a topic, to its end, then stop."""

    bootstrap: str
    topic: str
    partitions: int
    records: int
    meetings: int
    """How many hold at the end."""
    warm: int
    """So many records come first and alone: latency is measured behind them."""
    folder: str
    """An empty one for whatever the system keeps, and for its report."""

    @classmethod
    def given(cls) -> Task:
        """Read the task from the command line."""
        return cls(**json.loads(sys.argv[1]))

    @property
    def is_live(self) -> bool:
        """Records come while it runs; else they are there before."""
        return self.warm > 0


class Report:
    """Measures a system's run, and tells the benchmark.

    The clock runs from the first record that is in the system's hands to the moment when all are counted.
    """

    def __init__(self, task: Task) -> None:
        """Nothing is counted yet."""
        self._task = task
        self._begun = self._ended = 0.0
        self._counted = 0
        self._latencies: list[float] = []

    def begin(self) -> None:
        """Start the clock, if it doesn't run."""
        self._begun = self._begun or time.perf_counter()

    def counted(self, timestamps: Iterable[int], records: int = 1) -> bool:
        """Say that more records are counted, which had these timestamps (ms); true when those were the last."""
        if self._task.is_live:
            self._measure(timestamps, records)
        self._counted += records
        return self._counted >= self._task.records

    def end(self) -> None:
        """Stop the clock, if it runs."""
        self._ended = self._ended or time.perf_counter()

    def write(self, cells: Mapping[str, int]) -> None:
        """Write what it came to, and what it took."""
        self.end()
        seconds = self._ended - self._begun
        folder = Path(self._task.folder)
        lines = sorted(f"{cell},{count}\n" for cell, count in cells.items() if count)
        (folder / "cells.csv").write_text("".join(lines), "utf-8")
        (folder / "report.json").write_text(json.dumps({"seconds": seconds, "latencies": self._latencies}), "utf-8")

    def _measure(self, timestamps: Iterable[int], records: int) -> None:
        if self._counted >= self._task.warm:
            now = time.time()  # noqa: TID251 - compared with the brokers' clock, which is this machine's
            self._latencies += [now - timestamp / 1000 for timestamp in timestamps]
        elif self._counted + records >= self._task.warm:
            (Path(self._task.folder) / "warm").touch()
