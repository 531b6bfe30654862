"""R17, secondary suppression: what is hidden beside the small groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.attack import Contradiction, bounds
from fokusstrom.domain.disclosure import Mark, Table, suppress
from fokusstrom.domain.sums import Interval, K, Ratio, Sum
from tests.domain.worlds import Worlds
from tests.effort import one_in

T = TypeVar("T")
Place = tuple[str, str]


def counts(rows: Sequence[Sequence[int]]) -> Table[Place, Place]:
    """Give a table of counts with its totals: `r1 c1`, `r1 +`, `+ c1`, `+ +`."""
    values: dict[Place, int] = {}
    across, down = range(len(rows[0])), range(len(rows))
    for row, cells in enumerate(rows):
        values |= {(f"r{row}", f"c{column}"): value for column, value in enumerate(cells)}
    values |= {(f"r{row}", "+"): sum(cells) for row, cells in enumerate(rows)}
    values |= {("+", f"c{column}"): sum(cells[column] for cells in rows) for column in across}
    values["+", "+"] = sum(map(sum, rows))
    sums = [
        *(Sum((f"r{row}", "+"), tuple((f"r{row}", f"c{column}") for column in across)) for row in down),
        *(Sum(("+", f"c{column}"), tuple((f"r{row}", f"c{column}") for row in down)) for column in across),
        Sum(("+", "+"), tuple((f"r{row}", "+") for row in down)),
        Sum(("+", "+"), tuple(("+", f"c{column}") for column in across)),
    ]
    return Table({key: (key,) for key in values}, values, sums)


def small(table: Table[Place, Place]) -> set[Place]:
    """Give the records with a count of 1 to 4."""
    return {key for key, value in table.values.items() if 1 <= value <= 4}


def test_a_table_without_small_groups_is_shown_whole() -> None:
    """Nothing is hidden that needn't be."""
    table = counts([[10, 20], [30, 40]])
    assert suppress(table, small(table), 5).secondary == frozenset()


def test_a_small_cell_needs_a_rectangle() -> None:
    """One small cell of a table of three by three needs three more: one in its row, one in its column, one corner.

      3  20  30 |  53
     25  11  26 |  62     With the totals shown, 3 can only hide behind another cell of its row and one of its
     28  27   9 |  64     column; and these behind the cell where their own column and row meet. The smallest
    ---------------       figures are given up: 3, 20, 25 and 11.
     56  58  65 | 179
    """
    table = counts([[3, 20, 30], [25, 11, 26], [28, 27, 9]])
    assert suppress(table, small(table), 5).secondary == {("r0", "c1"), ("r1", "c0"), ("r1", "c1")}


def test_two_small_cells_with_little_between_them_need_a_third() -> None:
    """1 and 2 are 3 together: behind each other they would have four values each, 0 to 3, one too few.

      1  40  30 |  71
      2  25  26 |  53     Their column is what gives them away; the 5 in it gives them room. It then needs another
      5  27  28 |  60     cell of its row, as 1 and 2 do of theirs; and as 25, 26, 27, 28, 30 and 40 are much,
    ---------------       one column serves all three rows.
      8  92  84 | 184
    """
    table = counts([[1, 40, 30], [2, 25, 26], [5, 27, 28]])
    assert suppress(table, small(table), 5).secondary == {("r2", "c0"), ("r0", "c2"), ("r1", "c2"), ("r2", "c2")}


