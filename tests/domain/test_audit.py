"""R17, the audit: what an attack on the published records finds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fokusstrom.domain import audit
from fokusstrom.domain.each import by_turns
from fokusstrom.domain.earlier import Forms
from fokusstrom.domain.measures import Cell, Key
from fokusstrom.domain.past import Past
from fokusstrom.domain.publication import Publication
from fokusstrom.domain.releases import Confidence, Shown
from fokusstrom.domain.small_cells import Suppression
from fokusstrom.domain.sums import Interval
from tests.domain import published
from tests.domain.published import FIGURES, RULES, SMALL, THROUGH, Figures, cells, key, shown

GROUPS = Suppression.of(RULES)
ALL_OF_MARCH = 3 * 3 + 3 + 3 + 1
"""Records: each municipality and benefit, and their totals."""


def exposed(*releases: Forms) -> dict[str, Interval]:
    """Attack releases, and name what was found of any of them."""
    stands = audit.stands(enumerate(releases, 1), RULES)
    found = [audit.besiege(stand, GROUPS).exposed for stand in stands]
    return {str(part): interval for each in found for part, interval in each.items()}


def test_a_small_figure_alone_is_found_exactly() -> None:
    """Hidden by itself, 3 of 20 is what its municipality has less its other benefits: value, base and rest."""
    assert exposed(shown(cells(FIGURES), SMALL)) == {
        "value of focus_meetings 101 2021-03 benefit=CASH": Interval(3, 3),
        "base of focus_meetings 101 2021-03 benefit=CASH": Interval(20, 20),
        "rest of focus_meetings 101 2021-03 benefit=CASH": Interval(17, 17),
    }


def test_what_is_published_withstands() -> None:
    """After suppression nothing is found, and what was attacked is said: 4 records with 3 quantities each."""
    figures = cells(FIGURES)
    hidden = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    (stand,) = audit.stands([(7, shown(figures, hidden))], RULES)
    found = audit.besiege(stand, GROUPS, show=2)
    assert (found.exposed, found.contradiction) == ({}, None)
    assert (stand.release, len(stand.forms), found.hidden, found.quantities) == (7, ALL_OF_MARCH, 4, 12)
    assert all(interval.leaves(5) for interval in found.narrowest.values())


def test_every_record_that_is_hidden_besides_is_needed() -> None:
    """If one of them is shown by mistake, the attack finds something."""
    figures = cells(FIGURES)
    hidden = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    secondary = [one for one, confidence in hidden.items() if confidence is Confidence.SECONDARY]
    assert len(secondary) == 3
    for mistake in secondary:
        assert exposed(shown(figures, {one: said for one, said in hidden.items() if one != mistake}))


def test_an_earlier_release_is_attacked_as_it_stood() -> None:
    """That a later release hides enough doesn't undo what an earlier one told."""
    figures = cells(FIGURES)
    hidden = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    assert exposed(shown(figures, SMALL), shown(figures, hidden))
    assert not exposed(shown(figures, hidden), {})


def test_figures_that_do_not_add_up_are_a_finding() -> None:
    """A published total that isn't the sum of its published parts is said, and nothing else of its table."""
    forms = dict(shown(cells(FIGURES), SMALL))
    forms[key("147")] = forms[key("147")]._replace(value=35)
    (stand,) = audit.stands([(1, forms)], RULES)
    assert "add up" in (audit.besiege(stand, GROUPS).contradiction or "")


def test_nobody_of_nobody_is_no_secret() -> None:
    """Where a shown total is nothing its parts are nothing: that tells of no group."""
    figures = cells((((0, 3), (10, 40), (20, 60)), ((0, 50), (15, 30), (9, 45)), ((0, 50), (16, 66), (15, 70))))
    hidden = dict.fromkeys((key("101", "CASH"), key("147", "CASH")), Confidence.PRIMARY)
    assert "value of focus_meetings 101 2021-03 benefit=CASH" not in exposed(shown(figures, hidden))


