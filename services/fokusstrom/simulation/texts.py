"""Text columns of fixed width, written digit by digit into one buffer: millions a second, always the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Letters = npt.NDArray[np.uint8]
"""One row a text, one column a character."""

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DAYS, _MONTHS, _YEARS, _SERIALS = 28, 12, 45, 3_999
_TEST_PERSONS = _DAYS * _MONTHS * _YEARS * _SERIALS
_STRIDE = 36_912_013
"""Has no divisor in common with their number, so that each comes once before any comes again."""
_WORDS = np.array([0x9E3779B97F4A7C15, 0xD1B54A32D192ED03], np.uint64)


def pseudonyms(seed: int, numbers: npt.NDArray[np.int64]) -> Letters:
    """32 hex digits for each number, uniform and all different for one seed."""
    start = _mixed(np.array([seed], np.uint64))
    words = [_mixed(_mixed(numbers.astype(np.uint64) * word + start) ^ word) for word in _WORDS]
    octets = np.stack(words, axis=1).astype(">u8").view(np.uint8).reshape(-1, 16)
    letters = np.empty((len(numbers), 32), np.uint8)
    letters[:, 0::2] = _HEX[octets >> 4]
    letters[:, 1::2] = _HEX[octets & 15]
    return letters


def personal_numbers(seed: int, numbers: npt.NDArray[np.int64]) -> Letters:
    """Ten digits of a test person for each number, all different for one seed up to 60 million.

    As real test persons' (erstatningspersonnumre): 60 is added to the day, so they are nobody's. All were born from
    1955 to 1999, which the seventh digits 0 to 3 say.
    """
    start = int(_mixed(np.array([seed], np.uint64))[0] % np.uint64(_TEST_PERSONS))
    rest = (numbers.astype(np.int64) * _STRIDE + start) % _TEST_PERSONS
    rest, serial = np.divmod(rest, _SERIALS)
    rest, year = np.divmod(rest, _YEARS)
    month, day = np.divmod(rest, _DAYS)
    whole = (((day + 61) * 100 + month + 1) * 100 + year + 55) * 10_000 + serial + 1
    letters = np.empty((len(numbers), 10), np.uint8)
    _put_digits(letters, 0, whole)
    return letters


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each bit depends on all bits, and no two numbers become one (the finisher of SplitMix64)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def fact_ids(letter: str, chunk: int, numbers: npt.NDArray[np.int64]) -> Letters:
    """`m-00012-0000345` for letter m, chunk 12, number 345: unique, and nothing like a personal number."""
    prefix = np.frombuffer(f"{letter}-{chunk:05d}-".encode(), np.uint8)
    letters = np.empty((len(numbers), len(prefix) + 7), np.uint8)
    letters[:, : len(prefix)] = prefix
    _put_digits(letters, len(prefix), numbers.astype(np.int64))
    return letters


def _put_digits(letters: Letters, first: int, numbers: npt.NDArray[np.int64]) -> None:
    """Write each number from column `first` to the end, with zeros before it."""
    rest = numbers
    for place in range(letters.shape[1] - 1, first - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")


def column(letters: Letters) -> pa.StringArray:
    """The texts as an Arrow column."""
    size, width = letters.shape
    offsets = np.arange(0, (size + 1) * width, width, dtype=np.int32)
    text = pa.py_buffer(np.ascontiguousarray(letters))
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), text)
