"""`fokusstrom figures`: the tables of the specification's section 5, from files or from the running pipeline."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Facts, write_tables
from fokusstrom.runtime.config import Settings


@click.command()
@click.option("--facts", "files", multiple=True, type=click.Path(path_type=Path), help="Files of facts.")
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date, itself included.")
@click.option("--rules", help=_rules.HELP)
@click.option("--live", is_flag=True, help="Ask the running pipeline.")
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for the pipeline.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the tables.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(
    files: tuple[Path, ...],
    through: dt.datetime | None,
    rules: str | None,
    live: bool,  # noqa: FBT001 - a flag
    timeout: float,
    out: Path,
    more: tuple[Path, ...],
) -> int:
    """Write the tables of figures as CSV files.

    From files of facts, further files may follow the first: --facts A.jsonl B.parquet. A bad line is
    reported and left out, and the exit code is 1 then.
    """
    given = (*files, *more)
    if live == bool(given):
        raise click.UsageError("give either --facts FILE... or --live")
    if live:
        from fokusstrom.commands._live import live_figures

        live_figures(Settings.from_environment(os.environ), out, timeout)
        return 0
    if through is None:
        raise click.UsageError("--facts needs --through DATE, the figures' end date")
    return _from_files(given, through.date(), rules, out)


def _from_files(files: tuple[Path, ...], through: dt.date, rules: str | None, out: Path) -> int:
    chosen = _rules.chosen(rules)
    facts = Facts(files)
    write_tables(out, facts.tables(chosen, through))
    return facts.tell_refused()
