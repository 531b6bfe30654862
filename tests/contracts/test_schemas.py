"""Schemas: complete, documented, frozen, compatible, and with ids that a log can rely on."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse

from fokusstrom.contracts import schemas
from fokusstrom.contracts.columns import arrow_schema
from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.facts import FACT_TYPES, UNKNOWN, FactType, Kind
from fokusstrom.domain.refusals import Reason

CATALOG = schemas.checked_in()
GOLDEN: dict[str, Any] = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
ALL = pytest.mark.parametrize("schema", list(CATALOG), ids=lambda schema: f"{schema.name}-{schema.version}")
FACTS = pytest.mark.parametrize("fact_type", FACT_TYPES.values(), ids=lambda fact_type: fact_type.name)


def _trees(tree: object) -> Iterator[dict[str, Any]]:
    """Every JSON object in a schema."""
    if isinstance(tree, dict):
        yield tree
    for one in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _trees(one)


@FACTS
def test_a_fact_has_the_fields_of_its_type(fact_type: FactType) -> None:
    """The Avro schemas carry the same fields."""
    schema = CATALOG.latest(fact_type.name)
    assert [field["name"] for field in schema.tree["fields"]] == [field.name for field in fact_type.fields]
    assert arrow_schema(schema) == fact_type.arrow_schema


@FACTS
def test_a_facts_codes_are_those_of_its_fields(fact_type: FactType) -> None:
    """An enumeration has the field's codes and UNKNOWN."""
    named = {tree["name"]: tree for tree in _trees(CATALOG.latest(fact_type.name).tree) if "symbols" in tree}
    for field, tree in zip(fact_type.fields, CATALOG.latest(fact_type.name).tree["fields"], strict=True):
        if field.kind is Kind.CODE:
            kind = next(one for one in tree["type"] if one != "null")
            enumeration = kind if isinstance(kind, dict) else named[kind.rpartition(".")[2]]
            assert set(enumeration["symbols"]) == {UNKNOWN, *field.codes}, field.name


@FACTS
def test_own_fields_of_a_fact_may_be_null(fact_type: FactType) -> None:
    """On a deleted record, fields beyond the common ones may be null."""
    for tree in CATALOG.latest(fact_type.name).tree["fields"][-len(fact_type.own_fields) :]:
        assert tree["type"][0] == "null", tree["name"]
        assert tree["default"] is None, tree["name"]


@ALL
def test_every_field_says_what_it_is(schema: schemas.Schema) -> None:
    """Every record, field and enumeration has a `doc`."""
    for tree in _trees(schema.tree):
        if "name" in tree:
            assert len(tree.get("doc", "")) > 15, tree["name"]


@ALL
def test_every_enumeration_has_a_default(schema: schemas.Schema) -> None:
    """Every enumeration in the schemas has the default UNKNOWN."""
    for tree in _trees(schema.tree):
        if tree.get("type") == "enum":
            assert tree["default"] == UNKNOWN
            assert UNKNOWN in tree["symbols"]


@ALL
def test_no_schema_holds_what_the_decoder_cannot_bear(schema: schemas.Schema) -> None:
    """The decoder panics on bytes and fixed, so no schema has them."""
    assert not schemas.has_bytes(schema.tree)


@ALL
def test_the_pseudonym_is_the_only_personal_data(schema: schemas.Schema) -> None:
    """Only facts and enriched meetings name a citizen, by the pseudonym."""
    names = {tree["name"] for tree in _trees(schema.tree) if "name" in tree}
    if schema.name not in {*FACT_TYPES, "EnrichedMeeting"}:
        assert not names & {"citizen", "same_as", "person"}
    assert not names & {"cpr", "name_of_citizen", "address"}


def test_released_files_never_change() -> None:
    """Released schemas are frozen: a change is a new version, a new file and a new line in ids.json."""
    entries = [entry for versions in schemas.released().values() for entry in versions.values()]
    for entry in entries:
        text = schemas.folder().joinpath(entry["file"]).read_text("utf-8")
        assert schemas.digest_of(text) == entry["sha256"], f"{entry['file']} differs from what was released"
    files = {file.name for file in schemas.folder().iterdir() if file.name.endswith(".avsc")}
    assert files == {entry["file"] for entry in entries}


def test_ids_are_never_shared() -> None:
    """A schema's id names one schema."""
    ids = [entry["id"] for versions in schemas.released().values() for entry in versions.values()]
    assert len(ids) == len(set(ids))


def _compatible(reader: schemas.Schema, writer: schemas.Schema) -> bool:
    checker: Any = ReaderWriterCompatibilityChecker
    result = checker().get_compatibility(parse(reader.text), parse(writer.text))
    return bool(result.compatibility is SchemaCompatibilityType.compatible)


@pytest.mark.parametrize("subject", CATALOG.subjects())
def test_versions_are_compatible_with_each_other(subject: str) -> None:
    """Every released writer can be read by today's reader, and today's writer by every released reader."""
    versions = CATALOG.subjects()[subject].values()
    for reader, writer in itertools.product(versions, repeat=2):
        assert _compatible(reader, writer), (reader, writer)


def test_an_incompatible_version_would_be_noticed() -> None:
    """A field without default is no compatible addition."""
    schema = CATALOG.latest("RuleSet")
    tree = json.loads(schema.text)
    tree["fields"].append({"name": "law", "type": "string"})
    changed = schemas.Schema("RuleSet", 2, 1_000, json.dumps(tree))
    assert _compatible(schema, changed)
    assert not _compatible(changed, schema)


@ALL
def test_golden_bytes(schema: schemas.Schema) -> None:
    """Bytes that a released writer wrote mean today what they meant then."""
    golden = GOLDEN[schema.name][str(schema.version)]
    payload = bytes.fromhex(golden["bytes"])
    reader = CATALOG.latest(schema.name)
    read = fastavro.schemaless_reader(io.BytesIO(payload), schema.bare, reader.bare)
    assert isinstance(read, dict)
    assert {name: read[name] for name in golden["record"]} == golden["record"]
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema.bare, golden["record"])
    assert stream.getvalue() == payload


def test_unknown_ids_are_refused() -> None:
    """An unknown schema id is refused."""
    with pytest.raises(Rejected) as refused:
        CATALOG.by_id(4_000_000)
    assert refused.value.reason == Reason.UNKNOWN_SCHEMA


def test_without_a_url_the_checked_in_ids_are_used() -> None:
    """Without a registry, ids come from the checked-in file."""
    assert schemas.catalog().id_of("MeetingHeld") == 1
