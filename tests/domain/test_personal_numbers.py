"""What looks like a personal number is recognised, whatever stands around it."""

from __future__ import annotations

import pytest

from fokusstrom.domain.personal_numbers import MASK, looks_personal, masked


@pytest.mark.parametrize(
    "text",
    ["0102031234", "010203-1234", "010203 1234", "cpr=3112991234;", '{"citizen":"0102031234"}', "6102031234"],
)
def test_a_personal_number_is_masked_wherever_it_stands(text: str) -> None:
    """With hyphen, with a space, without, in the middle of something, as a replacement number."""
    assert looks_personal(text)
    assert MASK in masked(text)
    assert "1234" not in masked(text)


@pytest.mark.parametrize(
    "text",
    ["", "101", "4002031234", "0113031234", "20200401T223000", "12345678901", "2020-04-01T22:30:00.123Z"],
)
def test_other_numbers_stay(text: str) -> None:
    """Ten digits that begin with no day and month, and longer runs of digits, are something else."""
    assert not looks_personal(text)
    assert masked(text) == text
