"""Growth: the replay of `replay.py` with half of the facts and with all of them.

Aim: twice the facts take at most 2.2 times the time and 2.1 times the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import replay
from benchmarks.charts import bars


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure both; seconds are those from the first offset to every partial figure."""
    half, whole = (_replayed(part, say) for part in (scale / 2, scale))
    return {
        "events": whole["events"],
        "half": half,
        "whole": whole,
        "times": {name: whole[name] / half[name] for name in ("events", "seconds", "peak_gib")},
    }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    times = result["times"]
    lines = [f"replay by size, {result['machine']['cores']} cores shared with the broker"]
    lines += [
        f"  {of['events']:>12,} facts {of['seconds']:>8.1f} s {of['peak_gib']:>8.2f} GiB"
        for of in (result["half"], result["whole"])
    ]
    lines.append(f"  {times['events']:>12.2f} times       {times['seconds']:>8.2f}   {times['peak_gib']:>8.2f}")
    return "\n".join([*lines, bars({name: result[name]["seconds"] for name in ("half", "whole")}, form=",.1f")])


def _replayed(scale: float, say: Callable[[str], None]) -> dict[str, float]:
    found = replay.run(scale, say)
    return {
        "events": found["events"],
        "seconds": found["events"] / found["rates"]["ours"],
        "peak_gib": found["peak_gib"],
    }
