"""Bodies: what is said of an area and a period, encoded, and how cells are added to it, live here.

A body is the last part of a PartialFigures record: a list of cells for each figure, ordered by their dimensions. A
worker has those of all its areas and periods in memory, where a batch adds its few cells to what was said before.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fokusstrom.contracts import columns
from fokusstrom.contracts.coded import Numbers, places
from fokusstrom.contracts.schemas import Schema
from fokusstrom.domain.rules_and_figures import FIGURES, Figure

TOGETHER = 2_000
"""So many bodies are taken apart at once: of all, their cells would be a third of a gigabyte."""


@dataclass(frozen=True)
class Cells:
    """Cells of one figure."""

    place: Numbers
    """Where each one's area and period stand, in whatever order those have."""
    columns: Mapping[str, pa.Array]
    """Dimensions and measures."""

    def between(self, first: int, end: int) -> Cells:
        """Give those of some places, which are counted from the first of these then."""
        theirs = (self.place >= first) & (self.place < end)
        if theirs.all():
            return Cells(self.place - first, self.columns)
        mask = pa.array(theirs)
        return Cells(self.place[theirs] - first, {name: column.filter(mask) for name, column in self.columns.items()})


class Bodies:
    """Encodes cells, and adds to what is encoded."""

    def __init__(self, schema: Schema) -> None:
        """Take the schema of the figures alone."""
        self._schema = schema
        self._types = {one.name: one.type for one in columns.arrow_schema(schema)}

    @functools.cached_property
    def nothing(self) -> bytes:
        """What is said where nothing is counted."""
        (body,) = self._encoded(1, {})
        return body

    def encoded(self, places: int, cells: Mapping[str, Cells]) -> list[bytes]:
        """Encode the cells of so many places, which are in order; of figures that aren't given there are none."""
        return self._encoded(places, {name: self._lists(name, places, theirs) for name, theirs in cells.items()})

    def added(self, bodies: Sequence[bytes], more: Mapping[str, Cells]) -> list[bytes]:
        """Encode the cells of bodies with more added to them; a cell of which nothing is left is gone.

        The places of `more` are those of the bodies here.
        """
        made = []
        for first in range(0, len(bodies), TOGETHER):
            some = bodies[first : first + TOGETHER]
            lists = columns.unchecked(self._schema, some)
            known = dict(zip(lists.schema.names, lists.columns, strict=True))
            for name, cells in more.items():
                theirs = cells.between(first, first + len(some))
                if len(theirs.place):
                    sums = _sum(FIGURES[name], self._cells(known[name]), theirs)
                    known[name] = self._lists(name, len(some), sums)
            made += self._encoded(len(some), known)
        return made

    def taken_apart(self, bodies: Sequence[bytes]) -> dict[str, Cells]:
        """Give the cells of all figures, whose places are those of the bodies here."""
        lists = columns.unchecked(self._schema, bodies)
        return {name: self._cells(lists.column(name)) for name in lists.schema.names}

    def _cells(self, lists: pa.ListArray) -> Cells:
        place = np.repeat(np.arange(len(lists)), lists.value_lengths().to_numpy())
        rows = lists.flatten()
        return Cells(place, {one.name: rows.field(one.name) for one in rows.type})

    def _lists(self, figure: str, places: int, cells: Cells) -> pa.ListArray:
        begins = np.searchsorted(cells.place, np.arange(places + 1))
        row = self._types[figure].value_type
        rows = pa.StructArray.from_arrays([cells.columns[one.name].cast(one.type) for one in row], fields=list(row))
        return pa.ListArray.from_arrays(pa.array(begins, pa.int32()), rows)

    def _encoded(self, places: int, lists: Mapping[str, pa.Array]) -> list[bytes]:
        every = {
            name: lists[name] if name in lists else pa.array([[]] * places, kind) for name, kind in self._types.items()
        }
        bodies: list[bytes] = columns.payloads(self._schema, pa.RecordBatch.from_pydict(every)).to_pylist()
        return bodies


def _sum(figure: Figure, cells: Cells, more: Cells) -> Cells:
    """Add cells to others, by place and dimensions, and put them in that order."""
    key = place = np.concatenate([cells.place, more.place])
    dimensions = {}
    for name in figure.dimensions:
        both = pa.concat_arrays([cells.columns[name], more.columns[name].cast(cells.columns[name].type)])
        coded = both.dictionary_encode("encode")
        key = key * (len(coded.dictionary) + 1) + places(coded.dictionary, coded.indices)
        dimensions[name] = both
    order = np.argsort(key, kind="stable")
    in_order = key[order]
    begins = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
    sums = {
        name: np.add.reduceat(
            np.concatenate([cells.columns[name].to_numpy(), more.columns[name].to_numpy()])[order], begins
        )
        for name in figure.measures
    }
    is_left = np.logical_or.reduce([values != 0 for values in sums.values()])
    left = order[begins[is_left]]
    return Cells(
        place[left],
        {name: column.take(pa.array(left)) for name, column in dimensions.items()}
        | {name: pa.array(values[is_left]) for name, values in sums.items()},
    )
