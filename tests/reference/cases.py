"""Every example of the rules, as data: run them on any implementation.

`case.check_tables` and `case.check_enriched` say whether what it computed is what the example asks.
"""

from __future__ import annotations

from tests.reference import cases_facts, cases_focus, cases_meetings, cases_years
from tests.reference.case import Case

CASES: list[Case] = [*cases_facts.CASES, *cases_meetings.CASES, *cases_focus.CASES, *cases_years.CASES]
"""In the order of the rules."""
