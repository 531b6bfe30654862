"""Facts of files, read once and folded under any rule set: shared by the commands that work without a broker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from fokusstrom.commands import _files, _progress
from fokusstrom.contracts.csv_tables import csv_bytes
from fokusstrom.contracts.exchange import Refusal
from fokusstrom.domain.book import Book
from fokusstrom.domain.fold import FIGURES, Fold, Slice, figures_of
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.tables import Tables


class Facts:
    """The facts of some files that hold, and what was refused of them."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Read the files."""
        self._connection = duckdb.connect()
        self.refusals: list[Refusal] = []
        book = Book(self._connection)
        with _progress.counting("reading facts", "lines") as progress:
            _files.take_in(book, files, self.refusals.append, book.append, progress)
        book.keep_latest()

    def tables(self, rules: RuleSet, through: dt.date) -> Mapping[str, pa.Table]:
        """Fold them under a rule set, and return every table of the specification."""
        fold = Fold(self._connection, rules, through, Slice())
        fold.begin()
        fold.collect()
        fold.run()
        sums = {name: figures_of(self._connection, figure, f"folded_{name}") for name, figure in FIGURES.items()}
        return tables_of(sums, rules, through)

    def tell_refused(self) -> int:
        """Name each bad line on stderr; return the exit code, which is 1 when there are any."""
        for refusal in self.refusals:
            click.echo(str(refusal), err=True)
        if self.refusals:
            click.echo(f"{len(self.refusals)} lines were refused and are not in the figures", err=True)
        return 1 if self.refusals else 0


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write each table as `<table>.csv`, and name the files on stdout."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    for name, table in tables.items():
        file = folder / f"{name}.csv"
        file.write_bytes(csv_bytes(connection, table))
        click.echo(str(file))


def tables_of(sums: Mapping[str, pa.Table], rules: RuleSet, through: dt.date) -> Mapping[str, pa.Table]:
    """Return every table of the specification, made of the sums of figures."""
    return Tables(duckdb.connect(), sums, rules, through).all()