def test_all_of_all_is_no_secret() -> None:
    """Where nobody of the country is left between value and base nobody is of any part: that tells of no group."""
    figures = cells((((3, 3), (40, 40), (60, 60)), ((50, 50), (30, 30), (45, 45)), ((50, 50), (66, 66), (70, 70))))
    of_parts = (one.key for one in figures if one.key.area != "DK" or one.key.dimensions)
    assert not exposed(shown(figures, dict.fromkeys(of_parts, Confidence.SECONDARY)))


def average(permille: int, months: int, *, met: bool) -> Shown:
    """Give a yearly average as it is shown."""
    details = (("met", met), ("threshold_permille", 200))
    return Shown(permille, months, None, None, Confidence.FREE, rests_on_assumed=False, details=details)


@pytest.mark.parametrize(
    ("permille", "met", "most"),
    [
        pytest.param(180, True, Fraction(361, 1000), id="rounded"),
        pytest.param(200, True, Fraction(2, 5), id="met, so below 20 %"),
        pytest.param(200, False, Fraction(401, 1000), id="not met"),
    ],
)
def test_an_average_bounds_its_hidden_months(permille: int, met: bool, most: Fraction) -> None:  # noqa: FBT001
    """Two hidden months of an average of two: each share is at most twice the average and its rounding."""
    forms: dict[Key, Shown] = {}
    for period in ("2021-01", "2021-02"):
        forms |= shown(cells(FIGURES, period), {key("101", None, period): Confidence.SECONDARY})
    forms[Key("focus_meetings_average", "101", "2021")] = average(permille, 2, met=met)
    limits = [limit for stand in audit.stands([(1, forms)], RULES) for limit in stand.averages]
    assert limits == [(key("101", None, period), Fraction(), most) for period in ("2021-01", "2021-02")]


def test_an_average_of_one_hidden_month_gives_it_away() -> None:
    """33 of 120 in the one month that counts: who knows 120 from the other target has 33 from an average of 27.5 %."""
    hidden = {key("101"): Confidence.SECONDARY}
    forms = dict(shown(cells(FIGURES), hidden | {key("147"): Confidence.SECONDARY}))
    forms |= {one._replace(measure="focus_offers"): told for one, told in shown(cells(FIGURES), {}).items()}
    forms[Key("focus_meetings_average", "101", "2021")] = average(275, 1, met=False)
    (stand,) = [stand for stand in audit.stands([(1, forms)], RULES) if stand.averages]
    assert stand.averages == [(key("101"), Fraction(549, 2000), Fraction(551, 2000))]
    assert exposed(forms)["value of focus_meetings 101 2021-03"] == Interval(33, 33)


CHANGED: Figures = (((3, 20), (10, 40), (20, 60)), *FIGURES[1:])
BEFORE: Figures = (((12, 29), (10, 40), (20, 60)), *FIGURES[1:])


def test_a_figure_that_was_shown_unchanged_hides_nothing() -> None:
    """12 of 29 became 3 of 20; who takes the 10 of 40 that is hidden beside it for what it last was, finds 3 of 20."""
    hidden = {key("101", "CASH"): Confidence.PRIMARY, key("101", "EDUCATION"): Confidence.SECONDARY}
    hidden |= dict.fromkeys((key("147", "CASH"), key("147", "EDUCATION")), Confidence.SECONDARY)
    *_, stand = audit.stands([(1, shown(cells(BEFORE), {})), (2, shown(cells(CHANGED), hidden))], RULES)
    found = audit.subtracted(stand, cells(CHANGED))
    assert {str(part): interval for part, interval in found.items()} == {
        "value of focus_meetings 101 2021-03 benefit=CASH": Interval(3, 3),
        "base of focus_meetings 101 2021-03 benefit=CASH": Interval(20, 20),
    }
    unchanged = ((FIGURES[0][0], (11, 41), FIGURES[0][2]), ((11, 51), (14, 29), FIGURES[1][2]), FIGURES[2])
    *_, stand = audit.stands([(1, shown(cells(BEFORE), {})), (2, shown(cells(unchanged), hidden))], RULES)
    assert audit.subtracted(stand, cells(unchanged)) == {}