def test_what_several_sums_tell_together_is_found() -> None:
    """No sum by itself gives anything away, and yet one cell is known: two rows less two columns are that cell.

     a   b   x  50 | ..      Hidden are a to d, x, and z, w, u, v. The first two rows have a+b+x and c+d, the
     c   d  50  50 | ..      first two columns a+c and b+d: what the rows have more is x. Only another cell of
    50  50   z   w | ..      these rows and columns helps.
    50  50   v   u | ..
    """
    rows = [[9, 8, 7, 50], [7, 9, 50, 50], [50, 50, 8, 9], [50, 50, 8, 9]]
    table = counts(rows)
    pattern = {("r0", "c0"), ("r0", "c1"), ("r0", "c2"), ("r1", "c0"), ("r1", "c1")}
    pattern |= {("r2", "c2"), ("r2", "c3"), ("r3", "c2"), ("r3", "c3")}
    assert bounds(table.knowledge(pattern), [("r0", "c2")]) == {("r0", "c2"): Interval(7, 7)}
    found = suppress(table, pattern, 5)
    assert found.exposed == {}
    assert len(found.secondary) == 1
    (more,) = found.secondary
    assert "r0" in more or "r1" in more or "c0" in more or "c1" in more


Part = tuple[str, Place]


def shares(rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[Table[Place, Part], set[Place]]:
    """Give a table of values and bases with its totals, and the records with a small group in them."""
    of_values = counts([[value for value, _ in row] for row in rows])
    of_bases = counts([[base for _, base in row] for row in rows])
    values: dict[Part, int] = {}
    for key in of_values.values:
        value, base = of_values.values[key], of_bases.values[key]
        values |= {("value", key): value, ("rest", key): base - value, ("base", key): base}
    sums = [Sum(("base", key), (("value", key), ("rest", key))) for key in of_values.values]
    sums += [
        Sum((part, one.total), tuple((part, key) for key in one.parts))
        for one in of_values.sums
        for part in ("value", "base")
    ]
    shows = {key: tuple((part, key) for part in ("value", "rest", "base")) for key in of_values.values}
    return Table(shows, values, sums), {
        key for key in shows if any(1 <= values[part, key] <= 4 for part in ("value", "rest", "base"))
    }


def test_value_rest_and_base_are_hidden_together() -> None:
    """A record shows value and base or neither, so one rectangle of records protects all three.

     3/20  10/40  20/60     3 of 20 are few; 20 and 17 must stay unknown as well, for 17 tells of 3. The cheapest
    10/50  15/30   9/45     partners are those with the smallest base: 10/40 in its row, and below these 10/50
    20/50  16/66  15/70     and 15/30, whose bases are together less than those of the third row.
    """
    table, primary = shares(
        [[(3, 20), (10, 40), (20, 60)], [(10, 50), (15, 30), (9, 45)], [(20, 50), (16, 66), (15, 70)]]
    )
    assert primary == {("r0", "c0")}
    found = suppress(table, primary, 5)
    assert found.secondary == {("r0", "c1"), ("r1", "c0"), ("r1", "c1")}


def test_two_marks_in_a_row_tell_more_than_their_sum() -> None:
    """4 and 4 are 0 to 8 by their sum alone; who knows that both are marked as 1 to 4 knows them. A third cell helps.

     4   4  30 |  38     Of 100 persons each, and the hundreds are known from another table: the rest of 8 at most
    20  25  26 |  71     is 92 at least and no small group, so it must be the 4. With 30 hidden as well they are
    28  27   9 |  64     1 to 4 again; then its column needs another cell.
    """
    table = counts([[4, 4, 30], [20, 25, 26], [28, 27, 9]])
    primary = small(table)
    assert suppress(table, primary, 5).secondary == {("r1", "c0"), ("r1", "c1")}
    bases = {(row, f"base {column}"): 100 for row, column in primary}
    rests = {(row, f"rest {column}"): 96 for row, column in primary}
    of_bases = [Sum((row, f"base {one}"), ((row, one), (row, f"rest {one}"))) for row, one in sorted(primary)]
    shows = {**table.shows, **{key: (key,) for key in bases}}
    marks = {(row, column): Mark((row, f"rest {column}"), Interval(1, 4)) for row, column in primary}
    marked = Table(shows, {**table.values, **bases, **rests}, [*table.sums, *of_bases], marks=marks)
    found = suppress(marked, primary, 5)
    assert found.exposed == {}
    hidden = primary | found.secondary
    told = replace(marked, intervals=marked.read_marks(hidden)).knowledge(hidden)
    assert bounds(told, sorted(primary)) == {("r0", "c0"): Interval(1, 4), ("r0", "c1"): Interval(1, 4)}
    assert {("r1", "c0"), ("r1", "c1"), ("r0", "c2")} < found.secondary


def rows_of(cells: st.SearchStrategy[T], columns: int, fewest: int, most: int) -> st.SearchStrategy[list[list[T]]]:
    """Give tables of so many columns, and of so few to so many rows."""
    return st.lists(st.lists(cells, min_size=columns, max_size=columns), min_size=fewest, max_size=most)


def fractions(fewest: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    """Give values with their bases, of so few to so many."""
    return st.integers(fewest, most).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base)))


