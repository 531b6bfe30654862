"""`fokusstrom produce`: facts from files to the topics."""

from __future__ import annotations

import os
from pathlib import Path

import click
import duckdb

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts import schemas
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.domain.book import Book
from fokusstrom.domain.facts import FactType
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs
from fokusstrom.runtime.sending import Sending


@click.command()
@click.option("--facts", "files", multiple=True, required=True, type=click.Path(path_type=Path), help="Files of facts.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many facts a second.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...], rate: float | None, more: tuple[Path, ...]) -> int:
    """Send facts from files to their topics.

    A bad line is reported with file, line, field and reason, and left out; the rest is sent, and the exit
    code is 1 then. Sending a file again does no harm.
    """
    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    producer = kafka.producer(settings, extra={"delivery.report.only.error": True})  # a call less for each fact
    sending = Sending(producer, schemas.catalog(settings.registry_url), SystemClock(), "produce", rate)
    book = Book(duckdb.connect())
    refused = 0

    def report(refusal: Refusal) -> None:
        nonlocal refused
        refused += 1
        click.echo(str(refusal), err=True)

    with _progress.counting("sending facts", "facts") as progress:

        def accepted(fact_type: FactType) -> None:
            facts = book.accepted(fact_type)
            sending.send(fact_type, facts)
            progress(facts.num_rows)

        _files.take_in(book, (*files, *more), report, accepted, lambda _: None)
        sending.confirm()
    click.echo(f"{sending.sent:,} facts sent, {refused:,} lines refused")
    return 1 if refused else 0