JANUARY: Figures = (((3, 20), (10, 40), (20, 60)), ((10, 50), (15, 30), (9, 45)), FIGURES[2])
MARCHED: Figures = (((3, 20), (10, 40), (2, 42)), ((10, 50), (15, 30), (15, 52)), FIGURES[2])
"""What is changed: 101 and 147 of the third benefit, of which 101's is small now."""


def released(*months: Figures, remembers: bool = True) -> list[tuple[int, Forms]]:
    """Release these figures one after the other; give what each release changed."""
    return published.released(*map(cells, months), remembers=remembers)


def jointly(releases: Sequence[tuple[int, Forms]], *figures: Figures) -> dict[str, Interval]:
    """Attack all releases as one, knowing which figures stayed as they were."""
    true = {number: {one.key: one for one in cells(each)} for number, each in enumerate(figures, 1)}
    found = audit.together(
        list(audit.stands(releases, RULES)),
        GROUPS,
        lambda before, after, key: true[before.release].get(key) == true[after.release].get(key),
    )
    return {f"{part} at {release}": interval for release, part, interval in found}


def test_two_releases_tell_what_neither_does() -> None:
    """In January 3 and 10 of 101 were hidden, 13 together; with the 15 of March the third is 2.

    Each release by itself tells nothing: so much is hidden in each.
    """
    forgetful = released(JANUARY, MARCHED, remembers=False)
    assert not exposed(*(forms for _, forms in forgetful))
    assert jointly(forgetful, JANUARY, MARCHED)[
        "value of focus_meetings 101 2021-03 benefit=SICKNESS at 2"
    ] == Interval(2, 2)


def test_releases_withstand_who_reads_them_all() -> None:
    """Suppression knows what earlier releases told: then nothing is found in all of them together."""
    releases = released(JANUARY, MARCHED)
    assert not exposed(*(forms for _, forms in releases))
    assert jointly(releases, JANUARY, MARCHED) == {}
    assert key("101", "SICKNESS") in releases[1][1], "the release says something of the month"


def test_what_was_hidden_once_stays_secret() -> None:
    """3 of 20 became 9 of 26, which might be shown; but beside the same 10 of 40 the 13 of before would tell of 3."""
    grown: Figures = (((9, 26), (10, 40), (20, 60)), *FIGURES[1:])
    releases = released(FIGURES, grown)
    assert jointly(releases, FIGURES, grown) == {}
    assert releases[1][1][key("101")].value == 39


def test_who_believes_that_hidden_figures_stayed_is_right_or_finds_nothing() -> None:
    """The same attack without knowledge of what changed: a belief that can't be is no finding."""
    forgetful = list(audit.stands(released(JANUARY, MARCHED, remembers=False), RULES))
    true = {one.key: one for one in cells(MARCHED)}
    found = audit.believed(forgetful, true, GROUPS)
    assert Interval(2, 2) in found.values()
    assert audit.believed(forgetful, {}, GROUPS) == {}
    assert audit.believed(forgetful[-1:], true, GROUPS) == {}


@settings(max_examples=40)
@given(data=st.data())
def test_random_revisions_tell_nothing_together(data: st.DataObject) -> None:
    """Whatever changes from release to release: who reads all, and knows what stayed, bounds nothing too tightly."""
    numbers = st.tuples(st.integers(0, 30), st.integers(0, 40)).map(lambda one: (one[0], one[0] + one[1]))
    first = data.draw(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=3, max_size=3))
    months = [first]
    for _ in range(data.draw(st.integers(1, 3))):
        changed = data.draw(st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), numbers, max_size=4))
        months.append(
            [[changed.get((row, column), months[-1][row][column]) for column in range(3)] for row in range(3)]
        )
    releases = released(*months)
    assert jointly(releases, *months) == {}
    assert releases == published.released(*map(cells, months), each=by_turns)


