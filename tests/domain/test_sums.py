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


def test_sums_narrow_one_another_one_by_one() -> None:
    """Of 10, where b is 5 at least a is 5 at most, and so is each of its parts; where y is 2 at most, x + 2 is a."""
    sums = [Sum("all", ("a", "b")), Sum("a", ("x", "y"))]
    some = Knowledge({"all": 10}, sums, intervals={"b": Interval(5, 8), "y": Interval(0, 2)})
    assert some.limits() == {"a": Interval(2, 5), "b": Interval(5, 8), "x": Interval(0, 5), "y": Interval(0, 2)}


def test_what_no_known_total_bounds_has_no_end() -> None:
    """Parts of an unknown total are any number, and it is as much as is known of them."""
    knowledge = Knowledge({"c": 7}, [Sum("all", ("a", "c"))], intervals={"a": Interval(1)})
    assert knowledge.limits() == {"all": Interval(8), "a": Interval(1)}
