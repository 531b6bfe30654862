"""`fokusstrom produce`: facts from files to the topics."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import click
import duckdb

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts import schemas
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.contracts.produce import Outgoing
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

    # The next facts are checked and encoded while the last ones are sent.
    with _progress.counting("sending facts", "facts") as progress, ThreadPoolExecutor(1, "sending") as thread:
        under_way: Future[None] = thread.submit(lambda: None)

        def send(fact_type: FactType, encoded: Mapping[str, Outgoing], count: int) -> None:
            for topic, outgoing in encoded.items():
                sending.send_encoded(fact_type.name, topic, outgoing)
            progress(count)

        def accepted(fact_type: FactType) -> None:
            nonlocal under_way
            facts = book.accepted(fact_type)
            encoded = sending.encoded(fact_type, facts)
            under_way.result()
            under_way = thread.submit(send, fact_type, encoded, facts.num_rows)

        _files.take_in(book, (*files, *more), report, accepted, lambda _: None)
        under_way.result()
        sending.confirm()
    click.echo(f"{sending.sent:,} facts sent, {refused:,} lines refused")
    return 1 if refused else 0
