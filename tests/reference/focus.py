"""R8 and R9: was a person in scope served with meetings, and with offers or hours?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date

from tests.reference.days import first_day, last_day, month_of
from tests.reference.persons import Hours, Offer
from tests.reference.rules import RuleSet
from tests.reference.seniority import InScope


def counted_between(counting: Sequence[date], first: date, last: date) -> int:
    """Count the sorted dates from the first day to the last, both included."""
    return bisect_right(counting, last) - bisect_left(counting, first)


def window_start(scope: InScope, rules: RuleSet) -> date:
    """Give the first day of the months that end with the month, or the chain's start if later."""
    return max(first_day(scope.month - rules.focus_window_months + 1), scope.chain.starts_on)


def is_served_with_meetings(scope: InScope, counting: Sequence[date], rules: RuleSet) -> bool:
    """R8 At least 4 counting meetings in the window, under whatever benefit."""
    held = counted_between(counting, window_start(scope, rules), last_day(scope.month))
    return held >= rules.focus_min_meetings


def is_served_with_offers(scope: InScope, offers: Iterable[Offer], hours: Iterable[Hours], rules: RuleSet) -> bool:
    """R9 At least one offer that covers a day of the window, or 225 hours in its months."""
    first = window_start(scope, rules)
    if any(
        offer.offer_type in rules.focus_offer_types
        and offer.starts_on <= last_day(scope.month)
        and offer.ends_on >= first
        for offer in offers
    ):
        return True
    worked = sum(each.hours for each in hours if month_of(first) <= each.month <= scope.month)
    return worked >= rules.focus_min_hours
