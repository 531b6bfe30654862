"""R17: sums, shares and limits as linear programs, each solved from where the one before ended."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain.linear import Program, System
from fokusstrom.domain.sums import Interval, Knowledge, Ratio, Sum

SQUARE = Knowledge(
    {"row 1": 23, "row 2": 47, "column 1": 9, "column 2": 61},
    [
        Sum("row 1", ("a", "b")),
        Sum("row 2", ("c", "d")),
        Sum("column 1", ("a", "c")),
        Sum("column 2", ("b", "d")),
    ],
    intervals={"d": Interval(1)},
)
"""Four numbers in a square: a and b are 23 together, c and d 47, a and c 9, b and d 61."""


def test_sums_and_shares_are_rows_over_what_is_unknown() -> None:
    """Of 7 the 2 of c are known, which leaves 5 for a and b; and b is between a quarter and half of a."""
    knowledge = Knowledge(
        {"all": 7, "c": 2}, [Sum("all", ("a", "b", "c"))], [Ratio("b", "a", Fraction(1, 4), Fraction(1, 2))]
    )
    system = System.of(knowledge)
    assert dict(system.columns) == {"a": 0, "b": 1}
    assert (system.equal.toarray().tolist(), system.equal_to.tolist()) == ([[1, 1]], [5])
    assert system.at_most.toarray().tolist() == [[0.25, -1], [-0.5, 1]]
    assert system.at_most_to.tolist() == [0, 0]


def test_what_is_known_later_is_a_limit() -> None:
    """It has no end above by itself; where it is known both ends are what it is, and an interval has two."""
    system = System.of(SQUARE)
    assert (system.low.tolist(), system.high.tolist()) == ([0, 0, 0, 1], [np.inf] * 4)
    low, high = system.limits({"a": 3}, {"b": Interval(1, 4), "of another table": Interval(5, 6)})
    assert (low.tolist(), high.tolist()) == ([3, 1, 0, 1], [3, 4, np.inf, np.inf])
    assert system.low.tolist() == [0, 0, 0, 1], "the next one starts from what the table says"


def test_the_least_and_the_greatest_are_those_of_the_square() -> None:
    """The first is 0 to 9, as its column is 9 together: then b is 23 to 14, c 9 to 0, and d 38 to 47."""
    program = Program.of(System.of(SQUARE))
    aim = np.array([1.0, 0, 0, 0])
    least, greatest = program.least(aim), program.least(-aim)
    assert least is not None
    assert greatest is not None
    assert (least.round(6).tolist(), greatest.round(6).tolist()) == ([0, 23, 9, 38], [9, 14, 0, 47])


def test_none_is_said_once_and_no_longer_than_it_holds() -> None:
    """No number of the square is -1, or 10 in a column of 9; afterwards it is 0 to 9 as before."""
    system = System.of(SQUARE)
    program = Program.of(system)
    aim = np.array([1.0, 0, 0, 0])
    program.set_limits(*system.limits({"a": 10}, {}))
    assert program.least(aim) is None
    program.set_limits(*system.limits({}, {}))
    again = program.least(-aim)
    assert again is not None
    assert again[0] == pytest.approx(9)


def test_a_row_is_given_factors_and_takes_others_later() -> None:
    """Beside the square, a less c is 3 at most: then 9 together leave a 6 at most. Of b less d it says nothing more."""
    system = System.of(SQUARE)
    rows = np.vstack((system.equal.toarray(), np.zeros(4)))
    program = Program(
        rows, np.append(system.equal_to, -np.inf), np.append(system.equal_to, 0.0), system.low, system.high
    )
    aim = np.array([-1.0, 0, 0, 0])
    for factors, greatest, a in (({0: 1.0, 2: -1.0}, 3.0, 6), ({1: 1.0, 3: -1.0}, 3.0, 9), ({0: 1.0}, 2.0, 2)):
        program.set_row(4, factors, greatest)
        found = program.least(aim)
        assert found is not None
        assert found[0] == pytest.approx(a)


_LIMITS = st.tuples(st.integers(0, 60), st.integers(0, 30)).map(lambda one: Interval(min(one), max(one)))


@given(data=st.data())
def test_where_the_last_one_ended_decides_nothing(data: st.DataObject) -> None:
    """Whatever was asked before: the least of an aim is that of a program which was asked nothing else."""
    system = System.of(SQUARE)
    program = Program.of(system)
    for _ in range(data.draw(st.integers(1, 6))):
        intervals = data.draw(st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _LIMITS, max_size=2))
        aim = np.array(data.draw(st.lists(st.integers(-3, 3), min_size=4, max_size=4)), dtype=np.float64)
        low, high = system.limits({}, intervals)
        program.set_limits(low, high)
        fresh = Program.of(system)
        fresh.set_limits(low, high)
        found, expected = program.least(aim), fresh.least(aim)
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert found @ aim == pytest.approx(expected @ aim)
            assert (system.equal @ found).tolist() == pytest.approx(system.equal_to.tolist())
