"""R1b, one person: which pseudonyms are one person lives here."""

from __future__ import annotations

from collections.abc import Iterable


def persons_of(links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Map each pseudonym that a link names to the smallest pseudonym of its group.

    Links join in both directions; a group is a connected component. All pseudonyms are of one form, 32
    lower-case hex digits or the same with hyphens, which sort alike.
    """
    parent: dict[str, str] = {}

    def root(pseudonym: str) -> str:
        path = []
        while (above := parent.setdefault(pseudonym, pseudonym)) != pseudonym:
            path.append(pseudonym)
            pseudonym = above
        for passed in path:
            parent[passed] = pseudonym
        return pseudonym

    for one, other in links:
        smaller, greater = sorted((root(one), root(other)))
        parent[greater] = smaller
    return {pseudonym: root(pseudonym) for pseudonym in list(parent)}
