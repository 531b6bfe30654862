"""What is refused before any rule, and why: the specification's "Refused" lives here.

Two things are refused elsewhere with reasons of this list: what isn't the right shape of the exchange
format (`contracts.exchange`), and what is no readable record of a topic (`contracts.wire`).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping

from fokusstrom.domain.facts import (
    COMMON_FIELDS,
    FIRST_YEAR,
    LAST_YEAR,
    UNKNOWN,
    FactType,
    Field,
    Kind,
)


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
    # a connector's: what it can't make a fact of
    UNREADABLE = "unreadable"
    NO_RULE = "no_rule"
    UNMAPPED_CODE = "unmapped_code"
    BAD_PERSONAL_NUMBER = "bad_personal_number"
    UNKNOWN_PERSON = "unknown_person"
    TEST_PERSON = "test_person"
    PERSONAL_NUMBER = "personal_number"
    # a connector's too, but only flags: the fact is sent
    SAME_MEETING = "same_meeting"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    NO_PARTICIPATION_STATUS = "no_participation_status"
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
    Reason.UNREADABLE: "send each row whole, in the format and the encoding that the connector is told",
    Reason.NO_RULE: "add a rule for such records to the mapping, or list them under 'ignore'",
    Reason.UNMAPPED_CODE: "add the code to the mapping's 'codes' of the field, or give it an 'otherwise'",
    Reason.BAD_PERSONAL_NUMBER: "send a personal number (CPR-nummer): a date as DDMMYY and four digits",
    Reason.UNKNOWN_PERSON: "name the citizen: 0000000000 stands for one who is not known",
    Reason.TEST_PERSON: "leave out test persons and replacement numbers, or set 'replacement_numbers' to accept",
    Reason.PERSONAL_NUMBER: "keep personal numbers out of the field, or let the mapping hash it with 'hashed'",
    Reason.SAME_MEETING: "delete one: the citizen has another meeting of the same type at the same time",
    Reason.TYPE_NOT_ALLOWED: "check the type: citizens of this contact group have no such meetings",
    Reason.NO_PARTICIPATION_STATUS: "say how the other authority took part in the meeting",
    Reason.TRUNCATED: "send the whole value: magic byte, schema id, Avro record",
    Reason.UNKNOWN_SCHEMA: "encode with a schema that this service knows, or register it first",
    Reason.WRONG_SCHEMA: "send each fact to its own topic, encoded with that topic's schema",
    Reason.UNDECODABLE: "encode the value with exactly the schema whose id it carries",
    Reason.WRONG_KEY: "build the key as type/source/fact_id/version/digest of this very value",
}
"""What the sender should change, for each reason."""


def fault_sql(fact_type: FactType) -> str:
    """Give the SQL expression for the first fault of a record, `reason:field`; null when it is accepted.

    It reads the columns of `fact_type.arrow_schema`, in a connection that has a `Book`'s types: a query is
    planned for each batch, and lists of codes in its text would cost more than looking at the batch.
    """
    cases = [f"WHEN {condition} THEN '{reason}:{field}'" for condition, reason, field in _faults(fact_type)]
    return "CASE " + " ".join(cases) + " END"


def faults_sql(fact_type: FactType) -> str:
    """Give the SQL expression for all faults of a record, as a list of `reason:field` in the order of the fields."""
    cases = [f"CASE WHEN {condition} THEN '{reason}:{field}' END" for condition, reason, field in _faults(fact_type)]
    return f"list_filter([{', '.join(cases)}], lambda fault: fault IS NOT NULL)"


def column_sql(field: Field) -> str:
    """Give the SQL expression for a field of an accepted record.

    On a deleted record only the common fields are asked for: what would be refused of the others is null.
    """
    faults = [] if field in COMMON_FIELDS else [condition for condition, _ in _faults_of_value(field)]
    if not faults:
        return field.name
    is_refused = " OR ".join(faults)  # asked of deleted records alone: the others have been through `fault_sql`
    return f"CASE WHEN deleted THEN CASE WHEN {is_refused} THEN NULL ELSE {field.name} END ELSE {field.name} END"


def _faults(fact_type: FactType) -> Iterator[tuple[str, Reason, str]]:
    for field in fact_type.fields:
        if field.name == "citizen" and not fact_type.about_citizen:
            yield "citizen IS NOT NULL", Reason.CITIZEN_NOT_ALLOWED, field.name
            continue
        asked = "" if field in COMMON_FIELDS else "NOT deleted AND "
        if not field.optional:
            yield f"{asked}{field.name} IS NULL", Reason.MISSING, field.name
        for condition, reason in _faults_of_value(field):
            yield f"{asked}{condition}", reason, field.name
    names = {field.name for field in fact_type.fields}
    if "same_as" in names:
        yield "NOT deleted AND same_as = citizen", Reason.SELF_LINK, "same_as"
    if "ends_on" in names:
        yield "NOT deleted AND ends_on < starts_on", Reason.END_BEFORE_START, "ends_on"


def _faults_of_value(field: Field) -> list[tuple[str, Reason]]:
    """Pair what is wrong with a value that is there with its reason; a null value makes no condition true."""
    name = field.name
    # Compared with constants: `year` of an instant would look up a time zone for each of millions.
    first, beyond = (f"TIMESTAMPTZ '{year}-01-01 00:00:00+00'" for year in (FIRST_YEAR, LAST_YEAR + 1))
    instants = f"({name} < {first} OR {name} >= {beyond})"
    dates = f"{name} NOT BETWEEN DATE '{FIRST_YEAR}-01-01' AND DATE '{LAST_YEAR}-12-31'"
    no_code = f"TRY_CAST({name} AS {field.code_type}) IS NULL"
    unknown = no_code if field.unknown_is_accepted else f"({no_code} OR {name} = '{UNKNOWN}')"
    out_of_range = f"{name} NOT BETWEEN {field.least} AND {field.most}"
    month = f"NOT regexp_full_match({name}, '[0-9]{{4}}-(0[1-9]|1[0-2])')"
    faults: Mapping[Kind, list[tuple[str, Reason]]] = {
        Kind.TEXT: [(f"{name} = ''", Reason.OUT_OF_RANGE)],
        Kind.CODE: [(f"{name} IS NOT NULL AND {unknown}", Reason.UNKNOWN_CODE)],
        Kind.PSEUDONYM: [(f"NOT regexp_full_match({name}, '[0-9a-f]{{32}}')", Reason.BAD_PSEUDONYM)],
        Kind.MUNICIPALITY: [(f"{name} IS NOT NULL AND {no_code}", Reason.UNKNOWN_MUNICIPALITY)],
        Kind.JOBCENTER: [(f"NOT regexp_full_match({name}, '[0-9]{{5}}')", Reason.OUT_OF_RANGE)],
        Kind.INSTANT: [(instants, Reason.IMPOSSIBLE_DATE)],
        Kind.DATE: [(dates, Reason.IMPOSSIBLE_DATE)],
        Kind.MONTH: [
            (month, Reason.IMPOSSIBLE_DATE),
            (f"{name} NOT BETWEEN '{FIRST_YEAR}-01' AND '{LAST_YEAR}-12'", Reason.IMPOSSIBLE_DATE),
        ],
        Kind.INTEGER: [(out_of_range, Reason.OUT_OF_RANGE)],
        Kind.HOURS: [(out_of_range, Reason.OUT_OF_RANGE)],
        Kind.SHARE: [(out_of_range, Reason.OUT_OF_RANGE)],
        Kind.BOOLEAN: [],
    }
    return faults[field.kind]
