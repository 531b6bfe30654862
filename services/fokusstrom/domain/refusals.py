"""What is refused before any rule, and why: the specification's "Refused" lives here.

Two things are refused elsewhere with reasons of this list: what isn't the right shape of the exchange
format (`contracts.exchange`), and what is no readable record of a topic (`contracts.wire`).
"""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """Why a record is refused."""

    # shape of a line or a record
    NOT_JSON = "not_json"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FIELD = "unknown_field"
    MISSING = "missing"
    MISTYPED = "mistyped"
    NO_OFFSET = "no_offset"
    TOO_FINE = "too_fine"
    IMPOSSIBLE_DATE = "impossible_date"
    TOO_MANY_DECIMALS = "too_many_decimals"
    # meaning
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_MUNICIPALITY = "unknown_municipality"
    BAD_PSEUDONYM = "bad_pseudonym"
    CITIZEN_NOT_ALLOWED = "citizen_not_allowed"
    SELF_LINK = "self_link"
    END_BEFORE_START = "end_before_start"
    # transport
    TRUNCATED = "truncated"
    UNKNOWN_SCHEMA = "unknown_schema"
    WRONG_SCHEMA = "wrong_schema"
    UNDECODABLE = "undecodable"
    WRONG_KEY = "wrong_key"


HINTS = {
    Reason.NOT_JSON: "send one JSON object a line, in UTF-8",
    Reason.DUPLICATE_KEY: "send each key once",
    Reason.UNKNOWN_TYPE: "set 'type' to one of the fact types",
    Reason.UNKNOWN_FIELD: "remove the field, or check its spelling and the fact's type",
    Reason.MISSING: "send a value: only optional fields may be null or absent",
    Reason.MISTYPED: "send the JSON type and format that the specification gives for the field",
    Reason.NO_OFFSET: "end the instant with its offset from UTC, such as +01:00 or Z",
    Reason.TOO_FINE: "cut the instant to whole milliseconds",
    Reason.IMPOSSIBLE_DATE: "send a date that exists, from 1900 to 2100",
    Reason.TOO_MANY_DECIMALS: "send hours with at most 2 decimals, shares with at most 6",
    Reason.OUT_OF_RANGE: "send a value within the field's bounds",
    Reason.UNKNOWN_CODE: "send one of the field's codes",
    Reason.UNKNOWN_MUNICIPALITY: "send the 3-digit code of one of the 98 municipalities",
    Reason.BAD_PSEUDONYM: "send the keyed pseudonym: 32 lower-case hex digits, never a CPR number",
    Reason.CITIZEN_NOT_ALLOWED: "leave 'citizen' null: this fact is about a municipality",
    Reason.SELF_LINK: "name another pseudonym in 'same_as' than in 'citizen'",
    Reason.END_BEFORE_START: "send an 'ends_on' no earlier than 'starts_on'",
    Reason.TRUNCATED: "send the whole value: magic byte, schema id, Avro record",
    Reason.UNKNOWN_SCHEMA: "encode with a schema that this service knows, or register it first",
    Reason.WRONG_SCHEMA: "send each fact to its own topic, encoded with that topic's schema",
    Reason.UNDECODABLE: "encode the value with exactly the schema whose id it carries",
    Reason.WRONG_KEY: "build the key as type/source/fact_id/version/digest of this very value",
}
"""What the sender should change, for each reason."""
