"""`fokusstrom figures`: the tables of the specification's section 5, from files or from the running pipeline."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from fokusstrom.commands import _files, _progress, _rules
from fokusstrom.contracts.csv_tables import csv_bytes
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.domain.book import Book
from fokusstrom.domain.fold import FIGURES, Fold, Slice, figures_of
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import Tables
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
    connection = duckdb.connect()
    book = Book(connection)
    refusals: list[Refusal] = []
    with _progress.counting("reading facts", "lines") as progress:
        _files.take_in(book, files, refusals.append, book.append, progress)
    book.keep_latest()
    fold = Fold(connection, chosen, through, Slice())
    fold.begin()
    fold.collect()
    fold.run()
    sums = {name: figures_of(connection, figure, f"folded_{name}") for name, figure in FIGURES.items()}
    write_tables(out, sums, chosen, through)
    for refusal in refusals:
        click.echo(str(refusal), err=True)
    if refusals:
        click.echo(f"{len(refusals)} lines were refused and are not in the figures", err=True)
    return 1 if refusals else 0


def write_tables(out: Path, sums: Mapping[str, pa.Table], rules: RuleSet, through: dt.date) -> None:
    """Write every table of the specification as `<table>.csv`, made of the sums of figures; name them on stdout."""
    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    for name, table in Tables(connection, sums, rules, through).all().items():
        file = out / f"{name}.csv"
        file.write_bytes(csv_bytes(connection, table))
        click.echo(str(file))
