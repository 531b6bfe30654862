"""Slices: the log from its first offset to every slice's answer to a cut, with 1, 2 and 4 workers on one machine.

Every worker reads the whole log and holds all facts; only folding and publishing are divided. So the time goes down
only as far as the machine has cores for it, and memory grows with each worker: the chart shows where that ends. At
the end the broker has one core to itself and the workers the others, where there are others; then one of three workers
is killed, and three become four: the tables must stay the same, byte for byte.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.charts import bars
from benchmarks.country import MEMORY_LIMIT
from benchmarks.processes import Peak, broker_process, cpu_seconds, wait_for
from benchmarks.simulate import beside_a_broker
from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running

_THROUGH = date(2023, 12, 31)
_PATIENCE = 1800.0
_COUNTS = (1, 2, 4)
_MARK_SECONDS = 5.0
"""In which a mark is written, as in `recovery.py`."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure on one topic; seconds are those from the workers' start to the last answer."""
    with beside_a_broker(scale, say) as (file, broker):
        bench = Bench(broker, file.parent, say)
        bench.fill(file)
        found = {f"{count} slice{'s' if count > 1 else ''}": bench.read(count) for count in _COUNTS}
        if (os.cpu_count() or 1) > 1:
            with _on_one_core(broker_process(broker.data_dir)):
                found["2 slices, broker on one core"] = bench.read(2)
        back = bench.resize()
        events = pq.read_metadata(file).num_rows
    return {"events": events, "slices": found, "seconds_until_back": back}


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    lines = [f"{result['events']:,} facts read by slices, {result['machine']['cores']} cores shared with the broker"]
    for name, of in result["slices"].items():
        lines.append(
            f"  {name:<30}{of['seconds']:>8.1f} s, workers' processor {of['cpu']:>7.1f} s, the broker's"
            f" {of['broker_cpu']:>5.1f} s, memory of all {of['peak_gib']:>6.2f} GiB"
        )
    lines += [f"  back after: {fault:<32}{seconds:>8.1f} s" for fault, seconds in result["seconds_until_back"].items()]
    return "\n".join([*lines, bars({name: of["seconds"] for name, of in result["slices"].items()}, form=",.1f")])


class Bench:
    """A broker with facts, read by one deployment after the other."""

    def __init__(self, broker: LocalBroker, folder: Path, say: Callable[[str], None]) -> None:
        """Nothing is there yet."""
        self._broker, self._folder, self._say = broker, folder, say
        self._runs = 0

    def fill(self, file: Path) -> None:
        """Send the facts."""
        self._say("producing")
        with Running(self._broker.bootstrap, self._folder) as running:
            running.apply_topics()
            assert running.command("produce", "--facts", str(file)).wait(_PATIENCE) == 0

    def read(self, count: int) -> dict[str, float]:
        """Have so many workers read all of it, and answer a cut that stands at its end."""
        self._say(f"{count} slices")
        self._runs += 1
        folder = self._folder / f"run-{self._runs}"
        folder.mkdir()
        with Running(self._broker.bootstrap, folder, count) as running:
            running.start("reporting")
            cut = running.command("cut", "--through", _THROUGH.isoformat(), "--timeout", str(_PATIENCE))
            time.sleep(_MARK_SECONDS)
            return self._measured(running, cut, [str(number) for number in range(count)])

    def resize(self) -> dict[str, float]:
        """Kill one of three workers, then have four: give the seconds until the tables are there again."""
        self._say("three slices")
        folder = self._folder / "resized"
        folder.mkdir()
        with Running(self._broker.bootstrap, folder, 3) as running:
            running.start("reporting", "0", "1", "2", MEMORY_LIMIT=MEMORY_LIMIT)
            _finish(running, running.command("cut", "--through", _THROUGH.isoformat(), "--timeout", str(_PATIENCE)))
            tables, _ = _tables(running)
            self._say("one of three is killed")
            running.kill("1")
            running.start("1", MEMORY_LIMIT=MEMORY_LIMIT)
            after_kill, seconds = _tables(running)
            running.stop()
        with Running(self._broker.bootstrap, folder, 4) as running:
            self._say("three become four")
            running.start("reporting", "0", "1", "2", "3", MEMORY_LIMIT=MEMORY_LIMIT)
            of_four, more_seconds = _tables(running)
        assert tables == after_kill == of_four
        return {"one of three killed": seconds, "three become four": more_seconds}

    def _measured(self, running: Running, cut: subprocess.Popen[bytes], names: list[str]) -> dict[str, float]:
        java = broker_process(self._broker.data_dir)
        of_broker, begun = cpu_seconds(java), time.perf_counter()
        running.start(*names, MEMORY_LIMIT=MEMORY_LIMIT)
        peaks = [Peak(running.processes[name].pid) for name in names]
        _finish(running, cut)
        seconds = time.perf_counter() - begun
        return {
            "seconds": seconds,
            "cpu": sum(cpu_seconds(running.processes[name].pid) for name in names),
            "broker_cpu": cpu_seconds(java) - of_broker,
            "peak_gib": sum(peak.stop() for peak in peaks),
        }


def _tables(running: Running) -> tuple[dict[str, bytes], float]:
    """Ask for the tables as of now; give them, and the seconds that took."""
    out, begun = running.folder / f"tables-{time.monotonic_ns()}", time.perf_counter()
    _finish(running, running.command("figures", "--live", "--out", str(out), "--timeout", str(_PATIENCE)))
    return {file.name: file.read_bytes() for file in out.iterdir()}, time.perf_counter() - begun


def _finish(running: Running, command: subprocess.Popen[bytes]) -> None:
    """Wait until a command is done, as long as all workers are there that it waits for."""

    def is_over() -> bool:
        gone = [name for name, process in running.processes.items() if process.poll() is not None]
        if gone:
            command.kill()
            raise RuntimeError(f"{' and '.join(gone)} ended meanwhile: {running.logs()}")
        return command.poll() is not None

    wait_for(is_over, _PATIENCE)
    assert command.wait() == 0, running.logs()


@contextmanager
def _on_one_core(process: int) -> Iterator[None]:
    """Keep a process on the first core, and all that is started meanwhile on the others."""
    before = os.sched_getaffinity(0)
    threads = [int(one.name) for one in Path(f"/proc/{process}/task").iterdir()]
    for thread in threads:
        os.sched_setaffinity(thread, {min(before)})
    os.sched_setaffinity(0, before - {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        for thread in threads:
            os.sched_setaffinity(thread, before)
