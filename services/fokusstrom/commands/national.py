"""`fokusstrom national`: what the national topic holds, read as any client of it can."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import click

from fokusstrom.commands._asking import Asking
from fokusstrom.contracts.national import History, Release, Releases
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import NationalRecord
from fokusstrom.contracts.topics import NATIONAL_REPORTING
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower, ends_of
from fokusstrom.runtime.log_ends import read_whole

_POLL_SECONDS = 0.5


@click.command()
@click.option("--release", "number", type=int, help="Only this release's records.")
@click.option("--follow", is_flag=True, help="Go on with each release that follows, until interrupted.")
@click.option("--format", "as_", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
def command(number: int | None, follow: bool, as_: str) -> int:  # noqa: FBT001 - a flag
    """Print the newest record of each figure, of releases that are whole.

    A release counts when its manifest is there and agrees with its records in number and checksum.
    """
    if follow and number is not None:
        raise click.UsageError("give either --release ID or --follow")
    asking = Asking()
    history, found = History(), Releases(asking.catalog)
    wanted: Release | None = None
    onward = ends_of(asking.settings, NATIONAL_REPORTING.name)
    for message in read_whole(asking.settings, NATIONAL_REPORTING.name):
        onward[Partition(message.topic() or "", message.partition() or 0)] = (message.offset() or 0) + 1
        release = found.feed(message.key(), message.value())
        if release is not None:
            history.add(release)
            wanted = release if release.manifest.release == number else wanted
    _complain(found)
    if number is not None and wanted is None:
        raise Unavailable(f"there is no whole release {number} on {NATIONAL_REPORTING.name}")
    records = wanted.records if wanted else history.newest
    _print(as_, (records[key] for key in sorted(records)), header=True)
    if follow:
        _follow(asking.settings, onward, found, lambda more: _print(as_, more.records.values(), header=False))
    return 0


def _follow(settings: Settings, start: dict[Partition, int], found: Releases, show: Callable[[Release], None]) -> None:
    with Follower(settings, start) as follower:
        while True:
            for message in follower.poll(_POLL_SECONDS):
                release = found.feed(message.key(), message.value())
                if release is not None:
                    show(release)


def _complain(found: Releases) -> None:
    for broken in sorted(found.broken):
        click.echo(f"release {broken} is not whole and is left out", err=True)
    if found.unreadable:
        click.echo(f"{found.unreadable} records can't be read and are left out", err=True)


def _print(as_: str, records: Iterable[NationalRecord], *, header: bool) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
    if as_ == "csv" and header:
        writer.writeheader()
    for record in records:
        if as_ == "csv":
            writer.writerow(flat(record))
        else:
            text.write(json.dumps(flat(record), ensure_ascii=False) + "\n")
    click.echo(text.getvalue(), nl=False)


def flat(record: NationalRecord) -> dict[str, Any]:
    """A record with its coverage's fields beside its own, dates and instants in ISO 8601."""
    values = dataclasses.asdict(record)
    coverage = {f"coverage_{name}": value for name, value in values.pop("coverage").items()}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in (values | coverage).items()
    }


COLUMNS = tuple(
    name
    for field in dataclasses.fields(NationalRecord)
    for name in (
        ("coverage_sources_heard", "coverage_sources_expected", "coverage_municipalities")
        if field.name == "coverage"
        else (field.name,)
    )
)
"""The columns of the CSV."""
