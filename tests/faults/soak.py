"""A random run: facts, deliveries, kills, pauses, another number of slices, lost ledgers, a broker that dies.

    python -m tests.faults.soak --seconds 7200 --seed 5

What is done follows from the seed; when it hits, from the machine. After every few steps everything is proved
(`tests.faults.proof`). Each step is printed before it is taken: what went wrong can be told again.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from fokusstrom.runtime.local_broker import LocalBroker
from tests.broker.running import SECONDS, Running
from tests.builders import FactLine
from tests.faults.dying import POINTS
from tests.faults.proof import prove
from tests.histories import random_history

_THROUGH = (date(2021, 12, 31), date(2021, 6, 30), date(2020, 12, 15), date(2021, 12, 30))
_STEPS_BETWEEN_PROOFS = 4


class Soak:
    """One run: a broker, a pipeline, and what chance does to them."""

    def __init__(self, broker: LocalBroker, folder: Path, seed: int, say: Callable[[str], None]) -> None:
        """Start everything on an empty log."""
        self._broker = broker
        self._chance = random.Random(seed)
        self._say = say
        self._through = _THROUGH[0]
        self.proofs = 0
        self.running = Running(broker.bootstrap, folder)

    def run(self, seconds: float) -> None:
        """Go on for so long, and prove everything at the end."""
        deadline = time.monotonic() + seconds
        with self.running:
            self.running.apply_topics()
            self._start_all()
            self._produce()
            self.running.cut(self._through)
            while time.monotonic() < deadline:
                for _ in range(_STEPS_BETWEEN_PROOFS):
                    step = self._chance.choices(*zip(*self._steps().items(), strict=True))[0]
                    self._say(f"{step.__name__.strip('_').replace('_', ' ')}: {step.__doc__}")
                    step()
                self._prove()

    def _steps(self) -> dict[Callable[[], None], int]:
        """What may happen, and how often."""
        return {
            self._produce: 6,
            self._repeat: 2,
            self._kill: 4,
            self._die: 4,
            self._pause: 2,
            self._cut: 3,
            self._release: 2,
            self._lose_ledger: 1,
            self._change_slices: 1,
            self._kill_broker: 1,
        }

    def _prove(self) -> None:
        self._say("proof")
        self._start_missing()
        self.running.cut(self._through)
        prove(self.running, self._through)
        self.proofs += 1

    def _produce(self) -> None:
        """Facts come in."""
        history = random_history(self._chance.randrange(10**6), citizens=self._chance.randint(2, 10))
        self.running.produce(history)

    def _repeat(self) -> None:
        """What was told is told again, in another order."""
        told: list[FactLine] = [dict(fact) for fact in self.running.told]
        self.running.produce(self._chance.sample(told, min(len(told), 300)))

    def _kill(self) -> None:
        """Some workers are killed, and start again while facts come in."""
        for name in self._some():
            self.running.kill(name)
        self._produce()
        self._start_missing()

    def _die(self) -> None:
        """A worker dies between two steps of its work."""
        (name, *_) = self._some()
        self.running.kill(name)
        self.running.start(name, dies_at=(self._chance.choice(POINTS), self._chance.randint(1, 4)))
        self._produce()
        time.sleep(self._chance.uniform(0.5, 4))
        self.running.kill(name)  # if it hasn't passed the point so often
        self._start_missing()

    def _pause(self) -> None:
        """Some workers are stopped for a moment, and wake up."""
        stopped = [self.running.processes[name] for name in self._some()]
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        self._produce()
        time.sleep(self._chance.uniform(0.5, 3))
        for process in stopped:
            process.send_signal(signal.SIGCONT)

    def _cut(self) -> None:
        """Figures are asked for, of any end date."""
        self._start_missing()
        self._through = self._chance.choice(_THROUGH)
        self.running.cut(self._through)

    def _release(self) -> None:
        """A release is made."""
        self._start_missing()
        done = self.running.run("release", "--through", self._through.isoformat(), "--timeout", str(SECONDS))
        assert done.returncode == 0, done.stderr + self.running.logs()

    def _lose_ledger(self) -> None:
        """A worker comes back without its ledger."""
        name = self._chance.choice([name for name in self.running.processes if name != "reporting"])
        self.running.kill(name)
        shutil.rmtree(self.running.folder / f"{name}-of-{self.running.slices}", ignore_errors=True)
        self.running.start(name)

    def _change_slices(self) -> None:
        """The work is divided among another number of slices."""
        for name in list(self.running.processes):
            self.running.kill(name)
        self.running.slices = self._chance.choice((1, 2, 3))
        self._start_all()

    def _kill_broker(self) -> None:
        """The broker is killed, and comes back."""
        self._broker.kill()
        time.sleep(self._chance.uniform(0, 2))
        self._broker.start()

    def _some(self) -> list[str]:
        names = list(self.running.processes)
        return self._chance.sample(names, self._chance.choice((1, 1, 1, len(names))))

    def _start_all(self) -> None:
        self.running.start("reporting", *map(str, range(self.running.slices)))

    def _start_missing(self) -> None:
        wanted = ["reporting", *map(str, range(self.running.slices))]
        ended = [name for name in wanted if (one := self.running.processes.get(name)) is None or one.poll() is not None]
        self.running.start(*ended)


def main() -> None:
    """Run for as long as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, {wanted.seconds:.0f} seconds", flush=True)  # noqa: T201 - its result
    begun = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - begun:8.1f} s  {what}", flush=True)  # noqa: T201 - its progress

    with (
        tempfile.TemporaryDirectory(prefix="fokusstrom-soak-") as folder,
        LocalBroker(Path(folder) / "broker") as broker,
    ):
        soak = Soak(broker, Path(folder), wanted.seed, say)
        soak.run(wanted.seconds)
    say(f"{soak.proofs} proofs, all of them equal")


if __name__ == "__main__":
    main()
