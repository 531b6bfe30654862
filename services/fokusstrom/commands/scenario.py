"""`fokusstrom scenario`: the same facts under two rule sets, side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Given, tables_written, takes_facts, write_tables
from fokusstrom.commands._scenario_page import write_pages
from fokusstrom.commands._scenario_text import report
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.scenarios import Comparison, compare


@click.command()
@takes_facts
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date, itself included.")
@click.option("--rules", required=True, help="The scenario: a file, or the name of one that ships.")
@click.option("--against", help="The rule set to compare with (the one in force).")
@click.option("--live", is_flag=True, help="Ask the running pipeline.")
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for the pipeline.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the result.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(
    given: Given,
    through: dt.datetime | None,
    rules: str,
    against: str | None,
    live: bool,  # noqa: FBT001 - a flag
    timeout: float,
    out: Path,
) -> int:
    """Fold the same facts under two rule sets, and show what changes.

    On stdout, what changes in the country and which municipalities switch; in the folder, all tables under
    each rule set (against, under), comparison.csv, and a page with charts (index.html).
    Further files may follow the first: --facts A.jsonl B.parquet. With --live, the facts that the running
    workers hold, against the figures in force; those are not disturbed.
    """
    if live == bool(given.files):
        raise click.UsageError("give either --facts FILE... or --live")
    if not live:
        if through is None:
            raise click.UsageError("--facts needs --through DATE, the figures' end date")
        return _from_files(given, through.date(), _rules.chosen(against), _rules.chosen(rules), out)
    if through is not None or against is not None:
        raise click.UsageError("--live compares with the figures in force: leave out --through and --against")
    from fokusstrom.commands._live_scenario import live_scenario

    files: list[Path] = []
    sides = live_scenario(
        _rules.chosen(rules), timeout, lambda tables: files.extend(tables_written(out / "against", tables))
    )
    _show(*sides, out, files)
    return 0


def _from_files(given: Given, through: dt.date, against: RuleSet, under: RuleSet, out: Path) -> int:
    tables_against, tables_under = given.read().tables_of_both(against, under, through)
    _show(
        (against, tables_against), (under, tables_under), through, out, tables_written(out / "against", tables_against)
    )
    return 0


def _show(
    against: tuple[RuleSet, Mapping[str, pa.Table]],
    under: tuple[RuleSet, Mapping[str, pa.Table]],
    through: dt.date,
    out: Path,
    files: Iterable[Path],
) -> None:
    """Compare the tables of two rule sets: on stdout, and as files in a folder; `files` are those of the first."""
    with ThreadPoolExecutor(1, thread_name_prefix="tables") as beside:
        writing = beside.submit(tables_written, out / "under", under[1], written=(out / "against", against[1]))
        comparison = compare(duckdb.connect(), against, under, through)
        for line in report(comparison):
            click.echo(line)
        click.echo()
        pages = write_pages(comparison, out)
        for file in (*files, *writing.result()):
            click.echo(str(file))
    write_tables(out, {"comparison": _as_table(comparison)})
    for page in pages:
        click.echo(str(page))


def _as_table(comparison: Comparison) -> pa.Table:
    columns = {
        "measure": [value.measure for value in comparison.values],
        "municipality": [value.area for value in comparison.values],
        "period": [value.period for value in comparison.values],
        "against": [value.against for value in comparison.values],
        "under": [value.under for value in comparison.values],
    }
    changed = [value.is_changed for value in comparison.values]
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()} | {"changed": changed})
