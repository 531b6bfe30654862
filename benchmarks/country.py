"""Country: the replay of `replay.py` with all that the country reported in five years.

Aims at scale 1 (22.5 million records, 2 cores shared with the broker)

    log to every partial figure of the country       120 s, 5 GiB for the worker
    and of consuming and decoding alone              a quarter of its rate
    the same, and every enriched meeting published   220 s
    enriched meetings meanwhile                      150,000 a second
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks import replay
from benchmarks.charts import bars
from benchmarks.simulate import simulated

MEMORY_LIMIT = "3GB"
"""Of 5 GiB, what DuckDB may hold: with the 500 MB that it has unless told otherwise it writes to the disk."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; rates are facts a second of wall clock."""
    return replay.measured(
        lambda file: simulated(scale, file), date(2023, 12, 31), say, FOKUSSTROM_MEMORY_LIMIT=MEMORY_LIMIT
    )


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds, scale = result["seconds"], result["scale"]
    needed = {
        "to figures": seconds["to_figures"],
        "aim": 120 * scale,
        "to meetings": seconds["to_meetings"],
        "aim of that": 220 * scale,
    }
    return "\n".join([replay.table(result), bars(needed, form=",.1f")])
