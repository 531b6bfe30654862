"""The whole pipeline as processes on a real broker, and what they say compared with the reference."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from fokusstrom.commands._asking import Asking
from fokusstrom.commands._folding import tables_of, write_tables
from fokusstrom.contracts.records import CommandKind
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.runtime import kafka, log_ends, topic_admin
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.rule_sets import SentRuleSets
from tests.reference import tables

SECONDS = 90.0 * float(os.environ.get("PATIENCE", "1"))
"""How long anything may take; PATIENCE makes it more for a machine that has much else to do."""
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
    _began: dict[str, int] = field(default_factory=dict)
    """Where each process's log was when it was last started."""

    @property
    def settings(self) -> Settings:
        """Settings of a client beside the pipeline."""
        return Settings.from_environment(self._environ("client"))

    def apply_topics(self) -> None:
        """Create the topics."""
        topic_admin.apply(kafka.admin(self.settings))

    def start(
        self,
        *names: str,
        dies_at: tuple[str, int] | None = None,
        stops_at: tuple[str, int] | None = None,
        program: Sequence[str] = ("fokusstrom.cli",),
        **settings: str,
    ) -> None:
        """Start `reporting`, or slices by their numbers; wait for none of them.

        A name that ends with a stroke (`0'`) is a second one of the same, with a data folder of its own.
        `dies_at`, `stops_at`: a point of `tests.faults.dying`, and at which time that it is passed they kill or
        stop themselves. `program` is another module than the command line's, `settings` are further settings by name.
        """
        for by, fault in (("SIGKILL", dies_at), ("SIGSTOP", stops_at)):
            if fault is not None:
                program = ("tests.faults.dying", by, *map(str, fault))
        for name in names:
            one = name.rstrip("'")
            arguments = ["reporting"] if one == "reporting" else ["enrichment", "--slice", f"{one}/{self.slices}"]
            with self._log(name).open("ab") as log:
                self._began[name] = log.tell()
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", *program, "worker", *arguments],
                    env=self._environ(f"{name}-of-{self.slices}")
                    | {f"FOKUSSTROM_{setting}": text for setting, text in settings.items()},
                    cwd=_ROOT,
                    stdout=log,
                    stderr=log,
                )

    def said(self, name: str) -> str:
        """Give what a process has logged since it was last started."""
        return self._log(name).read_bytes()[self._began[name] :].decode("utf-8", "replace")

    def wait_until_said(self, name: str, text: str) -> None:
        """Wait until a process has logged something since it was last started."""
        self.wait_until(lambda: text in self.said(name))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)

    def readyz(self, name: str) -> dict[str, Any]:
        """Ask a process how it is; what it says of itself as one that isn't ready while its port isn't open."""
        found = re.findall(r"operations port listens .*port=(\d+)", self.said(name))
        if not found:
            return {"ready": False, "waits_for": []}
        with contextlib.suppress(httpx.TransportError):
            said: dict[str, Any] = httpx.get(f"http://127.0.0.1:{found[-1]}/readyz", timeout=5).json()
            return said
        return {"ready": False, "waits_for": []}

    def measured(self, name: str, metric: str) -> float:
        """Ask a process for a metric: the sum over its labels, NaN when it isn't there."""
        (port,) = re.findall(r"operations port listens .*port=(\d+)", self.said(name))
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text.splitlines()
        found = [float(line.rpartition(" ")[2]) for line in lines if re.match(rf"{metric}(\{{| )", line)]
        return sum(found) if found else math.nan

    def wait_for_death(self, name: str) -> int:
        """Wait until a process has ended by itself; return its exit code, negative for a signal."""
        code = self.processes[name].wait(SECONDS)
        del self.processes[name]
        return code

    def ask_for_cut(self, through: date) -> subprocess.Popen[bytes]:
        """Ask for a cut without waiting for it."""
        return self.command("cut", "--through", through.isoformat(), "--timeout", str(SECONDS))

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command, and wait for nothing of it."""
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

    def stop_one(self, name: str) -> None:
        """Ask a process to stop; it must do so without an error."""
        process = self.processes.pop(name)
        process.terminate()
        assert process.wait(30) == 0, self.said(name)

    def __enter__(self) -> Self:
        """Give itself; nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind, whatever happened."""
        for name in list(self.processes):
            self.kill(name)

    def produce(self, facts: Iterable[Mapping[str, Any]], *more_lines: str, code: int = 0) -> str:
        """Send facts, and lines that are none, with the command; return what it said on stderr."""
        file = self._facts_file(list(facts), *more_lines)
        done = self.run("produce", "--facts", str(file))
        assert done.returncode == code, done.stderr
        return done.stderr

    def produce_slowly(self, facts: Iterable[Mapping[str, Any]], rate: float) -> subprocess.Popen[bytes]:
        """Begin to send facts, so many a second."""
        return self.command("produce", "--rate", str(rate), "--facts", str(self._facts_file(list(facts))))

    def release(self, *arguments: str) -> None:
        """Make a release and wait for it."""
        done = self.run("release", "--timeout", str(SECONDS), *arguments)
        assert done.returncode == 0, done.stderr + self.logs()

    def make_anew(self, topic: str) -> None:
        """Delete a topic and create it again, without a record."""
        admin = kafka.admin(self.settings)
        admin.delete_topics([topic])[topic].result(30)
        self.wait_until(lambda: topic not in admin.list_topics(timeout=10).topics)
        self.apply_topics()

    def cut(self, through: date, *arguments: str) -> None:
        """Make a cut and wait for it."""
        done = self.run("cut", "--through", through.isoformat(), "--timeout", str(SECONDS), *arguments)
        assert done.returncode == 0, done.stderr + self.logs()

    def live(self) -> dict[str, str]:
        """Ask for the figures as of now."""
        out = self.folder / f"live-{time.monotonic_ns()}"
        done = self.run("figures", "--live", "--out", str(out), "--timeout", str(SECONDS))
        assert done.returncode == 0, done.stderr + self.logs()
        return {file.name: file.read_text("utf-8") for file in out.iterdir()}

    def figures_at(self, through: date, rules: RuleSet | None = None) -> dict[str, str]:
        """Ask for the figures of an end date, and of a rule set: a cut, made and summed without a process."""
        asking = Asking(self.settings)
        digest = None if rules is None else rules.digest
        if rules is not None:
            asking.control.send_rule_set(rules)
        command = asking.control.command(CommandKind.CUT, timedelta(seconds=SECONDS), through=through, rule_set=digest)
        asking.control.send(command)
        cut = asking.control.wait_for_cut(command.id, timedelta(seconds=SECONDS))
        in_force = SentRuleSets(self.settings, asking.catalog).get(cut.mark.rule_set)
        out = self.folder / f"at-{time.monotonic_ns()}"
        write_tables(out, tables_of(cut.figures, in_force, through))
        return {file.name: file.read_text("utf-8") for file in out.iterdir()}

    def expected(self, through: date) -> dict[str, str]:
        """Compute every table of all facts that were produced, by the reference."""
        return tables([dict(fact) for fact in self.told], through)

    def run(self, *arguments: str, within: float = 2 * SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "fokusstrom.cli", *arguments],
            env=self._environ("client"),
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def read(self, topic: str) -> list[Any]:
        """Read a topic whole."""
        return list(log_ends.read_whole(self.settings, topic))

    def logs(self) -> str:
        """Return the end of every process's log."""
        return "".join(f"\n--- {log.name}\n{log.read_text('utf-8')[-3000:]}" for log in self.folder.glob("*.log"))

    def _facts_file(self, facts: Sequence[Mapping[str, Any]], *more_lines: str) -> Path:
        self.told += facts
        file = self.folder / f"facts-{time.monotonic_ns()}.jsonl"
        file.write_text("".join(f"{line}\n" for line in [*map(json.dumps, facts), *more_lines]), "utf-8")
        return file

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _environ(self, name: str) -> dict[str, str]:
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("FOKUSSTROM_")}
        return inherited | {
            "FOKUSSTROM_BOOTSTRAP": self.bootstrap,
            "FOKUSSTROM_DATA_DIR": str(self.folder / name),
            "FOKUSSTROM_SLICES": str(self.slices),
            "FOKUSSTROM_DEPLOYMENT": "test",
        }
