"""Shares are exact until they are written, and rounded once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.shares import permille, six_decimals


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 7, 0), (7, 7, 1000), (1, 3, 333), (2, 3, 667), (1, 16, 62), (3, 16, 188), (0, 0, None)],
)
def test_published_shares_have_one_decimal_of_a_percent(part: int, whole: int, shown: int | None) -> None:
    """Published shares have one decimal of a percent, rounded half to even; of nothing there is no share."""
    assert permille(part, whole) == shown


@given(part=st.integers(0, 10**9), more=st.integers(1, 10**9))
def test_six_decimals_are_as_near_as_six_decimals_can_be(part: int, more: int) -> None:
    """Shares have exactly 6 decimals, from exact fractions."""
    share = Fraction(part, part + more)
    written = six_decimals(share)
    assert len(written.split(".")[1]) == 6
    assert abs(Fraction(written) - share) <= Fraction(1, 2 * 10**6)


def test_halves_go_to_the_even_digit() -> None:
    """Rounded half to even."""
    assert six_decimals(Fraction(25, 10**7)) == "0.000002"
    assert six_decimals(Fraction(35, 10**7)) == "0.000004"
    assert six_decimals(Fraction(1, 5)) == "0.200000"
