"""Simulate: the country's five years as Parquet, by `fokusstrom simulate`.

Aim at scale 1 (1.5 million citizens, 2019-2023): less than 5 minutes.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.charts import bars
from benchmarks.processes import Used, fokusstrom
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.simulation.country import country


def simulated(scale: float, out: Path) -> Used:
    """Write the facts of the country, or of a part of its citizens, as anyone would."""
    asked = country(scale)
    months = ("--from", asked.first_month, "--to", asked.last_month)
    return fokusstrom("simulate", "--citizens", str(asked.citizens), *months, "--out", str(out))


@contextlib.contextmanager
def beside_a_broker(scale: float, say: Callable[[str], None]) -> Iterator[tuple[Path, LocalBroker]]:
    """Give a file of the facts of the country, or of a part, and a broker without topics, in one folder."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as name:
        file = Path(name) / "facts.parquet"
        say("simulating")
        simulated(scale, file)
        with LocalBroker(Path(name) / "broker", properties={"log.segment.bytes": "1073741824"}) as broker:
            yield file, broker


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure the whole process, from its start to its end."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as folder:
        say("simulating")
        file = Path(folder) / "facts.parquet"
        used = simulated(scale, file)
        events = pq.read_metadata(file).num_rows
        mebibytes = file.stat().st_size / 2**20
    return {
        "events": events,
        "rates": {"ours": events / used.seconds},
        "seconds": {"all": used.seconds, "cpu": used.cpu},
        "peak_gib": used.peak_gib,
        "file_mib": mebibytes,
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds = result["seconds"]
    lines = (
        f"simulation of {result['events']:,} records on {result['machine']['cores']} cores",
        f"  all                     {seconds['all']:>10.1f} s, {result['rates']['ours']:,.0f} records/s",
        f"    processor time        {seconds['cpu']:>10.1f} s, of all cores together",
        f"  memory at most          {result['peak_gib']:>10.2f} GiB",
        f"  file                    {result['file_mib']:>10,.0f} MiB",
        bars({"seconds": seconds["all"], "aim": 300 * result["scale"]}, form=",.1f"),
    )
    return "\n".join(lines)
