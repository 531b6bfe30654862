"""What an example is: facts, an end date, and what must come of them.

Examples are data, so that every implementation can be run on them, see `cases.CASES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.builders import FactLine


@dataclass(frozen=True)
class Case:
    """One sentence of the specification, and an example worked out by hand."""

    rule: str
    says: str
    facts: list[FactLine]
    through: date
    cells: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    """By table: the leading columns of a row -> the rest of it, or None where there is no such row."""
    whole: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By table: all of its rows."""
    enriched: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """By fact id: fields of the enriched meeting, or None where there is no such meeting."""
    conflicts: int | None = None
    """Facts in conflict (R1), where the example is about them."""


def case(
    rule: str,
    says: str,
    facts: Iterable[FactLine],
    through: str = "2021-12-31",
    **expected: Any,  # noqa: ANN401 - as the fields of Case
) -> Case:
    """Give a case; the end date is the end of 2021 where the example says nothing else."""
    return Case(rule, says, list(facts), date.fromisoformat(through), **expected)


def check_tables(example: Case, computed: Mapping[str, str]) -> None:
    """Assert what the case says of the tables."""
    for name, rows in example.whole.items():
        assert tuple(computed[name].splitlines()[1:]) == rows, name
    for name, cells in example.cells.items():
        found = {key: _row(computed[name], key) for key in cells}
        assert found == dict(cells), name


def _row(table: str, key: str) -> str | None:
    """Give the rest of the row that begins with these columns."""
    rows = [line[len(key) + 1 :] for line in table.splitlines() if line.startswith(f"{key},")]
    assert len(rows) <= 1, f"{key} names several rows"
    return rows[0] if rows else None


def check_enriched(example: Case, computed: Iterable[Mapping[str, Any]]) -> None:
    """Assert what the case says of the enriched meetings."""
    by_id = {meeting["fact_id"]: meeting for meeting in computed}
    for fact_id, fields in example.enriched.items():
        if fields is None:
            assert fact_id not in by_id
        else:
            assert {name: by_id[fact_id][name] for name in fields} == dict(fields), fact_id
