"""Section 6, R17: meetings by mode, what is said of them, and the distinct persons behind each."""

from __future__ import annotations

from tests.domain.rules.tables import gives

_OF_MEETINGS = """
    fact | citizen | month      | interview_type | mode  | mode_lawful | assessment_missing | first | contact
    1    | 1       | 2021-03-01 | JOB            | PHONE | true        | false              | true  | true
    2    | 1       | 2021-03-01 | FOLLOW_UP      | PHONE | false       | true               | false | true
    3    | 2       | 2021-03-01 | JOB            | PHONE |             | false              | false | true
    4    | 2       | 2021-03-01 | CV             | PHONE | true        | false              | false | false
"""
_JUDGED = """
    fact | reason
    1    |
    2    | no_spell
    3    |
    4    | no_spell
    5    |
"""
_PERSONS = """
    citizen | sign
    1       | 1
    2       | 1
    3       | 1
    4       | -1
"""


def test_a_municipality_by_mode() -> None:
    """Of types JOB, FOLLOW_UP and JOINT; `persons_only` are those of whom nothing else is in `all`."""
    given = gives(
        "mode_parts",
        "citizen, municipality, interview_type, mode, part, code, meetings, persons, persons_only",
        mode_of_meeting=_OF_MEETINGS,
        judged_meetings=_JUDGED,
        persons=_PERSONS,
    )
    assert [row for row in given if row[0] == "1" and row[1] == "751"] == [
        ("1", "751", None, "PHONE", "all", None, "2", "1", "1"),
        ("1", "751", None, "PHONE", "assessment_missing", "false", "1", "1", "0"),
        ("1", "751", None, "PHONE", "assessment_missing", "true", "1", "1", "0"),
        ("1", "751", None, "PHONE", "first", "false", "1", "1", "0"),
        ("1", "751", None, "PHONE", "first", "true", "1", "1", "0"),
        ("1", "751", None, "PHONE", "lawful", "LAWFUL", "1", "1", "0"),
        ("1", "751", None, "PHONE", "lawful", "UNLAWFUL", "1", "1", "0"),
        ("1", "751", None, "PHONE", "reason", "counts", "1", "1", "0"),
        ("1", "751", None, "PHONE", "reason", "no_spell", "1", "1", "0"),
    ]


def test_the_country_by_type_and_mode() -> None:
    """The country is told by interview type as well; a mode that no rule applies to is said so."""
    given = gives(
        "mode_parts",
        "citizen, municipality, interview_type, part, code, meetings, persons_only",
        mode_of_meeting=_OF_MEETINGS,
        judged_meetings=_JUDGED,
        persons=_PERSONS,
    )
    assert [row for row in given if row[1] == "DK" and row[3] in {"all", "lawful"}] == [
        ("1", "DK", "FOLLOW_UP", "all", None, "1", "1"),
        ("1", "DK", "FOLLOW_UP", "lawful", "UNLAWFUL", "1", "1"),
        ("1", "DK", "JOB", "all", None, "1", "1"),
        ("1", "DK", "JOB", "lawful", "LAWFUL", "1", "1"),
        ("2", "DK", "JOB", "all", None, "1", "1"),
        ("2", "DK", "JOB", "lawful", "NO_RULE", "1", "1"),
    ]


def test_who_has_one_meeting_is_counted_with_others_alike() -> None:
    """Citizens with one meeting each are counted together, under one of them; whoever is taken away, by themselves."""
    given = gives(
        "mode_parts",
        "citizen, municipality, part, meetings, persons, persons_only",
        judged_meetings=_JUDGED.replace("no_spell", ""),
        mode_of_meeting="""
            fact | citizen | month      | interview_type | mode  | mode_lawful | assessment_missing | first | contact
            1    | 1       | 2021-03-01 | JOB            | PHONE | true        | false              | true  | true
            2    | 2       | 2021-03-01 | JOB            | PHONE | true        | false              | true  | true
            3    | 3       | 2021-03-01 | JOB            | PHONE | true        | false              | false | true
            4    | 4       | 2021-03-01 | JOB            | PHONE | true        | false              | true  | true
        """,
        persons=_PERSONS,
    )
    assert [row for row in given if row[1] == "751" and row[2] in {"all", "first"}] == [
        ("1", "751", "all", "2", "2", "2"),
        ("1", "751", "first", "2", "2", "2"),
        ("3", "751", "all", "1", "1", "1"),
        ("3", "751", "first", "1", "1", "1"),
        ("4", "751", "all", "1", "1", "1"),
        ("4", "751", "first", "1", "1", "1"),
    ]
