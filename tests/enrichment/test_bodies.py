"""Cells are added to what is encoded as plain counting adds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.contracts import columns
from fokusstrom.domain.rules_and_figures import FIGURES, Figure, cell_columns
from fokusstrom.enrichment import bodies as bodies_module
from fokusstrom.enrichment.bodies import Bodies, Cells
from tests.enrichment.pipeline import CATALOG

SCHEMA = CATALOG.latest("PartialFigures")
BODIES = Bodies(columns.halves(SCHEMA, len(SCHEMA.tree["fields"]) - len(FIGURES))[1])
PLACES = 5
OF_TYPE: Mapping[str, st.SearchStrategy[object]] = {
    "VARCHAR": st.none() | st.text("aB9 æ", max_size=2),
    "BOOLEAN": st.booleans(),
    "INTEGER": st.sampled_from([3, 6, 12]),
}
# Dimensions of every kind, with nulls; none at all; several measures.
CHOSEN = [FIGURES[name] for name in ("meetings_held", "expected_shares", "followed_quarter")]

Counts = dict[str, dict[tuple[object, ...], list[int]]]
"""Measures by figure, and by place and dimensions."""


NULLABLE = {
    (field["name"], one["name"])
    for field in BODIES._schema.tree["fields"]
    for one in field["type"]["items"]["fields"]
    if isinstance(one["type"], list)
}


def _dimension(figure: Figure, name: str) -> st.SearchStrategy[object]:
    drawn = OF_TYPE[cell_columns(figure)[name]]
    return drawn if (figure.name, name) in NULLABLE else drawn.filter(lambda value: value is not None)


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """Draw what to add to some figures; it may be negative."""
    found: Counts = {}
    for figure in draw(st.lists(st.sampled_from(CHOSEN), unique=True)):
        cell = st.tuples(st.integers(0, PLACES - 1), *(_dimension(figure, name) for name in figure.dimensions))
        measures = st.lists(st.integers(-3, 3), min_size=len(figure.measures), max_size=len(figure.measures))
        found[figure.name] = draw(st.dictionaries(cell, measures, max_size=8))
    return found


def _cells(counted: Counts) -> dict[str, Cells]:
    made = {}
    for name, cells in counted.items():
        figure, types = FIGURES[name], {"VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "INTEGER": pa.int32()}
        dimensions = {
            one: pa.array([cell[1 + at] for cell in cells], types[cell_columns(figure)[one]])
            for at, one in enumerate(figure.dimensions)
        }
        measures = {
            one: pa.array([values[at] for values in cells.values()], pa.int64())
            for at, one in enumerate(figure.measures)
        }
        made[name] = Cells(np.array([cell[0] for cell in cells], np.int64), {**dimensions, **measures})
    return made


def _taken_apart(bodies: list[bytes]) -> Counts:
    found: Counts = {}
    for name, cells in BODIES.taken_apart(bodies).items():
        figure = FIGURES[name]
        rows = zip(
            cells.place.tolist(),
            *(cells.columns[one].to_pylist() for one in (*figure.dimensions, *figure.measures)),
            strict=True,
        )
        end = 1 + len(figure.dimensions)
        listed = [(row[:end], list(row[end:])) for row in rows]
        assert len(listed) == len(dict(listed))  # each cell once
        found[name] = dict(listed)
    return found


def _sorted_by(cell: tuple[object, ...]) -> tuple[object, ...]:
    return tuple((value is not None, value.encode() if isinstance(value, str) else value) for value in cell)


@given(st.lists(counts(), min_size=1, max_size=4), st.sampled_from([2, bodies_module.TOGETHER]))
def test_sums_are_those_of_plain_counting(drawn: list[Counts], together: int) -> None:
    """Whatever is added, in how many parts: each cell is there once, in order, unless nothing is left of it."""
    bodies = [BODIES.nothing] * PLACES
    expected: dict[str, Counter[tuple[tuple[object, ...], int]]] = {name: Counter() for name in FIGURES}
    for more in drawn:
        with mock.patch.object(bodies_module, "TOGETHER", together):
            bodies = BODIES.added(bodies, _cells(more))
        for name, cells in more.items():
            for cell, values in cells.items():
                expected[name].update({(cell, at): value for at, value in enumerate(values)})
    found = _taken_apart(bodies)
    for name, figure in FIGURES.items():
        left = {
            cell: [expected[name][cell, at] for at in range(len(figure.measures))]
            for cell in {cell for cell, _ in expected[name]}
        }
        assert found[name] == {cell: values for cell, values in left.items() if any(values)}
        assert list(found[name]) == sorted(found[name], key=_sorted_by)


@given(counts())
def test_what_was_encoded_at_once_is_what_was_added(counted: Counts) -> None:
    """A body doesn't tell how it came about."""
    at_once = BODIES.added([BODIES.nothing] * PLACES, _cells(counted))
    assert BODIES.encoded(PLACES, BODIES.taken_apart(at_once)) == at_once


def test_nothing() -> None:
    """Of no place there is no body, and of a place without cells one with nothing in it."""
    assert BODIES.added([], {}) == []
    assert BODIES.encoded(2, {}) == [BODIES.nothing] * 2
    assert not any(_taken_apart([BODIES.nothing]).values())


def test_what_is_counted_twice_is_there_once() -> None:
    """The same cell several times in what is added."""
    one = {name: cells.between(0, 1) for name, cells in _cells({"expected_shares": {(0,): [1, 2, 3]}}).items()}
    shares = one["expected_shares"]
    twice = Cells(np.repeat(shares.place, 2), {name: pa.concat_arrays([c, c]) for name, c in shares.columns.items()})
    assert _taken_apart(BODIES.added([BODIES.nothing], {"expected_shares": twice}))["expected_shares"] == {
        (0,): [2, 4, 6]
    }


@pytest.mark.parametrize("first", [0, 2])
def test_between(first: int) -> None:
    """Cells of some places, counted from the first of them."""
    cells = Cells(np.array([4, 0, 2, 3]), {"meetings": pa.array([40, 0, 20, 30])})
    some = cells.between(first, first + 2)
    assert dict(zip(some.place.tolist(), some.columns["meetings"].to_pylist(), strict=True)) == (
        {0: 0} if first == 0 else {0: 20, 1: 30}
    )
