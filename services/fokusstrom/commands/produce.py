"""`fokusstrom produce`: facts from files to the topics."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click
import duckdb
from confluent_kafka import KafkaError, Message, Producer

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts import cloud_events, schemas
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.contracts.produce import encode_facts
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain.book import Book
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.facts import FactType
from fokusstrom.runtime import kafka
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs


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
    sending = Sending(kafka.producer(settings), schemas.catalog(settings.registry_url), rate)
    book = Book(duckdb.connect())
    refused = 0

    def report(refusal: Refusal) -> None:
        nonlocal refused
        refused += 1
        click.echo(str(refusal), err=True)

    with _progress.counting("sending facts", "facts") as progress:

        def accepted(fact_type: FactType) -> None:
            progress(sending.send(book, fact_type))

        _files.take_in(book, (*files, *more), report, accepted, lambda _: None)
        sending.finish()
    click.echo(f"{sending.sent:,} facts sent, {refused:,} lines refused")
    return 1 if refused else 0


class Sending:
    """Sends what a book has checked, at most so fast."""

    def __init__(self, producer: Producer, catalog: SchemaCatalog, rate: float | None = None) -> None:
        """Take a producer; `rate` is in facts a second."""
        self.sent = 0
        self._producer = producer
        self._catalog = catalog
        self._rate = rate
        self._begun = time.monotonic()
        self._failed: KafkaError | None = None
        # Keys come back in the order of the rows, so this connection is nobody else's.
        self._keys = duckdb.connect()
        self._clock = SystemClock()

    def send(self, book: Book, fact_type: FactType) -> int:
        """Send what `book.checked` holds; returns how many facts that are."""
        batch = book.accepted(fact_type)
        stamp = cloud_events.stamp(fact_type.name, "produce", self._clock.now())
        for topic, outgoing in encode_facts(self._keys, self._catalog, fact_type, batch).items():
            for key, value in zip(outgoing.keys, outgoing.values, strict=True):
                self._keep_to_rate()
                self._produce(topic, key, value, stamp(key))
                self.sent += 1
        return int(batch.num_rows)

    def finish(self) -> None:
        """Wait until everything is confirmed; raises `Unavailable` when something was not."""
        self._producer.flush()
        if self._failed is not None:
            raise Unavailable(f"not all facts were confirmed, send the files again: {self._failed.str()}")

    def _produce(self, topic: str, key: bytes, value: bytes, headers: cloud_events.Headers) -> None:
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=[*headers], on_delivery=self._delivered)
            except BufferError:  # the queue is full: let it drain
                self._producer.poll(0.1)
            else:
                return

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._failed = error or self._failed

    def _keep_to_rate(self) -> None:
        if self._rate is None:
            return
        self._producer.poll(0)
        ahead = self.sent / self._rate - (time.monotonic() - self._begun)
        if ahead > 0:
            time.sleep(ahead)
