"""A simulated file, taken apart into months of registration."""

from __future__ import annotations

from pathlib import Path

from fokusstrom.demo.arriving import by_month
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings


def test_facts_come_month_by_month_and_none_is_lost(tmp_path: Path) -> None:
    """Months rise, each fact stands in the month of its registration, and all facts of the file are there."""
    file = tmp_path / "facts.parquet"
    written = arrival.write(Settings(300, 1, "2020-01", "2020-03"), file)
    parts = list(by_month(file))
    months = [month for month, _, _ in parts]
    assert months == sorted(months)
    assert sum(facts.num_rows for _, _, facts in parts) == sum(written.values())
    for month, _, facts in parts:
        assert {f"{instant:%Y-%m}" for instant in facts.column("registered_at").to_pylist()} == {month}
