"""The counting work by the parts that the enrichment service is made of.

A Faust app whose agent gets whole batches (`runtime.batches`), decoded to columns (`contracts.columns`), counted
by SQL in a DuckDB file that holds the positions too (as `runtime.ledger`). As the service does, a replay appends
and finds what holds once, at the end; from then on batches change the cells by the difference.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import duckdb
import faust
import pyarrow as pa
from confluent_kafka import Message

from benchmarks.peers import work
from benchmarks.peers.work import Report, Task
from fokusstrom.contracts import columns, wire
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.schemas import Schema
from fokusstrom.domain.inlet import Inlet
from fokusstrom.runtime import faust_app, kafka
from fokusstrom.runtime.batches import Batch, BatchSource, Directions
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.garbage import collect_rarely

SCHEMA = Schema("CountedMeeting", 1, work.SCHEMA_ID, work.SCHEMA)


def settings_of(task: Task) -> Settings:
    """Give the settings of our clients."""
    return Settings.from_environment({"FOKUSSTROM_BOOTSTRAP": task.bootstrap, "FOKUSSTROM_DATA_DIR": task.folder})


class Counting:
    """Meetings and cells in a DuckDB file; each call is one transaction with the positions."""

    def __init__(self, file: Path) -> None:
        """Begin with nothing."""
        self._connection = duckdb.connect(file, config={"preserve_insertion_order": False})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._batch = Inlet(self._connection, "batch", columns.arrow_schema(SCHEMA).empty_table())
        self._run("create")
        self._connection.execute("PREPARE append AS INSERT INTO appended SELECT * EXCLUDE (citizen) FROM batch")

    def append(self, batch: pa.RecordBatch, positions: Mapping[Partition, int]) -> None:
        """Take in versions, unseen; what holds is known after `count`."""
        self._batch.table = pa.Table.from_batches([batch])
        self._in_transaction(positions, "EXECUTE append")

    def count(self) -> None:
        """Count what holds of all that was appended."""
        self._run("count")

    def change(self, batch: pa.RecordBatch, positions: Mapping[Partition, int]) -> None:
        """Let versions hold that are newer than what does, and move the cells by the difference."""
        self._batch.table = pa.Table.from_batches([batch])
        self._in_transaction(positions, _sql("change"))

    def cells(self) -> dict[str, int]:
        """Give all counts."""
        return dict(self._connection.execute(_sql("cells")).fetchall())

    def _in_transaction(self, positions: Mapping[Partition, int], statements: str) -> None:
        self._connection.begin()
        self._connection.execute(statements)
        rows = [(partition.number, offset) for partition, offset in positions.items()]
        self._connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", rows)
        self._connection.commit()

    def _run(self, name: str) -> None:
        self._connection.execute(_sql(name))


class Worker:
    """The app: a batch source, and an agent that counts its batches."""

    def __init__(self, task: Task) -> None:
        """Be ready to run."""
        self._task = task
        self._report = Report(task)
        self._counting = Counting(Path(task.folder) / "counting.duckdb")
        self._records = 0
        settings = settings_of(task)
        self._app = faust_app.make_app(settings, "counting")
        faust_app.hear_commands(self._app, _nothing_to_do)
        channel = self._app.channel(maxsize=1)
        self._app.agent(channel, name="batches", concurrency=1)(self._batches)
        self._thread = ThreadPoolExecutor(1)
        start = {Partition(task.topic, number): 0 for number in range(task.partitions)}
        self._ending = faust_app.Ending()
        self._source = BatchSource(kafka.consumer(settings, "ours"), start, channel, self._ending)

    def run(self) -> None:
        """Count until all is counted."""
        collect_rarely()  # as the service does
        faust_app.run(self._app, self._source)
        self._ending.raise_reason()
        self._report.write(self._counting.cells())

    async def _batches(self, stream: faust.StreamT[Batch]) -> None:
        loop = asyncio.get_running_loop()
        async for batch in stream:
            self._report.begin()
            is_done = await loop.run_in_executor(self._thread, self._process, batch.messages)
            batch.answer(Directions())
            if is_done:
                self._report.end()
                signal.raise_signal(signal.SIGTERM)

    def _process(self, messages: Mapping[Partition, Sequence[Message]]) -> bool:
        every = [message for of_partition in messages.values() for message in of_partition]
        positions = {partition: (of[-1].offset() or 0) + 1 for partition, of in messages.items()}
        (group,) = wire.split([message.value() for message in every]).groups
        batch = columns.decode(SCHEMA, SCHEMA, group.payloads).batch
        self._records += len(every)
        if self._task.is_live:
            self._counting.change(batch, positions)
        else:
            self._counting.append(batch, positions)
            if self._records >= self._task.records:
                self._counting.count()
        timestamps = [message.timestamp()[1] for message in every] if self._task.is_live else ()
        return self._report.counted(timestamps, len(every))


async def _nothing_to_do(_command: bytes) -> None:
    pass


def _sql(name: str) -> str:
    return resources.files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")


if __name__ == "__main__":
    Worker(Task.given()).run()
