"""`fokusstrom topics apply|check`."""

from __future__ import annotations

import datetime as dt
import os

import click

from fokusstrom.contracts import schemas
from fokusstrom.contracts.records import CommandKind
from fokusstrom.contracts.topics import topics_of
from fokusstrom.runtime import kafka, topic_admin
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.control import Control
from fokusstrom.runtime.logs import configure_logs

_PATIENCE = dt.timedelta(days=7)
"""How long the request for a cut stands: as long as commands are kept."""


@click.group()
def command() -> None:
    """Create the topics, or compare a cluster with what should be."""


@command.command()
@click.option("--partitions", type=click.IntRange(1, 1000), help="Of each fact topic; never fewer than there are.")
def apply(partitions: int | None) -> None:
    """Create what is missing, change what differs, and ask for a cut if anything was done.

    Nothing is ever taken away. Workers read a new partition from the next cut on; the reporting worker makes
    it when it runs.
    """
    settings = _settings()
    done = topic_admin.apply(kafka.admin(settings), partitions, topics_of(settings.reconciliation))
    for line in done:
        click.echo(line)
    if done:
        control = Control(settings, schemas.catalog(settings.registry_url), SystemClock())
        control.send(control.command(CommandKind.CUT, _PATIENCE))
    click.echo(f"{len(done)} changes" if done else "nothing to do: all topics are as they should be")


@command.command()
def check() -> int:
    """Say what differs on the cluster; the exit code is 1 when anything does."""
    settings = _settings()
    differences = topic_admin.check(kafka.admin(settings), topics_of(settings.reconciliation))
    for line in differences:
        click.echo(line)
    click.echo(f"{len(differences)} differences" if differences else "all topics are as they should be")
    return 1 if differences else 0


def _settings() -> Settings:
    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return settings
