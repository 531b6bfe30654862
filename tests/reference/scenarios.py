"""The five scenarios that ship, as the reference would read them: changes to the rule set as shipped, by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.reference.rules import SHIPPED, Counts, ModeRule, RuleSet

_REMOTE_AND_PHYSICAL = frozenset({"PHYSICAL", "PHONE", "VIDEO"})
_NEW_YEAR = date(2021, 1, 1)

SCENARIOS: Mapping[str, RuleSet] = {
    "digital_choice": replace(
        SHIPPED,
        mode_rules=(
            *(row for row in SHIPPED.mode_rules if row.since < _NEW_YEAR),
            ModeRule("2021-01 permanent choice", _NEW_YEAR, None, _REMOTE_AND_PHYSICAL),
        ),
    ),
    "targets_suspended": replace(
        SHIPPED, excluded_months=frozenset(f"2020-{month:02}" for month in range(3, 13)), first_year_of_selection=2021
    ),
    "remote_meetings_count": replace(SHIPPED, counting_modes=(Counts("PHYSICAL"), Counts("PHONE"), Counts("VIDEO"))),
    "no_month_excluded": replace(SHIPPED, excluded_months=frozenset()),
    "hours_100_percent_30": replace(SHIPPED, focus_min_hours=100, focus_offers_threshold=Fraction(3, 10)),
}
"""By the names of their files."""
