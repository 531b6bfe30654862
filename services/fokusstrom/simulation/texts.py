"""Text columns of fixed width, written digit by digit into one buffer: millions a second, always the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Letters = npt.NDArray[np.uint8]
"""One row a text, one column a character."""

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
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
    rest = numbers.astype(np.int64)
    for place in range(letters.shape[1] - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")
    return letters


def column(letters: Letters) -> pa.StringArray:
    """The texts as an Arrow column."""
    size, width = letters.shape
    offsets = np.arange(0, (size + 1) * width, width, dtype=np.int32)
    text = pa.py_buffer(np.ascontiguousarray(letters))
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), text)
