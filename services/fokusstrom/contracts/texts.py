"""Texts of a column as the bytes that it holds them in."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def bytes_of(texts: pa.StringArray) -> pa.Buffer:
    """All bytes of texts, one text behind the other, without a copy; the column may be a part of another.

    >>> bytes_of(pa.array(["a", None, "bc", "d"]).slice(1, 2)).to_pybytes()
    b'bc'
    """
    _, ends, content = texts.buffers()
    if not len(texts) or content is None:
        return pa.py_buffer(b"")
    first, last = np.frombuffer(ends, np.int32)[[texts.offset, texts.offset + len(texts)]]
    return content[first:last]
