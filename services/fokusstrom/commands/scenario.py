"""`fokusstrom scenario`: the same facts under two rule sets, side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Facts, write_tables
from fokusstrom.commands._scenario_page import write_pages
from fokusstrom.commands._scenario_text import report
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.scenarios import Comparison, compare


@click.command()
@click.option("--facts", "files", multiple=True, type=click.Path(path_type=Path), help="Files of facts.")
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), required=True, help="End date, itself included.")
@click.option("--rules", required=True, help="The scenario: a file, or the name of one that ships.")
@click.option("--against", help="The rule set to compare with (the one in force).")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the result.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(
    files: tuple[Path, ...],
    through: dt.datetime,
    rules: str,
    against: str | None,
    out: Path,
    more: tuple[Path, ...],
) -> int:
    """Fold the same facts under two rule sets, and show what changes.

    On stdout, what changes in the country and which municipalities switch; in the folder, all tables under
    each rule set (against, under), comparison.csv, and a page with charts (index.html).
    Further files may follow the first: --facts A.jsonl B.parquet.
    """
    given = (*files, *more)
    if not given:
        raise click.UsageError("give --facts FILE...")
    compared_with, scenario = _rules.chosen(against), _rules.chosen(rules)
    facts = Facts(given)
    show(
        (compared_with, facts.tables(compared_with, through.date())),
        (scenario, facts.tables(scenario, through.date())),
        through.date(),
        out,
    )
    return facts.tell_refused()


def show(
    against: tuple[RuleSet, Mapping[str, pa.Table]],
    under: tuple[RuleSet, Mapping[str, pa.Table]],
    through: dt.date,
    out: Path,
) -> None:
    """Compare the tables of two rule sets: on stdout, and as files in a folder."""
    comparison = compare(duckdb.connect(), against, under, through)
    for line in report(comparison):
        click.echo(line)
    click.echo()
    write_tables(out / "against", against[1])
    write_tables(out / "under", under[1])
    write_tables(out, {"comparison": _as_table(comparison)})
    for page in write_pages(comparison, out):
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
