"""The facts of a simulation as a file, in the order in which they arrive.

    written = write(settings, Path("facts.parquet"))    # {"MeetingHeld": 170227, ...}

Theory of operation. A country doesn't fit in memory, and a file's facts are sorted by `registered_at` over
all citizens. So each chunk of citizens, sorted in itself, is spilled cut into months of registration; then
month after month the pieces of all chunks are put together, sorted and written. A month is some hundred
thousand facts. Two threads work, and the bytes don't depend on them: what they make is appended in order.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from fokusstrom.contracts.exchange_write import facts_file
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.facts import FACT_TYPES
from fokusstrom.simulation import texts
from fokusstrom.simulation.ahead import ahead
from fokusstrom.simulation.days import DAY, Ints, Window, first_day_of
from fokusstrom.simulation.engine import Naming, Progress, Tables, silent, simulate
from fokusstrom.simulation.settings import Settings

_MONTHS_AFTER = 12
"""Months of registration after the last month; what comes later still goes with the last of them."""


def write(settings: Settings, out: Path, progress: Progress = silent) -> Counter[str]:
    """Simulate into a file, and say how many records of each type it has.

    The ending of the name decides the format: `.jsonl`, `.jsonl.gz` or `.parquet`. Needs room beside the file
    for about as much again while it runs. Raises `ConfigError` when the file can't be written.
    """
    if not out.parent.is_dir():
        raise ConfigError(f"{out.parent}: no such folder")
    with facts_file(out) as file, tempfile.TemporaryDirectory(dir=out.parent, prefix=".simulate-") as folder:
        months = _spilled(settings, Path(folder), progress, texts.pseudonyms)
        size = months.finished()
        encoded = ahead(lambda month: file.encoded(months.of(month)), range(size))
        for done, one in enumerate(encoded, start=1):
            file.append(one)
            progress("write", done, size)
    return months.written


def by_month(
    settings: Settings, folder: Path, progress: Progress = silent, called: Naming = texts.pseudonyms
) -> Iterator[Tables]:
    """Simulate, and give what was registered before the first month, in it, in the next ..., and after the last.

    Citizens are named as `simulate` does. Needs room in the folder.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".simulate-") as name:
        months = _spilled(settings, Path(name), progress, called)
        yield from (months.of(month) for month in range(months.finished()))


def _spilled(settings: Settings, folder: Path, progress: Progress, called: Naming) -> _Spill:
    """Everything that is simulated, in months."""
    months = _Spill(folder, _month_starts(settings))
    for tables in simulate(settings, progress, called):
        months.add(tables)
    return months


def _month_starts(settings: Settings) -> Ints:
    """Instants at which months of registration begin; what is before the first has a piece of its own."""
    window = Window.of(settings)
    return first_day_of(window.first_month + np.arange(window.months + _MONTHS_AFTER)) * DAY


class _Spill:
    """Tables on disk, cut into months: for each type one file, with a batch for each chunk and month."""

    def __init__(self, folder: Path, starts: Ints) -> None:
        self._paths = {name: folder / f"{name}.arrow" for name in FACT_TYPES}
        self._starts = starts
        self._chunks = 0
        self.written: Counter[str] = Counter()
        """How much of each type."""
        self._closing = contextlib.ExitStack()
        packed = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writers = {
            name: self._closing.enter_context(pa.ipc.new_file(str(path), FACT_TYPES[name].arrow_schema, options=packed))
            for name, path in self._paths.items()
        }

    def add(self, tables: Tables) -> None:
        """A chunk, each of its tables sorted by `registered_at`."""
        for name, writer in self._writers.items():
            table = tables[name].combine_chunks()
            instants = table.column("registered_at").cast(pa.int64()).to_numpy()
            cuts = [0, *np.searchsorted(instants, self._starts).tolist(), table.num_rows]
            for begin, end in itertools.pairwise(cuts):
                batches = table.slice(begin, end - begin).to_batches()
                writer.write_batch(batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema))
        self._chunks += 1
        self.written.update({name: table.num_rows for name, table in tables.items()})

    def finished(self) -> int:
        """No more chunks; how many months there are."""
        self._closing.close()
        return len(self._starts) + 1

    def of(self, month: int) -> Tables:
        """What all chunks have in a month, in the order of chunks."""
        return {name: self._read(path, month) for name, path in self._paths.items()}

    def _read(self, path: Path, month: int) -> pa.Table:
        with pa.memory_map(str(path)) as stored, pa.ipc.open_file(stored) as batches:
            size = len(self._starts) + 1
            pieces = [batches.get_batch(chunk * size + month) for chunk in range(self._chunks)]
            return pa.Table.from_batches(pieces, batches.schema).combine_chunks()
