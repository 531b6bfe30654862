"""R16, coverage: which of the expected sources were heard."""

from __future__ import annotations

import datetime as dt

from fokusstrom.domain.coverage import Declared, sources_of

MARCH, APRIL = dt.date(2021, 3, 31), dt.date(2021, 4, 30)
EXPECTED = ("momentum:751", "fasit:101", "akasse:3f")


def test_who_never_declares_is_heard_by_facts() -> None:
    """Of a source that declares nothing, a fact is all that can be heard."""
    found = sources_of(EXPECTED, {"momentum:751", "akasse:3f", "other:461"}, (), since=None, through=MARCH)
    assert (found.heard, found.silent) == ({"momentum:751", "akasse:3f"}, {"fasit:101"})
    assert found.missing() == {"101"}


def test_who_declares_is_silent_without_a_declaration_since_the_last_release() -> None:
    """Facts of long ago don't make a source heard that has stopped to declare."""
    told = [Declared("momentum:751", dt.date(2021, 3, 1), 20), Declared("fasit:101", dt.date(2021, 4, 1), 5)]
    found = sources_of(EXPECTED, {"momentum:751", "fasit:101"}, told, since=MARCH, through=APRIL)
    assert found.silent == {"momentum:751", "akasse:3f"}


def test_nothing_to_report_is_no_gap() -> None:
    """Silence that is declared is heard."""
    told = [Declared("momentum:751", dt.date(2021, 4, 1), 0)]
    found = sources_of(EXPECTED, (), told, since=MARCH, through=APRIL)
    assert (found.heard, found.nothing_to_report) == ({"momentum:751"}, {"momentum:751"})
    assert found.missing() == {"101"}


def test_without_expectations_nobody_is_silent() -> None:
    """Which sources are expected is configuration; without, it is not known."""
    found = sources_of((), {"momentum:751"}, (), since=None, through=MARCH)
    assert (found.heard, found.expected, found.silent) == ({"momentum:751"}, None, frozenset())


def test_a_municipality_has_its_own_sources() -> None:
    """Those whose name ends in its code; one that has none is covered by all."""
    found = sources_of(EXPECTED, EXPECTED, (), since=None, through=MARCH)
    assert found.of("751").expected == {"momentum:751"}
    assert found.of("461").expected == set(EXPECTED)