def test_two_marks_that_leave_one_answer_are_found() -> None:
    """Marked C and of known bases of 100, two figures that are 8 together are 4 each; their sum alone leaves 0 to 8."""
    figures = cells((((4, 100), (4, 100), (30, 90)), ((25, 99), (11, 88), (26, 77)), FIGURES[2]))
    offers = [one._replace(key=one.key._replace(measure="focus_offers"), value=one.base) for one in figures]
    small = dict.fromkeys((key("101", "CASH"), key("101", "EDUCATION")), Confidence.PRIMARY)
    below = dict.fromkeys((key("147", "CASH"), key("147", "EDUCATION")), Confidence.SECONDARY)
    found = exposed(shown([*figures, *offers], small | below))
    assert found["value of focus_meetings 101 2021-03 benefit=CASH"] == Interval(4, 4)
    assert found["value of focus_meetings 101 2021-03 benefit=EDUCATION"] == Interval(4, 4)


@pytest.mark.parametrize(
    ("beside", "few"),
    [
        pytest.param(5, [Interval(1, 3)], id="5 at least of 8"),
        pytest.param(7, [], id="5 at least of 10: 1 to 4"),
    ],
)
def test_a_mark_that_says_that_a_group_is_not_small_is_read(beside: int, few: list[Interval]) -> None:
    """3 of 100 are hidden beside some that are marked D: by their sum alone each is 0 to 8, or 0 to 10."""
    figures = cells((((3, 100), (beside, 100), (30, 90)), ((25, 99), (11, 88), (26, 77)), FIGURES[2]))
    offers = [one._replace(key=one.key._replace(measure="focus_offers"), value=one.base) for one in figures]
    besides = dict.fromkeys(
        (key("101", "EDUCATION"), key("147", "CASH"), key("147", "EDUCATION")), Confidence.SECONDARY
    )
    hidden = SMALL | dict.fromkeys(besides, Confidence.SECONDARY)
    assert list(exposed(shown([*figures, *offers], hidden)).values()) == few


