"""`fokusstrom release`: a cut, and a release of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.records import CommandKind, ConfidentialityStatus
from fokusstrom.domain.releases import Change
from fokusstrom.reporting import releasing
from fokusstrom.runtime.release_history import read_history
from fokusstrom.runtime.rule_sets import SentRuleSets


@click.command()
@click.option("--dry-run", is_flag=True, help="Make the cut, and only say what its release would publish.")
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date (the one in force).")
@click.option("--rules", help=_rules.HELP)
@click.option("--timeout", default=300.0, show_default=True, help="Seconds to wait for the release.")
def command(
    dry_run: bool,  # noqa: FBT001 - a flag
    through: dt.datetime | None,
    rules: str | None,
    timeout: float,
) -> int:
    """Publish what has changed since the last release, as one release of its own.

    Prints the release's number, and how many of its records are new, changed and hidden.
    """
    asking = Asking()
    wanted = asking.control.command(
        CommandKind.RELEASE,
        patience(timeout),
        through=through.date() if through else None,
        rule_set=asking.rules(rules),
        dry_run=dry_run,
    )
    asking.control.send(wanted)
    cut = asking.control.wait_for_cut(wanted.id, patience(timeout), say)
    if dry_run:
        changes = _what_would_change(asking, cut)
        hidden = sum(change.shown.is_hidden for change in changes)
        new = sum(change.is_new for change in changes)
        click.echo(f"cut {cut.mark.number} would release {_counted(len(changes), new, hidden)}")
        _list(changes)
        return 0
    release = asking.control.wait_for_release(wanted.id, cut.mark.number, patience(timeout))
    records = list(release.records.values())
    new = sum(record.revision_reason is None for record in records)
    hidden = sum(record.conf_status is not ConfidentialityStatus.FREE for record in records)
    click.echo(f"release {release.manifest.release} {_counted(len(records), new, hidden)}")
    return 0


def _what_would_change(asking: Asking, cut: CompleteCut) -> list[Change]:
    rules = SentRuleSets(asking.settings, asking.catalog).get(cut.mark.rule_set)
    return releasing.judge(cut, read_history(asking.settings, asking.catalog), rules)


def _counted(records: int, new: int, hidden: int) -> str:
    return f"records {records} new {new} changed {records - new} hidden {hidden}"


def _list(changes: Sequence[Change]) -> None:
    """Show each change as it would be published: what is hidden stays hidden."""
    for change in changes:
        value = "hidden" if change.shown.is_hidden else change.shown.value
        reason = "new" if change.reason is None else change.reason.value
        key = releasing.key_of(change.cell.key).decode()
        click.echo(f"{key} {value} {change.status.value} revision {change.revision} {reason}")
