"""Work that is done side by side, as another process would get it: function, item and result as bytes in between."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def elsewhere(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
    """Do each thing with nothing but what can be pickled, as `domain.each.Each`."""
    for item in items:
        there: Callable[[T], R] = pickle.loads(pickle.dumps(function))  # noqa: S301 - our own bytes
        yield pickle.loads(pickle.dumps(there(pickle.loads(pickle.dumps(item)))))  # noqa: S301 - our own bytes