def marked(rows: Sequence[Sequence[tuple[int, int]]]) -> tuple[Table[Place, Part], set[Place]]:
    """Give a table of shares with marks, and records that show the bases of those that are no small group."""
    table, primary = shares(rows)
    values, small = table.values, range(1, 5)
    marks = {
        (part, key): Mark((other, key), Interval(1, 4))
        for key in primary
        for part, other in (("value", "rest"), ("rest", "value"))
        if values[part, key] in small
    }
    bases = {key: (part, key) for part, key in values if part == "base" and values[part, key] not in small}
    shows = {**table.shows, **{(f"base {row}", column): (of,) for (row, column), of in bases.items()}}
    others = (one for key, told in table.shows.items() if key not in primary for one in (*told, *bases.values()))
    large = {one: Interval(5) if values[one] else Interval(0, 0) for one in others}
    return Table(shows, values, table.sums, marks=marks, told=large), primary


def worlds_of_marks(table: Table[Place, Part], primary: set[Place], hidden: set[Place]) -> Worlds[Part]:
    """Look for the worlds in which the plainly small are, and no number of what is hidden besides is small."""
    plain = table.read_marks(hidden)
    others = {one for key in hidden - primary for one in table.shows[key]}

    def may_be(one: Part, value: int) -> bool:
        return 1 <= value <= 4 if one in plain else one not in others or not 1 <= value <= 4

    return Worlds(table.values, table.knowledge(hidden).known, table.sums, may_be)


def test_a_small_group_does_not_hide_behind_one_that_is_hardly_larger() -> None:
    """3 and 5 of 100 are 8 together: as the 5 is marked D it is 5 at least, and the 3 is 3 at most.

     3   5  30 |  38     So another cell of the row is hidden in place of the 5, or beside it. By its sums alone the
    25  11  26 |  62     row would do: 0 to 8.
    28  27   9 |  64
    """
    rows = [[(3, 100), (5, 100), (30, 100)], [(25, 100), (11, 100), (26, 100)], [(28, 100), (27, 100), (9, 100)]]
    table, primary = marked(rows)
    assert primary == {("r0", "c0")}
    few, pair = ("value", ("r0", "c0")), {("r0", "c1"), ("r1", "c0"), ("r1", "c1")}
    assert suppress(replace(table, told={}), primary, 5).secondary == pair
    assert [worlds_of_marks(table, primary, primary | pair).leave(few, count) for count in (3, 4)] == [True, False]
    hidden = primary | suppress(table, primary, 5).secondary
    assert worlds_of_marks(table, primary, hidden).leave(few, 4)


@one_in(5)
@given(rows=rows_of(fractions(0, 40), columns=3, fewest=2, most=3))
def test_who_reads_marks_is_left_all_small_numbers(rows: list[list[tuple[int, int]]]) -> None:
    """Tried one by one, in worlds of whole numbers: each that is plainly small can be 1, 2, 3 or 4.

    But those that marks narrow by themselves, whatever is hidden.
    """
    table, primary = marked(rows)
    found = suppress(table, primary, 5)
    hidden = primary | found.secondary
    worlds = worlds_of_marks(table, primary, hidden)
    plain = [one for one in table.read_marks(hidden) if one not in found.exposed and one not in found.by_marks]
    assert not [one for one in plain if worlds.leave(one, 4) is False]


