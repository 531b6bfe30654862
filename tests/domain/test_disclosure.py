"""R17, secondary suppression: what is hidden beside the small groups."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.attack import bounds
from fokusstrom.domain.disclosure import suppress
from fokusstrom.domain.lines import Table
from fokusstrom.domain.sums import Sum
from tests.effort import one_in

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


@one_in(4)
@given(rows=st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4))
def test_the_attack_finds_nothing_afterwards(rows: list[list[int]]) -> None:
    """No hidden cell can be bounded to fewer than 5 values; and each added cell is needed."""
    table = counts(rows)
    primary = small(table)
    found = suppress(table, primary, 5)
    hidden = primary | found.secondary
    assert found.exposed == {}
    assert all(one.leaves(5) for one in bounds(table.knowledge(hidden), table.secrets(hidden)).values())
    for one in found.secondary:
        fewer = hidden - {one}
        left = bounds(table.knowledge(fewer), table.secrets(fewer)).values()
        assert not all(interval.leaves(5) for interval in left)


def test_what_was_published_before_hides_nothing() -> None:
    """A value that readers already have is no hiding place: another cell is taken."""
    table = counts([[3, 20, 30], [25, 11, 26], [28, 27, 9]])
    before = Table(table.shows, table.values, table.sums, never={("r0", "c1")})
    found = suppress(before, small(table), 5)
    assert found.exposed == {}
    assert ("r0", "c2") in found.secondary or ("r0", "+") in found.secondary


def test_the_same_table_gives_the_same_cells() -> None:
    """The choice depends on nothing but the table."""
    table = counts([[3, 20, 20], [20, 20, 20], [20, 20, 2]])
    first = suppress(table, small(table), 5)
    assert all(suppress(table, small(table), 5) == first for _ in range(3))
