"""What a change of the law or of facts can reach, as the rules' files say; `test_refold` shows that no more does."""

from __future__ import annotations

import datetime as dt

import pytest

from fokusstrom.domain import facts
from fokusstrom.domain.facts import FACT_TYPES, FactType
from fokusstrom.domain.reach import FactsReach, Reach, changes, reach, reach_of_facts
from fokusstrom.domain.rules_and_figures import EVERYTHING, FIGURES, INPUTS, OF_MEETINGS, RULES
from tests.domain import folding
from tests.domain.test_refold import CHANGES, IN_FORCE, changed


def _reach(change: str) -> Reach:
    return reach(folding.open_book()[0], IN_FORCE, CHANGES[change])


@pytest.mark.parametrize("change", ["other thresholds", "months not left out", "a later selection", "less hidden"])
def test_what_tables_alone_ask_reaches_no_figure(change: str) -> None:
    """A threshold, a month that is left out of an average: no person is looked at."""
    assert _reach(change) == Reach(figures=(), rules=(), needed=frozenset(), meetings="false")


def test_what_a_figure_does_not_ask_is_not_made() -> None:
    """Fewer hours: of offers alone, and without a meeting."""
    reached = _reach("fewer hours")
    assert reached.figures == ("focus_offers",)
    assert reached.rules == ("served_with_offers",)
    assert reached.needed >= {"spells", "offers", "hours"}
    assert not reached.needed & {"meetings", "judged_meetings", "outcomes"}
    assert reached.meetings is None


def test_of_figures_that_are_not_wanted_nothing_is_made() -> None:
    """Neither they nor rules that they alone read; of the others, the same is found as when all are wanted."""
    book, change = folding.open_book()[0], CHANGES["another counting mode"]
    every = reach(book, IN_FORCE, change)
    some = reach(book, IN_FORCE, change, ("focus_meetings", "focus_offers"))
    assert some.figures == ("focus_meetings",)
    assert set(some.figures) < set(every.figures)
    assert set(some.rules) < set(every.rules)
    assert some.needed < every.needed
    assert some.meetings == every.meetings


def test_whose_meetings() -> None:
    """A mode that counts in one spring is of those who met by it then."""
    reached = _reach("another counting mode")
    assert reached.meetings == "(local_date BETWEEN DATE '2020-03-20' AND DATE '2020-05-26' AND mode IN ('VIDEO'))"
    assert "focus_offers" not in reached.figures


def test_the_same_rules_change_nothing() -> None:
    """Cut in two, with another reference, a row says what it said."""
    *others, row = IN_FORCE.rows["counting_reporters"]
    day = dt.date(2098, 5, 15)
    halves = ({**row, "valid_to": day - dt.timedelta(days=1)}, {**row, "valid_from": day, "reference": "another"})
    assert list(changes(IN_FORCE, changed("counting_reporters", *others, *halves))) == []


def _of_facts(*fact_types: FactType) -> FactsReach:
    return reach_of_facts(folding.open_book()[0], fact_types)


def test_offers_are_of_one_figure() -> None:
    """Who takes part in an offer: neither their meetings nor what followed are looked at."""
    reached = _of_facts(facts.OFFER_PARTICIPATION)
    assert reached.figures == ("focus_offers",)
    assert not reached.of_meetings
    assert reached.relations == {"benefit_spell", "offer_participation", "ordinary_hours"}


def test_protection_is_said_of_meetings_alone() -> None:
    """A protected citizen changes no figure, and what is said of their meetings."""
    reached = _of_facts(facts.CITIZEN_PROTECTION)
    assert reached.figures == ()
    assert reached.of_meetings
    assert "outcome_reached" in reached.relations


def test_meetings_need_no_offers() -> None:
    """A meeting changes no figure of offers."""
    reached = _of_facts(facts.MEETING_HELD)
    assert {*FIGURES} - {*reached.figures} == {"focus_offers", "expected_shares"}
    assert {*RULES} - reached.needed == {"served_with_offers", "enriched_meetings"}
    assert {*INPUTS} - reached.needed == {"offers", "hours", "expected_shares"}


def test_what_joins_persons_changes_all() -> None:
    """A link changes whose facts are whose."""
    reached = _of_facts(facts.CITIZEN_LINK)
    assert reached.figures == tuple(FIGURES)
    assert reached.needed == EVERYTHING - {"enriched_meetings"}


def test_every_fact_reaches_something() -> None:
    """No type of facts is taken in for nothing, and each is read where it changes."""
    for fact_type in FACT_TYPES.values():
        reached = _of_facts(fact_type)
        assert reached.figures or reached.of_meetings
        assert fact_type.relation in reached.relations or fact_type is facts.CITIZEN_LINK


def test_rules_that_no_figure_needs() -> None:
    """The rules for what is said of meetings are those, and no others, that no figure needs."""
    connection = folding.open_book()[0]
    reached = [reach_of_facts(connection, [one]) for one in FACT_TYPES.values()]
    needed = {name for one in reached for name in one.needed}
    assert {*RULES} - needed == {"enriched_meetings"} < {*OF_MEETINGS}
