"""JSON as sources send it: what is read fast is read as Python's own module reads it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fokusstrom_connectors.exact_json import object_of, value_of

_PIECES = [
    *"{}[],:0123456789.eE+- \n",
    *('"', '"a":', '"æ"', "true", "null", "NaN", "\\\\", "\\ud83d", "\\ude00", "\x01", "12345678901234567890"),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_any_text_is_read_as_pythons_own_module_reads_it(text: str) -> None:
    """The same value, numbers with a point as they are written; and what is no JSON there is none here."""
    try:
        expected = repr(json.loads(text.encode(), parse_float=Decimal))
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - as `json` raises
            value_of(text.encode())
    else:
        assert repr(value_of(text.encode())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"n": 7.50, "n": 8.0}', {"n": Decimal("8.0")}),
        (b'{"n": 12345678901234567890123}', {"n": 12345678901234567890123}),
        (b'{"t": "\\ud83d"}', {"t": "\ud83d"}),
        (b'\xef\xbb\xbf{"t": "\xc3\xa6"}', {"t": "æ"}),
        (b'{"t": "\xff"}', None),
        (b'{"t": 1} 2', None),
        (b"[1]", None),
        (b"[" * 100_000, None),
        (b"1" * 5_000, None),
    ],
)
def test_an_object_is_read_whatever_is_odd_about_it(text: bytes, expected: object) -> None:
    """Half of a surrogate pair, a byte order mark and numbers of any size are read; what is no object is none."""
    assert object_of(text) == expected


def test_a_number_beyond_all_decimals_stops_nobody() -> None:
    """Its exponent is greater than any that a decimal has: it is no number, and the record goes on to be refused."""
    assert repr(object_of('{"n": 1e99999999999999999999}')) == "{'n': Decimal('NaN')}"
