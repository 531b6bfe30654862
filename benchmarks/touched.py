"""Touched: what a batch of 50 citizens costs a worker, by the size of its ledger.

Aim at scale 1: from a tenth of the country to the country the time grows by less than 20 %.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.charts import bars
from benchmarks.loaded import loaded


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure the worker's seconds for a batch, from read to confirmed."""
    small, large = (_measured(part, say) for part in (scale / 10, scale))
    return {
        "events": large["events"],
        "seconds": {"a tenth": small["seconds"], "all": large["seconds"]},
        "events_of_a_tenth": small["events"],
        "grows_by": large["seconds"] / small["seconds"] - 1,
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    milliseconds = {name: seconds * 1000 for name, seconds in result["seconds"].items()}
    lines = (
        f"a batch of 50 citizens, {result['machine']['cores']} cores shared with the broker",
        f"  with {result['events_of_a_tenth']:>12,} facts {milliseconds['a tenth']:>8.0f} ms",
        f"  with {result['events']:>12,} facts {milliseconds['all']:>8.0f} ms, {result['grows_by']:+.0%}",
        bars(milliseconds),
    )
    return "\n".join(lines)


def _measured(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    with loaded(scale, say) as one:
        with one.arriving as arriving:
            one.burst(arriving)  # the first batches of a process cost more
            seconds = one.burst(arriving)
        one.peak.stop()
        return {"events": one.events, "seconds": seconds}
