"""What the C library is told of memory: glibc hears it, others have nothing to hear it with."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from fokusstrom.runtime.allocator import put_nothing_aside

_FREE_AND_COUNT = """
import ctypes, sys
from fokusstrom.runtime.allocator import put_nothing_aside

class MallInfo(ctypes.Structure):
    _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]

if sys.argv[1] == "told":
    put_nothing_aside()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes, libc.mallinfo2.restype = ctypes.c_void_p, [ctypes.c_void_p], MallInfo
for piece in [libc.malloc(40) for _ in range(1000)]:
    libc.free(piece)
print(libc.mallinfo2().field_2)  # smblks: pieces that are free and put aside
"""


def _put_aside(told: str) -> int:
    """Give how many freed pieces glibc has put aside in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = [sys.executable, "-c", _FREE_AND_COUNT, told]
    return int(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33")
def test_nothing_is_put_aside() -> None:
    """Of a thousand small pieces glibc puts most aside when they are freed, and none once it is told."""
    assert _put_aside("untold") > 500
    assert _put_aside("told") == 0


def test_other_libraries_have_nothing_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A C library without that setting is left alone."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    put_nothing_aside()
