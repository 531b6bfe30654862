"""`fokusstrom cut`: figures as of now."""

from __future__ import annotations

import datetime as dt

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.contracts.records import CommandKind


@click.command()
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date, itself included (yesterday).")
@click.option("--rules", help=_rules.HELP)
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for all slices.")
def command(through: dt.datetime | None, rules: str | None, timeout: float) -> int:
    """Make a cut, and wait until every slice has answered it.

    Its end date and rule set stay in force until the next. All facts that were on their topics at the call are
    in its figures.
    """
    asking = Asking()
    until = through.date() if through else asking.clock.today() - dt.timedelta(days=1)
    wanted = asking.control.command(CommandKind.CUT, patience(timeout), through=until, rule_set=asking.rules(rules))
    asking.control.send(wanted)
    cut = asking.control.wait_for_cut(wanted.id, patience(timeout), say)
    click.echo(f"cut {cut.mark.number} through {cut.mark.through}")
    return 0
