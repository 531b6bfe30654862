"""What the simulated country is like: every number that was chosen so that its figures resemble real ones.

Aimed at: phone and video 22 % of contact meetings in 2019, nearly all from mid-March to the end of May 2020,
69 % in 2021, 44 % in 2023 (STAR, June 2024); of persons with a year's seniority in 2021, 94 % with four
counting meetings and 81 % with an offer or 225 hours (STAR, June 2022). Sizes of the benefits are rough
numbers of full-time persons around 2020. `tests/simulation/test_calibration.py` measures them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from fokusstrom.domain.facts import BENEFITS
from fokusstrom.simulation.days import number_of

# --- benefits and spells ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Benefit:
    """One benefit, as it is lived."""

    persons: float
    """Thousands on it at any time."""
    median_months: float
    """Of a spell's length, which is log-normal."""
    spread: float
    """Standard deviation of the length's logarithm."""
    groups: tuple[int, int]
    """Its target groups (LAB section 6)."""
    first_group: float
    """Share in the first of them."""
    early_interval: int
    """Days between meetings in the first six months."""
    follow_up: float
    """Share of contact meetings that are follow-ups rather than job interviews."""
    offers: float
    """How often those who get offers get them here, against the ordinary."""
    outcomes: tuple[float, float, float]
    """Shares that leave for JOB, EDUCATION and FIT when a spell ends for good."""
    leads_to: tuple[str, ...]
    """Benefits that may follow it."""

    @property
    def mean_months(self) -> float:
        """Mean length of a spell."""
        return self.median_months * float(np.exp(self.spread**2 / 2))


_LIVED = {
    "UNEMPLOYMENT": Benefit(
        88, 3.6, 1.0, (1, 1), 1.0, 34, 0.0, 1.0, (0.72, 0.06, 0.01), ("SICKNESS", "CASH")
    ),
    "CASH": Benefit(
        77, 6.5, 1.1, (2, 3), 0.4, 35, 0.05, 1.0, (0.42, 0.08, 0.0),
        ("SICKNESS", "RESOURCE", "FLEX_UNEMPLOYMENT"),
    ),
    "EDUCATION": Benefit(
        38, 5.4, 1.0, (4, 5), 0.45, 35, 0.05, 1.1, (0.26, 0.42, 0.0), ("CASH", "RESOURCE")
    ),
    "SICKNESS": Benefit(
        62, 2.7, 0.9, (6, 6), 1.0, 36, 0.95, 0.8, (0.12, 0.0, 0.68), ("JOB_CLARIFICATION", "UNEMPLOYMENT")
    ),
    "TRANSITION": Benefit(
        13, 9.0, 0.9, (2, 3), 0.3, 36, 0.05, 1.1, (0.40, 0.15, 0.0), ("CASH", "CASH", "EDUCATION")
    ),
    "RESOURCE": Benefit(
        27, 23.0, 0.6, (8, 8), 1.0, 36, 0.6, 0.9, (0.12, 0.04, 0.02), ("FLEX_UNEMPLOYMENT", "CASH")
    ),
    "JOB_CLARIFICATION": Benefit(
        19, 15.0, 0.7, (7, 7), 1.0, 36, 0.6, 0.9, (0.20, 0.02, 0.24), ("RESOURCE", "FLEX_UNEMPLOYMENT")
    ),
    "FLEX_UNEMPLOYMENT": Benefit(
        17, 10.0, 1.0, (9, 9), 1.0, 36, 0.1, 0.9, (0.55, 0.01, 0.0), ("SICKNESS",)
    ),
    "REHABILITATION": Benefit(
        3.5, 22.0, 0.6, (10, 10), 1.0, 36, 0.3, 1.2, (0.5, 0.1, 0.0), ("CASH",)
    ),
}  # fmt: skip

BENEFIT = tuple(_LIVED[name] for name in BENEFITS)
"""By the benefit's code."""

LONGEST_SPELL_MONTHS = 96
DAYS_A_MONTH = 30.44

STOCK_MONTHS = 18.0
"""As many citizens are on a benefit at the start as first come to one in this many months."""

NEXT_SPELL = {"end": 0.53, "move": 0.07, "pause": 0.13, "return": 0.14, "change": 0.13}
"""What comes after a spell: nothing; the same in another municipality; the same within a month, or long
after; another benefit."""

GAP_AT_CHANGE = {"none": 0.7, "days": 0.25, "overlap": 0.05}
"""Between a benefit and another one."""

MOST_SPELLS = 6
"""Of one citizen."""

INTRODUCTION_PROGRAMME = 0.5
"""Share of first TRANSITION spells that are in one."""

UNDER_COVID = {"2020-03": 1.5, "2020-04": 1.6, "2020-05": 1.3, "2020-06": 1.1}
"""First spells that begin in a month, against an ordinary one."""

LEAVES_KNOWN = 0.79
"""Share of leavings that somebody registers."""

# --- meetings --------------------------------------------------------------------------------------

EARLY_DAYS = 180
FIRST_MEETING_DAYS = 8
LATER_INTERVAL, LATER_SPREAD = 54.5, 0.12
"""Days between meetings after the first six months, log-normal over citizens."""
SELDOM_MET, SELDOM_INTERVAL = 0.03, 150.0
"""Citizens who are met seldom, and at which interval."""
SELDOM_VARIES = 0.6
"""How much that share differs between municipalities (logarithm)."""

LEFT_OUT = 0.03
"""Meetings of the plan that never come about."""
SUSPENDED = (dt.date(2020, 3, 12), dt.date(2020, 5, 26))
LEFT_OUT_SUSPENDED, POSTPONED = 0.55, 0.75
"""While the effort was partly suspended; and what of that was held after all in the months that followed."""
POSTPONED_DAYS = (76, 60)
"""By at least so many days, and how many more at most."""

