"""R17: which published quantities add up to which."""

from __future__ import annotations

from collections import Counter

import pytest

from fokusstrom.domain.measures import MEASURES, Cell, Code, Key
from fokusstrom.domain.relations import ADDS, FAMILIES, SCOPE, Quantity, Related, family_of, relate
from fokusstrom.domain.sums import Interval

Short = tuple[object, ...]
"""A quantity: what, where, and its codes."""


def short(one: Quantity) -> Short:
    """Name a quantity by what, area, period and codes."""
    return (one.what, one.area, one.period, *(code for _, code in one.codes))


def sums_of(related: Related) -> set[tuple[Short, frozenset[Short]]]:
    """Give each total with its parts."""
    return {(short(one.total), frozenset(map(short, one.parts))) for one in related.sums}


def cell(measure: str, area: str, period: str, value: int, base: int | None = None, /, **codes: Code) -> Cell:
    """Give a cell."""
    return Cell(Key(measure, area, period, tuple(sorted(codes.items()))), value, base)


def all_add_up(related: Related) -> bool:
    """Whether the values are sums of one another as they should."""
    values = related.values
    return all(values[one.total] == sum(values[part] for part in one.parts) for one in (*related.sums, *related.rests))


MARCH = "2021-03"


def test_a_focus_figure_is_its_value_its_base_and_what_is_between() -> None:
    """10 of 40 aren't served, so 30 are: three quantities, of which the base is the sum of the other two."""
    related = relate([cell("focus_meetings", "751", MARCH, 10, 40)])
    ((value, base, rest),) = related.shows.values()
    assert [related.values[one] for one in (value, base, rest)] == [10, 40, 30]
    assert (short(base), frozenset(map(short, (value, rest)))) in sums_of(related)


def test_both_targets_are_of_the_same_persons() -> None:
    """Who sees 40 persons in scope beside one target knows them for the other as well."""
    related = relate([cell("focus_meetings", "751", MARCH, 10, 40), cell("focus_offers", "751", MARCH, 25, 40)])
    meetings, offers = related.shows.values()
    assert meetings[1] == offers[1] == Quantity(SCOPE, "751", MARCH, ())
    assert {meetings[0], meetings[2]}.isdisjoint({offers[0], offers[2]})
    assert related.values[offers[2]] == 15


def test_benefits_and_municipalities_add_up_to_the_country_both_ways() -> None:
    """Of each of persons and not served: 10 + 5 in 751, 3 in 101; 13 with CASH, 5 with SICKNESS; 18 in all."""
    related = relate(
        [
            cell("focus_meetings", "751", MARCH, 10, 40, benefit="CASH"),
            cell("focus_meetings", "751", MARCH, 5, 20, benefit="SICKNESS"),
            cell("focus_meetings", "751", MARCH, 15, 60),
            cell("focus_meetings", "101", MARCH, 3, 9, benefit="CASH"),
            cell("focus_meetings", "101", MARCH, 3, 9),
            cell("focus_meetings", "DK", MARCH, 13, 49, benefit="CASH"),
            cell("focus_meetings", "DK", MARCH, 5, 20, benefit="SICKNESS"),
            cell("focus_meetings", "DK", MARCH, 18, 69),
        ]
    )
    missed = "focus_meetings/not_served"

    def of(area: str, *codes: str) -> Short:
        return (missed, area, MARCH, *codes)

    assert {(total, parts) for total, parts in sums_of(related) if total[0] == missed} == {
        (of("751"), frozenset({of("751", "CASH"), of("751", "SICKNESS")})),
        (of("101"), frozenset({of("101", "CASH")})),
        (of("DK", "CASH"), frozenset({of("751", "CASH"), of("101", "CASH")})),
        (of("DK", "SICKNESS"), frozenset({of("751", "SICKNESS")})),
        (of("DK"), frozenset({of("751"), of("101")})),
        (of("DK"), frozenset({of("DK", "CASH"), of("DK", "SICKNESS")})),
    }
    assert all_add_up(related)


def test_two_tables_are_tied_by_a_total_that_neither_shows() -> None:
    """Early contact by municipality and by benefit are the same chains: 4 and 6 by the one, 7 and 3 by the other."""
    related = relate(
        [
            cell("early_contact", "751", MARCH, 1, 4),
            cell("early_contact", "101", MARCH, 2, 6),
            cell("early_contact", "DK", MARCH, 2, 7, benefit="CASH"),
            cell("early_contact", "DK", MARCH, 1, 3, benefit="SICKNESS"),
        ]
    )
    whole = Quantity("early_persons/chains", "DK", MARCH, ())
    assert related.values[whole] == 10
    assert not any(whole in quantities for quantities in related.shows.values())
    assert [len(one.parts) for one in related.sums if one.total == whole] == [2, 2]
    assert all_add_up(related)


