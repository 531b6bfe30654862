"""XML from outside becomes dictionaries: without declarations of any kind, and no larger or deeper than it may be.

An element is its text, or a dictionary of its elements; one that comes several times is a list. Names are without
their namespaces, attributes are left out. A document with a declaration of its type (DOCTYPE) is refused whole, and
with it every entity, inner and outer: a message has no use for one.
"""

from __future__ import annotations

from typing import Any, TypeAlias
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

Element: TypeAlias = "dict[str, Any] | str"
"""What became of an element."""


class NotReadable(Exception):  # noqa: N818 - of a message, not a fault of ours
    """This is no XML that is taken. Says nothing of what is in it."""


class _Tree:
    """Puts elements together as the parser meets them; gives up where there are too many, or too deep ones."""

    def __init__(self, most_elements: int, deepest: int) -> None:
        self._left = most_elements
        self._deepest = deepest
        self._open: list[tuple[str, dict[str, Any], list[str]]] = []
        self._root: tuple[str, Element] | None = None

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._left -= 1
        if self._left < 0 or len(self._open) >= self._deepest:
            raise NotReadable
        self._open.append((name.rpartition("}")[2], {}, []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, elements, texts = self._open.pop()
        value: Element = elements or "".join(texts).strip()
        if self._open:
            _add(self._open[-1][1], name, value)
        else:
            self._root = (name, value)

    def close(self) -> tuple[str, Element] | None:
        return self._root


def parsed(document: bytes, *, most_elements: int = 20_000, deepest: int = 60) -> tuple[str, Element]:
    """The root's name, and what is in it; raises `NotReadable`.

    >>> parsed(b"<a xmlns='urn:x'><b>1</b><b>2</b><c/></a>")
    ('a', {'b': ['1', '2'], 'c': ''})
    """
    parser = DefusedXMLParser(target=_Tree(most_elements, deepest), forbid_dtd=True)
    try:
        parser.feed(document)
        root: tuple[str, Element] | None = parser.close()  # type: ignore[assignment]  # what the target's gives
    except (ParseError, DefusedXmlException, ValueError, LookupError):  # the latter two: encodings there are not
        raise NotReadable from None
    if root is None:
        raise NotReadable
    return root


def _add(elements: dict[str, Any], name: str, value: Element) -> None:
    if name not in elements:
        elements[name] = value
    elif isinstance(elements[name], list):
        elements[name].append(value)
    else:
        elements[name] = [elements[name], value]
