"""What a figure is made of, as it is explained: worked out by hand, and the same numbers as the tables'."""

from __future__ import annotations

import csv
from datetime import date

from fokusstrom.domain.explain_figure import Asked
from tests.builders import (
    ANNA,
    BO,
    CARL,
    FactLine,
    expected_share,
    hours,
    meeting,
    meetings,
    offer,
    protection,
    spell,
)
from tests.domain import explaining, folding
from tests.domain.explaining import decided, figure, rows, step, steps
from tests.histories import random_history

_FOUR = ("2021-01-04", "2021-02-01", "2021-03-01", "2021-04-01")
# Anna is served with meetings. Bo had two that count and one by letter. Carl is not in scope: since 1 May 2021.
_FACTS: list[FactLine] = [
    spell("2018-01-01"),
    *meetings(*_FOUR),
    spell("2018-01-01", citizen=BO, fact_id="bo", benefit="SICKNESS"),
    *(meeting(at, citizen=BO, fact_id=f"bo{at}") for at in _FOUR[:2]),
    meeting("2021-03-01", citizen=BO, fact_id="letter", mode="WRITTEN"),
    spell("2021-05-01", citizen=CARL, fact_id="carl"),
]


def test_focus_target_for_meetings() -> None:
    """The base by benefit, who is not in it and why, and what those not served lacked of four meetings."""
    found = figure(_FACTS, "focus_meetings", "2021-06", citizens=True)
    assert found.outcome == "1 of 2"
    assert rows(found, "R6") == [("CASH", 1, 0), ("SICKNESS", 1, 1)]
    assert rows(found, "R6", 1) == [("seniority not reached", 1)]
    assert decided(found, "R6") == [("focus_targets", 1)]
    assert rows(found, "R8") == [(2, 1)]  # one person, 4 - 2 meetings short
    # The window of June 2021 begins in July 2020.
    assert rows(found, "R18") == [(BO, "SICKNESS", "2020-07-01", 2, 2, "mode_not_counted: 1")]


def test_citizens_only_when_asked() -> None:
    """Citizens are listed only behind a flag."""
    assert steps(figure(_FACTS, "focus_meetings", "2021-06"), "R18") == []


def test_focus_target_for_offers() -> None:
    """Hours short of 225, and offers that are of no type that counts."""
    facts = [
        *_FACTS,
        hours("2021-02", 100.5),
        hours("2020-06", 50),  # before the window
        offer("2021-02-01", offer_type="OTHER"),
        offer("2021-02-01", "2021-02-02", citizen=BO, fact_id="bo's"),
    ]
    found = figure(facts, "focus_offers", "2021-06", citizens=True)
    assert found.outcome == "1 of 2"
    assert rows(found, "R18") == [(ANNA, "CASH", "2020-07-01", "100.50", "124.50", "OTHER: 1")]
    assert rows(found, "R9") == [("more than  75, at most 150", 1)]


def test_why_not_in_the_base() -> None:
    """An introduction programme, a spell elsewhere that decides or counts, too little seniority: each by number."""
    facts = [
        spell("2018-01-01", introduction_programme=True),
        # Bo: the later spell decides, and lies in Køge, where he counts.
        spell("2018-01-01", citizen=BO, fact_id="b1"),
        spell("2018-02-01", citizen=BO, fact_id="b2", municipality="259"),
        # Carl: the later spell decides, and has not its twelve months.
        spell("2018-01-01", citizen=CARL, fact_id="c1"),
        spell("2021-06-01", citizen=CARL, fact_id="c2", benefit="SICKNESS"),
    ]
    found = figure(facts, "focus_meetings", "2021-06")
    assert found.outcome == "0 of 0"
    assert rows(found, "R6", 1) == [
        ("another spell decides", 1),
        ("counted under another spell", 1),
        ("introduction programme", 1),
    ]


def test_early_contact() -> None:
    """Chains that completed six months in the month: Carl's of 1 May 2021 did on 31 October, with one meeting."""
    facts = [*_FACTS, meeting("2021-06-01", citizen=CARL, fact_id="c")]
    found = figure(facts, "early_contact", "2021-10", citizens=True)
    assert found.outcome == "1 of 1"
    assert rows(found, "R13") == [("CASH", 1, 1)]
    assert rows(found, "R18") == [(CARL, "CASH", "2021-05-01", 1, 3, None)]


def test_meetings_held() -> None:
    """Meetings by what they count for, with the rows of the rule set; of a mode that doesn't count there is none."""
    found = figure(_FACTS, "meetings_held", "2021-03")
    assert found.outcome == "1 of 2"
    assert rows(found, "R7") == [("counts", 1), ("mode_not_counted", 1)]
    assert ("mode_not_counted", "JOBCENTER", "WRITTEN", 1, None, 1) in rows(found, "R7", 1)
    assert decided(found, "R7", 1) == [("counting_modes", 1), ("counting_reporters", 1)]


