"""Section 6, R13, R17: chains that completed six months, and the distinct persons behind them."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_a_person_with_two_chains() -> None:
    """Chains are counted, not persons; of the country they are told by benefit."""
    given = gives(
        "early_persons",
        "citizen, municipality, benefit, chains, not_served, persons, persons_not_served, persons_only",
        early_contact_chains="""
            chain | citizen | municipality | month      | benefit  | served
            1     | 1       | 751          | 2021-03-01 | CASH     | true
            2     | 1       | 751          | 2021-03-01 | SICKNESS | false
            3     | 2       | 751          | 2021-03-01 | CASH     | false
        """,
    )
    assert given == [
        ("1", "751", None, "2", "1", "1", "1", "0"),
        ("1", "DK", "CASH", "1", "0", "1", "0", "0"),
        ("1", "DK", "SICKNESS", "1", "1", "1", "1", "1"),
        ("2", "751", None, "1", "1", "1", "1", "1"),
        ("2", "DK", "CASH", "1", "1", "1", "1", "1"),
    ]
