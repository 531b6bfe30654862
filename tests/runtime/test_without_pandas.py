"""pyarrow goes without pandas; others still find it."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
from fokusstrom import cli
try:
    cli.main(["worker", "enrichment", "--help"])
except SystemExit:
    pass
print("after the start:", "pandas" in sys.modules)
import pandas
print("after asking:", len(pandas.DataFrame({"a": [1, 2]})))
"""


def test_a_worker_starts_without_pandas() -> None:
    """And who asks for it still finds it."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("after the start: False\nafter asking: 2\n")
