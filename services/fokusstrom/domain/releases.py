"""R16, releases: what a release publishes, with which revision, status and reason, lives here.

Pure: the figures now, what was published of each, the end date and the rule set give the changes.

- Only what a reader sees is compared: numbers, whether they are hidden, whether they rest on an assumed row, the
  definition, and the status. A change inside a hidden figure is none, also when it is hidden for another reason
  than before; neither is another rule set that gives the same figure, nor another coverage.
- PRELIMINARY until the end date is `final_after_days` after the end of what the figure looks at - its period, and
  a horizon after it where it has one - then FINAL. That step alone is a published change as well: the status is
  what tells a reader that a figure is settled. It has the next revision and the reason DATA, for what changed is
  that no more data are awaited.
- A figure that was FINAL and changes is REVISED, and stays so. A status never steps back, also when a later
  release has an earlier end date.
- The reason of a change is METHOD when the measure's definition is another than the one published under, which is
  a break in the series; else RULES when the figure published before rests on another rule set; else DATA.
- Periods of which something was published and that ended more than `closing_months` before the end date are
  frozen: neither changed nor added to. A measure's name and period are frozen together.
- A cell that was published and is no more becomes an explicit zero, if it is a count and its period is within the
  end date; an average or a status is withdrawn. Periods beyond the end date are not spoken of.
- Where none of a municipality's sources was heard its totals are missing, which is said, and never a zero.
- `obs_status` is M when missing or withdrawn, else B at a break, else P while PRELIMINARY, then E when the figure
  rests on an assumed row, else A: the passing state is said first, as `rests_on_assumed` always says the other.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from fokusstrom.domain import periods
from fokusstrom.domain.measures import MEASURES, Cell, Key, Quotient
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.shares import hundredths, permille


class Status(StrEnum):
    """How settled a figure is."""

    PRELIMINARY = "PRELIMINARY"
    FINAL = "FINAL"
    REVISED = "REVISED"


class Reason(StrEnum):
    """Why a published figure changed."""

    DATA = "DATA"
    RULES = "RULES"
    METHOD = "METHOD"


class Confidence(StrEnum):
    """Whether a figure may be shown (SDMX conf_status)."""

    FREE = "F"
    PRIMARY = "C"
    SECONDARY = "D"


class Presence(StrEnum):
    """Whether there is a figure at all."""

    THERE = "there"
    MISSING = "missing"
    """Its sources were not heard."""
    WITHDRAWN = "withdrawn"
    """There was one, and is none any more."""


class Shown(NamedTuple):
    """What a reader sees of a figure."""

    value: int | None
    base: int | None
    share_permille: int | None
    mean_hundredths: int | None
    confidence: Confidence
    rests_on_assumed: bool
    presence: Presence = Presence.THERE
    details: tuple[tuple[str, Any], ...] = ()

    @property
    def is_hidden(self) -> bool:
        """Whether its numbers may not be shown."""
        return self.confidence is not Confidence.FREE

    def differs(self, before: Shown) -> bool:
        """Whether a reader would see another figure than before."""
        if self.is_hidden and before.is_hidden:
            return self.rests_on_assumed != before.rests_on_assumed
        return self != before


class Published(NamedTuple):
    """A figure as it was last published."""

    shown: Shown
    status: Status
    revision: int
    rule_set: str
    """Digest of the rule set that it rests on."""
    definition: str


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
    def key(self) -> Key:
        """What it is of."""
        return self.cell.key

    @property
    def is_new(self) -> bool:
        """Whether it was not published before."""
        return self.reason is None

    @property
    def observation(self) -> str:
        """The code of its `obs_status`."""
        if self.shown.presence is not Presence.THERE:
            return "M"
        if self.reason is Reason.METHOD:
            return "B"
        if self.status is Status.PRELIMINARY:
            return "P"
        return "E" if self.shown.rests_on_assumed else "A"


@dataclass(frozen=True)
class Now:
    """The figures of an end date, before they are compared with what was published."""

    cells: Iterable[Cell]
    rule_set: RuleSet
    through: dt.date
    hidden: Mapping[Key, Confidence] = field(default_factory=dict)
    """What may not be shown."""
    missing: AbstractSet[Key] = frozenset()
    """Figures whose sources were not heard."""
    held_back: AbstractSet[Key] = frozenset()
    """Figures of which nothing is to be said."""


def judge(now: Now, published: Mapping[Key, Published]) -> list[Change]:
    """Give what a release publishes, ordered by key; nothing when nothing changed."""
    frozen = frozen_periods(published, now.rule_set, now.through)
    cells = {cell.key: cell for cell in now.cells}
    judging = _Judging(now)
    changes = []
    for key in (cells.keys() | published.keys() | now.missing) - now.held_back:
        if (key.measure, key.period) in frozen or not MEASURES[key.measure].is_reported(key, now.through):
            continue
        change = judging.change(key, cells.get(key), published.get(key))
        if change is not None:
            changes.append(change)
    return sorted(changes, key=_key)


def _key(change: Change) -> Key:
    return change.cell.key


class _Judging:
    """Judges one figure after the other of one release."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self._final_after = dt.timedelta(days=now.rule_set.row("release")["final_after_days"])
        self._rests_on_assumed = functools.cache(
            lambda measure, period: MEASURES[measure].rests_on_assumed(now.rule_set, period)
        )

    def change(self, key: Key, cell: Cell | None, before: Published | None) -> Change | None:
        shown = self._shown(key, cell)
        told = cell or MEASURES[key.measure].nothing(key) or Cell(key, None)
        is_closed = key.observed_until + self._final_after <= self._now.through
        if before is None:
            return Change(told, shown, Status.FINAL if is_closed else Status.PRELIMINARY, 0, None)
        definition = MEASURES[key.measure].definition
        differs = shown.differs(before.shown) or definition != before.definition
        status = _next_status(before.status, is_closed=is_closed, differs=differs)
        if not differs and status is before.status:
            return None
        return Change(told, shown, status, before.revision + 1, self._reason(before, definition, differs=differs))

    def _shown(self, key: Key, cell: Cell | None) -> Shown:
        assumed = self._rests_on_assumed(key.measure, key.period)
        if cell is None and key in self._now.missing:
            return Shown(None, None, None, None, Confidence.FREE, assumed, Presence.MISSING)
        cell = cell or MEASURES[key.measure].nothing(key)
        if cell is None:
            return Shown(None, None, None, None, Confidence.FREE, assumed, Presence.WITHDRAWN)
        confidence = self._now.hidden.get(key, Confidence.FREE)
        if confidence is not Confidence.FREE:
            return Shown(None, None, None, None, confidence, assumed)
        return Shown(cell.value, cell.base, *quotients(cell), confidence, assumed, details=cell.details)

    def _reason(self, before: Published, definition: str, *, differs: bool) -> Reason:
        if definition != before.definition:
            return Reason.METHOD
        return Reason.RULES if differs and before.rule_set != self._now.rule_set.digest else Reason.DATA


def quotients(cell: Cell) -> tuple[int | None, int | None]:
    """Give a cell's share in tenths of a percent and its mean in hundredths, where its measure has them."""
    quotient = MEASURES[cell.key.measure].quotient
    if cell.value is None or cell.base is None or quotient is Quotient.NONE:
        return None, None
    if quotient is Quotient.SHARE:
        return permille(cell.value, cell.base), None
    return None, hundredths(cell.value, cell.base)


def _next_status(before: Status, *, is_closed: bool, differs: bool) -> Status:
    if before is Status.PRELIMINARY:
        return Status.FINAL if is_closed else Status.PRELIMINARY
    return Status.REVISED if differs else before


def frozen_periods(published: Iterable[Key], rule_set: RuleSet, through: dt.date) -> set[tuple[str, str]]:
    """Give measure and period of what is published once and for all."""
    spoken_of = {(key.measure, key.period) for key in published}
    first_open = first_open_day(rule_set, through)
    return {(measure, period) for measure, period in spoken_of if periods.final_day(period) < first_open}


def first_open_day(rule_set: RuleSet, through: dt.date) -> dt.date:
    """Give the first day of which figures may change that were published."""
    return periods.months_before(through.replace(day=1), rule_set.row("release")["closing_months"])
