"""What a process says as it crashes: the trace, and no personal number."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from fokusstrom.runtime import crashes

_PROGRAM = """
import threading
from fokusstrom.runtime.crashes import mask_crashes

mask_crashes()

def fail():
    int("unforeseen 010170-1234")

thread = threading.Thread(target=fail, name="of 0101701234")
thread.start()
thread.join()
fail()
"""


def test_a_crash_is_told_with_masks() -> None:
    """Of the process and of its threads: where it happened, what it was, and a mask where a number stood."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.count("in fail") == 2
    assert done.stderr.count("unforeseen [personal number]") == 2
    assert "Exception in thread of [personal number]:" in done.stderr
    assert "1234" not in done.stderr


def test_a_thread_that_ends_by_itself_is_no_crash(capsys: pytest.CaptureFixture[str]) -> None:
    """As Python has it."""
    crashes.tell_of_thread(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))
    assert capsys.readouterr().err == ""
