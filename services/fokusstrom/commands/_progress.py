"""Progress of long work on stderr: a bar or a moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_PLAIN_SECONDS = 5.0
_TERMINAL_SECONDS = 0.2


@contextmanager
def counting(what: str, unit: str) -> Iterator[Callable[[int], None]]:
    """Show how much of `unit` is done; call what it gives with each part's number."""
    is_terminal = sys.stderr.isatty()
    begun = said = time.monotonic()
    done = 0

    def progress(more: int) -> None:
        nonlocal done, said
        done += more
        now = time.monotonic()
        if now - said >= (_TERMINAL_SECONDS if is_terminal else _PLAIN_SECONDS):
            said = now
            click.echo(f"\r{_line()}" if is_terminal else _line(), err=True, nl=not is_terminal)

    def _line() -> str:
        rate = done / max(time.monotonic() - begun, 0.001)
        return f"{what}: {done:,} {unit}, {rate:,.0f} a second"

    yield progress
    if said > begun or is_terminal:
        click.echo(f"\r{_line()}" if is_terminal else _line(), err=True)


@contextmanager
def steps(what: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show work in named steps; call what it gives with the step, how much of it is done, and of how much."""
    is_terminal = sys.stderr.isatty()
    said = 0.0

    def progress(step: str, done: int, of: int) -> None:
        nonlocal said
        now = time.monotonic()
        if done < of and now - said < (_TERMINAL_SECONDS if is_terminal else _PLAIN_SECONDS):
            return
        said = now
        line = f"{what}: {step} {done}/{of}"
        click.echo(f"\r\033[K{line}" if is_terminal else line, err=True, nl=not is_terminal)

    yield progress
    if is_terminal:
        click.echo(err=True)
