"""`fokusstrom release`: a cut, and a release of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import click

from fokusstrom.commands import _rules
from fokusstrom.commands._asking import Asking, patience, say
from fokusstrom.contracts.cuts import CompleteCut
from fokusstrom.contracts.records import CommandKind, ConfidentialityStatus
from fokusstrom.domain.releases import Change, Presence
from fokusstrom.reporting import releasing
from fokusstrom.runtime import erasures
from fokusstrom.runtime.cores import Cores
from fokusstrom.runtime.declarations import read_declarations
from fokusstrom.runtime.release_history import read_history
from fokusstrom.runtime.rule_sets import SentRuleSets


@click.command()
@click.option("--dry-run", is_flag=True, help="Make the cut, and only say what its release would publish.")
@click.option("--through", type=click.DateTime(["%Y-%m-%d"]), help="End date (the one in force).")
@click.option("--verbose", is_flag=True, help="With --dry-run: each figure that would change, and to what.")
@click.option("--rules", help=_rules.HELP)
@click.option(
    "--timeout", default=900.0, show_default=True, help="Seconds to wait for the release: a first one takes long."
)
def command(
    dry_run: bool,  # noqa: FBT001 - a flag
    verbose: bool,  # noqa: FBT001 - a flag
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
        return _say_what_would_change(asking, cut, verbose=verbose)
    release = asking.control.wait_for_release(wanted.id, cut.mark.number, patience(timeout))
    records = list(release.records.values())
    new = sum(record.revision_reason is None for record in records)
    hidden = sum(record.conf_status is not ConfidentialityStatus.FREE for record in records)
    click.echo(f"release {release.manifest.release} {_counted(len(records), new, hidden)}")
    return 0


def _say_what_would_change(asking: Asking, cut: CompleteCut, *, verbose: bool) -> int:
    rules = SentRuleSets(asking.settings, asking.catalog).get(cut.mark.rule_set)
    history = read_history(asking.settings, asking.catalog)
    declared = read_declarations(asking.settings, asking.catalog)
    heard = releasing.Heard(asking.settings.expected_sources or (), declared, erasures.read(asking.settings))
    with Cores(asking.settings.threads) as cores:
        judged = releasing.judge(cut, history, rules, heard, cores)
    changes = judged.changes
    hidden = sum(change.shown.is_hidden for change in changes)
    new = sum(change.is_new for change in changes)
    click.echo(f"cut {cut.mark.number} would release {_counted(len(changes), new, hidden)}")
    for line in _summary(changes):
        click.echo(line)
    if judged.held_back:
        click.echo(f"held back {len(judged.held_back)} figures: nothing that could still be hidden would protect them")
    for source in sorted(judged.sources.silent):
        click.echo(f"silent source {source}")
    for why in judged.contradictions:
        click.echo(f"it would be refused: {why}")
    if verbose:
        _list(changes)
    return 1 if judged.contradictions else 0


def _counted(records: int, new: int, hidden: int) -> str:
    return f"records {records} new {new} changed {records - new} hidden {hidden}"


def _summary(changes: Sequence[Change]) -> list[str]:
    """Count changes by measure, status, and why they change."""
    counts = Counter((change.key.measure, change.status.value, _why(change)) for change in changes)
    hidden = Counter(
        (change.key.measure, change.status.value, _why(change)) for change in changes if change.shown.is_hidden
    )
    rows = [(*kind, str(count), str(hidden[kind])) for kind, count in sorted(counts.items())]
    table = [("measure", "status", "reason", "records", "hidden"), *rows] if rows else []
    widths = [max(len(row[column]) for row in table) for column in range(5)] if table else []
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _why(change: Change) -> str:
    return "new" if change.reason is None else change.reason.value


def _list(changes: Sequence[Change]) -> None:
    """Show each change as it would be published: what is hidden stays hidden."""
    for change in changes:
        key = releasing.key_of(change.key).decode()
        click.echo(f"{key} {_value(change)} {change.status.value} revision {change.revision} {_why(change)}")


def _value(change: Change) -> str:
    shown = change.shown
    if shown.is_hidden:
        return "hidden"
    if shown.presence is not Presence.THERE:
        return shown.presence.value
    return str(dict(shown.details).get("code", shown.value))
