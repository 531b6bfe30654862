"""The counting work of the benchmarks: what it is, and that ours does it however the versions come."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.charts import bars
from benchmarks.peers.ours import SCHEMA, Counting
from benchmarks.peers.work import counts_of
from fokusstrom.contracts import columns
from fokusstrom.contracts.partition import Partition

MARCH, APRIL = 1_583_020_800_000, 1_585_699_200_000
"""1 March and 1 April 2020, midnight in UTC."""


def version(
    of: str, number: int, *, mode: str = "PHONE", held_at: int = MARCH, withdrawn: bool = False
) -> dict[str, object]:
    """One version of a meeting in Aarhus."""
    return {
        "id": of,
        "citizen": "c",
        "municipality": 751,
        "target_group": "2",
        "held_at": held_at,
        "mode": mode,
        "version": number,
        "withdrawn": withdrawn,
    }


VERSIONS = [
    version("a", 0),
    version("b", 1, mode="VIDEO"),
    version("c", 0),
    version("b", 0, mode="PHYSICAL"),  # overtaken by the one before it
    version("a", 0),  # sent twice
    version("c", 1, held_at=APRIL - 1),
    version("d", 0),
    version("d", 1, withdrawn=True),
    version("e", 0, held_at=APRIL),
]
COUNTS = {"751|2|PHONE|2020-03": 2, "751|2|VIDEO|2020-03": 1, "751|2|PHONE|2020-04": 1}
"""a and c (still in March, by a millisecond), b's newest, e; d is withdrawn."""


def batch(versions: list[dict[str, object]]) -> pa.RecordBatch:
    """Versions as columns."""
    return pa.RecordBatch.from_pylist(versions, columns.arrow_schema(SCHEMA))


def test_the_newest_version_of_each_meeting_is_counted() -> None:
    """Overtaken, repeated and withdrawn versions count nothing."""
    assert counts_of(columns.encode(SCHEMA, batch(VERSIONS))) == COUNTS


def test_a_replay_counts_what_was_appended(tmp_path: Path) -> None:
    """All is appended first, in two batches, and counted at the end."""
    counting = Counting(tmp_path / "counting.duckdb")
    counting.append(batch(VERSIONS[:4]), {Partition("t", 0): 4})
    counting.append(batch(VERSIONS[4:]), {Partition("t", 0): 9})
    counting.count()

    assert counting.cells() == COUNTS


@pytest.mark.parametrize("size", [1, 2, 9])
def test_live_batches_take_back_what_they_replace(size: int, tmp_path: Path) -> None:
    """Whatever the batches, the counts at the end are the same."""
    counting = Counting(tmp_path / "counting.duckdb")
    for first in range(0, len(VERSIONS), size):
        counting.change(batch(VERSIONS[first : first + size]), {Partition("t", 0): first + size})

    assert counting.cells() == COUNTS


def test_a_bar_is_as_long_as_its_value_is_great() -> None:
    """The greatest value has the whole width, half of it half the width."""
    assert bars({"ours": 8.0, "theirs": 4.0}, width=4) == "  ours    ████  8\n  theirs  ██    4"
