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
from typing import Any

import fastavro

from fokusstrom.domain.errors import Rejected
from fokusstrom.domain.refusals import HINTS, Reason

NAMESPACE = "dk.fokusstrom"
IDS_FILE = "ids.json"


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


def catalog(registry_url: str | None = None) -> SchemaCatalog:
    """The schemas with the ids that this installation uses: the registry's when its URL is set."""
    if registry_url is None:
        return checked_in()
    # Its client, with all that it needs for its ways of logging in, takes as long to import as all of Kafka.
    from fokusstrom.contracts import schema_registry  # noqa: PLC0415 - as it says

    return schema_registry.catalog_at(registry_url)


def has_bytes(tree: object) -> bool:
    """Whether a schema has bytes or fixed somewhere, which the columns' decoder can't bear."""
    if isinstance(tree, dict):
        return any(has_bytes(tree[key]) for key in ("type", "fields", "items", "values") if key in tree)
    return any(map(has_bytes, tree)) if isinstance(tree, list) else tree in {"bytes", "fixed"}


def _without_logical_types(tree: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(tree, dict):
        return {key: _without_logical_types(value) for key, value in tree.items() if key != "logicalType"}
    if isinstance(tree, list):
        return [_without_logical_types(value) for value in tree]
    return tree
