"""R1b: linked pseudonyms are one person."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.persons import persons_of

_NAMES = st.sampled_from("abcdefgh")
_LINKS = st.lists(st.tuples(_NAMES, _NAMES), max_size=12)


def _component(of: str, links: list[tuple[str, str]]) -> set[str]:
    """Follow links in both directions until nothing new is met."""
    met = {of}
    while further := {b for a, b in links if a in met} | {a for a, b in links if b in met} - met:
        if further <= met:
            break
        met |= further
    return met


@given(_LINKS)
def test_groups(links: list[tuple[str, str]]) -> None:
    """All pseudonyms that links connect, in both directions, belong to the smallest of them."""
    named = {name for pair in links for name in pair}
    assert persons_of(links) == {name: min(_component(name, links)) for name in named}


@given(_LINKS, st.randoms(use_true_random=False))
def test_order(links: list[tuple[str, str]], chance: random.Random) -> None:
    """The groups depend only on the set of links: not on order, direction or repeats."""
    again = [pair if chance.random() < 0.5 else pair[::-1] for pair in links + links[:3]]
    chance.shuffle(again)
    assert persons_of(again) == persons_of(links)


def test_long_chains() -> None:
    """A chain of links of any length is one person."""
    names = [f"{number:032x}" for number in range(5_000)]
    assert set(persons_of(itertools.pairwise(names)).values()) == {names[0]}


def test_none() -> None:
    """Who is in no link is a person of their own, and isn't named."""
    assert persons_of([]) == {}
