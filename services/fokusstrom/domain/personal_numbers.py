"""What looks like a personal number (CPR-nummer), and its mask: nowhere else is one recognised.

The project never holds one: persons are pseudonyms. This module is for what slips in by mistake - into
a field, a log line, an error's text - so it errs on the side of masking: ten digits that begin with a
day and a month, with or without the hyphen. Days 61-91 are those of replacement numbers
(erstatningspersonnummer). Check digits say nothing since 2007.
"""

from __future__ import annotations

import re

MASK = "[personal number]"
"""What stands where one stood."""

_DAY = "(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_MONTH = "(?:0[1-9]|1[0-2])"
_LOOKS_PERSONAL = re.compile(f"(?<![0-9]){_DAY}{_MONTH}[0-9]{{2}}[- ]?[0-9]{{4}}(?![0-9])")


def looks_personal(text: str) -> bool:
    """Whether something in the text looks like a personal number.

    >>> looks_personal("seen: 010203-1234"), looks_personal("2020-04-01T22:30:00Z")
    (True, False)
    """
    return _LOOKS_PERSONAL.search(text) is not None


def masked(text: str) -> str:
    """The text, with a mask for everything in it that looks like a personal number.

    >>> masked("no citizen 0102031234 in 101")
    'no citizen [personal number] in 101'
    """
    return _LOOKS_PERSONAL.sub(MASK, text)
