"""Lines that must each be refused, for every item of the specification's "Refused".

A hint is the reason code expected; where two codes are both an honest reading, they are joined by `|`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from tests.builders import (
    ANNA,
    BO,
    FactLine,
    expected_share,
    hours,
    joint,
    link,
    meeting,
    offer,
    outcome,
    protection,
    spell,
    withdrawn,
)

BadLine: TypeAlias = tuple[bytes, str]

_GOOD: tuple[FactLine, ...] = (
    meeting("2021-03-01"),
    joint("2021-03-02 09:15", "A_KASSE"),
    spell("2020-02-29", "2021-01-31"),
    offer("2021-02-01"),
    hours("2021-02", 37.5),
    outcome("2021-05-31"),
    link(ANNA, BO),
    protection(),
    expected_share(2021, 0.25, 0.2),
)

_OPTIONAL = {
    "change_reason", "jobcenter", "a_kasse", "planned_mode", "duration_minutes",
    "assessment_documented", "ends_on",
}  # fmt: skip
_CODES = {
    "reporter", "interview_type", "mode", "planned_mode", "attendance", "mode_chosen_by", "benefit",
    "offer_type", "outcome", "change_reason",
}  # fmt: skip
_MAY_BE_UNKNOWN = {"mode", "planned_mode", "mode_chosen_by", "change_reason"}
_INSTANTS = {"registered_at", "held_at"}
_DATES = {"starts_on", "ends_on", "reached_on"}
_PSEUDONYMS = {"citizen", "same_as"}
_BOOLEANS = {"deleted", "introduction_programme", "protected", "assessment_documented"}
_TEXTS = {"source", "fact_id", "a_kasse"}
_INTEGERS = {
    "version": (-1, 2**63),
    "duration_minutes": (-1, 2**31),
    "target_group": (0, 14),
    "assessment_year": (1899, 2101),
}
_SHARES = {"actual_share", "expected_share"}


def _line(fact: FactLine) -> bytes:
    return json.dumps(fact, ensure_ascii=False).encode()


def bad_lines(seed: int) -> list[BadLine]:
    """Give every kind of bad line, shuffled; the seed also chooses the fact that a kind is tried on."""
    chance = random.Random(seed)
    lines = [*_bad_json(chance), *_bad_shapes(chance), *_bad_deletions()]
    for fact in _GOOD:
        for name in fact:
            lines += [
                (_line(fact | {name: value}), hint)
                for value, hint in _bad_values(name, fact)
                if not (name == "citizen" and fact["citizen"] is None)
            ]
            if name not in _OPTIONAL | {"citizen", "type", "deleted"}:
                lines += _without(fact, name)
    chance.shuffle(lines)
    return lines


def _without(fact: FactLine, name: str) -> list[BadLine]:
    rest = {key: value for key, value in fact.items() if key != name}
    return [(_line(rest), "missing"), (_line(fact | {name: None}), "missing")]


def _bad_values(name: str, fact: FactLine) -> Iterator[tuple[Any, str]]:
    """Give values that the field must refuse, each with its reason."""
    kinds: tuple[tuple[bool, Callable[[], Iterator[tuple[Any, str]]]], ...] = (
        (name in _TEXTS, _bad_texts),
        (name in _CODES, lambda: _bad_codes(name)),
        (name in _PSEUDONYMS, _bad_pseudonyms),
        (name in _INSTANTS, _bad_instants),
        (name in _DATES, _bad_dates),
        (name in _BOOLEANS, _bad_booleans),
        (name in _INTEGERS, lambda: _bad_integers(*_INTEGERS.get(name, (0, 0)))),
        (name in _SHARES, _bad_shares),
        (name == "hours", _bad_hours),
        (name == "month", _bad_months),
        (name == "municipality", _bad_municipalities),
        (name == "jobcenter", _bad_jobcenters),
        (name == "same_as", lambda: iter([(fact["citizen"], "self_link")])),
        (name == "ends_on", lambda: iter([("1999-12-31", "end_before_start")])),
    )
    for applies, values in kinds:
        if applies:
            yield from values()


def _bad_texts() -> Iterator[tuple[Any, str]]:
    yield "", "out_of_range|missing"
    yield from ((value, "mistyped") for value in (7, True, ["3F"], {"code": "3F"}))


def _bad_codes(name: str) -> Iterator[tuple[Any, str]]:
    yield from ((value, "unknown_code") for value in ("NEW", "job", "HELD ", ""))
    yield from ((value, "mistyped") for value in (1, False, ["JOB"]))
    if name not in _MAY_BE_UNKNOWN:
        yield "UNKNOWN", "unknown_code"


def _bad_pseudonyms() -> Iterator[tuple[Any, str]]:
    for value in ("", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "0101701234", "a" * 31 + "\n", "\u0663" * 32):
        yield value, "bad_pseudonym"
    yield 12, "mistyped|bad_pseudonym"


def _bad_instants() -> Iterator[tuple[Any, str]]:
    yield from ((value, "no_offset") for value in ("2021-03-01T10:00", "2021-03-01T10:00:00.123"))
    for value in ("2021-03-01T10:00:00.1234Z", "2021-03-01T10:00:00.000001+01:00"):
        yield value, "too_fine"
    impossible = (
        "2021-02-29T10:00Z", "2021-13-01T10:00Z", "2021-03-01T24:00Z", "2021-03-01T10:60Z",
        "2021-03-01T10:00:60Z", "1899-12-31T23:59:59Z", "2101-01-01T00:00Z",
        "1900-01-01T00:30+01:00", "2100-12-31T23:30-01:00",
    )  # fmt: skip
    yield from ((value, "impossible_date") for value in impossible)
    misshapen = ("2021-03-01", "2021-03-01 10:00Z", "01-03-2021T10:00Z", "2021-03-01T10Z", "", "now")
    yield from ((value, "mistyped") for value in (*misshapen, 1614589200, True))


def _bad_dates() -> Iterator[tuple[Any, str]]:
    for value in ("2021-02-29", "2021-04-31", "2021-00-10", "1899-12-31", "2101-01-01", "0000-01-01"):
        yield value, "impossible_date"
    misshapen = ("2021-2-01", "20210201", "2021-02-01T00:00Z", "01-02-2021", "", "2021-02-01 ")
    yield from ((value, "mistyped") for value in (*misshapen, 20210201, False))


def _bad_months() -> Iterator[tuple[Any, str]]:
    yield from ((value, "impossible_date") for value in ("2021-13", "2021-00", "1899-12", "2101-01"))
    yield from ((value, "mistyped|impossible_date") for value in ("2021-2", "202102", "2021-02-01", ""))
    yield from ((value, "mistyped") for value in (202102, True))


def _bad_booleans() -> Iterator[tuple[Any, str]]:
    yield from ((value, "mistyped") for value in (0, 1, "true", "", [True]))


def _bad_integers(below: int, above: int) -> Iterator[tuple[Any, str]]:
    yield from ((value, "out_of_range") for value in (below, above, 10**30, -(10**30)))
    yield from ((value, "mistyped") for value in (1.0, 1.5, "1", True, [1]))


def _bad_hours() -> Iterator[tuple[Any, str]]:
    yield from ((value, "out_of_range") for value in (-1, -0.01, 744.01, 745, 10**30, 1e300))
    yield from ((value, "too_many_decimals") for value in (37.125, 0.001))
    yield from ((value, "mistyped") for value in ("37.5", True, [37.5]))


def _bad_shares() -> Iterator[tuple[Any, str]]:
    yield from ((value, "out_of_range") for value in (-0.000001, 1.000001, 2, 1e300))
    yield from ((value, "too_many_decimals") for value in (0.1234567, 1e-7))
    yield from ((value, "mistyped") for value in ("0.25", False, {"share": 0.25}))


def _bad_municipalities() -> Iterator[tuple[Any, str]]:
    for value in ("0751", "999", "75", "", "411", "UNKNOWN", "Aarhus"):
        yield value, "unknown_municipality"
    yield from ((value, "mistyped") for value in (751, True))


def _bad_jobcenters() -> Iterator[tuple[Any, str]]:
    yield from ((value, "out_of_range|mistyped") for value in ("7511", "751111", "7511a", "", "\u0667" * 5))
    yield 75111, "mistyped"


def _bad_json(chance: random.Random) -> Iterator[BadLine]:
    """What is no JSON object in UTF-8, or has a key twice."""
    line = _line(chance.choice(_GOOD))
    for bad in (
        b"{", b"nothing", line[:-1], line[1:], line + b"}", line + line, b"\xef\xbb\xbf" + line,
        b"\x00" + line, line.replace(b"momentum", b"moment\xff").replace(b"akasse:", b"akasse\xff"),
        line.replace(b":", b"=", 1), b"{'type': 'MeetingHeld'}", b"[" * 100_000,
    ):  # fmt: skip
        yield bad, "not_json"
    for bad in (b"[]", b"null", b"7", b'"MeetingHeld"', b"[" + line + b"]"):
        yield bad, "not_json|mistyped"
    for number in (b"NaN", b"Infinity", b"-Infinity"):
        yield _line(hours("2021-02", 99)).replace(b": 99", b": " + number), "not_json|mistyped|out_of_range"
    yield _line(hours("2021-02", 99)).replace(b": 99", b": 1E999999"), "out_of_range"
    for half in (b"\\ud800", b"\\udc00", b"\\udfff\\ud800"):
        yield line.replace(b'fact_id": "', b'fact_id": "' + half), "not_json|mistyped|out_of_range"
    for fact in _GOOD:
        key = chance.choice([name for name in fact if fact[name] is not None])
        again = json.dumps({key: fact[key]})[1:-1].encode()
        yield b"{" + again + b", " + _line(fact)[1:], "duplicate_key"
        yield b'{"deleted": null, ' + _line(fact)[1:], "duplicate_key"
        escaped = f'"\\u{ord(key[0]):04x}{key[1:]}": null, '.encode()
        yield b"{" + escaped + _line(fact)[1:], "duplicate_key"


def _bad_shapes(chance: random.Random) -> Iterator[BadLine]:
    """Unknown types and fields, and a citizen where none belongs or none where one does."""
    for fact in _GOOD:
        rest = {key: value for key, value in fact.items() if key != "type"}
        yield _line(rest), "unknown_type|missing"
        yield _line(fact | {"type": None}), "unknown_type|missing"
        yield from (
            (_line(fact | {"type": kind}), "unknown_type") for kind in ("Meeting", "", "meetingheld", "UNKNOWN")
        )
        yield from ((_line(fact | {"type": kind}), "unknown_type|mistyped") for kind in (1, ["MeetingHeld"]))
        other = "starts_on" if "starts_on" not in fact else "held_at"
        value = chance.choice([None, "2021-01-01"])
        yield from ((_line(fact | {key: value}), "unknown_field") for key in (other, "cpr", "Citizen", "source "))
        if fact["citizen"] is None:
            yield _line(fact | {"citizen": ANNA}), "citizen_not_allowed"
        else:
            yield from _without(fact, "citizen")


def _bad_deletions() -> Iterator[BadLine]:
    """A deleted record is asked for the common fields all the same, and for no others."""
    for fact in _GOOD:
        gone = withdrawn(fact)
        for name in ("source", "fact_id", "version", "registered_at"):
            yield from _without(gone, name)
        yield _line(gone | {"version": -1}), "out_of_range"
        yield _line(gone | {"registered_at": "2021-03-01T10:00"}), "no_offset"
        yield _line(gone | {"change_reason": "WHIM"}), "unknown_code"
        yield _line(gone | {"cpr": None}), "unknown_field"
        yield _line(gone)[:-1] + b', "deleted": true}', "duplicate_key"
        if fact["citizen"] is None:
            yield _line(gone | {"citizen": BO}), "citizen_not_allowed"
        else:
            yield _line(gone | {"citizen": "0101701234"}), "bad_pseudonym"
            yield from _without(gone, "citizen")
