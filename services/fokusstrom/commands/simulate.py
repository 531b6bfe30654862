"""`fokusstrom simulate`: calibrated facts in the exchange format."""

from __future__ import annotations

from pathlib import Path

import click

from fokusstrom.commands import _progress
from fokusstrom.simulation import arrival
from fokusstrom.simulation.settings import Settings, rates_of


@click.command()
@click.option("--citizens", required=True, type=int, help="How many citizens.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed gives the same bytes.")
@click.option("--from", "first", required=True, help="First month with meetings, YYYY-MM.")
@click.option("--to", "last", required=True, help="Last month in which anything happens, YYYY-MM.")
@click.option("--rate", "rates", multiple=True, metavar="NAME=SHARE", help="How often facts are not clean.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help=".jsonl, .jsonl.gz or .parquet")
def command(citizens: int, seed: int, first: str, last: str, rates: tuple[str, ...], out: Path) -> None:
    """Write a file of simulated facts, in the order in which they would arrive.

    Rates are from 0 to 1; an unknown name lists them all: --rate corrected=0.05 --rate ?=0.
    """
    settings = Settings(citizens, seed, first, last, rates_of(rates))
    with _progress.steps("simulating") as progress:
        written = arrival.write(settings, out, progress)
    for name, count in sorted(written.items()):
        click.echo(f"{name:22}{count:>12,}")
