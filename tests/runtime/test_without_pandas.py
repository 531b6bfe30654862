"""Processes start, and work, without pandas; who needs it finds it."""

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
import duckdb, pyarrow
duckdb.connect().execute("SELECT ?, ?", [1, [2]]).fetchall()
pyarrow.array([None, 1.0, "a"][:1])
print("at work:", sys.modules["pandas"])
from fokusstrom.runtime.without_pandas import find_pandas
find_pandas()
import pandas
print("after asking:", len(pandas.DataFrame({"a": [1, 2]})))
"""


def test_a_worker_works_without_pandas() -> None:
    """Neither pyarrow nor DuckDB imports it; who asks for it, as statsmodels does, still finds it."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("at work: None\nafter asking: 2\n")
