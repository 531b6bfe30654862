"""Section 4: what is said of every meeting."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_said() -> None:
    """Counting or not, the record it repeats, mode in force, outcome; what is not known is null or false."""
    given = gives(
        "enriched_meetings",
        "fact_id, counts, reason, duplicate_of_source, duplicate_of_fact_id, first, mode_lawful, mode_rule,"
        " mode_rule_reference, assessment_missing, outcome, outcome_days",
        meetings="""
            fact
            1
            2
        """,
        told_meetings="""
            fact | local_date | duplicate_of
            1    | 2021-03-01 |
            2    | 2021-03-01 | 1
        """,
        judged_meetings="""
            fact | reason
            1    |
            2    | duplicate
        """,
        mode_of_meeting="""
            fact | first | mode_lawful | mode_rule | assessment_missing
            1    | true  | true        | r         | true
        """,
        mode_rules="""
            row | name | reference
            1   | q    | BEK 1
            2   | r    | BEK 2
        """,
        outcome_of_meeting="""
            fact | outcome | reached_on
            1    | FIT     | 2021-04-01
        """,
    )
    assert given == [
        ("1", "true", None, None, None, "true", "true", "r", "BEK 2", "true", "FIT", "31"),
        ("2", "false", "duplicate", "s", "1", "false", None, None, None, "false", None, None),
    ]


def test_protected() -> None:
    """A protected citizen's jobcentre is null, and the instant is cut to the date."""
    given = gives(
        "enriched_meetings",
        "fact_id, jobcenter, held_at, local_date",
        told_meetings="""
            fact | citizen | jobcenter
            1    | 1       | 12345
            2    | 2       | 12345
        """,
        judged_meetings="""
            fact
            1
            2
        """,
        protected_citizens="""
            citizen
            2
        """,
    )
    assert given == [
        ("1", "12345", "2021-03-01 09:00:00+00", "2021-03-01"),
        ("2", None, None, "2021-03-01"),
    ]
