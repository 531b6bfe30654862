"""R17 over several releases: what is remembered of earlier ones lives here.

What was published anybody can read; how the figures were then, hidden ones too, is known inside the trust boundary
only, and only of the last release.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.releases import Confidence, Published

_V = TypeVar("_V")


class Held(NamedTuple):
    """A figure as it was at the last release, also where it was hidden."""

    value: int | None
    base: int | None
    groups: tuple[int, ...]

    @classmethod
    def of(cls, cell: Cell) -> Held:
        """What there is to remember of a cell."""
        return cls(cell.value, cell.base, cell.groups)


@dataclass(frozen=True)
class Past:
    """What earlier releases said."""

    published: Mapping[Key, Published] = field(default_factory=dict)
    held: Mapping[Key, Held] = field(default_factory=dict)
    rule_set: str | None = None
    """Digest of the last release's rule set."""
    changed_at: Mapping[Key, Sequence[int]] = field(default_factory=dict)
    """The releases at which figures became what they were then, hidden or not; ascending."""
    changes: Callable[[tuple[str, str]], Iterable[tuple[int, Forms]]] = lambda _: ()
    """Gives what each release changed of a family and period, in their order."""
    through: dt.date | None = None
    """The last release's end date."""

    def of(self, keys: Iterable[Key], together: tuple[str, str]) -> Past:
        """Give what was said of the figures of one family and period, all of which `keys` names; it can be pickled."""
        of_these = list(keys)
        return Past(
            _only(self.published, of_these),
            _only(self.held, of_these),
            self.rule_set,
            _only(self.changed_at, of_these),
            functools.partial(_changes, tuple(self.changes(together))),
            self.through,
        )

    def is_same(self, cell: Cell) -> bool:
        """Whether a figure is what it was at the last release."""
        return self.held.get(cell.key) == Held.of(cell)

    def since(self, key: Key, release: int) -> int:
        """From which release on a figure was what it was at one."""
        return max((each for each in self.changed_at.get(key, ()) if each <= release), default=release)

    def is_since(self, cell: Cell, release: int) -> bool:
        """Whether a figure is what it was at a release, and at all releases since."""
        last = max(self.changed_at.get(cell.key, ()), default=release + 1)
        return last <= release and self.is_same(cell)

    def could_give(self, key: Key, number: int) -> bool:
        """Whether a figure was no less than this at the last release, neither its value nor the rest of its base."""
        held = self.held.get(key)
        return held is None or min(held.value or 0, (held.base or 0) - (held.value or 0)) >= number

    def confidence(self, key: Key) -> Confidence | None:
        """Whether a figure was shown; None when nothing was published of it."""
        before = self.published.get(key)
        return None if before is None else before.shown.confidence

    def was_hidden(self, key: Key) -> bool:
        """Whether there was such a figure, and it was hidden."""
        return self.confidence(key) not in {None, Confidence.FREE}


def _only(said: Mapping[Key, _V], keys: Iterable[Key]) -> dict[Key, _V]:
    return {key: said[key] for key in keys if key in said}


def _changes(said: Iterable[tuple[int, Forms]], _together: tuple[str, str]) -> Iterable[tuple[int, Forms]]:
    return said
