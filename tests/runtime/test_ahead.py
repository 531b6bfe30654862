"""The next part is made while the last one is used, and nobody is left at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from fokusstrom.runtime.ahead import ahead


def test_parts_come_in_their_order() -> None:
    """Nothing is left out, and nothing comes twice."""
    assert list(ahead(iter("abc"))) == ["a", "b", "c"]


def test_the_next_part_is_made_while_the_last_one_is_used() -> None:
    """Whoever uses the first part meets the second one being made."""
    is_made = threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        is_made.set()
        yield 2

    coming = ahead(parts())
    assert next(coming) == 1
    assert is_made.wait(5)
    assert list(coming) == [2]


def test_what_goes_wrong_in_the_making_is_raised_to_who_waits_for_the_part() -> None:
    """The parts before it were given."""

    def parts() -> Iterator[int]:
        yield 1
        raise ValueError("no room")

    coming = ahead(parts())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="no room"):
        next(coming)


def test_nothing_is_made_any_more_once_it_is_closed() -> None:
    """Who ends amid it waits for the part that is being made: what makes it is free for others then."""
    is_used, is_done = threading.Event(), threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        is_used.wait(5)
        is_done.set()
        yield 2
        raise AssertionError("nobody asked for a third")

    with closing(ahead(parts())) as coming:
        next(coming)
        is_used.set()
    assert is_done.is_set()
