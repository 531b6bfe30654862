"""What the rows of a table of rules must be to each other: no overlap, no gap, no row that can never match."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fokusstrom.domain import facts
from fokusstrom.domain.rule_tables import BEGINNING, FOREVER, REGIONS

_ONE_ROW = ("selection", "suppression", "release", "evaluation", "early_contact")
"""What they say is not asked for a day: there is one row, and it always holds."""
_NO_TWO_ON_A_DAY: Mapping[str, tuple[str, ...]] = {
    "counting_modes": ("mode",),
    "counting_reporters": ("reporter",),
    "excluded_months": (),
    "focus_targets": (),
}
"""Tables of which one row at most holds on a day, for each value of these columns."""
_EVERY_DAY = ("focus_targets", *_ONE_ROW)
"""Tables of which a row must hold on each day."""
_NAMED = ("mode_rules", "focus_targets")

_Case = tuple[str, str, bool, bool]
"""What a row of `mode_rules` can ask about: region, interview type, first, six months reached."""
_CASES: tuple[_Case, ...] = tuple(
    itertools.product(REGIONS, facts.INTERVIEW_TYPES, (False, True), (False, True)),
)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Placed:
    """A row by the keys of its file, and where it stands there."""

    where: str
    values: Mapping[str, Any]

    @property
    def first(self) -> dt.date:
        """The first day on which it holds."""
        day: dt.date = self.values["from"]
        return day

    @property
    def last(self) -> dt.date:
        """The last day on which it holds."""
        day: dt.date = self.values.get("to", FOREVER)
        return day

    def meets(self, other: Placed) -> bool:
        """Whether there is a day on which both hold."""
        return self.first <= other.last and other.first <= self.last


def problems_between(table: str, rows: Sequence[Placed], broken: int = 0) -> Iterator[str]:
    """Say what is wrong between rows that are well formed, each with the place of the later row.

    `broken`: how many rows more there are that are not; no gap is named that one of them may fill.
    """
    if table in _ONE_ROW and len(rows) + broken > 1:
        yield f"{table}: has {len(rows) + broken} rows, needs exactly one"
    elif table in _EVERY_DAY and not broken:
        yield from _gaps(table, rows)
    if table in _NO_TWO_ON_A_DAY:
        yield from _overlaps(rows, _NO_TWO_ON_A_DAY[table])
    if table in _NAMED:
        yield from _shared_names(rows)
    if table == "mode_rules":
        yield from _never_reached(rows)


def _overlaps(rows: Sequence[Placed], columns: tuple[str, ...]) -> Iterator[str]:
    for one, other in itertools.combinations(rows, 2):
        same = [one.values[column] for column in columns] == [other.values[column] for column in columns]
        if same and one.meets(other):
            day = max(one.first, other.first)
            yield f"{other.where}: from: {one.where} also holds on {day}, and only one row can"


def _gaps(table: str, rows: Sequence[Placed]) -> Iterator[str]:
    expected = BEGINNING
    for row in sorted(rows, key=lambda row: row.first):
        if row.first > expected:
            yield f"{row.where}: from: no row holds from {expected} to {row.first - _DAY}, and one must"
        if row.last == FOREVER:
            return
        expected = max(expected, row.last + _DAY)
    yield f"{table}: to: no row holds from {expected} on, and one must"


def _shared_names(rows: Sequence[Placed]) -> Iterator[str]:
    for one, other in itertools.combinations(rows, 2):
        # What a scenario leaves of a row, before and after what it replaces, keeps its name.
        if one.values["name"] == other.values["name"] and (one.meets(other) or one.where != other.where):
            yield f"{other.where}: name: {one.where} has the same, and figures name rows by it"


def _never_reached(rows: Sequence[Placed]) -> Iterator[str]:
    """Find rows that can never match, as those before them cover every case that they name on every day.

    Between two days on which a row begins or has ended, the same rows hold: one day of each such span is
    looked at.
    """
    days = sorted({row.first for row in rows} | {row.last + _DAY for row in rows if row.last != FOREVER})
    reached: set[int] = set()
    for day in days:
        left = set(_CASES)
        for number, row in enumerate(rows):
            if row.first <= day <= row.last:
                matched = {case for case in left if _matches(row.values, case)}
                if matched:
                    reached.add(number)
                left -= matched
    for number, row in enumerate(rows):
        if number not in reached:
            yield f"{row.where}: from: it can never match, the rows before it cover all that it names"


def _matches(row: Mapping[str, Any], case: _Case) -> bool:
    region, interview_type, first, six_months = case
    return (
        region in row.get("regions", REGIONS)
        and row.get("only_type", interview_type) == interview_type
        and row.get("only_first", first) == first
        and row.get("only_six_months", six_months) == six_months
    )
