"""Where Avro schemas come from, and their ids: the files of `schemas/avro`, or a registry if its URL is set.

A *subject* is a record's full name (the registry's RecordNameStrategy): most topics carry several kinds of
records, and a kind may travel on several topics. `ids.json` names for each subject and version the id, the
file, and the digest of the file as released: a released file never changes, a new version is a new file.

Ids of the checked-in file and ids of a registry are different numbers for the same schemas. A log written
with the one cannot be read with the other, so an installation chooses once.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol

import fastavro
from confluent_kafka.schema_registry import Schema as RegistrySchema
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from fokusstrom.domain.errors import ConfigError, Rejected, Unavailable
from fokusstrom.domain.refusals import HINTS, Reason

NAMESPACE = "dk.fokusstrom"
IDS_FILE = "ids.json"
_NOT_FOUND = 404
_SCHEMA_IS_UNKNOWN = 40403


@dataclass(frozen=True)
class Schema:
    """One version of one record's schema."""

    name: str
    """The record's name, such as `MeetingHeld`; with its namespace when that isn't ours."""
    version: int
    """Version in its subject; 0 when only a registry knows it."""
    schema_id: int
    """The number in the header of every value."""
    text: str = field(repr=False)
    """The schema as JSON, with its `doc`s."""

    @property
    def subject(self) -> str:
        """The record's full name."""
        return f"{NAMESPACE}.{self.name}"

    @functools.cached_property
    def tree(self) -> Mapping[str, Any]:
        """The schema as JSON says it."""
        tree: Mapping[str, Any] = json.loads(self.text)
        return tree

    @functools.cached_property
    def parsed(self) -> Any:  # noqa: ANN401 - fastavro's own type is this
        """The schema as fastavro wants it: instants become `datetime`, dates `date`."""
        return fastavro.parse_schema(json.loads(self.text))

    @functools.cached_property
    def bare(self) -> Any:  # noqa: ANN401 - as `parsed`
        """As `parsed`, but instants and dates stay numbers, so that none is too great for Python."""
        return fastavro.parse_schema(_without_logical_types(json.loads(self.text)))


class SchemaCatalog:
    """Every schema that can be read, and the one of each record that is written."""

    def __init__(self, schemas: Iterable[Schema], find: Callable[[int], Schema | None] | None = None) -> None:
        """Take the known schemas, and how to find those of other ids (a registry), if there is a way."""
        self._by_id = {schema.schema_id: schema for schema in schemas}
        self._latest: dict[str, Schema] = {}
        for schema in sorted(self._by_id.values(), key=lambda one: one.version):
            self._latest[schema.name] = schema
        self._find = find

    def __iter__(self) -> Iterator[Schema]:
        """Every schema known so far, by id."""
        return iter([self._by_id[schema_id] for schema_id in sorted(self._by_id)])

    def latest(self, name: str) -> Schema:
        """The schema that records of this name are written with; `KeyError` when there is none."""
        return self._latest[name]

    def id_of(self, name: str) -> int:
        """The id that records of this name are written with."""
        return self._latest[name].schema_id

    def by_id(self, schema_id: int) -> Schema:
        """The schema of a value's header.

        `Rejected` when nobody knows it, `Unavailable` when the registry that would is away.
        """
        known = self._by_id.get(schema_id)
        if known is None and self._find is not None:
            known = self._find(schema_id)
        if known is None:
            raise Rejected(Reason.UNKNOWN_SCHEMA, None, HINTS[Reason.UNKNOWN_SCHEMA])
        self._by_id[schema_id] = known
        return known

    def subjects(self) -> dict[str, dict[int, Schema]]:
        """Subject -> version -> schema, as a registry would list them."""
        listed: dict[str, dict[int, Schema]] = {}
        for schema in self:
            listed.setdefault(schema.subject, {})[schema.version] = schema
        return listed


def folder() -> Traversable:
    """Where the schema files are: in the installed package, or in the working tree of an editable install."""
    packaged = resources.files(__package__).joinpath("_schemas")
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "schemas" / "avro"


def released() -> dict[str, dict[str, dict[str, Any]]]:
    """`ids.json`: subject -> version -> id, file, digest."""
    listed: dict[str, dict[str, dict[str, Any]]] = json.loads(folder().joinpath(IDS_FILE).read_text("utf-8"))
    return listed


def checked_in() -> SchemaCatalog:
    """The schemas with the ids of the checked-in file: what is used when no registry is set."""
    return SchemaCatalog(
        Schema(
            subject.removeprefix(f"{NAMESPACE}."),
            int(version),
            entry["id"],
            folder().joinpath(entry["file"]).read_text("utf-8"),
        )
        for subject, versions in released().items()
        for version, entry in versions.items()
    )


def digest_of(text: str) -> str:
    """Digest of a schema file as `ids.json` records it."""
    return hashlib.sha256(text.encode()).hexdigest()


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


def catalog(registry_url: str | None = None) -> SchemaCatalog:
    """The schemas with the ids that this installation uses: the registry's when its URL is set."""
    if registry_url is None:
        return checked_in()
    return from_registry(SchemaRegistryClient.new_client({"url": registry_url}))


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
    if not isinstance(tree, dict) or tree.get("type") != "record" or _has_bytes(tree):
        return None
    namespaced = tree["name"] if "." in tree["name"] else f"{tree.get('namespace', '')}.{tree['name']}"
    return Schema(namespaced.removeprefix(f"{NAMESPACE}."), 0, schema_id, text)


def _has_bytes(tree: object) -> bool:
    if isinstance(tree, dict):
        return any(_has_bytes(tree[key]) for key in ("type", "fields", "items", "values") if key in tree)
    return any(map(_has_bytes, tree)) if isinstance(tree, list) else tree in {"bytes", "fixed"}


def _sorted_out(error: SchemaRegistryError, what: str) -> ConfigError | Unavailable:
    """Who can help: the operator with a refusal, time with the rest."""
    if 400 <= error.http_status_code < 500:  # noqa: PLR2004 - HTTP's range of the caller's faults
        return ConfigError(f"the schema registry refuses {what}: {error.error_message}")
    return Unavailable(f"the schema registry fails on {what}: HTTP {error.http_status_code}")


def _without_logical_types(tree: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(tree, dict):
        return {key: _without_logical_types(value) for key, value in tree.items() if key != "logicalType"}
    if isinstance(tree, list):
        return [_without_logical_types(value) for value in tree]
    return tree
