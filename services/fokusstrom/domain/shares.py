"""R10, R11, shares: how a part of a whole becomes a published number lives here, exactly and without floats.

Shares are fractions until they are written; then they are rounded half to even, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

PERMILLE = 1_000
_MILLIONTHS = 1_000_000


def permille(part: int, whole: int) -> int | None:
    """Tenths of a percent, as published; None of nothing.

    >>> permille(1, 3), permille(1, 16), permille(3, 16), permille(0, 0)
    (333, 62, 188, None)
    """
    return round(Fraction(part, whole) * PERMILLE) if whole else None


def mean(parts: Sequence[int], wholes: Sequence[int]) -> Fraction:
    """The unweighted mean of shares, exactly: no part is lost in a common denominator.

    >>> mean([1, 1], [1, 3])
    Fraction(2, 3)
    """
    shares = [Fraction(part, whole) for part, whole in zip(parts, wholes, strict=True)]
    return sum(shares, Fraction()) / len(shares)


def six_decimals(share: Fraction) -> str:
    """A share as the tables of figures write it.

    >>> six_decimals(Fraction(1, 5)), six_decimals(Fraction(2, 3))
    ('0.200000', '0.666667')
    """
    whole, rest = divmod(round(share * _MILLIONTHS), _MILLIONTHS)
    return f"{whole}.{rest:06d}"


def hundredths(amount: int, among: int) -> int | None:
    """A mean with two decimals, as published; None among nothing.

    >>> hundredths(100, 3), hundredths(1, 200), hundredths(3, 200), hundredths(7, 0)
    (3333, 0, 2, None)
    """
    return round(Fraction(amount * 100, among)) if among else None
