"""Columns of few different values: rows are told apart, and ordered, by the numbers of these."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]

_RANKED = pc.RankOptions([("", "ascending", "at_start")], tiebreaker="dense")


def places(values: pa.Array, indices: pa.Array) -> Numbers:
    """Give each cell's place, from 1, in the order of the values; equal values are one place, null is the first.

    `indices`: which value each cell has, as a dictionary array has them.

    >>> places(pa.array(["b", None, "a", "b"]), pa.array([0, 1, 2, 3])).tolist()
    [3, 1, 2, 3]
    """
    of_values = pc.rank(values, options=_RANKED).to_numpy().astype(np.int64)
    of_cells: Numbers = of_values[indices.to_numpy()]
    return of_cells
