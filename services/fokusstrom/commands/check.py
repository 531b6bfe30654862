"""`fokusstrom check`: what would be refused of files of facts, before they are sent."""

from __future__ import annotations

from pathlib import Path

import click
import duckdb

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.domain.book import Book


@click.command()
@click.option("--facts", "files", multiple=True, required=True, type=click.Path(path_type=Path), help="Files of facts.")
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
def command(files: tuple[Path, ...], more: tuple[Path, ...]) -> int:
    """Say what would be refused of files of facts: file, line, field, reason, and what to change.

    The exit code is 1 when there is any such line.
    """
    refused = lines = 0

    def report(refusal: Refusal) -> None:
        nonlocal refused
        refused += 1
        click.echo(str(refusal))

    with _progress.counting("checking facts", "lines") as progress:

        def count(more_lines: int) -> None:
            nonlocal lines
            lines += more_lines
            progress(more_lines)

        _files.take_in(Book(duckdb.connect()), (*files, *more), report, lambda _: None, count)
    click.echo(f"{lines:,} lines, {refused:,} would be refused", err=True)
    return 1 if refused else 0
