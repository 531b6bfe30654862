"""R15: the first row of the rules that matches decides."""

from __future__ import annotations

from tests.domain.rules.tables import gives


def test_first_row() -> None:
    """The first row that matches, by date, region, type, first and six months."""
    given = gives(
        "mode_in_force",
        "local_date, region, interview_type, first, six_months_reached, mode_rule",
        kept_meetings="""
            fact | local_date | region      | interview_type | first | six_months_reached
            1    | 2021-01-01 | Midtjylland | JOB            | false | false
            2    | 2021-01-01 | Midtjylland | JOB            | false | false
            3    | 2021-01-01 | Midtjylland | JOINT          | false | false
            4    | 2021-01-01 | Hovedstaden | JOINT          | true  | true
            5    | 2021-01-01 | Midtjylland | JOB            | true  | false
            6    | 2021-01-01 | Midtjylland | JOB            | false | true
            7    | 2021-02-01 | Midtjylland | JOB            | false | false
            8    | 2021-02-02 | Midtjylland | JOB            | false | false
        """,
        mode_rules="""
            row | name   | valid_to   | regions       | only_type | only_first | only_six_months
            1   | east   | 2021-02-01 | [Hovedstaden] |           |            |
            2   | joint  | 2021-02-01 |               | JOINT     |            |
            3   | first  | 2021-02-01 |               |           | true       |
            4   | late   | 2021-02-01 |               |           |            | true
            5   | others | 2021-02-01 |               |           |            |
        """,
    )
    assert given == [
        ("2021-01-01", "Hovedstaden", "JOINT", "true", "true", "east"),
        ("2021-01-01", "Midtjylland", "JOB", "false", "false", "others"),
        ("2021-01-01", "Midtjylland", "JOB", "false", "true", "late"),
        ("2021-01-01", "Midtjylland", "JOB", "true", "false", "first"),
        ("2021-01-01", "Midtjylland", "JOINT", "false", "false", "joint"),
        ("2021-02-01", "Midtjylland", "JOB", "false", "false", "others"),
    ]
