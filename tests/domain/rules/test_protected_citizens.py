"""R18: whose address is protected."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_protected() -> None:
    """A citizen is protected where any source says so of any of their pseudonyms."""
    given = gives(
        "protected_citizens",
        "citizen",
        protections="""
            fact | citizen | protected
            1    | 1       | true
            2    | 1       | true
            3    | 1       | false
            4    | 2       | false
        """,
    )
    assert given == [
        ("1",),
    ]
