"""A small country of focus figures, and how they are published, once or release by release."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence

from fokusstrom.domain import rule_set
from fokusstrom.domain.each import Each
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.measures import COUNTRY, MEASURES, Cell, Key
from fokusstrom.domain.past import Held, Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Change, Confidence, Now, Published, judge
from tests.domain.elsewhere import elsewhere

RULES = rule_set.in_force()
MARCH, THROUGH = "2021-03", dt.date(2021, 6, 30)
AREAS, BENEFITS = ("101", "147", "151"), ("CASH", "EDUCATION", "SICKNESS")

Figures = Sequence[Sequence[tuple[int, int]]]
FIGURES: Figures = (((3, 20), (10, 40), (20, 60)), ((10, 50), (15, 30), (9, 45)), ((20, 50), (16, 66), (15, 70)))
"""Not served and persons: a row for each municipality, a column for each benefit. Only 3 of 20 is small."""


def key(area: str, benefit: str | None = None, period: str = MARCH) -> Key:
    """Name a focus figure."""
    return Key("focus_meetings", area, period, (("benefit", benefit),) if benefit else ())


def cells(figures: Figures, period: str = MARCH) -> list[Cell]:
    """Give the figures of a month with all their totals."""
    sums: dict[Key, tuple[int, int]] = {}
    for area, row in zip(AREAS, figures, strict=True):
        for benefit, (value, base) in zip(BENEFITS, row, strict=True):
            for whose, which in itertools.product((area, COUNTRY), (benefit, None)):
                before = sums.get(key(whose, which, period), (0, 0))
                sums[key(whose, which, period)] = before[0] + value, before[1] + base
    return [Cell(one, value, base, (value, base - value, base)) for one, (value, base) in sorted(sums.items())]


def shown(figures: Sequence[Cell], hidden: Mapping[Key, Confidence]) -> Forms:
    """Give the figures as a first release publishes them."""
    changes = judge(Now(figures, RULES, THROUGH, hidden), {})
    return {change.key: change.shown for change in changes}


SMALL = {key("101", "CASH"): Confidence.PRIMARY}
"""What is hidden of them when only small groups are."""


def released(*months: Sequence[Cell], remembers: bool = True, each: Each = elsewhere) -> list[tuple[int, Forms]]:
    """Release these figures one after the other; give what each release changed.

    If it isn't to be remembered, a release knows nothing of those before the last. `each`: who does what can be done
    side by side.
    """
    past = Past()
    said: list[tuple[int, Forms]] = []
    for number, now in enumerate(months, 1):
        judged = Publication(now, past, RULES, THROUGH, each).judge()
        changes = judge(Now(now, RULES, THROUGH, judged.hidden, frozenset(), judged.held_back), past.published)
        said.append((number, {change.key: change.shown for change in changes}))
        past = _after(past, now, changes, said, remembers=remembers)
    return said


def _after(
    past: Past, now: Sequence[Cell], changes: Sequence[Change], said: Sequence[tuple[int, Forms]], *, remembers: bool
) -> Past:
    """Give what is known after a release."""
    published = {
        one.key: Published(one.shown, one.status, one.revision, RULES.digest, MEASURES[one.key.measure].definition)
        for one in changes
    }
    changed_at = {
        one.key: (*past.changed_at.get(one.key, ()), *(() if past.is_same(one) else (len(said),))) for one in now
    }
    return Past(
        {**past.published, **published},
        {one.key: Held.of(one) for one in now},
        RULES.digest,
        changed_at if remembers else {},
        lambda _: tuple(said) if remembers else (),
    )
