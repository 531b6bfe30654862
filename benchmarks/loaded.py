"""Loaded: what a pipeline does while it holds the country, on a real broker.

Of one worker at scale 1 (the country, 2 cores shared with the broker) the aims are

    restart from the ledger to ready                        10 s
    a scenario of the country, live                         20 s
    100 facts a second for 5 minutes, to partial figures    p50 0.5 s, p99 1.5 s, also while cuts are taken
    the worker's processor time meanwhile                   less than one core
    a month's end cut, to the last status                   60 s

Each fact that arrives is a new version of a meeting from July 2022 to November 2023, held in another way than
before. Its latency ends when a reader of committed records has the first partial figures that were published after
what the worker said of that meeting.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.arriving import Arriving, Facts
from benchmarks.charts import bars
from benchmarks.country import MEMORY_LIMIT
from benchmarks.processes import Peak, cpu_seconds, wait_for
from benchmarks.simulate import beside_a_broker
from tests.broker.running import Running

_PATIENCE = 1800.0
_BEFORE, _AT_MONTHS_END = date(2023, 11, 30), date(2023, 12, 31)
_RATE, _SECONDS, _LEAST_SECONDS = 100, 300, 30
_BETWEEN_CUTS = 20.0
_BURST, _BURSTS = 50, 20
_SCENARIO = "remote_meetings_count"


def run(scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure one worker; latencies are in seconds."""
    with loaded(scale, say) as one:
        seconds = {"load": one.load_seconds, "restart": one.restart(), "scenario": one.scenario()}
        with one.arriving as arriving:
            seconds["burst"] = one.burst(arriving)
            live = one.live(arriving, max(_LEAST_SECONDS, int(_SECONDS * scale)))
        return {
            "events": one.events,
            "seconds": seconds | {"month_end_cut": live.pop("month_end_cut")},
            **live,
            "ledger_mib": one.ledger_mib,
            "peak_gib": one.peak.stop(),
        }


def table(result: dict[str, Any]) -> str:
    """Show a result for people."""
    seconds, latency = result["seconds"], result["latency"]
    lines = [
        f"one worker with {result['events']:,} facts, {result['machine']['cores']} cores shared with the broker",
        f"  reading the log, to a cut's answer {seconds['load']:>8.1f} s",
        f"  restart from the ledger to ready   {seconds['restart']:>8.1f} s",
        f"  a scenario, live                   {seconds['scenario']:>8.1f} s",
        f"  a month's end cut                  {seconds['month_end_cut']:>8.1f} s",
        f"  {_BURST} facts at once, in the worker   {seconds['burst'] * 1000:>8.0f} ms",
        f"  ledger                             {result['ledger_mib']:>8,.0f} MiB",
        f"  worker's memory at most            {result['peak_gib']:>8.2f} GiB",
        f"  {_RATE} facts a second, of one core    {result['cores']:>8.2f}",
        f"  {'seconds to partial figures':<32} {'p50':>8}{'p99':>9}{'most':>9}",
    ]
    lines += [f"    {when:<30} {of['p50']:>8.2f}{of['p99']:>9.2f}{of['most']:>9.2f}" for when, of in latency.items()]
    return "\n".join([*lines, bars({when: of["p99"] for when, of in latency.items()}, form=",.2f")])


