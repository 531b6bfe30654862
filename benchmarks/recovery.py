"""Recovery: from a fault to the end of the log, on a real broker; and where the seconds go.

Each fault hits a pipeline that has read the log and answered a cut. A cut is asked for as the fault is over, so
that "back" is the moment when it is answered, or summed: the worker has everything again and does its work.
Aim at scale 1 (2 million facts, 2 cores shared with the broker): a killed worker is back within 10 s; a worker
without its ledger as soon as a replay takes.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks.replay import CITIZENS
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.local_broker import LocalBroker
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings as Simulated
from tests.broker.running import Running

_THROUGH = date(2021, 12, 31)
_PATIENCE = 1800.0
_STEPS = (
    ("process", "operations port listens"),
    ("brokers and ledger", "started"),
    ("assignment", "reading begins"),
    ("reading, folding, answering", "cut answered"),
)
"""What a worker has done when it logs a line, in this order."""


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure seconds from a fault's end."""
    with tempfile.TemporaryDirectory(prefix="fokusstrom-bench-") as name:
        folder = Path(name)
        say("simulating")
        simulated = Simulated(int(CITIZENS * scale), 1, "2019-01", "2021-12")
        events = arrival.write(simulated, folder / "facts.parquet").total()
        properties = {"log.segment.bytes": "1073741824"}
        with LocalBroker(folder / "broker", properties=properties) as broker, Running(broker.bootstrap, folder) as one:
            one.apply_topics()
            say("producing")
            if one.command("produce", "--facts", str(folder / "facts.parquet")).wait(_PATIENCE):
                raise RuntimeError("the facts could not be sent")
            one.start("reporting", "0")
            _ask(one).wait(_PATIENCE)
            one.wait_until_said("0", _STEPS[-1][1])  # else it is killed amid its first cut, and has no ledger yet
            return {"events": events, "seconds": _measured(one, broker, say)}


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    lines = [f"recovery with {result['events']:,} facts on {result['machine']['cores']} cores shared with the broker"]
    for fault, seconds in result["seconds"].items():
        parts = ", ".join(f"{step} {one:.1f}" for step, one in seconds.items() if step != "all")
        lines.append(f"  {fault:<34}{seconds['all']:>8.1f} s{f'  ({parts})' if parts else ''}")
    return "\n".join(lines)


def _measured(one: Running, broker: LocalBroker, say: Callable[[str], None]) -> dict[str, dict[str, float]]:
    faults: dict[str, Callable[[], dict[str, float]]] = {
        "worker killed": lambda: _worker(one, lose_ledger=False),
        "worker without its ledger": lambda: _worker(one, lose_ledger=True),
        "reporting killed": lambda: _reporting(one),
        "reporting killed, another stands by": lambda: _second_reporting(one),
        "broker killed": lambda: _broker(one, broker),
    }
    found = {}
    for fault, measure in faults.items():
        say(fault)
        found[fault] = measure()
    return found


def _worker(one: Running, *, lose_ledger: bool) -> dict[str, float]:
    one.kill("0")
    if lose_ledger:
        shutil.rmtree(one.folder / "0-of-1")
    cut = _ask(one)
    time.sleep(5)  # the mark is written
    begun = SystemClock().now().timestamp()
    one.start("0")
    cut.wait(_PATIENCE)
    one.wait_until_said("0", _STEPS[-1][1])
    return _steps(one.said("0"), begun)


def _reporting(one: Running) -> dict[str, float]:
    one.kill("reporting")
    begun = time.monotonic()
    one.start("reporting")
    _ask(one).wait(_PATIENCE)
    return {"all": time.monotonic() - begun}


def _second_reporting(one: Running) -> dict[str, float]:
    one.start("reporting'")
    one.wait_until(lambda: "control.v1 is not" in str(one.readyz("reporting'")))
    begun = time.monotonic()
    one.kill("reporting")
    _ask(one).wait(_PATIENCE)
    return {"all": time.monotonic() - begun}


def _broker(one: Running, broker: LocalBroker) -> dict[str, float]:
    broker.kill()
    begun = time.monotonic()
    broker.start()
    started = time.monotonic()
    _ask(one).wait(_PATIENCE)
    return {"all": time.monotonic() - begun, "broker": started - begun}


def _ask(one: Running) -> Any:  # noqa: ANN401 - a process
    return one.command("cut", "--through", _THROUGH.isoformat(), "--timeout", str(_PATIENCE))


def _steps(said: str, begun: float) -> dict[str, float]:
    """Give the seconds of each step, from the times of the lines that end them; `all` is their sum."""
    found: dict[str, float] = {}
    before = begun
    for step, line in _STEPS:
        times = re.findall(rf"^(\S+) \[\w+ *\] {line}", said, re.MULTILINE)
        at = datetime.fromisoformat(times[-1]).timestamp()
        found[step], before = at - before, at
    return {"all": before - begun, **found}
