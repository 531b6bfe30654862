"""Work that can be done side by side, by whoever is there to do it: the domain says what, its caller where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Each(Protocol):
    """Does one thing with each item, as `map` does: results come in the order of the items.

    What is given to it depends on nothing but the item, and may be done in another process: function, items and
    results can be pickled. Who reads only the first results may have the others done for nothing.
    """

    def __call__(self, function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Give the result of each item."""


def by_turns(function: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
    """Do one after the other, here."""
    return map(function, items)
