"""Runs a command that ends when this process's stdin does: `python _tether.py COMMAND...`.

Whoever starts the tether holds the other end of its stdin. However that one goes - orderly, by Ctrl-C, by
`kill -9` - the system closes the pipe, and the command is asked to stop, then killed. On Linux the
command is killed too when the tether itself is.

Only the standard library is imported: this starts in a few hundredths of a second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading

PATIENCE_SECONDS = 20
"""How long the command may take to stop by itself."""

_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> int:
    """Run the command until it ends or our stdin does; the result is its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent) as child:  # noqa: PLW1509 - no threads yet
        threading.Thread(target=_stop_at_end_of_input, args=(child,), daemon=True).start()
        return child.wait()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _stop_at_end_of_input(child: subprocess.Popen[bytes]) -> None:
    # not by sys.stdin: a thread that holds its lock makes the interpreter abort when the command ends first
    while os.read(0, 4_096):
        pass
    child.terminate()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
