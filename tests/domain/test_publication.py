"""R17 over everything that is published: small groups, what gives them away, what rests on them, earlier releases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from fractions import Fraction

from fokusstrom.domain import relations, releases, rule_set
from fokusstrom.domain.attack import too_tight
from fokusstrom.domain.averages import Year
from fokusstrom.domain.lines import Table
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.past import Held, Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Confidence, Now, Published
from tests.domain.elsewhere import elsewhere

RULES = rule_set.in_force()
THROUGH = dt.date(2021, 12, 31)
FREE, PRIMARY, SECONDARY = Confidence.FREE, Confidence.PRIMARY, Confidence.SECONDARY
MARCH = {"101": (20, 2), "461": (50, 20), "751": (40, 10), "851": (30, 15)}
"""Municipality: persons in scope in March 2021, and how many not served."""


def focus(municipalities: Mapping[str, tuple[int, int]], month: str = "2021-03") -> list[Cell]:
    """Give the cells of one target and one benefit, of municipalities and of the country."""
    country = tuple(map(sum, zip(*municipalities.values(), strict=True)))
    return [
        Cell(Key("focus_meetings", area, month, of), missed, persons, (missed, persons - missed, persons))
        for area, (persons, missed) in {**municipalities, "DK": country}.items()
        for of in ((), (("benefit", "CASH"),))
    ]


def hidden(cells: Iterable[Cell], past: Past | None = None) -> dict[str, Confidence]:
    """Give what may not be shown of the totals, by area."""
    judged = Publication(cells, past or Past(), RULES, THROUGH, elsewhere).judge()
    return {key.area: said for key, said in judged.hidden.items() if not key.dimensions}


def past_of(cells: Iterable[Cell], past: Past | None = None) -> Past:
    """Give what is known once a release of these cells is made."""
    before, cells = past or Past(), list(cells)
    judged = Publication(cells, before, RULES, THROUGH).judge()
    now = Now(cells, RULES, THROUGH, judged.hidden, frozenset(), judged.held_back)
    changes = releases.judge(now, before.published)
    published = {
        change.key: Published(change.shown, change.status, change.revision, RULES.digest, "urn:x") for change in changes
    }
    return Past({**before.published, **published}, {cell.key: Held.of(cell) for cell in cells}, RULES.digest)


def test_one_small_group_needs_another_to_hide_behind() -> None:
    """With one municipality hidden, total and others would give it away: one more is hidden."""
    found = hidden(focus(MARCH))
    assert found["101"] is PRIMARY
    assert list(found.values()).count(SECONDARY) == 1


def test_two_small_groups_hide_each_other() -> None:
    """2 of 20 and 3 of 30 not served: their sum is 5, so each may be 0 to 5."""
    assert hidden(focus({**MARCH, "851": (30, 3)})) == {"101": PRIMARY, "851": PRIMARY}


def test_what_is_published_withstands_the_attack() -> None:
    """No bound leaves fewer than 5 candidate values."""
    cells = focus(MARCH)
    judged = Publication(cells, Past(), RULES, THROUGH).judge()
    related = relations.relate(cells)
    table = Table(related.shows, related.values, related.sums)
    secret = [cell.key for cell in cells if cell.key in judged.hidden]
    assert too_tight(table.knowledge(secret), table.secrets(secret), 5) == {}


def test_what_protected_a_figure_stays_hidden() -> None:
    """Once hidden beside a small group, a figure that is the same stays hidden: an earlier total is still known."""
    before = past_of(focus(MARCH))
    (other,) = [area for area, said in hidden(focus(MARCH)).items() if said is SECONDARY]
    grown = {**MARCH, "101": (20, 8)}
    assert hidden(focus(grown), before)[other] is SECONDARY
    assert other not in hidden(focus(grown)), "without a past nothing has to be hidden"


def test_what_was_shown_protects_nothing() -> None:
    """A figure that was shown and is the same is known: only one that changed can hide a small group now."""
    before = past_of(focus({**MARCH, "101": (20, 7)}))
    assert hidden(focus({**MARCH, "101": (20, 2), "751": (40, 15)}), before) == {"101": PRIMARY, "751": SECONDARY}


def test_nothing_is_judged_anew_where_nothing_changed() -> None:
    """A replay hides what was hidden."""
    cells = focus(MARCH)
    assert hidden(cells, past_of(cells)) == hidden(cells)


# --- held back ---------------------------------------------------------------------------------------------------


def too_little_hidden(cells: Iterable[Cell], *, is_remembered: bool = False) -> Past:
    """Give a past in which 101 was hidden and nothing else, by other rules: its total less the others tells of it."""
    cells = list(cells)
    now = Now(cells, RULES, THROUGH, {cell.key: PRIMARY for cell in cells if cell.key.area == "101"})
    changes = releases.judge(now, {})
    published = {one.key: Published(one.shown, one.status, one.revision, "other", "urn:x") for one in changes}
    said = [(1, {one.key: one.shown for one in changes})] if is_remembered else []
    held = {cell.key: Held.of(cell) for cell in cells}
    return Past(published, held, "other", dict.fromkeys(held, (1,)), lambda _: said)


def test_where_no_hiding_helps_a_release_says_nothing_of_a_month() -> None:
    """101 is small, all others are known as they are: so nothing is said of any of them, and all stays as it was."""
    cells = focus(MARCH)
    past = too_little_hidden(cells)
    judged = Publication(cells, past, RULES, THROUGH).judge()
    assert judged.held_back == {cell.key for cell in cells}
    now = Now(cells, RULES, THROUGH, judged.hidden, frozenset(), judged.held_back)
    assert releases.judge(now, past.published) == []


def test_who_cannot_know_which_are_nothing_holds_nothing_back() -> None:
    """One chain in each of six municipalities, nobody served: that nobody is of the six would tell it of each.

    The six of the country are hidden and marked D: nobody of them is served, or five at least, or all.
    """
    country = Cell(Key("early_contact", "DK", "2021-03", (("benefit", "CASH"),)), 6, 6, (6, 0, 6))
    areas = ("101", "147", "151", "153", "155", "157")
    figures = [country, *(Cell(Key("early_contact", area, "2021-03"), 1, 1, (1, 0, 1)) for area in areas)]
    judgement = Publication(figures, Past(), RULES, THROUGH).judge()
    assert judgement.held_back == set()
    assert judgement.hidden.keys() == {cell.key for cell in figures}


def test_what_marks_alone_tell_holds_nothing_back() -> None:
    """One served in each of two municipalities and 2 in the country, all marked C: 1 to 3 and 2 to 4, say the marks.

    No choice of what to hide would change that. What is shown tells no more: not even the bases need be hidden.
    """
    meetings = focus({"101": (100, 99), "461": (80, 79), "751": (60, 60), "851": (50, 50)})
    halves = focus({"101": (100, 50), "461": (80, 40), "751": (60, 30), "851": (50, 25)})
    offers = [cell._replace(key=cell.key._replace(measure="focus_offers")) for cell in halves]
    small = {cell.key for cell in meetings if cell.key.area in {"101", "461", "DK"}}
    judgement = Publication([*meetings, *offers], Past(), RULES, THROUGH).judge()
    assert judgement.held_back == set()
    assert judgement.hidden == dict.fromkeys(small, PRIMARY)


def test_other_months_are_released_while_one_is_held_back() -> None:
    """What is held back is a family of one period: April's figures don't hang together with March's."""
    april = focus({"751": (40, 10), "461": (50, 20)}, "2021-04")
    judged = Publication([*focus(MARCH), *april], too_little_hidden(focus(MARCH)), RULES, THROUGH).judge()
    assert {key.period for key in judged.held_back} == {"2021-03"}
    assert not judged.hidden.keys() & {cell.key for cell in april}


