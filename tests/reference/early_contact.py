"""R13 Early contact: chains that completed six months, and whether they were served by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tests.reference.days import ONE_DAY, add_months, last_day, month_of
from tests.reference.focus import counted_between
from tests.reference.persons import Spell
from tests.reference.rules import RuleSet
from tests.reference.seniority import Chain, choose


@dataclass(slots=True)
class EarlyContact:
    """A chain that counts in the month in which it completed six months."""

    month: int
    spell: Spell
    served: bool


def early_contacts(
    person_chains: Iterable[Chain], counting: Sequence[date], through: date, rules: RuleSet
) -> Iterator[EarlyContact]:
    """R13 The person's chains that count in a month which is reported by the end date."""
    for chain in person_chains:
        completed_on = add_months(chain.starts_on, rules.early_months) - ONE_DAY
        spell = choose(spell for spell in chain.spells if spell.covers(completed_on))
        month = month_of(completed_on)
        if spell and spell.target_group in rules.early_target_groups and last_day(month) <= through:
            held = counted_between(counting, chain.starts_on, completed_on)
            yield EarlyContact(month, spell, served=held >= rules.early_min_meetings)
