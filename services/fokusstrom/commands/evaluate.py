"""`fokusstrom evaluate`: contact and what followed it, by mode: an association, never an effect."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Given, takes_facts, write_tables
from fokusstrom.runtime.without_pandas import find_pandas


@click.command()
@takes_facts
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), required=True, help="End date, itself included.")
@click.option("--rules", help=_rules.HELP)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the result.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(given: Given, through: dt.datetime, rules: str | None, out: Path) -> int:
    """Show what followed meetings, by mode, how sure that is, and what it can't show.

    Three tables as CSV, unsuppressed (transitions_by_mode, natural_experiment, contact), and a page with charts
    on which small groups are hidden (index.html). Further files may follow the first: --facts A.jsonl B.parquet.
    """
    find_pandas()  # statsmodels needs it
    from fokusstrom.commands._evaluation_page import write_pages
    from fokusstrom.domain.evaluation import evaluate
    from fokusstrom.domain.evaluation_tables import tables_of

    if not given.files:
        raise click.UsageError("give --facts FILE...")
    chosen = _rules.chosen(rules)
    facts = given.read()
    facts.fold(chosen, through.date())
    evaluation = evaluate(facts.connection, through.date())
    write_tables(out, tables_of(evaluation, chosen))
    for page in write_pages(evaluation, chosen, through.date(), out):
        click.echo(str(page))
    return 0
