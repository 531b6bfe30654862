"""`fokusstrom national`: what the national topic holds, read as any client of it can."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from fokusstrom.commands import _records
from fokusstrom.commands._asking import Asking
from fokusstrom.contracts import metadata
from fokusstrom.contracts.national import History, Release, Releases
from fokusstrom.contracts.partition import Partition
from fokusstrom.contracts.records import NationalRecord
from fokusstrom.contracts.topics import NATIONAL_REPORTING
from fokusstrom.domain.errors import Unavailable
from fokusstrom.domain.measures import MEASURES
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.following import Follower, ends_of
from fokusstrom.runtime.log_ends import read_whole

_POLL_SECONDS = 0.5


@click.command()
@click.option("--release", "number", type=int, help="Only this release's records; says whether its manifest agrees.")
@click.option("--measure", type=click.Choice(sorted(MEASURES)), help="Only this measure.")
@click.option("--follow", is_flag=True, help="Go on with each release that follows, until interrupted.")
@click.option("--format", "as_", type=click.Choice(["csv", "jsonl", "table"]), default="csv", show_default=True)
@click.option(
    "--locale",
    type=click.Choice(sorted(_records.LOCALES)),
    default="en",
    show_default=True,
    help="Of CSV: da has semicolons and decimal commas.",
)
@click.option(
    "--metadata",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write JSON-stat datasets and a DCAT-AP description to this folder instead.",
)
def command(
    number: int | None,
    measure: str | None,
    follow: bool,  # noqa: FBT001 - a flag
    as_: str,
    locale: str,
    folder: Path | None,
) -> int:
    """Print the newest record of each figure, of releases that are whole.

    A release counts when its manifest is there and agrees with its records in number and checksum.
    """
    if follow and (number is not None or folder is not None):
        raise click.UsageError("--follow goes neither with --release nor with --metadata")
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
    if number is not None:
        wanted = _whole(number, wanted, found)
    records = wanted.records if wanted else history.newest
    chosen = [records[key] for key in sorted(records) if measure in {None, records[key].measure}]
    if folder is not None:
        return _write_metadata(folder, chosen)
    write = _writer(as_, locale)
    click.echo(write(chosen, header=True), nl=False)
    if follow:
        _follow(asking.settings, onward, found, lambda more: _show(write, more, measure))
    return 0


def _writer(as_: str, locale: str) -> Callable[..., str]:
    if as_ == "csv":
        return _records.as_csv(_records.LOCALES[locale])
    return _records.as_jsonl if as_ == "jsonl" else _records.as_tables


def _show(write: Callable[..., str], release: Release, measure: str | None) -> None:
    records = [record for record in release.records.values() if measure in {None, record.measure}]
    click.echo(write(records, header=False), nl=False)


def _whole(number: int, release: Release | None, found: Releases) -> Release:
    """Say that a release's manifest agrees with its records; `Unavailable` when there is no such release."""
    if release is None:
        why = found.broken.get(number, f"there is no whole release {number} on {NATIONAL_REPORTING.name}")
        raise Unavailable(why)
    manifest = release.manifest
    click.echo(
        f"release {number} is whole: {manifest.records} records, checksum {manifest.checksum[:16]} agrees with them;"
        f" through {manifest.through}, rule set {manifest.rule_set_name} {manifest.rule_set_version}",
        err=True,
    )
    return release


def _write_metadata(folder: Path, records: Iterable[NationalRecord]) -> int:
    records = list(records)
    folder.mkdir(parents=True, exist_ok=True)
    datasets = metadata.datasets(records)
    files = {
        **{f"{name}.json": dataset for name, dataset in datasets.items()},
        "collection.json": metadata.collection(datasets),
        "dcat.jsonld": metadata.catalogue(records, datasets),
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", "utf-8")
        click.echo(str(folder / name))
    return 0


def _follow(settings: Settings, start: dict[Partition, int], found: Releases, show: Callable[[Release], None]) -> None:
    with Follower(settings, start) as follower:
        while True:
            for message in follower.poll(_POLL_SECONDS):
                release = found.feed(message.key(), message.value())
                if release is not None:
                    show(release)


def _complain(found: Releases) -> None:
    for why in found.broken.values():
        click.echo(f"{why}: it is left out", err=True)
    if found.unreadable:
        click.echo(f"{found.unreadable} records can't be read and are left out", err=True)
