"""Texts of fixed width: pseudonyms and fact ids."""

from __future__ import annotations

import re

import numpy as np

from fokusstrom.simulation import texts


def test_pseudonyms_are_32_hex_digits_and_all_different() -> None:
    """No two numbers of a seed share a pseudonym, nor do two seeds."""
    named = [texts.column(texts.pseudonyms(seed, np.arange(50_000))).to_pylist() for seed in (1, 2)]

    assert len(set(named[0]) | set(named[1])) == 100_000
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in named[0])


def test_pseudonyms_are_uniform() -> None:
    """Each bit is set in half of them, so that slices are equally large."""
    letters = texts.pseudonyms(7, np.arange(20_000))
    words = np.array([[int(one[:16], 16), int(one[16:], 16)] for one in texts.column(letters).to_pylist()], "u8")

    bits = np.unpackbits(words.view(np.uint8), axis=1).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 0.02


def test_personal_numbers_are_test_persons() -> None:
    """Ten digits, all different: a day of the month and 60, a month, and a birth from 1955 to 1999 by the 7th digit."""
    named = texts.column(texts.personal_numbers(3, np.arange(50_000))).to_pylist()

    assert len(set(named)) == 50_000
    assert all(
        re.fullmatch("(6[1-9]|7[0-9]|8[0-8])(0[1-9]|1[0-2])(5[5-9]|[6-9][0-9])[0-3][0-9]{3}", one) for one in named
    )


def test_fact_ids_say_chunk_and_number() -> None:
    """A fact id has the type's letter, the chunk and the number, and no ten digits in a row."""
    assert texts.column(texts.fact_ids("m", 12, np.array([345, 0]))).to_pylist() == [
        "m-00012-0000345", "m-00012-0000000"
    ]  # fmt: skip
