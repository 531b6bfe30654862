"""Figures from files: Parquet in, the eight tables out, by `fokusstrom figures`, without a broker.

Aim at scale 1 (2 million facts, 2 cores): less than 15 s and less than 2 GiB.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import fokusstrom
from benchmarks.replay import CITIZENS
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings as Simulated


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; the seconds are those of the whole process, from its start to its end."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as folder:
        file = Path(folder) / "facts.parquet"
        say("simulating")
        events = arrival.write(Simulated(int(CITIZENS * scale), 1, "2019-01", "2021-12"), file).total()
        say("making the tables")
        tables = Path(folder) / "tables"
        used = fokusstrom("figures", "--facts", str(file), "--through", "2021-12-31", "--out", str(tables))
    return {
        "events": events,
        "rates": {"ours": events / used.seconds},
        "seconds": {"all": used.seconds, "cpu": used.cpu},
        "peak_gib": used.peak_gib,
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds = result["seconds"]
    lines = (
        f"figures of {result['events']:,} facts in Parquet on {result['machine']['cores']} cores",
        f"  to the tables           {seconds['all']:>10.1f} s, {result['rates']['ours']:,.0f} facts/s",
        f"    processor time        {seconds['cpu']:>10.1f} s, of all cores together",
        f"  memory at most          {result['peak_gib']:>10.2f} GiB",
    )
    return "\n".join(lines)
