"""The rule set as shipped (section 3), as constants; a test changes it with `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction


@dataclass(frozen=True)
class Counts:
    """A code that counts from one date to another, both included; None is open."""

    code: str
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Say whether the row is in force on the day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class ModeRule:
    """One row of `mode_rules`; None means that the row asks nothing about it."""

    name: str
    since: date
    until: date | None
    allowed: frozenset[str]
    with_assessment: frozenset[str] = frozenset()
    assessment_expected: frozenset[str] = frozenset()
    regions: frozenset[str] | None = None
    interview_type: str | None = None
    first: bool | None = None
    six_months_reached: bool | None = None


@dataclass(frozen=True)
class RuleSet:
    """Everything that the law may change."""

    counting_modes: tuple[Counts, ...]
    counting_reporters: tuple[Counts, ...]
    mode_rules: tuple[ModeRule, ...]
    excluded_months: frozenset[str]
    focus_window_months: int = 12
    focus_seniority_months: int = 12
    focus_seniority_days_of_unemployment: int = 365
    focus_min_meetings: int = 4
    focus_min_hours: int = 225
    focus_offer_types: frozenset[str] = frozenset({"INTERNSHIP", "UTILITY_JOB", "WAGE_SUBSIDY", "GUIDANCE_UPGRADING"})
    focus_threshold: Fraction = Fraction(1, 5)
    focus_offers_threshold: Fraction = Fraction(1, 5)
    early_months: int = 6
    early_min_meetings: int = 4
    early_target_groups: frozenset[int] = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 10})
    first_year_of_selection: int = 2021
    last_year_of_regime: int = 2025

    def threshold(self, target: str) -> Fraction:
        """Give the threshold of `meetings` or `offers`."""
        return {"meetings": self.focus_threshold, "offers": self.focus_offers_threshold}[target]


_PHYSICAL = frozenset({"PHYSICAL"})
_PHYSICAL_OR_VIDEO = frozenset({"PHYSICAL", "VIDEO"})
_REMOTE = frozenset({"PHONE", "VIDEO"})
_REMOTE_OR_WRITTEN = frozenset({"PHONE", "VIDEO", "WRITTEN"})
_ALL_THREE = frozenset({"PHYSICAL", "PHONE", "VIDEO"})


def _orders() -> list[ModeRule]:
    """Give the orders from 15 June 2020 to 31 July 2021, which all say the same."""
    rows = (
        ("2020-06 reopening", date(2020, 6, 15), date(2020, 9, 30)),  # order of 15 June 2020
        ("2020-10", date(2020, 10, 1), date(2020, 12, 31)),  # BEK 1398/2020
        ("2021-01", date(2021, 1, 1), date(2021, 1, 31)),  # BEK 1897/2020
        ("2021-02", date(2021, 2, 1), date(2021, 4, 14)),  # BEK 113/2021
        ("2021-04", date(2021, 4, 15), date(2021, 5, 14)),  # BEK 646/2021
        ("2021-05", date(2021, 5, 15), date(2021, 6, 12)),  # BEK 885/2021
        ("2021-06", date(2021, 6, 13), date(2021, 7, 10)),  # BEK 1251/2021
        ("2021-07", date(2021, 7, 11), date(2021, 7, 31)),  # BEK 1576/2021
    )
    return [ModeRule(name, since, until, _ALL_THREE, assessment_expected=_REMOTE) for name, since, until in rows]


SHIPPED = RuleSet(
    counting_modes=(
        Counts("PHYSICAL"),
        *(
            row
            for mode in ("PHONE", "VIDEO")
            for row in (Counts(mode, None, date(2020, 3, 19)), Counts(mode, date(2020, 5, 27), None))
        ),
    ),
    counting_reporters=(Counts("JOBCENTER"), Counts("A_KASSE", date(2024, 1, 1), None)),
    mode_rules=(
        ModeRule(
            "2020-01 joint", date(2020, 1, 1), date(2020, 3, 19), _PHYSICAL_OR_VIDEO,
            interview_type="JOINT",
        ),
        ModeRule(
            "2020-01 others", date(2020, 1, 1), date(2020, 3, 19), _PHYSICAL,
            with_assessment=_REMOTE_OR_WRITTEN,
        ),
        ModeRule("2020-03 suspension", date(2020, 3, 20), date(2020, 5, 26), _REMOTE),
        ModeRule(
            "2020-05 reopening, east", date(2020, 5, 27), date(2020, 6, 14), _REMOTE,
            regions=frozenset({"Hovedstaden", "Sjælland"}),
        ),
        ModeRule("2020-05 reopening, west", date(2020, 5, 27), date(2020, 6, 14), _ALL_THREE),
        *_orders(),
        ModeRule(
            "2021-08 ordinary rules", date(2021, 8, 1), date(2021, 12, 31), _PHYSICAL,
            with_assessment=_REMOTE_OR_WRITTEN,
        ),
        ModeRule(
            "2022-01 after six months", date(2022, 1, 1), date(2023, 3, 21), _ALL_THREE,
            six_months_reached=True,
        ),
        ModeRule(
            "2022-01 earlier", date(2022, 1, 1), date(2023, 3, 21), _PHYSICAL,
            with_assessment=_REMOTE_OR_WRITTEN,
        ),
        ModeRule("2023-03 first meeting", date(2023, 3, 22), None, _PHYSICAL, first=True),
        ModeRule("2023-03 later", date(2023, 3, 22), None, _ALL_THREE),
    ),
    excluded_months=frozenset({"2020-03", "2020-04", "2020-05", "2020-06"}),
)  # fmt: skip
"""The law as shipped."""
