"""R17, small cells: what may be shown of a figure lives here (diskretionering).

Primary suppression: nothing is shown of a figure where the persons behind it, behind its complement or behind
its base are a small group. A group of nobody is no group. What else must be hidden, so that these stay hidden, is
`domain.disclosure`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fokusstrom.domain.rule_set import RuleSet


@dataclass(frozen=True)
class Suppression:
    """Which groups are small: those of `fewest` to `most` persons, both included."""

    fewest: int
    most: int
    candidates: int
    """How many values everything else that is published must leave for a hidden one."""

    @classmethod
    def of(cls, rule_set: RuleSet) -> Suppression:
        """The rule set's."""
        row: Mapping[str, Any] = rule_set.row("suppression")
        return cls(row["fewest_hidden"], row["most_hidden"], row["fewest_candidates"])

    def is_small(self, persons: int) -> bool:
        """Whether so many persons are a group to hide."""
        return self.fewest <= persons <= self.most

    def any_is_small(self, groups: Iterable[int]) -> bool:
        """Whether one of the groups behind a figure is to be hidden."""
        return any(map(self.is_small, groups))

    def hides(self, persons: int, base: int | None = None) -> bool:
        """Whether a figure must not be shown.

        `persons` are those behind the value; `base` those of whom they are a part, where there are some.

        >>> groups = Suppression(1, 4, 5)
        >>> groups.hides(3, 20), groups.hides(17, 20), groups.hides(0, 20), groups.hides(5, 20)
        (True, True, False, False)
        """
        behind = (persons,) if base is None else (persons, base - persons, base)
        return self.any_is_small(behind)
