"""Faster starts, and less memory: nothing here hands pandas to anybody, so libraries don't get to look for it.

pyarrow looks for pandas with the first array that it makes, and DuckDB, until it finds it, with every value that it is
given, to know its objects when they meet them. Importing it takes half a second and 40 MB (one and a half where it
isn't compiled yet) of each process that starts and of each worker that comes back after a kill. statsmodels needs it,
and finds it after `find_pandas`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Hiding(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is hidden", name=fullname)
        return None


def start_without_pandas() -> None:
    """Hide pandas from all that look for it; without effect where it is imported already."""
    if "pandas" in sys.modules:
        return
    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    import pyarrow as pa  # noqa: PLC0415 - not before it is hidden

    pa.array([0])  # looks for it, and remembers what it found
    sys.meta_path.remove(hiding)
    # Python's own sign of a module that isn't there, which pyarrow doesn't know: DuckDB looks a thousand times in a
    # small batch, and is told in a microsecond.
    sys.modules["pandas"] = None  # type: ignore[assignment]


def find_pandas() -> None:
    """Let pandas be found, by all but pyarrow, which has looked."""
    if sys.modules.get("pandas", ...) is None:
        del sys.modules["pandas"]
