"""Released: a national release of one more month, with the country loaded, and its audit (R17), on a real broker.

Aim at scale 1, of both together: 60 s. Before it stands the first release of all months before, which is once; it
judges as many figures of a tenth of the country as of all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.charts import bars
from benchmarks.loaded import loaded


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure; seconds are those of the commands, from the request to what they print."""
    with loaded(scale, say) as one:
        _, first = one.release()
        cut = one.cut_at_months_end()
        number, release = one.release()
        audit = one.audit(number)
        one.peak.stop()
        return {
            "events": one.events,
            "seconds": {"first_release": first, "month_end_cut": cut, "release": release, "audit": audit},
        }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds = result["seconds"]
    lines = (
        f"releases of {result['events']:,} facts, {result['machine']['cores']} cores shared with the broker",
        f"  the first release, of all months   {seconds['first_release']:>8.1f} s",
        f"  a month's end cut                  {seconds['month_end_cut']:>8.1f} s",
        f"  a release of that month            {seconds['release']:>8.1f} s",
        f"  the audit of it                    {seconds['audit']:>8.1f} s",
        bars({"release and audit": seconds["release"] + seconds["audit"], "aim": 60.0}, form=",.1f"),
    )
    return "\n".join(lines)
