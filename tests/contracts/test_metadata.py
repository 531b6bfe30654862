"""What an agency can load without us: the words are complete, the cubes hold what was published."""

from __future__ import annotations

from dataclasses import replace

from fokusstrom.contracts import metadata
from fokusstrom.contracts.records import ConfidentialityStatus, ObservationStatus
from fokusstrom.domain import facts
from fokusstrom.domain.measures import DIMENSIONS, MEASURES
from tests import measure_pages
from tests.contracts.test_national import record

WORDS = metadata.words()


def test_every_measure_unit_and_dimension_is_named() -> None:
    """Each measure's definition, unit and dimensions in English and Danish, and no others."""
    assert set(WORDS["measures"]) == set(MEASURES)
    assert set(WORDS["dimensions"]) == {"area", "period", *DIMENSIONS}
    units = {unit for measure in MEASURES.values() for unit in (measure.unit, measure.base_unit) if unit}
    assert set(WORDS["units"]) == units
    for said in (*WORDS["measures"].values(), *WORDS["dimensions"].values(), *WORDS["units"].values()):
        assert all(said[language] for language in metadata.LANGUAGES)
    assert all(said["definition"][language] for said in WORDS["measures"].values() for language in metadata.LANGUAGES)


def test_every_code_is_named() -> None:
    """Code lists are those of the facts, the mode of a newer sender, and what can be said of a meeting."""
    assert set(WORDS["codes"]["benefit"]) == set(facts.BENEFITS)
    assert set(WORDS["codes"]["mode"]) == {*facts.MODES, "UNKNOWN"}
    assert set(WORDS["codes"]["outcome"]) == set(facts.OUTCOMES)
    assert set(WORDS["codes"]["interview_type"]) == {"JOB", "FOLLOW_UP", "JOINT"}
    every = {
        name: {metadata.code_text(code) for code in codes}
        for measure in MEASURES.values()
        for table in measure.tables
        for name, codes in table.every
    }
    assert {name: set(WORDS["codes"][name]) for name in every} == every


def test_the_page_of_measures_is_theirs() -> None:
    """The URN that a record names is resolved by `docs/measures.md`; `python -m tests.measure_pages` writes it."""
    text = measure_pages.FILE.read_text("utf-8")
    assert text == measure_pages.text()
    assert all(f"`{measure.definition}`" in text for measure in MEASURES.values())


def test_a_table_is_a_cube() -> None:
    """A dataset has the newest figure of each key at its place; what is hidden has no value and says so."""
    records = [
        record(1, 10),
        replace(record(1, None), area="101"),
        replace(record(1, 12), period="2021-04", obs_status=ObservationStatus.NORMAL),
        replace(record(1, 7), area="DK", benefit="CASH", conf_status=ConfidentialityStatus.FREE),
    ]
    datasets = metadata.datasets(records)
    assert list(datasets) == ["focus_meetings-municipality-month", "focus_meetings-country-month-benefit"]
    cube = datasets["focus_meetings-municipality-month"]
    assert (cube["id"], cube["size"]) == (["area", "period", "figure"], [2, 2, 3])
    assert cube["dimension"]["area"]["category"]["label"] == {"101": "København", "751": "Aarhus"}
    assert cube["dimension"]["figure"]["category"]["index"] == ["value", "base", "share_permille"]
    # 101 in March is cells 0-2, in April 3-5 (nothing published); Aarhus in March 6-8, in April 9-11
    assert cube["value"] == {"6": 10, "7": 40, "8": 250, "9": 12, "10": 40, "11": 250}
    assert cube["status"] == {"0": "C", "1": "C", "2": "C", "6": "E", "7": "E", "8": "E"}


def test_a_status_is_its_place_among_the_codes() -> None:
    """JSON-stat holds numbers: of supervision the place of its code."""
    supervision = replace(record(1, None), measure="supervision", period="2021", code="SELECTED")
    (cube,) = metadata.datasets([replace(supervision, conf_status=ConfidentialityStatus.FREE)]).values()
    assert cube["extension"]["codes"][cube["value"]["0"]] == "SELECTED"


def test_the_topic_is_described_in_both_languages() -> None:
    """DCAT-AP: title, description, time, theme and distributions."""
    records = [record(1, 10)]
    described = metadata.catalogue(records, metadata.datasets(records))
    assert [title["@language"] for title in described["dct:title"]] == ["en", "da"]
    assert described["dct:temporal"]["dcat:endDate"]["@value"] == "2021-03-31"
    assert len(described["dcat:distribution"]) == 2
    (item,) = metadata.collection(metadata.datasets(records))["link"]["item"]
    assert item["href"] == "focus_meetings-municipality-month.json"