JOINT_AT = (1, 3)
"""Which early meetings of an unemployed member may be joint ones."""
JOINT = 0.30
CV_MEETING, AVAILABILITY_MEETING = 0.35, 0.35
"""Share of an unemployment fund's own meetings that are held and sent."""
OTHER_TYPES = {"REFERRAL": 0.006, "INFORMATION": 0.012, "PLACEMENT": 0.008, "OTHER": 0.008}
"""Share of a jobcentre's meetings that are of another type."""
REHABILITATION_TEAM, FLEX_JOB_FOLLOW_UP = 0.03, 0.06
"""Share of meetings on RESOURCE and JOB_CLARIFICATION, and on FLEX_UNEMPLOYMENT."""

NO_SHOW_PHYSICAL, NO_SHOW_REMOTE = 0.055, 0.035
WRITTEN, OTHER_MODE, UNKNOWN_MODE = 0.010, 0.004, 0.001
"""Share of meetings held in other ways than at a desk, by phone or by video."""
MODE_VARIES = 0.06
"""How much the remote share differs between municipalities."""

REMOTE = (
    # from, share remote, video among remote, share remote where only Hovedstaden and Sjælland stay closed
    ("1900-01-01", 0.219, 0.06),
    ("2020-03-13", 0.992, 0.12),
    ("2020-06-01", 0.86, 0.14),
    ("2020-06-15", 0.60, 0.16),
    ("2020-08-15", 0.52, 0.17),
    ("2020-10-15", 0.74, 0.19),
    ("2021-01-01", 0.86, 0.20),
    ("2021-04-15", 0.76, 0.20),
    ("2021-08-01", 0.52, 0.18),
    ("2021-12-01", 0.61, 0.18),
    ("2022-02-01", 0.50, 0.16),
    ("2023-01-01", 0.442, 0.15),
)
"""From a day on: the share of contact meetings by phone or video, and the share of video among these."""
REMOTE_FROM = np.array([number_of(dt.date.fromisoformat(day)) for day, _, _ in REMOTE])
REMOTE_SHARE = np.array([share for _, share, _ in REMOTE])
VIDEO_SHARE = np.array([video for _, _, video in REMOTE])
CLOSED_LONGER = ("2020-06-01", "2020-06-14")
"""Hovedstaden and Sjælland met nobody at a desk until 14 June 2020."""

PERIODS = ("1900-01-01", "2020-01-01", "2020-03-20", "2020-06-15", "2021-08-01", "2022-01-01", "2023-03-22")
"""Rules of the way of meeting changed on these days; the next three go by them."""
PERIOD_FROM = np.array([number_of(dt.date.fromisoformat(day)) for day in PERIODS])
CHOSEN_BY_CITIZEN = np.array([0.06, 0.10, 0.15, 0.30, 0.25, 0.55, 0.75])
CHOOSER_UNKNOWN = np.array([0.30, 0.15, 0.10, 0.08, 0.08, 0.06, 0.05])
ASSESSED_REMOTE = np.array([0.20, 0.70, 0.15, 0.65, 0.75, 0.55, 0.30])
"""Share of meetings by phone or video with a documented assessment; the rest say no, or nothing."""
ASSESSMENT_DENIED = 0.65
"""Of those without one, the share that says so."""
ASSESSED_PHYSICAL, ASSESSMENT_DENIED_PHYSICAL = 0.05, 0.1

ODD_MINUTE, ANY_HOUR = 0.06, 0.003
"""Share of meetings off the quarter of an hour, and at some other hour of the day or evening."""
NO_CENTRE, NOT_PLANNED, NOT_TIMED = 0.08, 0.1, 0.06
"""Share of meetings without a jobcentre, a planned mode, a length."""
PLANNED_PHYSICAL = 0.12
"""Share of meetings summoned to a desk, however they were then held."""
FUND_NAMED = 0.4
"""Share of an unemployed member's meetings in which the jobcentre names the fund."""

MINUTES_PHYSICAL, MINUTES_REMOTE = (45, 12), (27, 9)
"""Mean and spread of a meeting's length."""

# --- offers, hours, links, shares ------------------------------------------------------------------

OFFER_INTERVAL, OFFER_SPREAD = 210.0, 0.2
"""Days between the offers of those who get any."""
GETS_OFFERS = 0.805
"""Citizens who get offers at all."""
OFFERS_VARY = 0.06
"""How much that share differs between municipalities."""
OFFER_TYPE = {
    "INTERNSHIP": 0.40, "UTILITY_JOB": 0.05, "WAGE_SUBSIDY": 0.08, "GUIDANCE_UPGRADING": 0.44, "OTHER": 0.03
}  # fmt: skip
OFFER_DAYS = {
    "INTERNSHIP": 35, "UTILITY_JOB": 60, "WAGE_SUBSIDY": 110, "GUIDANCE_UPGRADING": 42, "OTHER": 30
}  # fmt: skip
"""Mean length."""

WORKS = 0.18
"""Citizens with ordinary hours beside the benefit, and the share of their months that has any."""
WORKS_IN_MONTH = 0.78
HOURS_MEAN, HOURS_SHAPE = 34.0, 1.6
TO_THE_MINUTE = 0.1
"""Share of hours not rounded to a quarter."""

LINK_NAMES_NEW = 0.7
"""Share of links that are about the new pseudonym and name the old one, rather than the reverse."""
STILL_PROTECTED = 0.95

UNEXPECTED = 0.006
"""Standard deviation of a municipality's actual share on benefits around the expected."""
