"""A place in the log: what a partition is called."""

from __future__ import annotations

from typing import NamedTuple


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        """Write it as operators know it."""
        return f"{self.topic}[{self.number}]"