class Loaded:
    """A pipeline of one worker that has read a part of the country."""

    def __init__(self, running: Running, file: Path, say: Callable[[str], None]) -> None:
        """Start it, and wait until it has answered a cut and said everything."""
        self._running, self._say = running, say
        self.events = pq.read_metadata(file).num_rows
        self._facts = Facts(file)
        say("loading")
        begun = time.perf_counter()
        running.start("reporting", "0", MEMORY_LIMIT=MEMORY_LIMIT)
        self.peak = Peak(running.processes["0"].pid)
        self._cut(_BEFORE)
        self.load_seconds = time.perf_counter() - begun
        wait_for(lambda: "cut answered" in running.said("0"), _PATIENCE)

    @property
    def arriving(self) -> Arriving:
        """Facts to arrive."""
        return Arriving(self._running.settings, self._facts)

    @property
    def ledger_mib(self) -> float:
        """What the ledger takes on disk."""
        return sum(file.stat().st_size for file in (self._running.folder / "0-of-1").glob("ledger*")) / 2**20

    def restart(self) -> float:
        """Kill the worker; give the seconds from its start until it is ready."""
        self._say("restarting")
        self.peak.stop()
        self._running.kill("0")
        begun = time.perf_counter()
        self._running.start("0", MEMORY_LIMIT=MEMORY_LIMIT)
        self.peak = Peak(self._running.processes["0"].pid)
        ready = wait_for(lambda: self._running.readyz("0").get("ready") is True, _PATIENCE)
        return ready - begun

    def scenario(self) -> float:
        """Give the seconds of the command that compares a scenario's figures with those in force."""
        self._say("folding a scenario")
        out = str(self._running.folder / "scenario")
        arguments = ("--live", "--rules", _SCENARIO, "--out", out, "--timeout", str(_PATIENCE))
        return self._timed("scenario", *arguments)

    def cut_at_months_end(self) -> float:
        """Give the seconds of a cut with one more month."""
        return self._cut(_AT_MONTHS_END)

    def release(self) -> tuple[str, float]:
        """Give the number of a release of all that has changed, and its seconds, from its cut to its last record."""
        self._say("releasing")
        begun = time.perf_counter()
        done = self._running.run("release", "--timeout", str(_PATIENCE), within=_PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[1], time.perf_counter() - begun

    def audit(self, release: str) -> float:
        """Give the seconds of the command that attacks a release, which must find nothing exposed."""
        self._say("auditing")
        return self._timed("audit", "--release", release)

    def burst(self, arriving: Arriving) -> float:
        """Give the worker's seconds for a batch of fifty facts, about as many citizens."""
        self._say("sending bursts")
        before = self._batches()
        for _ in range(_BURSTS):
            arriving.burst(_BURST)
        seconds, count = (now - then for now, then in zip(self._batches(), before, strict=True))
        return seconds / count

    def live(self, arriving: Arriving, seconds: int) -> dict[str, Any]:
        """Measure latency: alone, while cuts are taken, and while a month's end is cut."""
        self._say("sending")
        alone, cores = arriving.latencies(_RATE, lambda: self._cores(seconds))
        self._say("sending while cuts are taken")
        with_cuts, _ = arriving.latencies(_RATE, lambda: self._cuts(seconds))
        self._say("sending while a month's end is cut")
        at_months_end, month_end_cut = arriving.latencies(_RATE, self.cut_at_months_end)
        latency = {"alone": alone, "while cuts are taken": with_cuts, "while a month's end is cut": at_months_end}
        return {
            "latency": {when: _told(of) for when, of in latency.items()},
            "cores": cores,
            "month_end_cut": month_end_cut,
        }

    def _cores(self, seconds: int) -> float:
        pid = self._running.processes["0"].pid
        before = cpu_seconds(pid)
        time.sleep(seconds)
        return (cpu_seconds(pid) - before) / seconds

    def _cuts(self, seconds: int) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            following = time.monotonic() + _BETWEEN_CUTS
            self._cut(_BEFORE)
            time.sleep(max(0.0, min(following, until) - time.monotonic()))

    def _cut(self, through: date) -> float:
        return self._timed("cut", "--through", through.isoformat(), "--timeout", str(_PATIENCE))

    def _timed(self, *arguments: str) -> float:
        begun = time.perf_counter()
        assert self._running.command(*arguments).wait(_PATIENCE) == 0, self._running.logs()
        return time.perf_counter() - begun

    def _batches(self) -> tuple[float, float]:
        """Give the seconds that the worker has spent on batches, and their number."""
        seconds, count = (self._running.measured("0", f"fokusstrom_batch_seconds_{part}") for part in ("sum", "count"))
        return seconds, count


@contextlib.contextmanager
def loaded(scale: float, say: Callable[[str], None]) -> Iterator[Loaded]:
    """Give a pipeline of one worker that has read a part of the country."""
    with beside_a_broker(scale, say) as (file, broker), Running(broker.bootstrap, file.parent) as running:
        running.apply_topics()
        say("producing")
        assert running.command("produce", "--facts", str(file)).wait(_PATIENCE) == 0
        yield Loaded(running, file, say)


def _told(latencies: Sequence[float]) -> dict[str, float]:
    """Tell of sorted latencies."""
    count = len(latencies)
    return {"p50": latencies[count // 2], "p99": latencies[count * 99 // 100], "most": latencies[-1]}
