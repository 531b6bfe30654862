"""Personal numbers (CPR-numre), as connectors meet them: what is one, and how it stays hidden.

Ten digits: day, month, year of two digits, four more, with or without a hyphen. The seventh digit gives the
century. There is no check digit: modulus 11 was given up in 2007, and numbers without it are fully valid.
`0000000000` stands for a person who is not known. A day with 60 added marks a replacement number
(erstatningspersonnummer), which test systems use for their test persons too.

Nothing here is ever shown: what holds a number has a `repr` that doesn't, and can't be pickled.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.domain.refusals import Reason

HIDDEN = "<personal numbers, hidden>"

_UNKNOWN = "0000000000"
_SHAPE = r"^[0-9]{6}[- ]?[0-9]{4}$"
_REPLACED = 60
"""What is added to the day of a replacement number."""


class PersonalNumbers:
    """A column of what a source sent as personal numbers: valid ones as ten digits, and why others are not."""

    __slots__ = ("_digits", "faults")

    def __init__(self, texts: pa.StringArray, *, accepts_replacements: bool = False) -> None:
        """Judge each; nulls stay null."""
        digits = pc.replace_substring_regex(pc.utf8_trim_whitespace(texts), "[- ]", "")
        shaped = pc.fill_null(pc.match_substring_regex(pc.utf8_trim_whitespace(texts), _SHAPE), False)  # noqa: FBT003 - Arrow's
        self.faults: dict[int, Reason] = {}
        """By row: why it is no number of a citizen."""
        self._fault(pc.and_(pc.is_valid(texts), pc.invert(shaped)), Reason.BAD_PERSONAL_NUMBER)
        digits = pc.if_else(shaped, digits, None)
        unknown = pc.fill_null(pc.equal(digits, _UNKNOWN), False)  # noqa: FBT003 - Arrow's
        self._fault(unknown, Reason.UNKNOWN_PERSON)
        digits = pc.if_else(unknown, None, digits)
        has_date, is_replacement = _dated(digits)
        self._fault(pc.and_(pc.is_valid(digits), pa.array(~has_date)), Reason.BAD_PERSONAL_NUMBER)
        if not accepts_replacements:
            self._fault(pa.array(has_date & is_replacement), Reason.TEST_PERSON)
        self._digits = pc.if_else(pa.array(_without(self.faults, len(digits))), digits, None)

    def revealed(self) -> pa.StringArray:
        """Give the digits, null where there is a fault: for `pseudonyms` alone, and never to be kept."""
        return self._digits

    def __len__(self) -> int:
        return len(self._digits)

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("personal numbers don't leave the process")

    def _fault(self, at: pa.BooleanArray, reason: Reason) -> None:
        for row in np.flatnonzero(at.to_numpy(zero_copy_only=False)).tolist():
            self.faults.setdefault(row, reason)


def is_personal_number(text: str) -> bool:
    """Whether a text is a valid personal number, replacement numbers included.

    >>> is_personal_number("290200-4000"), is_personal_number("290200-1000")
    (True, False)
    """
    numbers = PersonalNumbers(pa.array([text], pa.string()), accepts_replacements=True)
    return not numbers.faults


def _dated(digits: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have a date that exists, and which of all have a replaced day; null rows have neither."""
    present = pc.is_valid(digits).to_numpy(zero_copy_only=False)
    numbers = pc.fill_null(digits, _UNKNOWN).cast(pa.int64()).to_numpy(zero_copy_only=False)
    day, month, year = numbers // 10**8, numbers // 10**6 % 100, numbers // 10**4 % 100
    full_year = _century(year, numbers // 1000 % 10) + year
    is_replacement = day > _REPLACED
    day = np.where(is_replacement, day - _REPLACED, day)
    return present & (day >= 1) & (day <= _days_in(month, full_year)), present & is_replacement


def _century(year: np.ndarray, seventh: np.ndarray) -> np.ndarray:
    """The century by the seventh digit: 0-3 is 1900; 4 and 9 are 2000 up to year 36; 5-8 are 2000 up to 57, else 1800.

    >>> _century(np.array([99, 36, 37, 57, 58]), np.array([3, 4, 9, 5, 8])).tolist()
    [1900, 2000, 1900, 2000, 1800]
    """
    four_or_nine = np.where(year <= 36, 2000, 1900)  # noqa: PLR2004 - CPR's own table
    five_to_eight = np.where(year <= 57, 2000, 1800)  # noqa: PLR2004 - CPR's own table
    return np.select([seventh <= 3, (seventh == 4) | (seventh == 9)], [1900, four_or_nine], five_to_eight)  # noqa: PLR2004


def _days_in(month: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Days of the month; 0 where there is no such month.

    >>> _days_in(np.array([2, 2, 13]), np.array([1900, 2000, 2000])).tolist()
    [28, 29, 0]
    """
    days = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)[month]
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.where((month == 2) & is_leap, 29, days)  # noqa: PLR2004 - February


def _without(faults: dict[int, Reason], size: int) -> np.ndarray:
    keep = np.ones(size, dtype=bool)
    keep[list(faults)] = False
    return keep
