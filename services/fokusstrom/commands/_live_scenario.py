"""`fokusstrom scenario --live`: the running workers' facts under the rule set in force and under another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pyarrow as pa

from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.commands._folding import tables_of
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.runtime.rule_sets import SentRuleSets

Side = tuple[RuleSet, Mapping[str, pa.Table]]
"""A rule set and its tables."""


def live_scenario(
    scenario: RuleSet, timeout: float, meanwhile: Callable[[Mapping[str, pa.Table]], None]
) -> tuple[Side, Side, dt.date]:
    """Make a cut, with end date and rule set in force, and have its facts folded under a scenario too.

    Returns the rule set in force and the scenario, each with its tables, and the end date. `Unavailable` when
    the time is over, naming the slices that have not answered. `meanwhile` is called with the tables in force, while
    workers fold the scenario.
    """
    asking = Asking()
    against: list[Side] = []

    def see_in_force(cut: CompleteCut) -> None:
        in_force = SentRuleSets(asking.settings, asking.catalog).get(cut.mark.rule_set)
        tables = tables_of(cut.figures, in_force, cut.mark.through)
        against.append((in_force, tables))
        meanwhile(tables)

    request = asking.control.ask_scenario(scenario, patience(timeout))
    cut, under = asking.control.wait_for_scenario(request, scenario, patience(timeout), say, see_in_force)
    through = cut.mark.through
    return against[0], (scenario, tables_of(under.figures_beside(cut), scenario, through)), through
