"""Load with faults: 200 facts a second, a kill every minute, memory watched, everything proved at the end.

    python -m tests.faults.load --seconds 3600

Prints memory and lag every half a minute. What it fails on: figures that differ, lag that stays, memory that
grows by more than a quarter between the first third and the last.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import Running
from tests.faults.proof import THROUGH, prove
from tests.histories import random_history

RATE = 205
"""Facts a second while facts are sent; between two histories it takes a moment to begin."""
_BETWEEN_KILLS = 60.0
_BETWEEN_SAMPLES = 30.0
_MAY_GROW = 1.25
_CITIZENS = 750
"""In each history that is sent: about two and a half minutes' facts."""


class Load:
    """One run."""

    def __init__(self, running: Running, say: Callable[[str], None], seed: int) -> None:
        """Take a pipeline with topics, nothing of it started."""
        self._running = running
        self._say = say
        self._chance = random.Random(seed)
        self._histories = self._kills = 0
        self.memory: list[float] = []
        """MiB of the largest worker, at each sample."""

    def run(self, seconds: float) -> None:
        """Go on for so long; prove everything at the end."""
        one, begun = self._running, time.monotonic()
        one.start("reporting", "0", "1")
        one.cut(THROUGH)
        next_kill, next_sample = begun + _BETWEEN_KILLS, begun
        sending = self._send()
        while time.monotonic() < begun + seconds:
            if sending.poll() is not None:
                sending = self._send()
            if time.monotonic() > next_kill:
                self._kill()
                next_kill += _BETWEEN_KILLS
            if time.monotonic() > next_sample:
                self._sample()
                next_sample += _BETWEEN_SAMPLES
            time.sleep(0.5)
        sending.wait(300)
        ended = time.monotonic()
        rate = len(one.told) / (ended - begun)
        self._say(f"{len(one.told):,} facts sent, {rate:.0f} a second; {self._kills} kills")
        one.cut(THROUGH)
        self._say(f"all of them are in a cut {time.monotonic() - ended:.0f} s after the last")
        prove(one, THROUGH)
        self._say("lag is zero, and figures, meetings and cuts are as they should be")

    def grew(self) -> float:
        """How the memory of the run's last third compares with that of its first, the start aside."""
        third = max(1, len(self.memory) // 3)
        return statistics.median(self.memory[-third:]) / statistics.median(self.memory[1 : 1 + third])

    def _send(self) -> subprocess.Popen[bytes]:
        self._histories += 1
        history = random_history(self._histories, citizens=_CITIZENS)
        return self._running.produce_slowly(history, rate=RATE)

    def _kill(self) -> None:
        name = self._chance.choice(["0", "1", "0", "1", "reporting"])
        self._kills += 1
        self._say(f"killing {name}")
        self._running.kill(name)
        self._running.start(name)

    def _sample(self) -> None:
        sizes = {name: _mebibytes(process.pid) for name, process in self._running.processes.items()}
        self.memory.append(max(sizes.values()))
        lag = [line.split() for line in self._running.run("lag").stdout.splitlines()[1:]]
        behind = sum(int(words[2].replace(",", "")) for words in lag if words[2].replace(",", "").isdigit())
        told = ", ".join(f"{name} {size:.0f}" for name, size in sorted(sizes.items()))
        self._say(f"MiB: {told}; {behind:,} records unread")


def _mebibytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    """Run for as long as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:8.1f} s  {what}", flush=True)  # noqa: T201 - its progress

    with (
        tempfile.TemporaryDirectory(prefix="fokusstrom-load-") as name,
        LocalBroker(Path(name) / "broker") as broker,
        Running(broker.bootstrap, Path(name), slices=2) as running,
    ):
        running.apply_topics()
        load = Load(running, say, wanted.seed)
        load.run(wanted.seconds)
        say(f"memory in the last third: {load.grew():.2f} of that in the first")
        if load.grew() > _MAY_GROW:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
