"""From personal numbers to pseudonyms: HMAC-SHA-256 under a secret key, its first 128 bits as 32 hex digits.

A plain hash could be turned round by trying all ten thousand million numbers; without the key an HMAC can't.
Who holds the key decides whether facts of two municipalities about one citizen belong together: all who report
to one national figure share it.

While a key is changed, both are given: facts carry the new key's pseudonyms, and for each citizen met there is
a `CitizenLink` that joins the new pseudonym to the old, so that what was sent before stays theirs.
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from fokusstrom_connectors.personal.numbers import PersonalNumbers

_HEX_DIGITS = 32
_REMEMBERED = 200_000
"""Links sent that a process remembers, so as not to send each again and again; a repeat does no harm."""


@dataclass(frozen=True)
class Key:
    """A secret key and its name, which is no secret."""

    key_id: str
    secret: bytes = field(repr=False)

    def pseudonym(self, digits: str) -> str:
        """The pseudonym of ten digits."""
        return self._hmac(digits.encode())[:_HEX_DIGITS]

    def hashed(self, text: str) -> str:
        """A text that might tell of a citizen, as 32 hex digits that don't: never equal to a pseudonym."""
        return self._hmac(b"text:" + text.encode())[:_HEX_DIGITS]

    def digest(self, record: bytes) -> str:
        """Tell a record from others, without telling what is in it: a plain digest could be found by trying."""
        return self._hmac(b"record:" + record)

    def _hmac(self, message: bytes) -> str:
        """HMAC-SHA-256 of a message (RFC 2104), in hex."""
        keyed = self._keyed.copy()
        keyed.update(message)
        return keyed.hexdigest()

    @functools.cached_property
    def _keyed(self) -> hmac.HMAC:
        """The HMAC of nothing yet: the key is hashed once, not anew for each of millions of numbers."""
        return hmac.new(self.secret, digestmod="sha256")


class Pseudonyms:
    """Gives columns of pseudonyms, and the links of a change of key."""

    def __init__(self, key: Key, previous: Key | None = None, *, accepts_replacements: bool = False) -> None:
        """Take the key of today, and that of before while facts under it are still joined."""
        self.key = key
        self._previous = previous
        self._accepts_replacements = accepts_replacements
        self._linked: set[str] = set()
        self._links: dict[str, str] = {}

    def numbers(self, texts: pa.StringArray) -> PersonalNumbers:
        """Judge a column of what a source sent as personal numbers."""
        return PersonalNumbers(texts, accepts_replacements=self._accepts_replacements)

    def of(self, numbers: PersonalNumbers) -> pa.StringArray:
        """The pseudonym of each row; null where there is no number."""
        each = numbers.revealed().dictionary_encode()
        digits: Sequence[str] = each.dictionary.to_pylist()
        made = [self.key.pseudonym(one) for one in digits]
        if self._previous is not None:
            self._link(made, [self._previous.pseudonym(one) for one in digits])
        return pa.array(made, pa.string()).take(each.indices)

    def of_each(self, lines: Sequence[str]) -> list[tuple[str, ...] | None]:
        """Every pseudonym that the citizen of each line may have, today's key's first; None where there is none."""
        numbers = self.numbers(pa.array([line.strip() for line in lines if line.strip()], pa.string()))
        each = [self.key] if self._previous is None else [self.key, self._previous]
        return [
            None if digits is None else tuple(key.pseudonym(digits) for key in each)
            for digits in numbers.revealed().to_pylist()
        ]

    def hashed(self, texts: pa.StringArray) -> pa.StringArray:
        """Each text hashed under the key."""
        each = texts.dictionary_encode()
        return pa.array(map(self.key.hashed, each.dictionary.to_pylist()), pa.string()).take(each.indices)

    def take_links(self) -> dict[str, str]:
        """Pseudonyms met since the last call, with the ones they had under the key before; each once."""
        links, self._links = self._links, {}
        return links

    def forget_links(self) -> None:
        """Give links again that were given before: they may not have been delivered."""
        self._linked.clear()
        self._links.clear()

    def _link(self, new: Sequence[str], old: Sequence[str]) -> None:
        if len(self._linked) > _REMEMBERED:
            self._linked.clear()
        self._links |= {one: before for one, before in zip(new, old, strict=True) if one not in self._linked}
        self._linked.update(new)