def test_mode_use() -> None:
    """Meetings by the row of mode_rules that judged them: a letter was not allowed in March 2021."""
    found = figure(_FACTS, "mode_use", "2021-03")
    assert found.outcome == "1 of 2"
    assert decided(found, "R15") == [("mode_rules", 9)]
    assert rows(found, "R15") == [
        ("2021-02", "PHYSICAL", False, True, False, 1),
        ("2021-02", "WRITTEN", False, False, False, 1),
    ]


def test_transitions() -> None:
    """Nine rows a cell: three horizons of three outcomes; never called an effect."""
    found = figure(_FACTS, "transitions", "2021-04")
    assert len(rows(found, "R14")) == 9
    assert "never an effect" in step(found, "R14").finding


def test_yearly_average() -> None:
    """The months of 2020 by which the average is made; March to June are excluded, by a row with its reference."""
    # Nobody is served in 2020: 8 months of 1 of 1.
    found = figure([spell("2018-01-01")], "focus_average", "2020", "2020-11-30")
    states = [row[-1] for row in rows(found, "R11")]
    assert states == ["yes", "yes", "excluded", "excluded", "excluded", "excluded", *["yes"] * 5, "not reported"]
    assert decided(found, "R11") == [("focus_targets", 1), ("excluded_months", 1)]
    assert found.outcome == "meetings not met, offers not met"
    assert (
        "the mean of 7 monthly shares is 1.000000, not below the threshold 0.200000" in steps(found, "R11")[0].finding
    )


def test_nobody_in_scope() -> None:
    """A month without persons is no part of the average."""
    found = figure([spell("2020-02-10")], "focus_average", "2021", "2021-12-31")
    # 12 months are reached on 9 February 2021.
    assert [row[-1] for row in rows(found, "R11")] == ["nobody in scope", *["yes"] * 11]
    assert figure([spell("2020-02-10")], "focus_average", "2020", "2021-12-31").outcome == "no average"


def test_supervision() -> None:
    """Status, gates and reasons: of two expected shares the one registered last holds."""
    facts = [
        spell("2018-01-01"),
        expected_share(2021, 0.2, 0.1, fact_id="old"),
        expected_share(2021, 0.12, 0.11, fact_id="new", registered_at="2021-05-01T00:00:00Z"),
    ]
    found = figure(facts, "supervision", "2021")
    assert found.outcome == "SELECTED"
    assert [row[:2] for row in rows(found, "R12")] == [("momentum:751", "new"), ("momentum:751", "old")]
    assert "The result gate is open" in steps(found, "R12")[0].finding
    assert steps(found, "R12")[1].finding == "The focus gate is open."
    assert [reason for reason, _ in rows(found, "R12", 2)] == [
        "meetings_target_missed",
        "offers_target_missed",
        "result_worse_than_expected",
    ]
    assert decided(found, "R12", 2) == [("selection", 1)]
    assert figure(facts[:1], "supervision", "2021").outcome == "INSUFFICIENT_DATA"
    assert figure(facts[:1], "supervision", "2017").outcome == "no row"


def test_not_reported() -> None:
    """A month whose last day lies after the end date is not reported."""
    assert figure(_FACTS, "focus_meetings", "2021-06", "2021-06-29").outcome == "not reported"


def test_protected_citizens() -> None:
    """R18: a protected citizen is in the numbers and in no list, unless the reader has the logged right."""
    facts = [*_FACTS, protection(BO)]
    found = figure(facts, "focus_meetings", "2021-06", citizens=True)
    assert (found.outcome, found.hidden, found.shown) == ("1 of 2", 1, 0)
    assert rows(found, "R8") == [(2, 1)]
    assert rows(found, "R18") == []
    by_right = figure(facts, "focus_meetings", "2021-06", citizens=True, with_protected=True)
    assert (by_right.hidden, by_right.shown) == (0, 1)
    assert [row[0] for row in rows(by_right, "R18")] == [BO]


def test_the_same_numbers_as_the_tables() -> None:
    """Of every cell of a random history, numerator and base are the tables', and each that is short is listed."""
    facts, through = random_history(11, citizens=12), "2021-12-31"
    tables = folding.tables(facts, date.fromisoformat(through))
    explainer = explaining.figures(facts, through)
    checked = 0
    for measure in ("focus_meetings", "focus_offers", "early_contact"):
        for row in list(csv.DictReader(tables[f"{measure}.csv"].splitlines()))[:40]:
            asked = Asked(measure, row["municipality"], row["month"], row["benefit"], citizens=True)
            found = explainer.explain(asked)
            base = row.get("persons") or row["chains"]
            assert found.outcome == f"{row['not_served']} of {base}", asked
            listed = rows(found, "R18") if steps(found, "R18") else []
            assert len(listed) + found.hidden == int(row["not_served"])
            short = [one[4] for one in listed]
            assert all(float(str(one)) > 0 for one in short), asked
            checked += 1
    assert checked > 20
