"""R17: sums, shares and limits as matrices, and the linear programs over them, live here.

The programs of one attack differ in what they make least and hardly in anything else, so each is solved (HiGHS, by
the simplex method) from where the one before ended: a thousandth of a second in place of a twentieth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from fokusstrom.domain.sums import Interval, K, Knowledge

Numbers = npt.NDArray[np.float64]

_OPTIONS: Mapping[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "solver": "simplex",
    "simplex_strategy": 0,
    "presolve": "off",
}
"""Whether it is the primal or the dual simplex method is HiGHS' choice, as it depends on what has changed."""

_Row = list[tuple[K, Fraction | int]]
"""What is added up, and how many times each: to zero, or to at most zero."""


@dataclass(frozen=True)
class System(Generic[K]):
    """What holds of some unknown quantities, a column each: `equal @ x = equal_to`, `at_most @ x <= at_most_to`."""

    columns: Mapping[K, int]
    low: Numbers
    high: Numbers
    """Infinite where there is no end."""
    equal: Any
    equal_to: Numbers
    at_most: Any
    at_most_to: Numbers

    @classmethod
    def of(cls, knowledge: Knowledge[K]) -> System[K]:
        """Give the system of all that is known."""
        columns = {key: column for column, key in enumerate(knowledge.unknown())}
        intervals = [knowledge.interval(key) for key in columns]
        equal, equal_to = _matrix(_equations(knowledge), columns, knowledge.known)
        at_most, at_most_to = _matrix(_inequalities(knowledge), columns, knowledge.known)
        return cls(
            columns,
            low=np.array([one.low for one in intervals], dtype=np.float64),
            high=np.array([np.inf if one.high is None else one.high for one in intervals], dtype=np.float64),
            equal=equal,
            equal_to=equal_to,
            at_most=at_most,
            at_most_to=at_most_to,
        )

    def numbers(self, values: Mapping[K, int]) -> Numbers:
        """Give values as numbers, a column each."""
        return np.array([values[key] for key in self.columns], dtype=np.float64)

    def limits(self, known: Mapping[K, int], intervals: Mapping[K, Interval]) -> tuple[Numbers, Numbers]:
        """Give the limits of the columns when some are known, and others lie in intervals as well."""
        low, high = self.low.copy(), self.high.copy()
        for key in min((self.columns, intervals), key=len):
            column, one = self.columns.get(key), intervals.get(key)
            if column is not None and one is not None:
                low[column] = max(low[column], one.low)
                high[column] = high[column] if one.high is None else min(high[column], one.high)
        told = [(column, known[key]) for key, column in self.columns.items() if key in known]
        if told:
            columns, values = map(list, zip(*told, strict=True))
            low[columns] = high[columns] = values
        return low, high


class Program:
    """Makes sums of some numbers least, where rows of a matrix times them lie between limits.

    The same programs in the same order have the same solutions.
    """

    def __init__(self, rows: Any, least: Numbers, greatest: Numbers, low: Numbers, high: Numbers) -> None:  # noqa: ANN401 - a sparse matrix
        """Take the rows with their limits, and those of the numbers by themselves."""
        rows = csr_array(rows)
        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = rows.shape
        program.row_lower_, program.row_upper_ = least, greatest
        program.col_lower_, program.col_upper_ = low, high
        program.col_cost_ = np.zeros_like(low)
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_, matrix.index_, matrix.value_ = rows.indptr, rows.indices, rows.data
        self._columns = np.arange(low.size, dtype=np.int32)
        self._factors: dict[int, Iterable[int]] = {}
        self._limits = low, high
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it has no arguments
        for option, value in _OPTIONS.items():
            self._solver.setOptionValue(option, value)
        self._solver.passModel(program)

    @classmethod
    def of(cls, system: System[K]) -> Program:
        """Give the programs over all that holds of some quantities."""
        nothing = np.full_like(system.at_most_to, -np.inf)
        return cls(
            vstack((system.equal, system.at_most)),
            np.concatenate((system.equal_to, nothing)),
            np.concatenate((system.equal_to, system.at_most_to)),
            system.low,
            system.high,
        )

    def set_row(self, row: int, factors: Mapping[int, float], greatest: float) -> None:
        """Let a row that has no factors of its own have some, by column, and no others that it was given here."""
        for column in self._factors.get(row, ()):
            if column not in factors:
                self._solver.changeCoeff(row, column, 0.0)
        for column, factor in factors.items():
            self._solver.changeCoeff(row, column, factor)
        self._solver.changeRowBounds(row, -np.inf, greatest)
        self._factors[row] = tuple(factors)

    def set_limits(self, low: Numbers, high: Numbers) -> None:
        """Change the limits of the numbers by themselves."""
        if all(map(np.array_equal, self._limits, (low, high))):
            return
        self._limits = low, high
        self._solver.changeColsBounds(self._columns.size, self._columns, low, high)

    def least(self, aim: Numbers) -> Numbers | None:
        """Give numbers that make the sum of so many times each least; None when none agree with all limits."""
        self._solver.changeColsCost(self._columns.size, self._columns, aim)
        status = self._solved()
        if status != highspy.HighsModelStatus.kOptimal:
            # Where the last one ended can be a bad place to begin, and a wrong "none" would be a contradiction.
            self._solver.clearSolver()
            status = self._solved()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"the linear program has no solution: {status.name}")
        return np.array(self._solver.getSolution().col_value)

    def _solved(self) -> highspy.HighsModelStatus:
        self._solver.run()
        return self._solver.getModelStatus()


def _equations(knowledge: Knowledge[K]) -> Iterator[_Row[K]]:
    for one in knowledge.sums:
        yield [(one.total, -1), *((part, 1) for part in one.parts)]


def _inequalities(knowledge: Knowledge[K]) -> Iterator[_Row[K]]:
    for ratio in knowledge.ratios:
        yield [(ratio.part, -1), (ratio.whole, ratio.low)]
        yield [(ratio.part, 1), (ratio.whole, -ratio.high)]


def _matrix(rows: Iterable[_Row[K]], columns: Mapping[K, int], known: Mapping[K, int]) -> tuple[Any, Numbers]:
    """Put rows over the unknown; what is known goes to the other side."""
    places: list[tuple[int, int]] = []
    factors: list[float] = []
    right: list[float] = []
    for number, row in enumerate(rows):
        right.append(float(-sum(factor * known[key] for key, factor in row if key in known)))
        unknown = [(columns[key], float(factor)) for key, factor in row if key not in known]
        places += [(number, column) for column, _ in unknown]
        factors += [factor for _, factor in unknown]
    numbers, of_columns = zip(*places, strict=True) if places else ((), ())
    return csr_array((factors, (numbers, of_columns)), shape=(len(right), len(columns))), np.array(right)
