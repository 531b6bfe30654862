"""Rows as columns: a dictionary of equally long arrays, and the few things one does with them.

Codes are small integers until they leave the engine (-1 is null), so that rows are cheap to take and join.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Rows = dict[str, Array]

NULL = -1
"""No code."""
NO_DAY = np.iinfo(np.int32).min
"""No date."""


def count(rows: Rows) -> int:
    """How many rows there are."""
    return len(next(iter(rows.values())))


def take(rows: Rows, which: Array) -> Rows:
    """The rows at these positions, or where the mask holds; always a copy."""
    return {name: column[which] for name, column in rows.items()}


def join(parts: Sequence[Rows]) -> Rows:
    """One after the other; all have the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def happens(rng: np.random.Generator, share: float | Array, size: int) -> npt.NDArray[np.bool_]:
    """Where something happens that happens with this probability."""
    return np.asarray(rng.random(size) < share)


def chosen(rng: np.random.Generator, candidates: npt.NDArray[np.bool_], rate: float) -> Array:
    """Positions of candidates, each with this probability."""
    return np.flatnonzero(candidates & happens(rng, rate, len(candidates)))


def drawn(rng: np.random.Generator, weights: Sequence[float] | Array, size: int) -> Array:
    """Positions in `weights`, drawn in their proportion."""
    steps = np.cumsum(weights)
    return np.searchsorted(steps / steps[-1], rng.random(size), side="right").clip(max=len(steps) - 1)


def repeated(times: Array) -> tuple[Array, Array]:
    """Each position as often as said (below zero is never), and which of its turns each is, from 0."""
    times = np.maximum(times, 0)
    position = np.repeat(np.arange(len(times)), times)
    return position, np.arange(len(position)) - np.repeat(np.cumsum(times) - times, times)
