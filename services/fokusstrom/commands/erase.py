"""`fokusstrom erase`: a citizen is taken out of everything that is known of them."""

from __future__ import annotations

import re

import click

from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.contracts.records import CommandKind
from fokusstrom.contracts.topics import ERASURES, FACT_TOPICS, MEETING_ENRICHED
from fokusstrom.runtime import erasing, kafka, log_ends

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


@click.command()
@click.option("--citizen", "citizens", multiple=True, required=True, help="A pseudonym of theirs; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@click.option("--timeout", default=900.0, show_default=True, help="Seconds to wait for the cut at the end.")
def command(citizens: tuple[str, ...], dry_run: bool, timeout: float) -> int:  # noqa: FBT001 - a flag
    """Erase every fact of a citizen: from the log, from the workers' ledgers, from enriched meetings.

    Workers end and begin anew with new ledgers: something must start them again. A cut closes it, in which the
    citizen isn't any more. Safe to repeat, also after it broke off. The exit code is 1 when something is left.
    """
    if wrong := [place for place, one in enumerate(citizens, 1) if not _PSEUDONYM.fullmatch(one)]:
        raise click.UsageError(f"--citizen {wrong[0]} of {len(citizens)} is no pseudonym: 32 lower-case hex digits")
    asking = Asking()
    settings, catalog = asking.settings, asking.catalog
    names = [ERASURES.name, MEETING_ENRICHED.name, *(topic.name for topic in FACT_TOPICS)]
    log_ends.topics(kafka.admin(settings), names)
    theirs = erasing.persons(settings, catalog, citizens)
    found = erasing.plan(settings, catalog, theirs)
    for name, (facts, records) in found.counted().items():
        click.echo(f"{name}: {facts:,} facts, {records:,} records")
    if dry_run:
        click.echo(f"{len(found.records):,} records would be erased")
        return 0
    producer = kafka.producer(settings)
    erasing.name(settings, producer, found, asking.clock.now())
    erasing.end(producer, found.records)
    say("waiting for the workers, which begin anew, and for a cut without the citizen")
    wanted = asking.control.command(CommandKind.CUT, patience(timeout))
    asking.control.send(wanted)
    cut = asking.control.wait_for_cut(wanted.id, patience(timeout), say)
    meetings = erasing.end(producer, erasing.enriched(settings))
    click.echo(f"erased {len(found.records):,} records and {meetings:,} enriched meetings; cut {cut.mark.number}")
    return _shown(left=erasing.left(settings) + len(erasing.enriched(settings)))


def _shown(left: int) -> int:
    """Say what a reader of the topics still finds."""
    click.echo(f"{left:,} records of what was erased are left on the topics")
    return 1 if left else 0
