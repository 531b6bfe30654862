"""Facts of files, read once and folded under any rule set: shared by the commands that work without a broker."""

from __future__ import annotations

import datetime as dt
import functools
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts.csv_tables import write_csv
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.domain.book import Book
from fokusstrom.domain.cells import fold_all
from fokusstrom.domain.explain import collect_concerned
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.reach import reach
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.rules_and_figures import FIGURES, figures_of
from fokusstrom.domain.tables import SUMMED, Tables


@dataclass(frozen=True)
class Given:
    """Files of facts as a command line names them, and what is to be done about bad lines."""

    files: tuple[Path, ...]
    skip_bad: bool

    def read(self, before_latest: Callable[[Book], None] = lambda _: None) -> Facts:
        """Read the files, and name each bad line on stderr; ends the command with code 1 when one may not be.

        `before_latest` is called with the book while it still has every version (`Book.versions`).
        """
        connection = duckdb.connect()
        book = Book(connection)
        bad = 0

        def tell(refusal: Refusal) -> None:
            nonlocal bad
            bad += 1
            click.echo(str(refusal), err=True)

        with _progress.counting("reading facts", "lines") as progress:
            _files.take_in(book, self.files, tell, book.append, progress)
        self._judge(bad)
        before_latest(book)
        book.keep_latest()
        return Facts(connection)

    def _judge(self, bad: int) -> None:
        if bad and not self.skip_bad:
            click.echo(
                f"{bad:,} lines are bad, and nothing was made: mend them, or leave them out by --skip-bad", err=True
            )
            raise click.exceptions.Exit(1)
        if bad:
            click.echo(f"{bad:,} bad lines were left out", err=True)


def takes_facts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--facts` and `--skip-bad`: it gets them as `given`."""

    @click.option("--facts", "files", multiple=True, type=click.Path(path_type=Path), help="Files of facts.")
    @click.option("--skip-bad", is_flag=True, help="Leave bad lines out and count them, instead of refusing the files.")
    @functools.wraps(command)
    def with_facts(*, files: tuple[Path, ...], skip_bad: bool, more: tuple[Path, ...] = (), **others: object) -> object:
        return command(given=Given((*files, *more), skip_bad), **others)

    return with_facts


class Facts:
    """The facts of some files that hold."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take a connection with a book."""
        self.connection = connection

    def fold(self, rules: RuleSet, through: dt.date, municipality: str | None = None) -> None:
        """Fold them under a rule set: the relations of all rules that figures need are in the connection then.

        With a municipality only its figures are whole: the others' persons are not folded.
        """
        fold = Fold(self.connection, rules, through, Slice())
        if municipality is None:
            fold.begin()
            fold.collect()
        else:
            collect_concerned(fold, self.connection, municipality)
        fold.run(SUMMED)

    def tables(self, rules: RuleSet, through: dt.date) -> Mapping[str, pa.Table]:
        """Fold them under a rule set, and return every table of the specification."""
        fold_all(Fold(self.connection, rules, through, Slice()), figures=SUMMED)
        return tables_of(self.sums(), rules, through)

    def tables_of_both(
        self, against: RuleSet, under: RuleSet, through: dt.date
    ) -> tuple[Mapping[str, pa.Table], Mapping[str, pa.Table]]:
        """Fold them under a rule set, and under another what that can change; return every table of both."""
        self.fold(against, through)
        sums = self.sums()
        reached = reach(self.connection, against, under, SUMMED)
        Fold(self.connection, under, through, Slice()).again(reached.figures, reached.rules)
        made = Tables(duckdb.connect(), sums, against, through)
        changed = {**sums, **self.sums(reached.figures)}
        return made.all(), Tables(duckdb.connect(), changed, under, through).all(like=made)

    def sums(self, figures: Iterable[str] = SUMMED) -> Mapping[str, pa.Table]:
        """Return the rows of figures, without more of all that tables are made of, as folded last."""
        return {name: figures_of(self.connection, FIGURES[name], f"folded_{name}") for name in figures}


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write each table as `<table>.csv`, and name the files on stdout."""
    for file in tables_written(folder, tables):
        click.echo(str(file))


def tables_written(
    folder: Path, tables: Mapping[str, pa.Table], written: tuple[Path, Mapping[str, pa.Table]] | None = None
) -> list[Path]:
    """Write each table as `<table>.csv`, and give the files.

    `written`: a folder, and the tables that were written there just now: those that are the same are copied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there, known = written or (folder, {})
    files = [folder / f"{name}.csv" for name in tables]
    for file, (name, table) in zip(files, tables.items(), strict=True):
        if name in known and table.equals(known[name]):
            shutil.copyfile(there / file.name, file)
        else:
            with file.open("wb") as to:
                write_csv(table, to)
    return files


def tables_of(sums: Mapping[str, pa.Table], rules: RuleSet, through: dt.date) -> Mapping[str, pa.Table]:
    """Return every table of the specification, made of the sums of figures."""
    return Tables(duckdb.connect(), sums, rules, through).all()
