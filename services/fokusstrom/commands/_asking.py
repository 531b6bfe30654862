"""What the commands that ask the running pipeline have in common."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from fokusstrom.commands.figures import read_rules
from fokusstrom.contracts import schemas
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.domain import rule_set
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

    def rules(self, file: Path | None) -> str | None:
        """Send a rule set's file to the services; return its digest, None without a file."""
        if file is None:
            return None
        parsed = rule_set.parse(read_rules(file))
        self.control.send_rule_set(parsed)
        return parsed.digest


def patience(seconds: float) -> timedelta:
    """How long to wait."""
    return timedelta(seconds=seconds)


def say(text: str) -> None:
    """Tell of progress, on stderr."""
    click.echo(text, err=True)
