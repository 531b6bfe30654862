"""Parts of many persons: which persons are folded together lives here.

A part are the persons whose pseudonyms lie between two. Facts lie in the order of pseudonyms, so that those of a part
lie together; and whatever is known by person, of whoever may have no fact any more, is of exactly one part.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


TOGETHER = 200_000
"""So many persons are a part: half as many and twice as many take longer (docs/adr/0026)."""


@dataclass(frozen=True)
class Part:
    """The persons from one pseudonym on and before another; None where there is no bound."""

    first: str | None = None
    end: str | None = None

    def holds(self, person: str) -> str:
        """SQL condition on a column of pseudonyms; null, which is nobody's, belongs to the first part."""
        after = f"{person} >= '{self.first}'" if self.first else ""
        before = f"{person} < '{self.end}'" if self.end else ""
        if before and not after:
            return f"({before} OR {person} IS NULL)"
        return " AND ".join(filter(None, (after, before))) or "true"


def divided(connection: duckdb.DuckDBPyConnection, persons: str) -> list[Part]:
    """Divide the persons of a relation's column `person` into parts; there is one at least."""
    ((count,),) = connection.execute(f"SELECT count(*) FROM {persons}").fetchall()
    parts = -(-count // TOGETHER)
    if parts <= 1:
        return [Part()]
    places = [place / parts for place in range(1, parts)]
    ((bounds,),) = connection.execute(f"SELECT quantile_disc(person, {places})::VARCHAR[] FROM {persons}").fetchall()
    return [Part(first, end) for first, end in itertools.pairwise([None, *sorted(set(bounds)), None])]
