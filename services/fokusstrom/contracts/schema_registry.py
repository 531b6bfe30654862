"""Schemas with the ids of a registry: Confluent's client is used here and nowhere else."""

from __future__ import annotations

import functools
import json
from typing import Protocol

from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from fokusstrom.contracts.schemas import NAMESPACE, Schema, SchemaCatalog, checked_in, has_bytes
from fokusstrom.domain.errors import ConfigError, Unavailable

_NOT_FOUND = 404
_SCHEMA_IS_UNKNOWN = 40403


class Registry(Protocol):
    """What we ask of a schema registry's client."""

    def register_schema(self, subject_name: str, schema: RegistrySchema) -> int:
        """Give the schema's id under the subject; the same schema always gets the same one."""

    def get_schema(self, schema_id: int) -> RegistrySchema:
        """Give the schema of an id."""


def from_registry(registry: Registry) -> SchemaCatalog:
    """The schemas with the ids of a registry, which learns those that it doesn't have.

    Raises `ConfigError` when it refuses one of them, `Unavailable` when it doesn't answer.
    """
    own = [
        Schema(schema.name, schema.version, _register(registry, schema), schema.text)
        for schema in sorted(checked_in(), key=lambda one: one.version)
    ]
    return SchemaCatalog(own, functools.partial(_find_in, registry))


def catalog_at(url: str) -> SchemaCatalog:
    """The schemas with the ids of the registry at an address."""
    return from_registry(SchemaRegistryClient.new_client({"url": url}))


def _register(registry: Registry, schema: Schema) -> int:
    try:
        return registry.register_schema(schema.subject, RegistrySchema(schema.text, "AVRO"))
    except SchemaRegistryError as error:
        raise _sorted_out(error, f"{schema.subject} version {schema.version}") from error
    except OSError as error:  # what every HTTP client's transport errors are or wrap
        raise Unavailable("the schema registry does not answer") from error


def _find_in(registry: Registry, schema_id: int) -> Schema | None:
    try:
        text = registry.get_schema(schema_id).schema_str
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND or error.error_code == _SCHEMA_IS_UNKNOWN:
            return None
        raise _sorted_out(error, f"schema id {schema_id}") from error
    except OSError as error:
        raise Unavailable("the schema registry does not answer") from error
    return _foreign(schema_id, text or "null")


def _foreign(schema_id: int, text: str) -> Schema | None:
    """A schema that only the registry knows, if we could read it: the decoder can't bear bytes and fixed."""
    tree = json.loads(text)
    if not isinstance(tree, dict) or tree.get("type") != "record" or has_bytes(tree):
        return None
    namespaced = tree["name"] if "." in tree["name"] else f"{tree.get('namespace', '')}.{tree['name']}"
    return Schema(namespaced.removeprefix(f"{NAMESPACE}."), 0, schema_id, text)


def _sorted_out(error: SchemaRegistryError, what: str) -> ConfigError | Unavailable:
    """Who can help: the operator with a refusal, time with the rest."""
    if 400 <= error.http_status_code < 500:  # noqa: PLR2004 - HTTP's range of the caller's faults
        return ConfigError(f"the schema registry refuses {what}: {error.error_message}")
    return Unavailable(f"the schema registry fails on {what}: HTTP {error.http_status_code}")
