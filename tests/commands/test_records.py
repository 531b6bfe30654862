"""National records as people and their programs read them: CSV in two locales, JSON Lines, aligned tables."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fokusstrom.commands._records import COLUMNS, LOCALES, as_csv, as_jsonl, as_tables
from fokusstrom.contracts.records import (
    ConfidentialityStatus,
    Coverage,
    FigureStatus,
    NationalRecord,
    ObservationStatus,
    RevisionReason,
)

AT = datetime(2022, 1, 1, 12, 30, tzinfo=UTC)
AARHUS = NationalRecord(
    measure="focus_meetings",
    area="751",
    period="2021-03",
    benefit="CASH",
    value=10,
    base=40,
    share_permille=250,
    unit="persons",
    base_unit="persons",
    obs_status=ObservationStatus.ESTIMATED,
    conf_status=ConfidentialityStatus.FREE,
    status=FigureStatus.REVISED,
    revision=2,
    revision_reason=RevisionReason.DATA,
    previous_revision=1,
    coverage=Coverage(sources_heard=3, sources_expected=None, municipalities=1),
    through=date(2021, 12, 31),
    computed_at=AT,
    first_published_at=AT,
    published_at=AT,
    rule_set="ab12",
    rule_set_name="in-force",
    rule_set_version="1",
    rests_on_assumed=True,
    software="0.1",
    release=7,
    definition="urn:fokusstrom:measure:focus_meetings:1",
)


def but(**changed: Any) -> NationalRecord:  # noqa: ANN401 - fields of a record
    """Aarhus' figure with other fields."""
    return dataclasses.replace(AARHUS, **changed)


AVERAGE = but(
    measure="focus_meetings_average", period="2021", benefit=None, value=388, base=12, share_permille=None,
    threshold_permille=200, met=False, unit="permille", base_unit="months",
)  # fmt: skip
STATUS = but(
    measure="supervision", period="2021", benefit=None, value=None, base=None, share_permille=None,
    code="SELECTED", reasons=("meetings_target_missed", "result_worse_than_expected"),
    result_gate=True, focus_gate=True, unit="status", base_unit=None,
)  # fmt: skip
MINUTES = but(
    measure="contact_duration", period="2021-Q1", benefit=None, mode="PHONE", value=100, base=3, share_permille=None,
    mean_hundredths=3305, unit="minutes", base_unit="meetings",
)  # fmt: skip
HIDDEN = but(value=None, base=None, share_permille=None, conf_status=ConfidentialityStatus.SECONDARY)


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    """Read CSV as any program does."""
    return list(csv.DictReader(text.splitlines(), delimiter=delimiter))


def written(records: Iterable[NationalRecord], locale: str = "en") -> list[dict[str, str]]:
    """Write CSV and read it."""
    found = LOCALES[locale]
    return rows(as_csv(found)(records, header=True), found.delimiter)


def test_a_line_says_all_that_a_record_says() -> None:
    """Every field has a column, in the contract's order, the coverage three; what isn't said is empty."""
    text = as_csv(LOCALES["en"])([AARHUS], header=True)
    header, line = text.splitlines()
    assert header.split(",") == list(COLUMNS)
    assert line == (
        "focus_meetings,751,2021-03,CASH,,,,,,,,,"  # from measure to outcome
        "10,40,25.0,,,,,,,,persons,persons,"  # value, base, share in percent, and what only others have
        "E,F,REVISED,false,2,DATA,1,"  # statuses, withdrawn, revision, reason, previous
        "3,,1,"  # sources heard of an unknown number expected; one municipality
        "2021-12-31,2022-01-01T12:30:00+00:00,2022-01-01T12:30:00+00:00,2022-01-01T12:30:00+00:00,"
        "ab12,in-force,1,true,0.1,7,urn:fokusstrom:measure:focus_meetings:1"
    )


def test_scaled_numbers_are_decimals_under_names_that_say_so() -> None:
    """388 permille of an average stay the figure; its threshold is 20.0 percent, a mean of 3305 hundredths 33.05."""
    average, minutes = written([AVERAGE, MINUTES])
    assert (average["value"], average["threshold_percent"], average["met"]) == ("388", "20.0", "false")
    assert (minutes["mean"], minutes["share_percent"]) == ("33.05", "")


@pytest.mark.parametrize(("permille", "percent"), [(0, "0.0"), (5, "0.5"), (10, "1.0"), (999, "99.9"), (1000, "100.0")])
def test_a_share_has_one_decimal(permille: int, percent: str) -> None:
    """Also where it is nothing, less than one percent, or all."""
    (row,) = written([but(share_permille=permille)])
    assert row["share_percent"] == percent