def test_what_marks_alone_tell_is_named_and_no_exposure() -> None:
    """One served in each of two municipalities and 2 in the country, all marked C: 1 to 3 and 2 to 4, say the marks."""
    of_one = [(key(area), missed, persons) for area, missed, persons in (("101", 99, 100), ("147", 79, 80))]
    counted = [*of_one, (key("151"), 60, 60), (key("DK"), 238, 240)]
    meetings = [Cell(one, missed, base, (missed, base - missed, base)) for one, missed, base in counted]
    halves = [(one._replace(measure="focus_offers"), base // 2, base) for one, _, base in counted]
    offers = [Cell(one, half, base, (half, half, base)) for one, half, base in halves]
    small = dict.fromkeys((key("101"), key("147"), key("DK")), Confidence.PRIMARY)
    (stand,) = audit.stands([(1, shown([*meetings, *offers], small))], RULES)
    found = audit.besiege(stand, GROUPS)
    assert found.exposed == {}
    assert {str(part): interval for part, interval in found.by_marks.items()} == {
        "rest of focus_meetings 101 2021-03": Interval(1, 3),
        "rest of focus_meetings 147 2021-03": Interval(1, 3),
        "rest of focus_meetings DK 2021-03": Interval(2, 4),
    }


def test_marks_are_read_where_bases_are_only_bounded() -> None:
    """4 and 3 of 50 are 7 together, and marked C; no base of theirs is shown, and by the sums alone each is 0 to 7.

     5/10   4/50 |  9/60     15 of CASH are served, so of the 51 and 57 in the rows 36 and 42 at least are of the
    10/20   3/50 | 13/70     4 and the 3: no small groups. So both are 1 to 4: 3 and 4, or 4 and 3.
    15/30   7/100
    """
    figures = cells((((5, 10), (10, 40), (4, 50)), ((10, 20), (15, 30), (3, 50)), FIGURES[2]))
    small = dict.fromkeys((key("101", "SICKNESS"), key("147", "SICKNESS")), Confidence.PRIMARY)
    besides = dict.fromkeys((key("101", "CASH"), key("147", "CASH")), Confidence.SECONDARY)
    assert exposed(shown(figures, small | besides)) == {
        f"value of focus_meetings {area} 2021-03 benefit=SICKNESS": Interval(3, 4) for area in ("101", "147")
    }
    assert exposed(shown(figures, Publication(figures, Past(), RULES, THROUGH).judge().hidden)) == {}


def phone(reason: str) -> Key:
    """Name the meetings of 101 by phone that count, or don't for a reason."""
    return Key("meetings_counting", "101", published.MARCH, (("mode", "PHONE"), ("reason", reason)))


def by_phone(not_counted: int, no_spell: int, every: int = 40) -> list[Cell]:
    """Give meetings by phone, each of another person; those that count are what is left."""
    reasons = {"counts": every - not_counted - no_spell, "mode_not_counted": not_counted, "no_spell": no_spell}
    reasons |= {"reported_by_a_kasse": 0, "unconfirmed_joint": 0}
    by_mode = Cell(Key("meetings_by_mode", "101", published.MARCH, (("mode", "PHONE"),)), every, None, (every,))
    return [by_mode, *(Cell(phone(one), count, every, (count, every - count, every)) for one, count in reasons.items())]


@pytest.mark.parametrize(
    ("no_spell", "said", "found"),
    [
        pytest.param(5, Confidence.SECONDARY, {"mode_not_counted": Interval(1, 8)}, id="1, 2, 3 or 8 beside D"),
        pytest.param(6, Confidence.SECONDARY, {}, id="1 to 4 or 9 beside D"),
        pytest.param(
            2, Confidence.PRIMARY, dict.fromkeys(("mode_not_counted", "no_spell"), Interval(1, 4)), id="neither is 0"
        ),
        pytest.param(3, Confidence.PRIMARY, {}, id="1 to 5 each"),
    ],
)
def test_marks_of_meetings_are_read(no_spell: int, said: Confidence, found: dict[str, Interval]) -> None:
    """3 meetings of a few are hidden beside others: by their sum alone they are any number up to it.

    Others that are marked D are nothing, or 5 at least as 5 persons are. All 40 meetings are shown, of no small group;
    so of those that are marked C there are some.
    """
    figures = by_phone(3, no_spell)
    hidden = {phone("mode_not_counted"): Confidence.PRIMARY, phone("no_spell"): said}
    expected = {f"value of meetings_counting 101 2021-03 mode=PHONE reason={one}": told for one, told in found.items()}
    assert exposed(shown(figures, hidden)) == expected
    judged = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    assert exposed(shown(figures, judged)) == {}
    if said is Confidence.PRIMARY:
        assert judged == hidden | ({phone("counts"): Confidence.SECONDARY} if found else {})


def test_what_a_mark_says_by_itself_is_published() -> None:
    """Of 5 meetings of 5 persons a few that are marked C are 1 to 4, whatever is hidden: of persons it is so as well.

    These four values they keep; with a third few beside them, each is 1 to 3.
    """
    marked = dict.fromkeys(map(phone, ("mode_not_counted", "no_spell")), Confidence.PRIMARY)
    figures = by_phone(3, 2, every=5)
    assert Publication(figures, Past(), RULES, THROUGH).judge().hidden == marked
    assert exposed(shown(figures, marked)) == {}
    figures, marked = by_phone(1, 1, every=5), marked | {phone("counts"): Confidence.PRIMARY}
    assert set(exposed(shown(figures, marked)).values()) == {Interval(1, 3)}
    judged = Publication(figures, Past(), RULES, THROUGH).judge().hidden
    assert judged.keys() > marked.keys()
    assert exposed(shown(figures, judged)) == {}
