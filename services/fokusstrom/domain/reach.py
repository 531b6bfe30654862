"""What a change of the law can reach: which rules and figures can differ, what they need, and whose facts.

Theory of operation. Two rule sets are compared day by day: on each day rows of a table hold, in their order, and the
values of some columns differ, or the rows themselves do. A rule is reached when its file names a table and a column
that differ, or another rule that is reached; a figure likewise. What a file names is read from its SQL, by DuckDB's own
parser, so that nobody keeps a list of it. A figure that isn't reached is the same under both rule sets.

Some tables are asked only about the date of a meeting (`_AT_MEETINGS`). When nothing else changed, who had no
meeting on the days concerned has the same figures under both.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.fold import FIGURES, INPUTS, OF_MEETINGS, RULES, sql_of
from fokusstrom.domain.rule_set import FOREVER, TABLES

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_AT_MEETINGS: Mapping[str, str | None] = {
    "counting_modes": "mode",
    "counting_reporters": "reporter",
    "mode_rules": None,
}
"""Tables that rules join by a meeting's date alone; and by which code of its, where rows are of a code each."""
_OF_DATES = ("valid_from", "valid_to")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """On some days, both included, the columns of a table that have other values; with rows of codes, of which."""

    table: str
    columns: frozenset[str]
    first: dt.date
    last: dt.date
    codes: tuple[str, ...] = ()

    @property
    def meetings(self) -> str:
        """SQL condition on the meetings that it is about, of a table that is asked about a meeting's date."""
        code = _AT_MEETINGS[self.table]
        of_code = f" AND {code} IN ({', '.join(repr(one) for one in self.codes)})" if code else ""
        return f"(local_date BETWEEN DATE '{self.first}' AND DATE '{self.last}'{of_code})"


@dataclass(frozen=True)
class Reach:
    """What a change of the law can reach."""

    figures: tuple[str, ...]
    """The figures that can differ."""
    rules: tuple[str, ...]
    """The rules that can differ and that these figures need."""
    needed: frozenset[str]
    """All rules and inputs that these figures need."""
    meetings: str | None
    """SQL condition on the meetings of those whose figures can differ; None when they can be anybody's."""


def reach(connection: duckdb.DuckDBPyConnection, before: RuleSet, after: RuleSet) -> Reach:
    """Tell what can differ between two rule sets; the connection parses, no relation is read or made."""
    every = tuple(changes(before, after))
    read_by = {name: _reads(connection, "rules", name) for name in RULES if name not in OF_MEETINGS}
    told_by = {name: _reads(connection, "figures", name) for name in FIGURES}
    rules: set[str] = set()
    for name, reads in read_by.items():  # each needs only earlier ones
        if reads.relations & rules or any(map(reads.is_reached, every)):
            rules.add(name)
    figures = tuple(
        name for name, reads in told_by.items() if reads.relations & rules or any(map(reads.is_reached, every))
    )
    needed = {relation for name in figures for relation in told_by[name].relations}
    for name in reversed(read_by):
        if name in needed:
            needed |= read_by[name].relations
    readers = [*(told_by[name] for name in figures), *(read_by[name] for name in read_by if name in needed)]
    concerning = [change for change in every if any(reads.is_reached(change) for reads in readers)]
    return Reach(
        figures,
        tuple(name for name in read_by if name in rules & needed),
        frozenset(needed & {*read_by, *INPUTS}),
        _meetings(concerning),
    )


def changes(before: RuleSet, after: RuleSet) -> Iterator[Change]:
    """Give what differs between two rule sets, table by table, day by day; references and provenances aside."""
    for table in TABLES:
        sides = (before.rows[table], after.rows[table])
        days = sorted({day for rows in sides for row in rows for day in _turns(row)} - {None})
        for first, following in zip(days, [*days[1:], None], strict=True):
            was, now = (_in_force(table, rows, first) for rows in sides)
            if was != now:
                last = FOREVER if following is None else following - _DAY
                yield Change(table, _columns(table, was, now), first, last, _codes(table, was, now))


def _turns(row: Mapping[str, Any]) -> Iterator[dt.date]:
    """Give the days from which on it holds and holds no more."""
    yield row["valid_from"]
    if row["valid_to"] != FOREVER:
        yield row["valid_to"] + _DAY


_Row = Mapping[str, Any]


def _in_force(table: str, rows: Iterable[_Row], day: dt.date) -> list[_Row]:
    columns = [name for name in TABLES[table] if name not in _OF_DATES]
    return [{name: row[name] for name in columns} for row in rows if row["valid_from"] <= day <= row["valid_to"]]


def _columns(table: str, was: Collection[_Row], now: Collection[_Row]) -> frozenset[str]:
    """Name the columns that differ; all of them where there are more rows or fewer."""
    if len(was) != len(now):
        return frozenset(TABLES[table])
    return frozenset(name for old, new in zip(was, now, strict=True) for name in old if old[name] != new[name])


def _codes(table: str, was: Collection[_Row], now: Collection[_Row]) -> tuple[str, ...]:
    column = _AT_MEETINGS.get(table)
    if column is None:
        return ()
    differing = [*(row for row in was if row not in now), *(row for row in now if row not in was)]
    return tuple(sorted({row[column] for row in differing}))


def _meetings(concerning: Collection[Change]) -> str | None:
    if not all(change.table in _AT_MEETINGS for change in concerning):
        return None
    return " OR ".join(change.meetings for change in concerning) or "false"


@dataclass(frozen=True)
class _Reads:
    """What a file names."""

    relations: frozenset[str]
    columns: frozenset[str]
    every_column: bool

    def is_reached(self, change: Change) -> bool:
        """Whether it reads what differs; a name of a column may be of another relation, which does no harm."""
        return change.table in self.relations and (self.every_column or bool(change.columns & self.columns))


def _reads(connection: duckdb.DuckDBPyConnection, folder: str, name: str) -> _Reads:
    ((parsed,),) = connection.execute("SELECT json_serialize_sql($text)", {"text": sql_of(folder, name)}).fetchall()
    nodes = list(_nodes(json.loads(parsed)))
    not_of_law = {*RULES, *(part["key"] for node in nodes for part in node.get("cte_map", {}).get("map", ()))}
    return _Reads(
        frozenset(node["table_name"] for node in nodes if node.get("type") == "BASE_TABLE"),
        frozenset(
            named[-1] for node in nodes for named in (node.get("column_names"), node.get("using_columns")) if named
        ),
        any(node.get("class") == "STAR" and node["relation_name"] not in not_of_law for node in nodes),
    )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Give every object of a parsed statement."""
    if isinstance(tree, dict):
        yield tree
    for below in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(below)
