"""`fokusstrom connector NAME spec|check|discover|read|run|state|backfill|rejections|pseudonyms`."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from fokusstrom.runtime.clock import COPENHAGEN
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs
from fokusstrom_connectors.kinds import KINDS, kind

_config = click.option(
    "--config", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The configuration."
)


class _Kinds(click.Group):
    """Each kind of connector is a group with the same commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the kinds."""
        del ctx
        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the commands of a kind."""
        del ctx
        if cmd_name not in KINDS:
            return None
        return click.Group(cmd_name, commands=_COMMANDS, help=f"A connector that {KINDS[cmd_name]}.")


@click.group(cls=_Kinds)
def command() -> None:
    """Read a source system: look at it, try the way to the topics, run."""


@click.command()
@click.pass_context
def spec(context: click.Context) -> None:
    """Print the JSON Schema of the configuration."""
    from fokusstrom_connectors import configuration

    click.echo(json.dumps(configuration.model(kind(_named(context))).model_json_schema(by_alias=True), indent=2))


@click.command()
@_config
@click.option("--seconds", default=60.0, show_default=True, help="How long the first page is waited for.")
@click.pass_context
def check(context: click.Context, file: Path, seconds: float) -> int:
    """Try each step from the source to the topics, and name those that fail; the exit code is 1 then."""
    from fokusstrom_connectors import checking

    settings, one = _wired(context, file)
    failed = 0
    for each in checking.check(one, settings, seconds):
        click.echo(f"{'ok  ' if each.is_well else 'FAIL'}  {each.step}: {each.text}")
        failed += not each.is_well
    return 1 if failed else 0


@click.command()
@_config
@click.option("--seconds", default=60.0, show_default=True, help="How long the first page is waited for.")
@click.pass_context
def discover(context: click.Context, file: Path, seconds: float) -> None:
    """List the fields of the first page, what they look like and what the mapping makes of them; no values."""
    from fokusstrom_connectors import checking

    _, one = _wired(context, file)
    for line in checking.discovered(one, asyncio.run(checking.first_page(one, seconds))):
        click.echo(line)


@click.command()
@_config
@click.pass_context
def read(context: click.Context, file: Path) -> int:
    """Read the source from its beginning to its end, and print its facts as JSON Lines; nothing is produced.

    Of a source that others send to, only the first page: whoever sent it is asked to send it again.
    What is refused is reported on stderr, and the exit code is 1 then.
    """
    from fokusstrom_connectors import checking, wiring
    from fokusstrom_connectors.runner.printing import Printing

    _, one = _wired(context, file)
    printing = Printing(click.echo, lambda text: click.echo(text, err=True))
    if one.connector.is_sent_to:  # what is acknowledged is gone at the sender's, and may not end on a screen
        printing.ready(one.mapper().map([asyncio.run(checking.first_page(one, 60))]))()
    else:
        asyncio.run(wiring.only_read(one, printing))
    return 1 if printing.refusals else 0


@click.command()
@_config
@click.option("--once", is_flag=True, help="Stop when the source has no more.")
@click.pass_context
def run(context: click.Context, file: Path, *, once: bool) -> int:
    """Run until it is told to stop: read, map, make pseudonyms, produce, and remember how far."""
    from fokusstrom_connectors import wiring

    settings, one = _wired(context, file)
    return wiring.run(one, settings, once=once, say=click.echo)


