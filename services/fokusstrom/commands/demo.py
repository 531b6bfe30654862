"""`fokusstrom demo`: everything at once, on simulated facts."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType

import click

from fokusstrom.commands import _progress
from fokusstrom.commands.lag import table as lag_table
from fokusstrom.demo.show import Plan, Shown, running
from fokusstrom.monitor.country import Month, months_of
from fokusstrom.monitor.lag import by_group
from fokusstrom.runtime.config import LogFormat
from fokusstrom.runtime.logs import configure_logs
from fokusstrom.simulation.settings import Settings as Simulated

_MODES = {"PHYSICAL": "in person", "VIDEO": "video", "PHONE": "phone", "WRITTEN": "written", "OTHER": "other"}


@click.command()
@click.option("--citizens", default=20_000, show_default=True, help="How many citizens are simulated.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same facts.")
@click.option("--from", "first", default="2019-01", show_default=True, help="First month, YYYY-MM.")
@click.option("--to", "last", default="2021-12", show_default=True, help="Last month, YYYY-MM.")
@click.option(
    "--data",
    default=".demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for all that the demo makes; an earlier demo's is cleared.",
)
@click.option("--exit", "is_unattended", is_flag=True, help="Stop at the end instead of serving the page.")
def command(
    citizens: int,
    seed: int,
    first: str,
    last: str,
    data: Path,
    is_unattended: bool,  # noqa: FBT001 - a flag
) -> int:
    """Start Kafka, simulated sources, connectors and every service, and show the figures.

    Facts arrive month by month of their registration, with a cut as each month ends and a release at the
    end. Logs are in the folder. Ctrl-C stops everything.
    """
    configure_logs(LogFormat.CONSOLE, level=logging.ERROR)  # that a broker just started takes a second is no news
    plan = Plan(data, Simulated(citizens, seed, first, last))
    with _stopped_by_signals(), _progress.steps("demo") as progress, running(plan, os.environ, progress) as demo:
        click.echo(f"The page, as it comes about: {demo.page}", err=True)
        shown = demo.play()
        _tell(shown, plan.months[0], lag_table(by_group(demo.lags())))
        if is_unattended:
            return 0
        click.echo(f"\nThe same as charts: {demo.page}\nCtrl-C stops everything.")
        try:
            demo.serve()
        except KeyboardInterrupt:
            click.echo("\nStopping", err=True)
    return 0


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM end a demo as Ctrl-C does: in order."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(shown: Shown, first: date, lags: Sequence[str]) -> None:
    manifest = shown.release.manifest
    click.echo(f"\n{shown.facts:,} facts in {shown.seconds:.0f} seconds; release {manifest.release}:", nl=False)
    click.echo(f" {manifest.records:,} records through {manifest.through}\n")
    click.echo("The country, from the released cut (internal: not suppressed, not published), in per cent")
    click.echo(f"{'month':8}{'not served':>12}" + "".join(f"{name:>12}" for name in _MODES.values()))
    for month in months_of(shown.cut):
        if month.month >= first:
            click.echo(_line(month))
    click.echo("The share looks back 12 months: without the meetings before the first month it is too high at first.\n")
    for line in lags:
        click.echo(line)


def _line(month: Month) -> str:
    shares = [month.not_served_permille, *(month.mode_permille(mode) for mode in _MODES)]
    return f"{month.month:%Y-%m} " + "".join(f"{'-' if one is None else f'{one / 10:.1f}':>12}" for one in shares)