def test_marks_of_two_and_of_their_sum_tell_by_themselves() -> None:
    """1 and 1 are 2, and all three are plainly small: so neither is 4, whatever is hidden; all of their column is.

    5 of 6  0 of 4 | 5 of 10
    5 of 6  0 of 4 | 5 of 10
    """
    table, primary = marked([[(5, 6), (0, 4), (0, 0)], [(5, 6), (0, 4), (0, 0)]])
    found = suppress(table, primary, 5)
    hidden = primary | found.secondary
    together = {("rest", (row, "c0")) for row in ("r0", "r1", "+")}
    assert not found.exposed
    assert found.by_marks == together == set(table.read_marks(hidden))
    worlds = worlds_of_marks(table, primary, hidden)
    assert all([worlds.leave(one, count) for count in (1, 2, 3, 4)] == [True, True, True, False] for one in together)
    assert {one for one in table.shows if one[1] == "c0"} <= hidden


def test_a_total_of_nothing_gives_its_parts_away() -> None:
    """Nobody of 90 not served: then nobody of the 3 in one cell isn't, and those 3 are known to be served.

    So the total has to be hidden with the small base: with it shown, no other cell of the column helps.
    """
    table, primary = shares([[(0, 3), (9, 40)], [(0, 47), (9, 50)], [(0, 40), (8, 60)]])
    assert primary == {("r0", "c0")}
    found = suppress(table, primary, 5)
    assert found.exposed == {}
    assert ("+", "c0") in found.secondary


@one_in(4)
@given(rows=rows_of(st.integers(0, 12), columns=3, fewest=2, most=4))
def test_the_attack_finds_nothing_afterwards(rows: list[list[int]]) -> None:
    """No hidden cell can be bounded to fewer than 5 values; and if any added cell is shown, one can."""
    table = counts(rows)
    check(table, small(table))


@one_in(4)
@given(rows=rows_of(fractions(0, 30), columns=3, fewest=2, most=3))
def test_the_attack_finds_nothing_of_shares_afterwards(rows: list[list[tuple[int, int]]]) -> None:
    """Nor any hidden value, rest or base."""
    check(*shares(rows))


def check(table: Table[Place, K], primary: set[Place]) -> None:
    """Attack a table as it would be published, and as it would be with one added record less hidden."""
    found = suppress(table, primary, 5)
    hidden = primary | found.secondary
    assert found.exposed == {}
    assert not exposed(table, hidden)
    for one in found.secondary:
        assert exposed(table, hidden - {one})


def exposed(table: Table[Place, K], hidden: set[Place]) -> dict[K, Interval]:
    """Bound each hidden quantity, one after the other."""
    found = bounds(table.knowledge(hidden), table.secrets(hidden))
    return {key: interval for key, interval in found.items() if not interval.leaves(5)}


def worlds_of(table: Table[Place, K], hidden: set[Place]) -> Worlds[K]:
    """Look for the worlds of a table of which these records are hidden."""
    return Worlds(table.values, table.knowledge(hidden).known, table.sums)


def test_the_oracle_finds_what_a_reader_would() -> None:
    """3 and 5 are 8 together, so each is 0 to 8; 3 alone is 3; 1 and 2 are 3 together, so each is 0 to 3."""
    pair = counts([[3, 5, 20]])
    both = worlds_of(pair, {("r0", "c0"), ("r0", "c1"), ("+", "c0"), ("+", "c1")})
    assert both.leave(("r0", "c0"), 5) is True
    assert worlds_of(pair, {("r0", "c0"), ("+", "c0")}).leave(("r0", "c0"), 2) is False
    few = worlds_of(counts([[1, 2, 20]]), {("r0", "c0"), ("r0", "c1"), ("+", "c0"), ("+", "c1")})
    assert (few.leave(("r0", "c0"), 4), few.leave(("r0", "c0"), 5)) == (True, False)


