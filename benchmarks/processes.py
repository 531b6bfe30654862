"""Processes under a benchmark: what they use of the machine, and waiting for what they do."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Used:
    """What a process used from its start to its end."""

    seconds: float
    cpu: float
    """Seconds of all cores together: that tells of a crowded machine what the clock can't."""
    peak_gib: float
    early_gib: float = 0.0
    """What it held in the middle of its second quarter."""
    late_gib: float = 0.0
    """What it held in the middle of its last quarter: as much, where memory doesn't grow with the work."""


def fokusstrom(*arguments: str, environ: Mapping[str, str] | None = None) -> Used:
    """Run a command of the project's to its end, and give what it used; it must succeed."""
    return python("fokusstrom.cli", *arguments, environ=environ)


def python(module: str, *arguments: str, environ: Mapping[str, str] | None = None) -> Used:
    """Run a module to its end, and give what it used; it must succeed."""
    begun = time.perf_counter()
    command = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | dict(environ or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = Peak(command.pid)
    cpu, gib = ended(command, peak)
    seconds = time.perf_counter() - begun
    assert command.returncode == 0, f"{module} {' '.join(arguments[:2])} ended with {command.returncode}"
    return Used(seconds, cpu, gib, peak.held(1), peak.held(3))


def ended(program: subprocess.Popen[bytes], peak: Peak, patience: float = 3600.0) -> tuple[float, float]:
    """Wait for a program to end by itself; give its processor's seconds and the most memory that it had, in GiB."""
    deadline = time.monotonic() + patience
    while os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            raise TimeoutError("a program has not ended in time")
        time.sleep(0.02)
    gib = peak.stop()
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, gib


def cpu_seconds(pid: int) -> float:
    """Give what a process has used of the cores so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    user, system = after_name[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def broker_process(data_dir: Path) -> int:
    """Give the process of the local broker with this data folder."""
    configuration = str(data_dir / "server.properties")
    (found,) = [int(one.name) for one in Path("/proc").glob("[0-9]*") if _is_java_with(configuration, one / "cmdline")]
    return found


class Peak:
    """The most memory that a process had at any tenth of a second.

    Of itself: what `getrusage` says of a child is never less than what its parent had when it began.
    """

    def __init__(self, pid: int) -> None:
        """Begin to watch."""
        self._file = Path(f"/proc/{pid}/status")
        self._most = 0
        self._held: list[int] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> float:
        """End, and give the peak in GiB."""
        self._is_over.set()
        self._thread.join()
        return self._most / 2**20

    def held(self, quarter: int) -> float:
        """Give what the process held in a quarter of its time, from 0: the median, in GiB."""
        size = max(1, len(self._held) // 4)
        return statistics.median(self._held[quarter * size :][:size] or [self._most]) / 2**20

    def _watch(self) -> None:
        is_over = False
        while not is_over:
            for line in self._file.read_text("utf-8").splitlines():
                if line.startswith("VmHWM:"):
                    self._most = int(line.split()[1])
                if line.startswith("VmRSS:"):
                    self._held.append(int(line.split()[1]))
            is_over = self._is_over.wait(0.1)


def wait_for(holds: Callable[[], bool], patience: float = 900.0) -> float:
    """Wait until something holds; give the moment, by `time.perf_counter`."""
    deadline = time.perf_counter() + patience
    while not holds():
        if time.perf_counter() > deadline:
            raise TimeoutError("the work was not done in time; logs are in the benchmark's folder")
        time.sleep(0.05)
    return time.perf_counter()


def _is_java_with(argument: str, command_line: Path) -> bool:
    try:
        program, *arguments = command_line.read_bytes().decode().split("\0")
    except OSError:  # it has ended meanwhile
        return False
    return program.endswith("java") and argument in arguments
