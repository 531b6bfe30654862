"""R17, the attack: what all that is published tells of what is hidden."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.attack import Contradiction, Program, bounds, survey, too_tight
from fokusstrom.domain.sums import Interval, Knowledge, Ratio, Sum
from tests.effort import one_in


def table(rows: int, columns: int) -> list[Sum[tuple[str, str]]]:
    """Give the sums of a table: parts `r1 c1`, totals `r1 +`, `+ c1`, `+ +`."""
    down, across = [f"r{one}" for one in range(rows)], [f"c{one}" for one in range(columns)]
    return [
        *(Sum((row, "+"), tuple((row, column) for column in across)) for row in down),
        *(Sum(("+", column), tuple((row, column) for row in down)) for column in across),
        Sum(("+", "+"), tuple((row, "+") for row in down)),
        Sum(("+", "+"), tuple(("+", column) for column in across)),
    ]


def test_one_hidden_part_of_a_known_total_is_no_secret() -> None:
    """50 less 20 and 27 is 3."""
    knowledge = Knowledge({"all": 50, "a": 20, "b": 27}, [Sum("all", ("a", "b", "c"))])
    assert bounds(knowledge, ["c"]) == {"c": Interval(3, 3)}


def test_two_hidden_parts_share_what_is_left() -> None:
    """3 and 20 are hidden: each is something from 0 to 23."""
    knowledge = Knowledge({"all": 50, "b": 27}, [Sum("all", ("a", "b", "c"))])
    assert bounds(knowledge, ["a", "c"]) == {"a": Interval(0, 23), "c": Interval(0, 23)}


def test_rows_and_columns_together_tell_more_than_each() -> None:
    """Four hidden corners: the smaller of their row's and column's rest is the most that a corner can be.

     3  20 | 23      The first corner is at most 9, for its column has 9 in all; and it is at least 0. Each step
     6  41 | 47      of it moves the other three by one, so the others have ten values each as well:
    ---------        20 is 14 to 23, 6 is 0 to 9, 41 is 38 to 47.
     9  61 | 70
    """
    sums = table(2, 2)
    known = {
        ("r0", "+"): 23,
        ("r1", "+"): 47,
        ("+", "c0"): 9,
        ("+", "c1"): 61,
        ("+", "+"): 70,
    }
    wanted = [("r0", "c0"), ("r0", "c1"), ("r1", "c0"), ("r1", "c1")]
    found = bounds(Knowledge(known, sums), wanted)
    assert list(found.values()) == [Interval(0, 9), Interval(14, 23), Interval(0, 9), Interval(38, 47)]


def test_a_hidden_total_that_nothing_bounds_has_no_end() -> None:
    """Without its parts, a total is anything from what is shown of them on."""
    knowledge = Knowledge({"a": 12}, [Sum("all", ("a", "b"))])
    assert bounds(knowledge, ["all", "b"]) == {"all": Interval(12), "b": Interval(0)}


def test_a_share_bounds_its_part_by_its_whole() -> None:
    """25.0 % of at most 40 is at most 10; rounded shares leave a little more, and whole numbers only."""
    share = Ratio("part", "whole", Fraction(2495, 10_000), Fraction(2505, 10_000))
    knowledge = Knowledge({"all": 40}, [Sum("all", ("whole", "rest"))], [share])
    assert bounds(knowledge, ["part", "whole"]) == {"part": Interval(0, 10), "whole": Interval(0, 40)}


def test_the_narrowest_bounds_are_named_first() -> None:
    """Of pairs that share 5, 6, 7 and 99, the first two pairs have six and seven values each, and both are named."""
    known = {"a": 5, "b": 6, "c": 7, "d": 99}
    sums = [Sum(total, (f"{total}1", f"{total}2")) for total in known]
    parts = [part for one in sums for part in one.parts]
    first = {"a1": Interval(0, 5), "a2": Interval(0, 5), "b1": Interval(0, 6), "b2": Interval(0, 6)}
    assert survey(Knowledge(known, sums), parts, 5, 4) == ({}, first)
    _, all_of_them = survey(Knowledge(known, sums), parts, 5, 100)
    assert set(all_of_them) == {"a1", "a2", "b1", "b2", "c1", "c2"}
    tight, others = survey(Knowledge(known, sums), parts, 7, 2)
    assert (set(tight), set(others)) == ({"a1", "a2"}, {"b1", "b2"})


def test_what_does_not_add_up_is_said() -> None:
    """Published parts that don't make their total are no answer, but a finding."""
    with pytest.raises(Contradiction, match="add up"):
        bounds(Knowledge({"all": 5, "a": 6}, [Sum("all", ("a",))]), ["a"])
    with pytest.raises(Contradiction):
        bounds(Knowledge({"all": 5, "a": 6}, [Sum("all", ("a", "b"))]), ["b"])
    with pytest.raises(Contradiction, match="share"):
        bounds(Knowledge({"a": 6, "b": 7}, [], [Ratio("a", "b", Fraction(0), Fraction(1, 2))]), ["a"])


@one_in(4)
@given(
    values=st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), min_size=2, max_size=3),
    hidden=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 1))),
)
def test_bounds_are_those_of_all_tables_that_agree(values: list[list[int]], hidden: set[tuple[int, int]]) -> None:
    """The least and greatest of every table with the same shown cells and totals, all of them tried."""
    places = [(row, column) for row in range(len(values)) for column in range(2)]
    known = {(f"r{row}", f"c{column}"): values[row][column] for row, column in places if (row, column) not in hidden}
    known |= {(f"r{row}", "+"): sum(cells) for row, cells in enumerate(values)}
    known |= {("+", f"c{column}"): sum(cells[column] for cells in values) for column in range(2)}
    unknown = [(f"r{row}", f"c{column}") for row, column in places if (row, column) in hidden]
    sums = table(len(values), 2)[:-2]
    worlds = [
        world
        for guess in itertools.product(range(max(map(sum, values)) + 1), repeat=len(unknown))
        for world in [known | dict(zip(unknown, guess, strict=True))]
        if all(world[one.total] == sum(world[part] for part in one.parts) for one in sums)
    ]
    expected = {
        cell: Interval(min(world[cell] for world in worlds), max(world[cell] for world in worlds)) for cell in unknown
    }
    assert bounds(Knowledge(known, sums), unknown) == expected
    for candidates in (2, 3, 5):
        tight = {cell: interval for cell, interval in expected.items() if not interval.leaves(candidates)}
        assert too_tight(Knowledge(known, sums), unknown, candidates) == tight


@one_in(4)
@given(
    values=st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3),
    hidden=st.lists(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2))), min_size=2, max_size=5),
)
def test_a_program_finds_the_same_whatever_it_was_asked_before(
    values: list[list[int]], hidden: list[set[tuple[int, int]]]
) -> None:
    """Worlds that were found when other cells were hidden are counted only where they agree with what is known now."""
    cells = {(f"r{row}", f"c{column}"): value for row, line in enumerate(values) for column, value in enumerate(line)}
    known = {(f"r{row}", "+"): sum(line) for row, line in enumerate(values)}
    known |= {("+", f"c{column}"): sum(line[column] for line in values) for column in range(3)}
    sums = table(3, 3)[:-2]
    program = Program.of(Knowledge(known, sums), known | cells)
    for places in hidden:
        unknown = {(f"r{row}", f"c{column}"): 5 for row, column in places}
        told = {cell: value for cell, value in cells.items() if cell not in unknown}
        program.learn(told, {})
        assert program.too_tight(unknown) == too_tight(Knowledge(known | told, sums), unknown, 5)
