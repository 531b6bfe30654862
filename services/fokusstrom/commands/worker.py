"""`fokusstrom worker enrichment [--slice I/N] | reporting`."""

from __future__ import annotations

import os
import re

import click

from fokusstrom.domain.fold import Slice
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs


class _SliceOf(click.ParamType):
    """A slice as `i/N`, from 0."""

    name = "I/N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Slice:
        """Read it."""
        if isinstance(value, Slice):
            return value
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", str(value))
        if not found or not int(found[1]) < int(found[2]):
            self.fail(f"{value!r} is no slice: write it as i/N, with i from 0 to N - 1", param, ctx)
        return Slice(int(found[1]), int(found[2]))


@click.group()
def command() -> None:
    """Run one of the services until it is told to stop."""


@command.command()
@click.option("--slice", "of", type=_SliceOf(), default=Slice(), show_default="0/1", help="Whose persons.")
def enrichment(of: Slice) -> int:
    """Enrich and fold one slice of the persons."""
    from fokusstrom.enrichment import app

    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return app.run(settings, of)


@command.command()
def reporting() -> int:
    """Make cuts and releases."""
    from fokusstrom.reporting import app

    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return app.run(settings)
