"""What the nation gets of yearly averages (R11) and supervision (R12): their cells live here.

Averages and statuses are made of sums in `domain.tables`; here they become figures with a share in tenths of a
percent, and a status with its gates and reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fokusstrom.domain import periods
from fokusstrom.domain.averages import Year
from fokusstrom.domain.measures import AVERAGE, Cell, Key, Row
from fokusstrom.domain.periods import Kind

if TYPE_CHECKING:
    from fokusstrom.domain.tables import Average

_STATUS = "supervision"


def years_of(averages: Iterable[Average]) -> list[Year]:
    """Give each average with the months that it is the mean of."""
    return [
        Year(
            f"focus_{average.target}",
            Key(f"focus_{average.target}{AVERAGE}", average.municipality, f"{average.year:04d}"),
            average.share,
            average.threshold,
            tuple(periods.period_of(month, Kind.MONTH) for month in average.months),
        )
        for average in averages
    ]


def average_cells(years: Iterable[Year]) -> Iterator[Cell]:
    """Give the figure of each average: its share, the months that it is of, whether the target is met."""
    for year in years:
        details: dict[str, Any] = {
            "met": year.share < year.threshold,
            "threshold_permille": round(year.threshold * 1000),
        }
        yield Cell(year.key, round(year.share * 1000), len(year.months), details=tuple(sorted(details.items())))


def status_cells(rows: Iterable[Row]) -> Iterator[Cell]:
    """Give the figure of each row of the table `supervision`: a code, with its gates and reasons."""
    for row in rows:
        details: dict[str, Any] = {
            "code": row["status"],
            "focus_gate": row["focus_gate"],
            "reasons": tuple(filter(None, (row["reasons"] or "").split(";"))),
            "result_gate": row["result_gate"],
        }
        known = tuple((name, value) for name, value in sorted(details.items()) if value is not None and value != ())
        yield Cell(Key(_STATUS, row["municipality"], f"{row['year']:04d}"), None, details=known)
