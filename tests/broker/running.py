"""The whole pipeline as processes on a real broker, and what they say compared with the reference."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

from fokusstrom.runtime import kafka, log_ends, topic_admin
from fokusstrom.runtime.config import Settings
from tests.reference import tables

_SECONDS = 90.0
_ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A pipeline under test: facts go in, processes are started, killed and started again."""

    bootstrap: str
    folder: Path
    slices: int = 1
    told: list[Mapping[str, Any]] = field(default_factory=list)
    """All facts that were produced, in the order they were."""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Settings of a client beside the pipeline."""
        return Settings.from_environment(self._environ("client"))

    def apply_topics(self) -> None:
        """Create the topics."""
        topic_admin.apply(kafka.admin(self.settings))

    def start(self, *names: str, dies_at: tuple[str, int] | None = None) -> None:
        """Start `reporting`, or slices by their numbers; wait for none of them.

        `dies_at`: a point of `tests.faults.dying`, and at which time that it is passed they kill themselves.
        """
        program = ["fokusstrom.cli"] if dies_at is None else ["tests.faults.dying", dies_at[0], str(dies_at[1])]
        for name in names:
            arguments = ["reporting"] if name == "reporting" else ["enrichment", "--slice", f"{name}/{self.slices}"]
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", *program, "worker", *arguments],
                    env=self._environ(f"{name}-of-{self.slices}"),
                    cwd=_ROOT,
                    stdout=log,
                    stderr=log,
                )

    def wait_for_death(self, name: str) -> int:
        """Wait until a process has ended by itself; return its exit code, negative for a signal."""
        return self.processes.pop(name).wait(_SECONDS)

    def ask_for_cut(self, through: date) -> subprocess.Popen[bytes]:
        """Ask for a cut without waiting for it."""
        arguments = ["cut", "--through", through.isoformat(), "--timeout", str(_SECONDS)]
        return subprocess.Popen(
            [sys.executable, "-m", "fokusstrom.cli", *arguments],
            env=self._environ("client"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """Kill a process at once, as a failing machine would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ask all processes to stop; they must do so without an error."""
        for process in self.processes.values():
            process.terminate()
        codes = {name: process.wait(30) for name, process in self.processes.items()}
        self.processes.clear()
        assert set(codes.values()) <= {0}, codes

    def __enter__(self) -> Self:
        """Give itself; nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind, whatever happened."""
        for name in list(self.processes):
            self.kill(name)

    def produce(self, facts: Iterable[Mapping[str, Any]], *more_lines: str, code: int = 0) -> str:
        """Send facts, and lines that are none, with the command; return what it said on stderr."""
        facts = list(facts)
        self.told += facts
        file = self.folder / f"facts-{time.monotonic_ns()}.jsonl"
        file.write_text("".join(f"{line}\n" for line in [*map(json.dumps, facts), *more_lines]), "utf-8")
        done = self.run("produce", "--facts", str(file))
        assert done.returncode == code, done.stderr
        return done.stderr

    def cut(self, through: date, *arguments: str) -> None:
        """Make a cut and wait for it."""
        done = self.run("cut", "--through", through.isoformat(), "--timeout", str(_SECONDS), *arguments)
        assert done.returncode == 0, done.stderr + self.logs()

    def live(self) -> dict[str, str]:
        """Ask for the figures as of now."""
        out = self.folder / f"live-{time.monotonic_ns()}"
        done = self.run("figures", "--live", "--out", str(out), "--timeout", str(_SECONDS))
        assert done.returncode == 0, done.stderr + self.logs()
        return {file.name: file.read_text("utf-8") for file in out.iterdir()}

    def expected(self, through: date) -> dict[str, str]:
        """Compute every table of all facts that were produced, by the reference."""
        return tables([dict(fact) for fact in self.told], through)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "fokusstrom.cli", *arguments],
            env=self._environ("client"),
            capture_output=True,
            text=True,
            timeout=2 * _SECONDS,
            check=False,
        )

    def read(self, topic: str) -> list[Any]:
        """Read a topic whole."""
        return list(log_ends.read_whole(self.settings, topic))

    def logs(self) -> str:
        """Return the end of every process's log."""
        return "".join(f"\n--- {log.name}\n{log.read_text('utf-8')[-3000:]}" for log in self.folder.glob("*.log"))

    def _environ(self, name: str) -> dict[str, str]:
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("FOKUSSTROM_")}
        return inherited | {
            "FOKUSSTROM_BOOTSTRAP": self.bootstrap,
            "FOKUSSTROM_DATA_DIR": str(self.folder / name),
            "FOKUSSTROM_SLICES": str(self.slices),
            "FOKUSSTROM_DEPLOYMENT": "test",
        }
