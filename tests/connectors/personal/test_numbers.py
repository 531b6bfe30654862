"""Personal numbers: what is one, and that none is ever shown."""

from __future__ import annotations

import hmac
import pickle

import pyarrow as pa
import pytest

from fokusstrom.domain.refusals import Reason
from fokusstrom_connectors.personal.numbers import HIDDEN, PersonalNumbers, is_personal_number
from fokusstrom_connectors.personal.pseudonyms import Key, Pseudonyms


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("0102031234", True),
        ("010203-1234", True),
        ("010203 1234", True),
        (" 0102031234 ", True),
        ("3112991234", True),  # 31 December 1999
        ("3002701234", False),  # no 30 February
        ("2902001234", False),  # 1900 was no leap year: the seventh digit is 1
        ("2902004234", True),  # 2000 was: the seventh digit is 4
        ("2902365234", True),  # 2036
        ("2902374234", False),  # 4 with 37 is 1937
        ("2902569234", True),  # 9 with 56 is 1956
        ("2902585234", False),  # 5 with 58 is 1858
        ("0113701234", False),  # no 13th month
        ("0001701234", False),  # no day 0
        ("6101701234", True),  # 1 January, with 60 added
        ("9101701234", True),  # 31 January, with 60 added
        ("9201701234", False),
        ("010203123", False),
        ("010203-12345", False),
        ("010203_1234", False),
        ("01020312a4", False),
        ("", False),
    ],
)
def test_ten_digits_with_a_date_that_exists_are_a_number(text: str, is_one: bool) -> None:  # noqa: FBT001 - the table's
    """The seventh digit gives the century; there is no check digit."""
    assert is_personal_number(text) is is_one


def test_each_fault_has_its_reason() -> None:
    """Who isn't known, who is a test person, and what is no number are told apart; null says nothing."""
    sent = pa.array(["0102031234", "0000000000", "6102031234", "3002701234", "x", None])
    assert PersonalNumbers(sent).faults == {
        1: Reason.UNKNOWN_PERSON,
        2: Reason.TEST_PERSON,
        3: Reason.BAD_PERSONAL_NUMBER,
        4: Reason.BAD_PERSONAL_NUMBER,
    }
    assert 2 not in PersonalNumbers(sent, accepts_replacements=True).faults


def test_they_are_never_shown() -> None:
    """Neither `repr` nor `str` nor a format shows one, and they can't be pickled."""
    numbers = PersonalNumbers(pa.array(["0102031234"]))
    assert repr(numbers) == str(numbers) == f"{numbers}" == HIDDEN
    with pytest.raises(TypeError):
        pickle.dumps(numbers)


@pytest.mark.parametrize("length", [1, 32, 63, 64, 65, 200])
def test_a_key_makes_hmacs_as_pythons_own_does(length: int) -> None:
    """A pseudonym is the first half of HMAC-SHA-256 under the key, whether the key fits a block or is hashed first."""
    secret = bytes(range(256))[:length]
    assert Key("k", secret).pseudonym("0102031234") == hmac.digest(secret, b"0102031234", "sha256").hex()[:32]
    assert Key("k", secret).digest(b"x") == hmac.digest(secret, b"record:x", "sha256").hex()


def test_a_pseudonym_is_the_beginning_of_an_hmac() -> None:
    """HMAC-SHA-256 of the ten digits under the key, 128 bits as hex; a hyphen makes no difference."""
    # printf 0102031234 | openssl dgst -sha256 -hmac "a key of thirty-two characters.."
    pseudonyms = Pseudonyms(Key("k", b"a key of thirty-two characters.."))
    sent = pa.array(["0102031234", "010203-1234", None, "0000000000"])
    expected = "2dd1f2cd5a1bddbbc27f2ab1212f4ae7"
    assert pseudonyms.of(pseudonyms.numbers(sent)).to_pylist() == [expected, expected, None, None]


def test_another_key_gives_another_pseudonym_and_a_hashed_text_is_none() -> None:
    """Pseudonyms of two keys have nothing in common, nor has a text's hash with a number's pseudonym."""
    key, other = Key("1", b"1" * 32), Key("2", b"2" * 32)
    found = {key.pseudonym("0102031234"), other.pseudonym("0102031234"), key.hashed("0102031234")}
    assert len(found) == 3
    assert "1" * 32 not in repr(key)


def test_while_a_key_is_changed_both_pseudonyms_are_joined() -> None:
    """Each citizen met is linked once, from the new pseudonym to the old; again after what may have been lost."""
    new, old = Key("2", b"2" * 32), Key("1", b"1" * 32)
    pseudonyms = Pseudonyms(new, old)
    sent = pa.array(["0102031234", "0202031234", "0102031234"])
    links = {new.pseudonym(digits): old.pseudonym(digits) for digits in ("0102031234", "0202031234")}
    pseudonyms.of(pseudonyms.numbers(sent))
    assert pseudonyms.take_links() == links
    pseudonyms.of(pseudonyms.numbers(sent))
    assert pseudonyms.take_links() == {}
    pseudonyms.forget_links()
    pseudonyms.of(pseudonyms.numbers(sent))
    assert pseudonyms.take_links() == links
