"""The scale of the country: settings under which five years of Denmark come out.

1.5 million citizens for 2019-2023 give about 12 million meetings, 2.5 million spells, 2 million offers,
3 million month-hours and 0.8 million outcomes.
"""

from __future__ import annotations

from fokusstrom.simulation.settings import Rates, Settings

CITIZENS = 1_500_000
FIRST_MONTH, LAST_MONTH = "2019-01", "2023-12"

FACTS_A_CITIZEN = {
    "MeetingHeld": 8.0,
    "BenefitSpell": 5 / 3,
    "OfferParticipation": 4 / 3,
    "OrdinaryHours": 2.0,
    "OutcomeReached": 8 / 15,
}
"""Facts (not records) that a citizen of the country has, on average over the five years."""


def country(scale: float = 1.0, seed: int = 1, rates: Rates | None = None) -> Settings:
    """Settings of the country, or of a part of its citizens: `country(0.1)` is a tenth of it."""
    return Settings(
        citizens=max(1, round(CITIZENS * scale)),
        seed=seed,
        first_month=FIRST_MONTH,
        last_month=LAST_MONTH,
        rates=rates or Rates(),
    )