def test_what_rests_on_a_month_that_is_held_back_is_held_back() -> None:
    """An average and its status would tell of the month as it is now, which isn't said."""
    april = focus({"751": (40, 10), "461": (50, 20)}, "2021-04")
    averages = [
        Year("focus_meetings", Key("focus_meetings_average", area, "2021"), Fraction(1, 4), Fraction(1, 5), months)
        for area, months in (("751", ("2021-03", "2021-04")), ("461", ("2021-04",)))
    ]
    statuses = [Key("supervision", area, "2021") for area in ("751", "461")]
    past = too_little_hidden(focus(MARCH))
    judged = Publication([*focus(MARCH), *april], past, RULES, THROUGH).judge(averages, statuses)
    of_years = {key for key in judged.held_back if key.period == "2021"}
    assert of_years == {averages[0].key, statuses[0]}
    assert not {averages[1].key, statuses[1]} & judged.hidden.keys()


def test_what_the_past_alone_gives_away_holds_nothing_back() -> None:
    """The release that told too much is on the topic: no silence helps, and what changed since is released."""
    past = too_little_hidden(focus(MARCH), is_remembered=True)
    changed = focus({**MARCH, "461": (50, 25)})
    judged = Publication(changed, past, RULES, THROUGH).judge()
    assert judged.held_back == set()
    assert hidden(changed, past)["101"] is PRIMARY


def test_a_month_that_changes_again_is_not_held_back_any_more() -> None:
    """751 has 15 not served in place of 10: it and the country can be hidden now, behind which 101 is safe."""
    past = too_little_hidden(focus(MARCH))
    changed = focus({**MARCH, "751": (40, 15)})
    judged = Publication(changed, past, RULES, THROUGH).judge()
    assert judged.held_back == set()
    assert hidden(changed, past)["101"] is PRIMARY


def test_person_months_are_shown_where_their_persons_are() -> None:
    """Contact by person-months in scope would tell how many persons are in scope where these are hidden."""
    months = [cell for month in ("2021-01", "2021-02", "2021-03") for cell in focus({"751": (40, 10)}, month)]
    contact = Cell(Key("contact_meetings", "751", "2021-Q1", (("mode", "PHONE"),)), 60, 120, (30, 40))
    other = Cell(Key("contact_meetings", "461", "2021-Q1", (("mode", "PHONE"),)), 60, 120, (30, 40))
    assert Publication([*months, contact, other], Past(), RULES, THROUGH).judge().hidden == {}
    small = [cell for cell in months if cell.key.period != "2021-02"] + focus({"751": (40, 2)}, "2021-02")
    found = Publication([*small, contact, other], Past(), RULES, THROUGH).judge().hidden
    assert found[contact.key] is SECONDARY
