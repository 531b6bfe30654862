"""R16, coverage: which of the expected sources were heard lives here. Silence declared is not a gap.

A source that never declares what it sent is heard when a fact of it is there: more can't be known. One that
declares is heard when it declared a day since the release before. A municipality's sources are those whose name
ends in its code, as `momentum:751`; all others are the country's alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from fokusstrom.domain.facts import municipalities


@dataclass(frozen=True)
class Declared:
    """What a source said of a day."""

    source: str
    day: dt.date
    records: int
    """How many it sent; 0 also when it said that there was nothing to report."""


@dataclass(frozen=True)
class Sources:
    """What is known of the sources at a release."""

    heard: AbstractSet[str]
    """Those with facts or declarations."""
    expected: AbstractSet[str] | None = None
    """None when that is not known."""
    nothing_to_report: AbstractSet[str] = frozenset()

    @property
    def silent(self) -> AbstractSet[str]:
        """Those expected that were not heard."""
        return frozenset() if self.expected is None else self.expected - self.heard

    def of(self, municipality: str) -> Sources:
        """Give those of one municipality, where it has any of its own; else all."""
        known = self.heard if self.expected is None else self.expected
        own = frozenset(source for source in known if municipality_of(source) == municipality)
        if self.expected is None:
            return Sources(own) if own else self
        return Sources(self.heard & own, own, self.nothing_to_report & own) if own else self

    def missing(self) -> AbstractSet[str]:
        """Give the municipalities that have sources of their own, none of which was heard."""
        every = {code for source in self.expected or () if (code := municipality_of(source)) is not None}
        return frozenset(code for code in every if not self.of(code).heard)


def municipality_of(source: str) -> str | None:
    """Give the municipality whose source it is; None for others.

    >>> municipality_of("momentum:751"), municipality_of("akasse:3f")
    ('751', None)
    """
    code = source.rpartition(":")[2]
    return code if code in municipalities() else None


def sources_of(
    expected: Collection[str],
    with_facts: Collection[str],
    declared: Iterable[Declared],
    *,
    since: dt.date | None,
    through: dt.date,
) -> Sources:
    """Say which sources were heard; `since` is the end date of the release before, None when there is none."""
    told = [one for one in declared if one.day <= through]
    recent = [one for one in told if since is None or one.day > since]
    sent = {one.source for one in recent if one.records}
    nothing = {one.source for one in recent} - sent
    heard = sent | nothing | (set(with_facts) - {one.source for one in told})
    if not expected:
        return Sources(frozenset(heard | set(with_facts)), None, frozenset(nothing))
    return Sources(frozenset(heard & set(expected)), frozenset(expected), frozenset(nothing & set(expected)))
