"""`fokusstrom reconcile`: which meetings of a municipality somebody should look at, why, and what to do."""

from __future__ import annotations

import csv
import datetime as dt
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._asking import Asking, say
from fokusstrom.commands._folding import Given, takes_facts
from fokusstrom.contracts.reconciliation import ToldLists
from fokusstrom.contracts.topics import reconciliation_topic
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.facts import municipalities
from fokusstrom.domain.reconciliation import COLUMNS, Reconciled, reconcile
from fokusstrom.runtime import kafka, log_ends

_POLL_SECONDS = 0.5


@click.command()
@takes_facts
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date, itself included; with --facts.")
@click.option("--rules", help=_rules.HELP)
@click.option("--live", is_flag=True, help="What the running workers have put on the municipality's own topic.")
@click.option(
    "--timeout", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds to wait with --live."
)
@click.option(
    "--municipality", type=click.Choice(list(municipalities())), required=True, metavar="CODE", help="Its 3-digit code."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for a CSV file of each list.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(
    given: Given,
    through: dt.datetime | None,
    rules: str | None,
    live: bool,  # noqa: FBT001 - a flag
    timeout: float,
    municipality: str,
    out: Path | None,
) -> None:
    """List the meetings of a municipality that somebody should look at, why, and what to do.

    Joint meetings that only the a-kasse knows, meetings without a spell, missing assessments, the same meeting
    reported twice, and what DFDG would refuse. Without --out all lists are one CSV table on stdout. How long
    each list is, and what was left out of it for protected citizens, is said on stderr.

    With --live no more is needed than the right to read the municipality's topic; the lists are as of the newest
    cut, which is named on stderr.
    """
    if live:
        if given.files or through or rules:
            raise click.UsageError("--live takes neither --facts nor --through nor --rules: they are the newest cut's")
        lists: Sequence[Reconciled] = _told(Asking(), municipality, timeout)
    else:
        lists = _from_files(given, through, rules, municipality)
    if out is None:
        _write(sys.stdout, ("list", *COLUMNS), ((one.name, *row) for one in lists for row in one.rows))
    else:
        _write_files(out, lists)
    for one in lists:
        protected = f"; {one.protected} of protected citizens left out" if one.protected else ""
        click.echo(f"{one.name}: {len(one.rows)}{protected}", err=True)


def _from_files(given: Given, through: dt.datetime | None, rules: str | None, municipality: str) -> list[Reconciled]:
    if not given.files or through is None:
        raise click.UsageError("give --facts FILE... and --through DATE, or --live")
    chosen = _rules.chosen(rules)
    facts = given.read()
    facts.fold(chosen, through.date(), municipality)
    return reconcile(facts.connection, municipality)


def _told(asking: Asking, municipality: str, timeout: float) -> list[Reconciled]:
    topic = reconciliation_topic(municipality).name
    log_ends.topics(kafka.admin(asking.settings), [topic])
    deadline = time.monotonic() + timeout
    while True:
        told = ToldLists(asking.catalog, asking.settings.deployment)
        for message in log_ends.read_whole(asking.settings, topic):
            told.feed(message.key(), message.value())
        if told.waits_for is None:
            newest = told.newest[0]
            say(f"as of cut {newest.cut}, through {newest.through}, rule set {newest.rule_set_name}")
            return told.lists()
        if time.monotonic() > deadline:
            raise Unavailable(f"{topic}: {told.waits_for}")
        time.sleep(_POLL_SECONDS)


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
