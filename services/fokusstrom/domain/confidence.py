"""How sure shares of meetings are lives here: 95 % intervals, by statsmodels.

Wilson's for a share and Newcombe's for a difference of two: both stay sensible for few meetings and for shares
near 0 and 1. They say how far chance alone can carry a number, and nothing of who was met in which mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from fokusstrom.domain.evaluation import Followed

_DOUBT = 0.05


@dataclass(frozen=True)
class Interval:
    """Where a share, or a difference of shares, lies with 95 % confidence."""

    low: float
    high: float


def of_shares(shares_of: Sequence[Followed]) -> list[Interval]:
    """Give Wilson's interval of each share, as sure as its independent meetings.

    >>> meetings = Followed(None, "all", None, "PHONE", 3, "JOB", 10, 10, 10, 2, 2, 2)
    >>> of_shares([meetings])
    [Interval(low=0.05668..., high=0.50983...)]
    """
    if not shares_of:
        return []
    reached, independent = _as_samples(shares_of)
    low, high = proportion_confint(reached, independent, alpha=_DOUBT, method="wilson")
    return _paired(low, high)


def of_differences(pairs: Sequence[tuple[Followed, Followed]]) -> list[Interval]:
    """Give Newcombe's interval of each first share less the second, as sure as their independent meetings."""
    if not pairs:
        return []
    first, second = _as_samples([one for one, _ in pairs]), _as_samples([other for _, other in pairs])
    low, high = confint_proportions_2indep(*first, *second, method="newcomb", compare="diff", alpha=_DOUBT)
    return _paired(low, high)


def _as_samples(shares_of: Sequence[Followed]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    independent = np.array([float(one.independent) for one in shares_of])
    return independent * np.array([float(one.share) for one in shares_of]), independent


def _paired(low: NDArray[Any], high: NDArray[Any]) -> list[Interval]:
    return [Interval(float(least), float(most)) for least, most in zip(low, high, strict=True)]
