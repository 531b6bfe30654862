"""R17, primary suppression: no group of 1 to 4 is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom.domain import rule_set
from fokusstrom.domain.small_cells import Suppression

SHIPPED = Suppression.of(rule_set.in_force())


@pytest.mark.parametrize(
    ("persons", "base", "hidden"),
    [
        pytest.param(0, 20, False, id="nobody is no group"),
        pytest.param(1, 20, True, id="one"),
        pytest.param(4, 20, True, id="four"),
        pytest.param(5, 20, False, id="five"),
        pytest.param(16, 20, True, id="complement of four"),
        pytest.param(20, 20, False, id="complement of nobody"),
        pytest.param(0, 4, True, id="base of four"),
        pytest.param(0, 0, False, id="explicit zero"),
        pytest.param(3, None, True, id="no base"),
    ],
)
def test_small_groups_are_hidden(persons: int, base: int | None, hidden: bool) -> None:  # noqa: FBT001
    """A figure is hidden where the persons behind a count, its complement or its base are 1 to 4."""
    assert SHIPPED.hides(persons, base) is hidden


@given(base=st.integers(0, 200), part=st.data())
def test_what_is_shown_tells_of_no_small_group(base: int, part: st.DataObject) -> None:
    """Count, complement and base of what is shown are each nobody or at least 5."""
    persons = part.draw(st.integers(0, base))
    if not SHIPPED.hides(persons, base):
        assert not {1, 2, 3, 4} & {persons, base - persons, base}
