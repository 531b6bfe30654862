"""`fokusstrom figures --live`: the tables of figures, from a cut that the running pipeline makes for it."""

from __future__ import annotations

from pathlib import Path

from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.commands._folding import tables_of, write_tables
from fokusstrom.contracts.records import CommandKind
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.rule_sets import SentRuleSets


def live_figures(settings: Settings, out: Path, timeout: float) -> None:
    """Make a cut with the end date and rule set in force, wait for it, and write its tables.

    All that was on the fact topics at the call is in them. `Unavailable` when the time is over, naming the
    slices that have not answered.
    """
    asking = Asking(settings)
    command = asking.control.command(CommandKind.CUT, patience(timeout))
    asking.control.send(command)
    cut = asking.control.wait_for_cut(command.id, patience(timeout), say)
    rules = SentRuleSets(settings, asking.catalog).get(cut.mark.rule_set)
    write_tables(out, tables_of(cut.figures, rules, cut.mark.through))
