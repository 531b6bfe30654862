"""R16, releases: what a release publishes, with which revision, status and reason, lives here.

Pure: the figures now, what was published of each, the end date and the rule set give the changes.

- Only what a reader sees is compared: value, base, share, whether they are hidden, whether they rest on an
  assumed row, and the status. A change inside a hidden figure is none; neither is another rule set that gives
  the same figure, nor another coverage.
- PRELIMINARY until the end date is `final_after_days` after the month's end, then FINAL. That step alone is a
  published change as well: the status is what tells a reader that a figure is settled. It has the next
  revision and the reason DATA, for what changed is that no more data are awaited.
- A figure that was FINAL and changes is REVISED, and stays so. A status never steps back, also when a later
  release has an earlier end date.
- The reason of a change is RULES when the figure published before rests on another rule set, else DATA.
- Months of which something was published and that ended more than `closing_months` before the end date are
  frozen: neither changed nor added to.
- A cell that was published and is no more becomes an explicit zero, if its month is within the end date;
  months beyond it are not spoken of.
- `obs_status` is P while PRELIMINARY, then E when the figure rests on an assumed row, else A: the passing state
  is said first, as `rests_on_assumed` always says the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fokusstrom.domain.measures import MEASURES, Cell, Key, last_day, months_before
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.shares import permille
from fokusstrom.domain.small_cells import Suppression


class Status(StrEnum):
    """How settled a figure is."""

    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    REVISED = "REVISED"


class Reason(StrEnum):
    """Why a published figure changed; a new definition (METHOD) comes with a new measure's version."""

    DATA = "DATA"
    RULES = "RULES"


@dataclass(frozen=True)
class Shown:
    """What a reader sees of a figure."""

    value: int | None
    base: int | None
    share_permille: int | None
    is_hidden: bool
    rests_on_assumed: bool


@dataclass(frozen=True)
class Published:
    """A figure as it was last published."""

    shown: Shown
    status: Status
    revision: int
    rule_set: str
    """Digest of the rule set that it rests on."""


@dataclass(frozen=True)
class Change:
    """What to publish of a figure."""

    cell: Cell
    shown: Shown
    status: Status
    revision: int
    reason: Reason | None
    """None for what was not published before."""

    @property
    def is_new(self) -> bool:
        """Whether it was not published before."""
        return self.reason is None

    @property
    def observation(self) -> str:
        """The code of its `obs_status`."""
        if self.status is Status.PRELIMINARY:
            return "P"
        return "E" if self.shown.rests_on_assumed else "A"


def judge(
    cells: Iterable[Cell], published: Mapping[Key, Published], rule_set: RuleSet, through: dt.date
) -> list[Change]:
    """Give what a release of these cells publishes, ordered by key; nothing when nothing changed."""
    frozen = _frozen(published, rule_set, through)
    now = {cell.key: cell for cell in cells}
    changes: list[Change] = []
    for key in sorted(now.keys() | published.keys()):
        if (key.measure, key.month) not in frozen and last_day(key.month) <= through:
            cell = now.get(key) or MEASURES[key.measure].nothing(key)
            changes += _changes(cell, published.get(key), rule_set, through)
    return changes


def show(cell: Cell, rule_set: RuleSet) -> Shown:
    """Give what may be seen of a cell."""
    assumed = MEASURES[cell.key.measure].rests_on_assumed(rule_set, cell.key.month)
    if Suppression.of(rule_set).hides(cell.behind, cell.base):
        return Shown(None, None, None, is_hidden=True, rests_on_assumed=assumed)
    share = None if cell.base is None else permille(cell.value, cell.base)
    return Shown(cell.value, cell.base, share, is_hidden=False, rests_on_assumed=assumed)


def _changes(cell: Cell, before: Published | None, rule_set: RuleSet, through: dt.date) -> Iterator[Change]:
    shown = show(cell, rule_set)
    is_closed = (through - last_day(cell.key.month)).days >= rule_set.row("release")["final_after_days"]
    if before is None:
        yield Change(cell, shown, Status.FINAL if is_closed else Status.PRELIMINARY, 0, None)
        return
    differs = shown != before.shown
    status = _next_status(before.status, is_closed=is_closed, differs=differs)
    if differs or status is not before.status:
        reason = Reason.RULES if differs and before.rule_set != rule_set.digest else Reason.DATA
        yield Change(cell, shown, status, before.revision + 1, reason)


def _next_status(before: Status, *, is_closed: bool, differs: bool) -> Status:
    if before is Status.PRELIMINARY:
        return Status.FINAL if is_closed else Status.PRELIMINARY
    return Status.REVISED if differs else before


def _frozen(published: Iterable[Key], rule_set: RuleSet, through: dt.date) -> set[tuple[str, dt.date]]:
    """Give measure and month of what is published once and for all."""
    horizon = months_before(through.replace(day=1), rule_set.row("release")["closing_months"])
    return {(key.measure, key.month) for key in published if key.month < horizon}