@pytest.mark.parametrize(("hundredths", "mean"), [(7, "0.07"), (70, "0.70"), (3305, "33.05")])
def test_a_mean_has_two_decimals(hundredths: int, mean: str) -> None:
    """Zeros before and after the point are written."""
    (row,) = written([but(mean_hundredths=hundredths)])
    assert row["mean"] == mean


def test_danish_programs_get_semicolons_and_decimal_commas() -> None:
    """Only decimals change: dates, codes and whole numbers are the same in both."""
    (danish,), (english,) = written([MINUTES], "da"), written([MINUTES])
    assert danish["mean"] == "33,05"
    assert {name for name in danish if danish[name] != english[name]} == {"mean"}


def test_reasons_stand_in_one_column() -> None:
    """A status has its reasons in the record's order, parted by a space, and its gates as true or false."""
    (row,) = written([STATUS])
    assert (row["code"], row["reasons"]) == ("SELECTED", "meetings_target_missed result_worse_than_expected")
    assert (row["result_gate"], row["focus_gate"], row["value"]) == ("true", "true", "")


def test_a_hidden_figure_is_empty_and_no_zero() -> None:
    """Who sums a column must not take what is hidden for nothing; why it is empty stands in its status."""
    hidden, zero = written([HIDDEN, but(value=0, share_permille=0)])
    assert (hidden["value"], hidden["base"], hidden["share_percent"], hidden["conf_status"]) == ("", "", "", "D")
    assert (zero["value"], zero["share_percent"], zero["conf_status"]) == ("0", "0.0", "F")


def test_a_code_that_is_false_or_nothing_is_written() -> None:
    """`first=false` is another figure than one of no such dimension."""
    no, all_of_them = written([but(first=False, horizon=3), AARHUS])
    assert (no["first"], no["horizon"], all_of_them["first"]) == ("false", "3", "")


def test_a_later_part_has_no_header() -> None:
    """Followed releases continue the same file."""
    assert as_csv(LOCALES["en"])([], header=False) == ""
    assert as_csv(LOCALES["en"])([AARHUS], header=False).count("\n") == 1


def test_json_lines_have_the_fields_of_the_contract() -> None:
    """Numbers stay whole as on the topic, dates and instants are ISO 8601, reasons a list, coverage three fields."""
    first, second = (json.loads(line) for line in as_jsonl([AARHUS, STATUS], header=True).splitlines())
    assert (first["share_permille"], first["through"], first["published_at"]) == (
        250,
        "2021-12-31",
        "2022-01-01T12:30:00+00:00",
    )
    assert (first["coverage_sources_heard"], first["coverage_sources_expected"]) == (3, None)
    assert "coverage" not in first
    assert (first["rests_on_assumed"], first["conf_status"]) == (True, "F")
    assert second["reasons"] == ["meetings_target_missed", "result_worse_than_expected"]


def test_a_table_shows_what_people_ask_for_first() -> None:
    """Where, when and of what; figure, base and share; how settled it is. Columns are aligned."""
    shown = as_tables([AARHUS, but(area="DK", value=1200, base=4800)], header=True)
    assert shown == (
        "focus_meetings\n"
        "area  period   benefit  figure  base  share_percent  status   revision\n"
        "751   2021-03  CASH     10      40    25.0           REVISED  2\n"
        "DK    2021-03  CASH     1200    4800  25.0           REVISED  2\n"
    )


def test_figures_of_other_dimensions_have_a_table_of_their_own() -> None:
    """The total of a municipality isn't of any benefit; an average has a threshold and no share."""
    first, second, third = as_tables([AARHUS, but(benefit=None), AARHUS, AVERAGE], header=True).split("\n\n")
    assert [one.splitlines()[0] for one in (first, second, third)] == [
        "focus_meetings",
        "focus_meetings",
        "focus_meetings_average",
    ]
    assert [len(one.splitlines()) for one in (first, second, third)] == [4, 3, 3]
    assert "benefit" not in second
    assert third.splitlines()[1].split() == [
        "area", "period", "figure", "base", "threshold_percent", "status", "revision",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "figure"),
    [
        pytest.param(HIDDEN, "hidden", id="hidden"),
        pytest.param(but(value=None, base=None, withdrawn=True), "withdrawn", id="withdrawn"),
        pytest.param(but(value=None, base=None), "missing", id="missing"),
        pytest.param(but(value=0), "0", id="zero"),
        pytest.param(STATUS, "SELECTED meetings_target_missed result_worse_than_expected", id="status"),
    ],
)
def test_a_table_says_why_there_is_no_number(record: NationalRecord, figure: str) -> None:
    """Hidden, withdrawn and missing are three things, and none of them is zero."""
    _, header, line = as_tables([record], header=True).splitlines()
    assert line[header.index("figure") :].startswith(figure)
