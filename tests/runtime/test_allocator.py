"""What the C library is told of memory: glibc hears it, others have nothing to hear it with."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

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

def put_aside(size):
    for piece in [libc.malloc(size) for _ in range(1000)]:
        libc.free(piece)
    return libc.mallinfo2().field_2  # smblks: pieces that are free and put aside

print(max(put_aside(size) for size in [40, 56, 72, 88] * 5))
"""


def _put_aside(told: str) -> int:
    """Give how many freed pieces the C library has put aside in a process of its own, at most.

    The most of several times: a larger piece that Python asks for between freeing and counting takes them up again.
    """
    environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = [sys.executable, "-c", _FREE_AND_COUNT, told]
    return int(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="needs glibc 2.33")
def test_nothing_is_put_aside() -> None:
    """Of a thousand small pieces glibc puts most aside when they are freed, and none once it is told."""
    untold = _put_aside("untold")
    if untold == 0:
        pytest.skip("the C library of this machine, or an allocator in its place, puts nothing aside unasked")
    assert untold > 500
    assert _put_aside("told") == 0


def test_glibc_is_told_its_number_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine's allocator makes of it: `M_MXFAST` is 1, and the size is 0."""
    told: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda number, size: told.append((number, size)))
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)
    put_nothing_aside()
    assert told == [(1, 0)]


def test_other_libraries_have_nothing_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A C library without that setting is left alone."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    put_nothing_aside()
