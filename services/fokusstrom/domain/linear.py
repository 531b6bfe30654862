"""R17: sums, shares and limits as matrices, for linear programs, live here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from fokusstrom.domain.sums import K, Knowledge

Numbers = npt.NDArray[np.float64]

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
