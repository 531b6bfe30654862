"""A registry's ids instead of the checked-in ones, and a registry that does not help."""

from __future__ import annotations

import json

import pytest
from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from fokusstrom.contracts import schema_registry, schemas
from fokusstrom.domain.errors import ConfigError, Rejected, Unavailable

CATALOG = schemas.checked_in()


class FakeRegistry:
    """A registry in memory, that can fail."""

    def __init__(self, error: Exception | None = None) -> None:
        """Hold nothing yet; raise the error, if one is given, at every call."""
        self.held: dict[int, str] = {}
        self.error = error

    def register_schema(self, subject_name: str, schema: RegistrySchema) -> int:
        """Ids from 501 on, in the order of the calls."""
        if self.error:
            raise self.error
        assert json.loads(schema.schema_str or "")["name"] == subject_name.rpartition(".")[2]
        self.held[501 + len(self.held)] = schema.schema_str or ""
        return max(self.held)

    def get_schema(self, schema_id: int) -> RegistrySchema:
        """What was held, else the registry's 404."""
        if self.error:
            raise self.error
        if schema_id not in self.held:
            raise SchemaRegistryError(404, 40403, "Schema not found")
        return RegistrySchema(self.held[schema_id], "AVRO")


def test_with_a_registry_the_ids_are_its_own() -> None:
    """Ids come from the registry when its URL is set."""
    registry = FakeRegistry()
    catalog = schema_registry.from_registry(registry)
    assert catalog.id_of("MeetingHeld") in registry.held
    assert catalog.by_id(catalog.id_of("CutMark")).text == CATALOG.latest("CutMark").text
    with pytest.raises(Rejected):
        catalog.by_id(1)


def test_a_newer_writers_schema_is_looked_up() -> None:
    """An id that only the registry knows is asked of it, once; what we write stays our version."""
    registry = FakeRegistry()
    catalog = schema_registry.from_registry(registry)
    registry.held[900] = CATALOG.latest("RuleSet").text.replace("In TOML", "In TOML, newer")
    assert catalog.by_id(900).name == "RuleSet"
    registry.error = OSError()
    assert catalog.by_id(900).version == 0
    assert catalog.id_of("RuleSet") != 900


@pytest.mark.parametrize(
    "text",
    [
        '"string"',
        '{"type": "record", "name": "RuleSet", "fields": [{"name": "text", "type": ["null", {"type": "bytes"}]}]}',
    ],
    ids=["no record", "bytes"],
)
def test_a_schema_that_cannot_be_read_counts_as_unknown(text: str) -> None:
    """What the decoder can't bear is refused by its id, before it is decoded."""
    registry = FakeRegistry()
    catalog = schema_registry.from_registry(registry)
    registry.held[900] = text
    with pytest.raises(Rejected):
        catalog.by_id(900)


def test_foreign_records_keep_their_full_name() -> None:
    """Another system's MeetingHeld isn't ours."""
    registry = FakeRegistry()
    catalog = schema_registry.from_registry(registry)
    registry.held[900] = '{"type": "record", "name": "MeetingHeld", "namespace": "org.other", "fields": []}'
    assert catalog.by_id(900).name == "org.other.MeetingHeld"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SchemaRegistryError(409, 409, "incompatible"), ConfigError),
        (SchemaRegistryError(503, 50001, "leader unknown"), Unavailable),
        (ConnectionError(), Unavailable),
    ],
    ids=["refuses", "fails", "is away"],
)
def test_a_registry_that_does_not_help(error: Exception, expected: type[Exception]) -> None:
    """What the operator must change is told from what time heals."""
    with pytest.raises(expected):
        schema_registry.from_registry(FakeRegistry(error))
    registry = FakeRegistry()
    catalog = schema_registry.from_registry(registry)
    registry.error = error
    with pytest.raises(expected):
        catalog.by_id(900)


def test_confluents_client_is_a_registry_to_us() -> None:
    """`FOKUSSTROM_REGISTRY_URL` names a registry that Confluent's client talks to."""
    catalog = schema_registry.from_registry(SchemaRegistryClient.new_client({"url": "mock://schemas"}))
    assert {schema.name for schema in catalog} == {schema.name for schema in CATALOG}
