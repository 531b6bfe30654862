"""R17: how published quantities hang together."""

from __future__ import annotations

from fractions import Fraction

from fokusstrom.domain.sums import Interval, Knowledge, Ratio, Sum


def test_what_is_not_joined_by_something_unknown_is_attacked_apart() -> None:
    """Two sums that share only a known quantity tell nothing of each other's unknown ones."""
    knowledge = Knowledge({"t": 9}, [Sum("t", ("a", "b")), Sum("t", ("c", "d")), Sum("e", ("d", "f"))])
    first, second = knowledge.parts()
    assert set(first.unknown()) == {"a", "b"}
    assert set(second.unknown()) == {"c", "d", "e", "f"}


def test_a_share_joins_as_a_sum_does() -> None:
    """A part and its whole are attacked together."""
    knowledge = Knowledge({"t": 9}, [Sum("t", ("a", "b"))], [Ratio("b", "w", Fraction(0), Fraction(1))])
    (only,) = knowledge.parts()
    assert set(only.unknown()) == {"a", "b", "w"}


def test_an_interval_without_end_leaves_any_number_of_values() -> None:
    """From 3 to 6 are four values; from 3 on there is no end."""
    assert not Interval(3, 6).leaves(5)
    assert Interval(3, 7).leaves(5)
    assert Interval(3).leaves(5)
