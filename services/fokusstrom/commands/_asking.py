"""What the commands that ask the running pipeline have in common."""

from __future__ import annotations

import os
from datetime import timedelta

import click

from fokusstrom.commands import _rules
from fokusstrom.contracts import schemas
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.runtime.clock import SystemClock
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.control import Control
from fokusstrom.runtime.logs import configure_logs


class Asking:
    """Settings, schemas and the client of one command."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Read the environment, unless settings are given."""
        self.settings = Settings.from_environment(os.environ) if settings is None else settings
        configure_logs(self.settings.log_format)
        self.clock = SystemClock()
        self.catalog: SchemaCatalog = schemas.catalog(self.settings.registry_url)
        self.control = Control(self.settings, self.catalog, self.clock)

    def rules(self, given: str | None) -> str | None:
        """Send the rule set that `--rules` names to the services; return its digest, None without one."""
        if given is None:
            return None
        chosen = _rules.chosen(given)
        self.control.send_rule_set(chosen)
        return chosen.digest


def patience(seconds: float) -> timedelta:
    """How long to wait."""
    return timedelta(seconds=seconds)


def say(text: str) -> None:
    """Tell of progress, on stderr."""
    click.echo(text, err=True)
