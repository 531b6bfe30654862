"""What a benchmark ran on."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import os
import platform
from pathlib import Path

_PACKAGES = ("duckdb", "pyarrow", "pyruhvro", "confluent-kafka", "faust-streaming")


def description() -> dict[str, object]:
    """Describe the machine and what decides about speed on it."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "processor": _processor(),
        "load_before": [round(one, 2) for one in os.getloadavg()],
        "allocator": os.environ.get("LD_PRELOAD") or "the C library's",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def other_allocator() -> str | None:
    """Name the library that the image preloads (docs/adr/0027), if this machine has it."""
    return ctypes.util.find_library("tcmalloc_minimal")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
