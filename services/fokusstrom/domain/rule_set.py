"""What a rule set is: the tables of rules that the law changes, read from TOML; specification section 3.

A rule set is named by the digest of its text. Its tables become relations of the same names and columns,
which the rules in `rules/` join; `from` and `to` become `valid_from` and `valid_to`, both included.

A *scenario* is any other rule set than the one in force. Its file may be whole, or changes to one that ships
(`rule_changes`); its text is then the whole rule set that comes out, so that the digest names all of it and
whoever reads the text needs nothing else.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from fokusstrom.domain import rule_changes, rule_text
from fokusstrom.domain.errors import ConfigError
from fokusstrom.domain.rule_checks import Placed, problems_between
from fokusstrom.domain.rule_tables import (
    EVERY_ROW,
    FOREVER,
    PROVENANCES,
    TABLES,
    Column,
    as_row,
    columns_in_toml,
    contradictions_in_row,
    problems_of_row,
)

if TYPE_CHECKING:
    import duckdb

__all__ = ["FOREVER", "PROVENANCES", "TABLES", "Column", "RuleSet", "in_force", "parse", "scenarios", "shipped"]

_IN_FORCE = "in_force"
_LANGUAGES = ("da", "en")
_HEADS = ("name", "version", "title", "based_on", "replaced")


@dataclass(frozen=True)
class RuleSet:
    """A rule set as read: `rows` are the rows of each table, by the column names of the relations."""

    name: str
    version: str
    text: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    titles: Mapping[str, str] = field(default_factory=dict)
    """What it is called, by language; without one, its name stands for it."""

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the text: what cut marks and figures name the rule set by."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def row(self, table: str) -> Mapping[str, Any]:
        """Return the row of a table that has one row."""
        return self.rows[table][0]

    def title(self, language: str) -> str:
        """Return what it is called in a language."""
        return self.titles.get(language, self.name)

    def install(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables relations of a connection, in place of those of an earlier rule set."""
        for table, rows in self.rows.items():
            columns = {"row": Column("INTEGER"), **TABLES[table], **EVERY_ROW}
            declared = ", ".join(f"{name} {column.sql}" for name, column in columns.items())
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({declared})")
            if rows:
                marks = ", ".join("?" for _ in columns)
                numbered = [{**row, "row": number} for number, row in enumerate(rows, start=1)]
                connection.execute(
                    f"INSERT INTO {table} VALUES {', '.join(f'({marks})' for _ in rows)}",
                    [row[name] for row in numbered for name in columns],
                )


def parse(text: str) -> RuleSet:
    """Read a rule set from the text of its file; raises ConfigError with every problem found."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the rule set is not TOML: {error}") from error
    reading = _Reading(content)
    tables = reading.tables()
    if reading.problems:
        raise ConfigError(*reading.problems)
    rows = {table: tuple(as_row(table, row.values) for row in tables[table]) for table in TABLES}
    whole = text if reading.is_whole else _written(content, tables)
    return RuleSet(content["name"], content["version"], whole, rows, content.get("title", {}))


@functools.cache
def in_force() -> RuleSet:
    """Return the rule set in force, which ships with the project."""
    return parse(_folder().joinpath(f"{_IN_FORCE}.toml").read_text("utf-8"))


@functools.cache
def scenarios() -> tuple[str, ...]:
    """Name the scenarios that ship with the project."""
    files = _folder().joinpath("scenarios").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@functools.cache
def shipped(name: str) -> RuleSet:
    """Return a rule set that ships with the project by its file's name; KeyError when there is none."""
    if name == _IN_FORCE:
        return in_force()
    if name not in scenarios():
        raise KeyError(name)
    return parse(_folder().joinpath("scenarios", f"{name}.toml").read_text("utf-8"))


def _folder() -> Traversable:
    return resources.files(__package__).joinpath("rulesets")


def _written(content: Mapping[str, Any], tables: Mapping[str, Sequence[Placed]]) -> str:
    heads = {key: content[key] for key in ("name", "version", "title") if key in content}
    return rule_text.written(heads, {table: [row.values for row in rows] for table, rows in tables.items()})


def _problems_of_heads(content: Mapping[str, Any]) -> Iterator[str]:
    for key in ("name", "version"):
        if not isinstance(content.get(key), str) or not content[key].strip():
            yield f"{key}: give the rule set a {key}, as text"
    title = content.get("title", {})
    if not isinstance(title, dict) or not title.keys() <= set(_LANGUAGES) or not all(map(_is_text, title.values())):
        yield f"title: give it as text for each of {', '.join(_LANGUAGES)}"
    if "replaced" in content and "based_on" not in content:
        yield "replaced: say with based_on which rule set has the rows to replace"
    if content.get("based_on", _IN_FORCE) != _IN_FORCE:
        yield f"based_on: must be {_IN_FORCE}"
    for key in content.keys() - TABLES.keys() - set(_HEADS):
        yield f"{key}: there is no such table of rules; there are {', '.join(TABLES)}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


class _Reading:
    """Reads the tables of one file; `problems` are all that were found."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        self._broken: Counter[str] = Counter()
        self.is_whole = not content.keys() & {"based_on", "replaced"}
        self.problems = list(_problems_of_heads(content))

    def tables(self) -> Mapping[str, Sequence[Placed]]:
        """Return the rows of every table, without those that something is wrong with."""
        tables = {table: self._rows(table) for table in TABLES} if self.is_whole else self._after_changes()
        for table, rows in tables.items():
            self.problems += problems_between(table, rows, self._broken[table])
        return tables

    def _after_changes(self) -> dict[str, list[Placed]]:
        """Read a scenario that is written as changes: the rows of every table as they are after them."""
        spans = rule_changes.spans_of(self._content, self.problems)
        tables = {}
        for table, rows in _Reading(tomllib.loads(in_force().text)).tables().items():
            base = [Placed(f"{row.where} of {_IN_FORCE}", row.values) for row in rows]
            given = self._rows(table) if table in self._content else []
            self.problems += rule_changes.misplaced(table, base, given, spans)
            tables[table] = rule_changes.replaced(table, base, given, spans)
        return tables

    def _rows(self, table: str) -> list[Placed]:
        given = self._content.get(table)
        if not isinstance(given, list):
            self.problems.append(f"{table}: write its rows as [[{table}]]")
            self._broken[table] += 1
            return []
        return [row for number, values in enumerate(given, start=1) if (row := self._row(table, number, values))]

    def _row(self, table: str, number: int, values: Any) -> Placed | None:  # noqa: ANN401 - what TOML gave
        placed = Placed(f"{table} row {number}", values)
        found = list(_problems_of(table, values))
        if not found:
            return placed
        self._broken[table] += 1
        self.problems += [f"{placed.where}: {problem}" for problem in found]
        return None


def _problems_of(table: str, row: object) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"write it as [[{table}]]"
        return
    found = list(problems_of_row(row, columns_in_toml(table)))
    yield from found or contradictions_in_row(table, row)