@click.command()
@_config
@click.option("--from", "start", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day.")
@click.option("--to", "end", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day after the last.")
@click.pass_context
def backfill(context: click.Context, file: Path, start: datetime, end: datetime) -> int:
    """Read a time once more, and stop. It changes nothing of what is remembered, and is safe to repeat."""
    from fokusstrom_connectors import wiring
    from fokusstrom_connectors.interface import Window

    settings, one = _wired(context, file)
    if not one.connector.can_backfill:
        raise click.UsageError(f"{one.connector.name} can't read a time once more: use `state reset`")
    window = Window(start.replace(tzinfo=COPENHAGEN), end.replace(tzinfo=COPENHAGEN))
    return wiring.run(one, settings, once=True, window=window, say=click.echo)


@click.command()
@_config
@click.pass_context
def rejections(context: click.Context, file: Path) -> int:
    """List what was refused of this connector's facts and isn't corrected yet: why, and what to change."""
    from fokusstrom.contracts import schemas

    settings, one = _wired(context, file)
    found = one.open_rejections(settings, schemas.catalog(settings.registry_url))
    for each in found:
        where = each.place or f"{each.topic}/{each.partition}/{each.offset}"
        fact = " ".join(str(part) for part in (each.fact_type, each.fact_id, each.version) if part is not None)
        field = f" in {each.field}" if each.field else ""
        click.echo(f"{each.severity}  {fact or 'a record'}: {each.reason}{field} - {each.hint} ({where})")
    click.echo(f"{len(found):,} rejections", err=True)
    return 0


@click.command()
@_config
@click.pass_context
def pseudonyms(context: click.Context, file: Path) -> int:
    """Print the pseudonyms of personal numbers, of each under every key that is configured; for `fokusstrom erase`.

    Numbers are read from stdin, one a line: never give them as arguments, which others see.
    """
    _, one = _wired(context, file)
    made = one.pseudonyms()
    if made is None:
        raise click.UsageError("the configuration has no `personal_numbers`: there is no key to make pseudonyms with")
    found = made.of_each(click.get_text_stream("stdin").read().split("\n"))
    for each in found:
        click.echo("no personal number of a citizen" if each is None else " ".join(each))
    return 1 if None in found else 0


@click.group()
def state() -> None:
    """Look at what a connector remembers, or change it. Stop the connector first: it remembers on its own."""


@state.command("show")
@_config
@click.pass_context
def show_state(context: click.Context, file: Path) -> None:
    """Print what is remembered, an item a line."""
    from fokusstrom_connectors import wiring

    settings, one = _wired(context, file)
    for item, value in sorted(wiring.remembered(one, settings).items()):
        click.echo(f"{item}\t{json.dumps(value, sort_keys=True)}")


@state.command("set")
@_config
@click.argument("item")
@click.argument("value")
@click.pass_context
def set_state(context: click.Context, file: Path, item: str, value: str) -> None:
    """Remember VALUE, written as JSON, under ITEM: the connector goes on from there."""
    from fokusstrom_connectors import wiring

    settings, one = _wired(context, file)
    try:
        told = json.loads(value)
    except ValueError:
        raise click.UsageError("VALUE is no JSON: a text is written as '\"2020-03-01\"'") from None
    wiring.remember(one, settings, {item: told})


@state.command("reset")
@_config
@click.argument("items", nargs=-1)
@click.pass_context
def reset_state(context: click.Context, file: Path, items: tuple[str, ...]) -> None:
    """Forget ITEMS, or everything of the source: it is read from its beginning again, which does no harm."""
    from fokusstrom_connectors import wiring
    from fokusstrom_connectors.runner.state import of_source

    settings, one = _wired(context, file)
    known = wiring.remembered(one, settings)
    unknown = [item for item in items if item not in known]
    if unknown:
        raise click.UsageError(f"{', '.join(unknown)}: nothing is remembered under it: `state show` lists what is")
    forgotten = items or tuple(of_source(known))
    wiring.remember(one, settings, dict.fromkeys(forgotten))
    click.echo(f"{len(forgotten)} items forgotten")


def _wired(context: click.Context, file: Path) -> tuple[Settings, Any]:
    """Settings and the connector of a configuration; every problem of both is said at once by their errors."""
    from fokusstrom_connectors import wiring

    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return settings, wiring.wired(kind(_named(context)), file, os.environ)


def _named(context: click.Context) -> str:
    """The kind that the command line names: the group right under `connector`."""
    names = []
    found: click.Context | None = context
    while found is not None:
        names.append(found.info_name or "")
        found = found.parent
    return next(name for name in names if name in KINDS)


_COMMANDS: dict[str, click.Command] = {
    "backfill": backfill,
    "check": check,
    "discover": discover,
    "pseudonyms": pseudonyms,
    "read": read,
    "rejections": rejections,
    "run": run,
    "spec": spec,
    "state": state,
}
