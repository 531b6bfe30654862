"""`fokusstrom figures`: the tables of the specification's section 5, from files or from the running pipeline."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Given, takes_facts, write_tables
from fokusstrom.runtime.config import Settings


@click.command()
@takes_facts
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date, itself included.")
@click.option("--rules", help=_rules.HELP)
@click.option("--live", is_flag=True, help="Ask the running pipeline.")
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for the pipeline.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the tables.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(
    given: Given,
    through: dt.datetime | None,
    rules: str | None,
    live: bool,  # noqa: FBT001 - a flag
    timeout: float,
    out: Path,
) -> int:
    """Write the tables of figures as CSV files.

    From files of facts, further files may follow the first: --facts A.jsonl B.parquet. When a line
    is bad, every bad line is named and no table is written; with --skip-bad they are left out and counted.
    """
    if live == bool(given.files):
        raise click.UsageError("give either --facts FILE... or --live")
    if live:
        from fokusstrom.commands._live import live_figures

        live_figures(Settings.from_environment(os.environ), out, timeout)
        return 0
    if through is None:
        raise click.UsageError("--facts needs --through DATE, the figures' end date")
    return _from_files(given, through.date(), rules, out)


def _from_files(given: Given, through: dt.date, rules: str | None, out: Path) -> int:
    chosen = _rules.chosen(rules)
    write_tables(out, given.read().tables(chosen, through))
    return 0
