"""The services as processes of their own, that end when the demo does, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime import _tether

_LINES_SHOWN = 15


class ServiceEnded(Unavailable):
    """A service ended that should run; the text holds the end of its log."""


class Services:
    """Starts services one by one, and stops them all, the last first."""

    def __init__(self, logs: Path, environ: Mapping[str, str]) -> None:
        """Take a folder for a log of each, and the environment that all of them have."""
        self._logs = logs
        self._environ = dict(environ)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str], **settings: str) -> None:
        """Start `fokusstrom ARGUMENTS...`; further settings by their names without the prefix."""
        own = {f"FOKUSSTROM_{setting}": text for setting, text in settings.items()}
        with self._log_of(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", _tether.__file__),
                    *(sys.executable, "-m", "fokusstrom.cli", *arguments),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environ | own,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise `ServiceEnded` when one has ended."""
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                log = self._log_of(name)
                end = log.read_text("utf-8", errors="replace").splitlines()[-_LINES_SHOWN:]
                told = "\n".join(f"    {line}" for line in end)
                raise ServiceEnded(f"{name} has ended with code {code}. The end of {log}:\n{told}")

    def stop(self) -> None:
        """Ask all to stop, wait, and kill who doesn't; nothing of them is left."""
        for process in reversed(self._running.values()):
            if process.stdin is not None:
                process.stdin.close()
        for process in reversed(self._running.values()):
            try:
                process.wait(_tether.PATIENCE_SECONDS + 5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._running.clear()

    def __enter__(self) -> Self:
        """Give itself; nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all."""
        self.stop()

    def _log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"
