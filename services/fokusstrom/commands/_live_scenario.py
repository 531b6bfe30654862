"""`fokusstrom scenario --live`: the running workers' facts under the rule set in force and under another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pyarrow as pa

from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.commands._folding import tables_of
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.runtime.rule_sets import SentRuleSets

Side = tuple[RuleSet, Mapping[str, pa.Table]]
"""A rule set and its tables."""


def live_scenario(scenario: RuleSet, timeout: float) -> tuple[Side, Side, dt.date]:
    """Make a cut, with end date and rule set in force, and have its facts folded under a scenario too.

    Returns the rule set in force and the scenario, each with its tables, and the end date. `Unavailable` when
    the time is over, naming the slices that have not answered.
    """
    asking = Asking()
    request = asking.control.ask_scenario(scenario, patience(timeout))
    cut, under = asking.control.wait_for_scenario(request, scenario, patience(timeout), say)
    in_force = SentRuleSets(asking.settings, asking.catalog).get(cut.mark.rule_set)
    through = cut.mark.through
    against = (in_force, tables_of(cut.figures, in_force, through))
    return against, (scenario, tables_of(under.figures, scenario, through)), through
