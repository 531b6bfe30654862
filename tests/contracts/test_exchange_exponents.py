"""Numbers of any exponent, as JSON allows them: judged by their value, whatever Arrow makes of the exponent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fokusstrom.contracts.exchange_values import typed
from fokusstrom.domain.facts import FACT_TYPES, Kind
from fokusstrom.domain.refusals import Reason

(HOURS,) = (one for one in FACT_TYPES["OrdinaryHours"].own_fields if one.kind is Kind.HOURS)


@pytest.mark.parametrize("text", ["1e-9", "1e-41", "1e-77", "0." + "0" * 40 + "1", "1e-10000000", "1e-999999999"])
def test_too_many_decimals(text: str) -> None:
    """However small it is, it isn't nothing; and the process goes on."""
    column = typed(HOURS, [Decimal(text), Decimal("12.5")])
    assert column.faults == {0: Reason.TOO_MANY_DECIMALS}
    assert column.values.to_pylist() == [None, 1250]


@pytest.mark.parametrize("text", ["1e999999", "1e1000000", "1e999999999", "-1e-1000000", "-1e1000000"])
def test_out_of_range(text: str) -> None:
    """However great it is, it is one bad value among good ones."""
    column = typed(HOURS, [Decimal(text), Decimal("12.5")])
    assert column.faults == {0: Reason.OUT_OF_RANGE}
    assert column.values.to_pylist() == [None, 1250]


@pytest.mark.parametrize("text", ["0e-999999999", "0e999999999", "0.000"])
def test_nothing_is_nothing(text: str) -> None:
    """Zero has no decimals."""
    column = typed(HOURS, [Decimal(text)])
    assert (column.values.to_pylist(), column.faults) == ([0], {})
