"""A year of one municipality's months, their average, and how they are published release by release."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from fokusstrom.domain import rule_set, yearly
from fokusstrom.domain.averages import Year
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.measures import MEASURES, Cell, Key
from fokusstrom.domain.past import Held, Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Confidence, Now, Published, Shown, judge
from tests.domain.elsewhere import elsewhere

RULES = rule_set.in_force()
DECEMBER = dt.date(2021, 12, 31)

Share = tuple[int, int]
"""Persons, and how many of them aren't served."""


def month(number: int, *, measure: str = "focus_meetings") -> Key:
    """Name the total of 751 in a month of 2021."""
    return Key(measure, "751", f"2021-{number:02}")


def cells_of(shares: Mapping[int, Share]) -> list[Cell]:
    """Give 751's totals by month."""
    return [
        Cell(month(number), missed, persons, (missed, persons - missed, persons))
        for number, (persons, missed) in shares.items()
    ]


def year_of(shares: Mapping[int, Share]) -> Year:
    """Give the average of 751's months."""
    mean = sum((Fraction(missed, persons) for persons, missed in shares.values()), Fraction()) / len(shares)
    key = Key("focus_meetings_average", "751", "2021")
    return Year("focus_meetings", key, mean, Fraction(1, 5), tuple(month(number).period for number in shares))


@dataclass(frozen=True)
class Release:
    """The months of 2021 as they are known at an end date."""

    months: Mapping[int, Share]
    through: dt.date = DECEMBER


def released(*releases: Release) -> list[Forms]:
    """Publish each, and give what each changed."""
    past, said = Past(), list[Forms]()
    for number, one in enumerate(releases, 1):
        figures, year = cells_of(one.months), year_of(one.months)
        found = Publication(figures, past, RULES, one.through, elsewhere).judge([year])
        every = [*figures, *yearly.average_cells([year])]
        now = Now(every, RULES, one.through, found.hidden, frozenset(), found.held_back)
        changes = judge(now, past.published)
        said.append({change.key: change.shown for change in changes})
        published = {
            change.key: Published(
                change.shown, change.status, change.revision, RULES.digest, MEASURES[change.key.measure].definition
            )
            for change in changes
        }
        changed_at = {
            cell.key: (*past.changed_at.get(cell.key, ()), *(() if past.is_same(cell) else (number,)))
            for cell in figures
        }
        past = Past(
            {**past.published, **published},
            {cell.key: Held.of(cell) for cell in every},
            RULES.digest,
            changed_at,
            lambda together: [
                (at, {key: form for key, form in forms.items() if key.period == together[1]})
                for at, forms in enumerate(said, 1)
            ],
            one.through,
        )
    return said


AVERAGE = year_of({1: (40, 4)}).key


HIDDEN = Shown(None, None, None, None, Confidence.SECONDARY, rests_on_assumed=False)


def free(value: int, base: int) -> Shown:
    """A figure that is shown."""
    return Shown(value, base, None, None, Confidence.FREE, rests_on_assumed=False)


def hidden(*numbers: int, persons: int = 40) -> dict[Key, Shown]:
    """Hide these months; the other target shows how many persons they are of."""
    found: dict[Key, Shown] = {}
    for number in numbers:
        found |= {month(number): HIDDEN, month(number, measure="focus_offers"): free(10, persons)}
    return found


def average(permille: int, months: int, *, met: bool = False) -> dict[Key, Shown]:
    """Show the average of so many months."""
    details = (("met", met), ("threshold_permille", 200))
    shown = Shown(permille, months, None, None, Confidence.FREE, rests_on_assumed=False, details=details)
    return {AVERAGE: shown}
