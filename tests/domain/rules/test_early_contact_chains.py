"""R13: chains that completed six months."""

from __future__ import annotations

import pytest

from tests.domain.rules.tables import gives


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "month"),
    [
        ("2021-01-15", "2021-07-14", "2021-07-01"),
        ("2021-01-15", "2021-07-13", None),
        ("2021-01-01", "9999-12-31", "2021-06-01"),
        ("2020-08-31", "2021-02-27", "2021-02-01"),
        ("2020-08-31", "2021-02-26", None),
        ("2019-08-29", "2020-02-28", "2020-02-01"),
        ("2019-08-30", "2020-02-28", "2020-02-01"),
        ("2019-09-01", "2020-02-29", "2020-02-01"),
        ("2019-09-01", "2020-02-28", None),
    ],
)
def test_day_that_completes_six_months(starts_on: str, ends_on: str, month: str | None) -> None:
    """A spell must cover start + 6 months - 1 day; adding months clips to the last day of the month."""
    given = gives(
        "early_contact_chains",
        "chain, month, served",
        chains=f"""
            chain | starts_on
            1     | {starts_on}
        """,
        spells_in_chains=f"""
            fact | starts_on   | ends_on
            1    | {starts_on} | {ends_on}
        """,
    )
    assert given == ([("1", month, "false")] if month else [])


def test_spell_that_decides() -> None:
    """Of several such spells, the one that R6 would choose: the latest start, then the smallest source and id."""
    given = gives(
        "early_contact_chains",
        "chain, municipality, benefit",
        chains="""
            chain | citizen | starts_on
            1     | 1       | 2021-01-01
            5     | 2       | 2021-01-01
        """,
        spells_in_chains="""
            fact | citizen | chain | starts_on  | ends_on    | municipality | source | fact_id
            1    | 1       | 1     | 2021-01-01 | 9999-12-31 | 751          | s      | 1
            2    | 1       | 1     | 2021-06-30 | 2021-06-30 | 101          | s      | 2
            3    | 1       | 1     | 2021-07-01 | 9999-12-31 | 259          | s      | 3
            5    | 2       | 5     | 2021-01-01 | 9999-12-31 | 751          | s      | 9
            6    | 2       | 5     | 2021-01-01 | 9999-12-31 | 101          | s      | 10
        """,
    )
    assert given == [("1", "101", "CASH"), ("5", "101", "CASH")]


@pytest.mark.parametrize("group", range(1, 14))
def test_target_groups(group: int) -> None:
    """Only if the target group of that spell is 1-5 or 7-10."""
    given = gives(
        "early_contact_chains",
        "chain",
        chains="""
            chain | starts_on
            1     | 2021-01-01
        """,
        spells_in_chains=f"""
            fact | starts_on  | target_group
            1    | 2021-01-01 | {group}
        """,
    )
    assert given == ([("1",)] if group in {1, 2, 3, 4, 5, 7, 8, 9, 10} else [])


@pytest.mark.parametrize(("last", "reason", "served"), [
    ("2021-07-14", "", "true"),
    ("2021-07-15", "", "false"),
    ("2021-01-14", "", "false"),
    ("2021-05-01", "no_show", "false"),
])  # fmt: skip
def test_enough_meetings(last: str, reason: str, served: str) -> None:
    """Served with at least 4 counting meetings from the chain's start to that day, both included."""
    given = gives(
        "early_contact_chains",
        "chain, served",
        chains="""
            chain | starts_on
            1     | 2021-01-15
        """,
        spells_in_chains="""
            fact | starts_on
            1    | 2021-01-15
        """,
        judged_meetings=f"""
            fact | citizen | local_date | reason
            1    | 1       | 2021-01-15 |
            2    | 1       | 2021-03-01 |
            3    | 1       | 2021-03-01 |
            4    | 1       | {last}     | {reason}
            5    | 2       | 2021-03-01 |
        """,
    )
    assert given == [("1", served)]


def test_as_the_rule_set_says() -> None:
    """How many months, meetings, and which target groups is the rule set's to say."""
    given = gives(
        "early_contact_chains",
        "chain, month, served",
        early_contact="""
            months | min_meetings | target_groups
            3      | 1            | [6]
        """,
        chains="""
            chain | starts_on
            1     | 2020-11-30
        """,
        spells_in_chains="""
            fact | starts_on  | target_group
            1    | 2020-11-30 | 6
        """,
        judged_meetings="""
            fact | local_date
            1    | 2021-02-27
        """,
    )
    assert given == [("1", "2021-02-01", "true")]
