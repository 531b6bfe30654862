"""Cells: how a ledger keeps them, and how those of several folds become those of all, lives here.

A cell has the same name wherever it is - municipality, period, dimensions - and every measure of it adds up. A ledger
keeps cells in the order of a number for municipality and period (`place_code`), by which those of few places are
found, and codes as ENUM types, which are read in a third of the time that texts take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fokusstrom.domain.fold import Fold
from fokusstrom.domain.rules_and_figures import EVERYTHING, FIGURES, Figure, cell_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping

    import duckdb

_PARTS = "parts_"

_CODES = ("benefit", "interview_type", "mode", "outcome", "reason")
"""The dimensions whose values are of the ENUM types that `domain.book` makes."""


def kept_columns(figure: Figure) -> Mapping[str, str]:
    """Map the columns of `cells_<figure>` to their SQL types: as in `cell_columns`, and `place_code` behind."""
    coded = {name: f"{name}_code" for name in _CODES if name in figure.dimensions}
    return {**cell_columns(figure), **coded, "place_code": "INTEGER"}


def to_keep(figure: Figure, relation: str) -> str:
    """Give the query for the cells of a relation as a ledger keeps them."""
    known = ", ".join(f"{name}::{name}_code AS {name}" if name in _CODES else name for name in cell_columns(figure))
    return f"SELECT {known}, place_code(municipality, period) AS place_code FROM {relation}"


class Gathering:
    """The cells of figures of one part of the persons after another, as `<prefix><figure>`.

    The same cell may be there several times.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, figures: Iterable[str], prefix: str) -> None:
        """Begin with nothing gathered."""
        self._connection = connection
        self._figures = tuple(figures)
        self._prefix = prefix
        self._is_empty = True

    def add(self) -> None:
        """Take in what was folded last, `folded_<figure>`, which may be gone then."""
        for name in self._figures:
            if self._is_empty:
                self._connection.execute(f"DROP TABLE IF EXISTS {self._prefix}{name}")
                self._connection.execute(f"ALTER TABLE folded_{name} RENAME TO {self._prefix}{name}")
            else:
                self._connection.execute(f"INSERT INTO {self._prefix}{name} FROM folded_{name}")
        self._is_empty = False


def added(figure: Figure, *relations: str, taken: str | None = None) -> str:
    """Give the query for a figure's cells of several relations together, each once; those of `taken` are taken away."""
    keys = ", ".join(name for name in cell_columns(figure) if name not in figure.measures)
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in figure.measures)
    away = ", ".join(f"-{name} AS {name}" for name in figure.measures)
    nothing = " AND ".join(f"{name} = 0" for name in figure.measures)
    every = [f"FROM {relation}" for relation in relations]
    every += [f"SELECT {keys}, {away} FROM {taken}"] if taken else []
    return f"SELECT {keys}, {sums} FROM ({' UNION ALL BY NAME '.join(every)}) GROUP BY ALL HAVING NOT ({nothing})"


def gather(
    fold: Fold,
    prefix: str,
    touched: str | None = None,
    figures: Collection[str] = tuple(FIGURES),
    needed: Container[str] = EVERYTHING,
    *,
    at_once: bool = False,
) -> int:
    """Fold all persons, or those of the relation `touched`, as `Fold.parts` gives them, and gather their cells.

    Returns the number of parts.
    """
    gathering = Gathering(fold.connection, figures, prefix)
    parts = 0
    for _ in fold.parts(touched, inputs=needed, at_once=at_once):
        fold.run(figures, needed)
        gathering.add()
        parts += 1
    return parts


def fold_all(
    fold: Fold,
    figures: Collection[str] = tuple(FIGURES),
    needed: Container[str] = EVERYTHING,
    *,
    at_once: bool = False,
) -> None:
    """Let `folded_<figure>` be the cells of all persons, as `Fold.parts` gives them."""
    if gather(fold, _PARTS, None, figures, needed, at_once=at_once) == 1:  # each cell is there once
        for name in figures:
            fold.connection.execute(f"ALTER TABLE {_PARTS}{name} RENAME TO folded_{name}")
        return
    for name in figures:
        cells = added(FIGURES[name], f"{_PARTS}{name}")
        fold.connection.execute(f"CREATE OR REPLACE TEMP TABLE folded_{name} AS {cells}")
        fold.connection.execute(f"DROP TABLE {_PARTS}{name}")
