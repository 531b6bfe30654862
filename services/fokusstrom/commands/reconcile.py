"""`fokusstrom reconcile`: which meetings of a municipality somebody should look at, why, and what to do."""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._folding import Given, takes_facts
from fokusstrom.domain.facts import municipalities
from fokusstrom.domain.reconciliation import COLUMNS, Reconciled, reconcile


@click.command()
@takes_facts
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), required=True, help="End date, itself included.")
@click.option("--rules", help=_rules.HELP)
@click.option(
    "--municipality", type=click.Choice(list(municipalities())), required=True, metavar="CODE", help="Its 3-digit code."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for a CSV file of each list.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(given: Given, through: dt.datetime, rules: str | None, municipality: str, out: Path | None) -> None:
    """List the meetings of a municipality that somebody should look at, why, and what to do.

    Joint meetings that only the a-kasse knows, meetings without a spell, missing assessments, the same meeting
    reported twice, and what DFDG would refuse. Without --out all lists are one CSV table on stdout. How long
    each list is, and what was left out of it for protected citizens, is said on stderr.
    """
    if not given.files:
        raise click.UsageError("give --facts FILE...")
    chosen = _rules.chosen(rules)
    facts = given.read()
    facts.fold(chosen, through.date(), municipality)
    lists = reconcile(facts.connection, municipality)
    if out is None:
        _write(sys.stdout, ("list", *COLUMNS), ((one.name, *row) for one in lists for row in one.rows))
    else:
        _write_files(out, lists)
    for one in lists:
        protected = f"; {one.protected} of protected citizens left out" if one.protected else ""
        click.echo(f"{one.name}: {len(one.rows)}{protected}", err=True)


def _write_files(folder: Path, lists: Iterable[Reconciled]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in lists:
        path = folder / f"{one.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            _write(file, COLUMNS, one.rows)
        click.echo(str(path))


def _write(file: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = csv.writer(file, lineterminator="\n")  # ids and sentences may hold commas: quoted where they do
    table.writerow(head)
    table.writerows(rows)
