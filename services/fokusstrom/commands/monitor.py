"""`fokusstrom monitor`: watches everything, and shows it."""

from __future__ import annotations

import os

import click

from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.logs import configure_logs


@click.command()
def command() -> int:
    """Watch groups, topics, cuts and releases, on one port: metrics, and pages for people.

    The port is FOKUSSTROM_PORT's. The pages show unsuppressed sums of the country: they are for those inside
    the trust boundary.
    """
    from fokusstrom.monitor import app

    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return app.run(settings)