def test_meetings_by_mode_are_the_sum_of_what_is_said_of_each() -> None:
    """Of 9 meetings by telephone 6 are lawful and 3 not; the codes are each other's rest, so there is no other."""
    related = relate(
        [
            cell("meetings_by_mode", "751", MARCH, 9, mode="PHONE"),
            cell("meetings_lawful", "751", MARCH, 6, 9, mode="PHONE", lawful="LAWFUL"),
            cell("meetings_lawful", "751", MARCH, 3, 9, mode="PHONE", lawful="UNLAWFUL"),
            cell("meetings_by_mode", "DK", MARCH, 5, mode="PHONE", interview_type="JOB"),
            cell("meetings_by_mode", "DK", MARCH, 4, mode="PHONE", interview_type="JOINT"),
        ]
    )
    total, *codes = related.shows.values()
    assert [len(quantities) for quantities in (total, *codes)] == [1, 2, 2, 1, 1]
    assert all(quantities[1] == total[0] for quantities in codes[:2])
    lawful = frozenset(short(quantities[0]) for quantities in codes[:2])
    assert (short(total[0]), lawful) in sums_of(related)
    country = ("mode_parts/meetings/all", "DK", MARCH, "PHONE")
    by_kind = frozenset({(country[0], "DK", MARCH, kind, "PHONE") for kind in ("JOB", "JOINT")})
    assert {(country, frozenset({short(total[0])})), (country, by_kind)} < sums_of(related)
    assert all_add_up(related)


def test_quarters_and_municipalities_have_the_same_year() -> None:
    """Of 30 meetings by telephone in two quarters 12 were followed by a job; so of 20 and 10 in two municipalities."""
    followed: dict[str, Code] = {"horizon": 3, "outcome": "JOB"}
    by_quarter: dict[str, Code] = {"benefit": "CASH", "first": True, "mode": "PHONE", **followed}
    related = relate(
        [
            cell("transitions", "DK", "2021-Q1", 5, 18, **by_quarter),
            cell("transitions", "DK", "2021-Q2", 7, 12, **by_quarter),
            cell("transitions", "751", "2021", 8, 20, mode="PHONE", **followed),
            cell("transitions", "101", "2021", 4, 10, mode="PHONE", **followed),
        ]
    )
    year = {short(one): value for one, value in related.values.items() if one.area == "DK" and one.period == "2021"}
    assert year == {
        ("followed/meetings/reached", "DK", "2021", 3, "PHONE", "JOB"): 12,
        ("followed/meetings/all", "DK", "2021", "PHONE"): 30,
    }
    assert all_add_up(related)


def test_person_months_of_contact_stand_in_no_sum() -> None:
    """They are the persons in scope of the focus targets, and are shown only where those are."""
    related = relate([cell("contact_meetings", "751", "2021-Q1", 60, 120, mode="PHONE")])
    ((meetings,),) = related.shows.values()
    assert related.values[meetings] == 60
    minutes = relate([cell("contact_duration", "751", "2021-Q1", 900, 30, mode="PHONE")])
    ((_, counted),) = minutes.shows.values()
    assert minutes.values[counted] == 30


def test_figures_exist_only_of_somebody() -> None:
    """A base that isn't 0 is 1 at least; a value may be 0; an explicit zero is of nobody."""
    related = relate([cell("focus_meetings", "751", MARCH, 0, 40), cell("focus_meetings", "101", MARCH, 0, 0)])
    assert related.somebody == {Quantity(SCOPE, "751", MARCH, ()): Interval(1)}


def test_parts_of_nothing_are_nothing() -> None:
    """Nobody of the municipality isn't served: so nobody of any benefit. A 0 beside others is none."""
    related = relate(
        [
            cell("focus_meetings", "751", MARCH, 0, 40, benefit="CASH"),
            cell("focus_meetings", "751", MARCH, 0, 40),
            cell("focus_meetings", "101", MARCH, 0, 9, benefit="CASH"),
            cell("focus_meetings", "101", MARCH, 3, 12),
            cell("focus_meetings", "147", MARCH, 5, 30, benefit="CASH"),
        ]
    )
    missed = "focus_meetings/not_served"
    assert {short(one) for one in related.zeros} == {(missed, "751", MARCH), (missed, "751", MARCH, "CASH")}


def test_every_measure_that_counts_is_of_one_family() -> None:
    """What is in none would be published unjudged, what is in two judged twice."""
    families = Counter(measure for family in FAMILIES for measure in family.measures)
    assert families == Counter(name for name, measure in MEASURES.items() if measure.tables)


@pytest.mark.parametrize(
    ("key", "together"),
    [
        (Key("focus_offers", "751", MARCH), ("focus", MARCH)),
        (Key("meetings_first", "DK", MARCH), ("modes", MARCH)),
        (Key("contact_interval", "DK", MARCH), ("contact_interval", "2021-Q1")),
        (Key("contact_interval", "751", "2021-Q1"), ("contact_interval", "2021-Q1")),
        (Key("transitions", "DK", "2021-Q4"), ("transitions", "2021")),
        (Key("transitions", "751", "2021"), ("transitions", "2021")),
    ],
)
def test_cells_hang_together_within_their_families_longest_period(key: Key, together: tuple[str, str]) -> None:
    """A month of contact is a part of its quarter, a quarter of what followed a part of its year."""
    assert family_of(key) == together


def test_parts_are_finer_than_their_totals() -> None:
    """A part has its total's dimensions, and is of a municipality, a shorter period or more dimensions."""
    for one in ADDS:
        (_, part), (_, total) = one.part, one.total
        assert set(total.dimensions) <= set(part.dimensions)
        assert part != total
