"""`fokusstrom scenario --live`: the running workers' facts under the rule set in force and under another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import duckdb
import pyarrow as pa

from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import Tables
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
    against: list[tuple[RuleSet, Tables]] = []

    def see_in_force(cut: CompleteCut) -> None:
        in_force = SentRuleSets(asking.settings, asking.catalog).get(cut.mark.rule_set)
        made = Tables(duckdb.connect(), cut.figures, in_force, cut.mark.through)
        against.append((in_force, made))
        meanwhile(made.all())

    request = asking.control.ask_scenario(scenario, patience(timeout))
    cut, under = asking.control.wait_for_scenario(request, scenario, patience(timeout), say, see_in_force)
    (in_force, made), through = against[0], cut.mark.through
    tables = Tables(duckdb.connect(), under.figures_beside(cut), scenario, through).all(like=made)
    return (in_force, made.all()), (scenario, tables), through