@one_in(2)
@given(rows=rows_of(st.integers(0, 9), columns=3, fewest=2, most=3))
def test_every_hidden_count_has_five_values_in_worlds_of_whole_numbers(rows: list[list[int]]) -> None:
    """Tried one by one; and if any added cell is shown, some number has fewer."""
    table = counts(rows)
    primary = small(table)
    hidden = primary | suppress(table, primary, 5).secondary
    worlds = worlds_of(table, hidden)
    assert not [key for key in table.secrets(hidden) if worlds.leave(key, 5) is False]
    for one in hidden - primary:
        fewer = hidden - {one}
        told = worlds_of(table, fewer)
        assert not all(told.leave(key, 5) for key in table.secrets(fewer))


@one_in(5)
@given(rows=rows_of(fractions(1, 14), columns=2, fewest=2, most=2))
def test_every_hidden_share_has_five_values_in_worlds_of_whole_numbers(rows: list[list[tuple[int, int]]]) -> None:
    """Value, rest and base, of which linear programs could leave more than whole numbers do."""
    table, primary = shares(rows)
    hidden = primary | suppress(table, primary, 5).secondary
    worlds = worlds_of(table, hidden)
    assert not [key for key in table.secrets(hidden) if worlds.leave(key, 5) is False]


def test_what_was_published_before_hides_nothing() -> None:
    """A value that readers already have is no hiding place: another cell is taken."""
    table = counts([[3, 20, 30], [25, 11, 26], [28, 27, 9]])
    before = Table(table.shows, table.values, table.sums, never={("r0", "c1")})
    found = suppress(before, small(table), 5)
    assert found.exposed == {}
    assert ("r0", "c2") in found.secondary or ("r0", "+") in found.secondary


def test_a_table_that_does_not_add_up_is_refused() -> None:
    """Nothing can be said of what protects figures whose sums are wrong."""
    table = Table({"a": ("a",), "all": ("all",)}, {"a": 3, "b": 9, "all": 13}, [Sum("all", ("a", "b"))])
    with pytest.raises(Contradiction, match="add up"):
        suppress(table, {"a"}, 5)


def test_a_share_that_is_known_needs_its_whole_hidden() -> None:
    """At most 3 % of 100 are at most 3, whatever else is hidden: 0 to 3 are four values, so the 100 must go as well."""
    values = {"few": 3, "some": 20, "many": 30, "all": 53, "whole": 100}
    table = Table(
        {key: (key,) for key in values},
        values,
        [Sum("all", ("few", "some", "many"))],
        [Ratio("few", "whole", Fraction(0), Fraction(3, 100))],
    )
    assert suppress(table, {"few"}, 5).secondary == {"some", "whole"}


def test_ends_that_are_no_whole_numbers_leave_a_value_less() -> None:
    """Of 10, 5 to 45 % are 0.5 to 4.5: four apart, but 1 to 4 are four values. With the 10 hidden there are more."""
    values = {"few": 3, "some": 20, "many": 30, "all": 53, "whole": 10}
    table = Table(
        {key: (key,) for key in values},
        values,
        [Sum("all", ("few", "some", "many"))],
        [Ratio("few", "whole", Fraction(1, 20), Fraction(9, 20))],
    )
    found = suppress(table, {"few"}, 5)
    assert found.exposed == {}
    assert found.secondary == {"some", "whole"}


def test_the_same_table_gives_the_same_cells() -> None:
    """The choice depends on nothing but the table."""
    table = counts([[3, 20, 20], [20, 20, 20], [20, 20, 2]])
    first = suppress(table, small(table), 5)
    assert all(suppress(table, small(table), 5) == first for _ in range(3))
