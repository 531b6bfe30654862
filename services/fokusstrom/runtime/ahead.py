"""Making the next part while the last one is used: two cores for what would take turns on one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Part = TypeVar("_Part")


def ahead(parts: Iterator[_Part]) -> Generator[_Part]:
    """Give what `parts` gives, each made in a thread while the one before is used.

    What `parts` needs, nobody else may use until this is exhausted or closed: `contextlib.closing` says when.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, parts, None)
            yield part
