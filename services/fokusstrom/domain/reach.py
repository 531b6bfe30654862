"""What a change can reach, of the law or of facts: which rules and figures can differ, what they need, and whose facts.

Theory of operation. A rule is reached when its file names what changed, or another rule that is reached; a figure
likewise. What a file names is read from its SQL, by DuckDB's own parser, so that nobody keeps a list of it. A figure
that isn't reached stays as it is.

Two rule sets are compared day by day: on each day rows of a table hold, in their order, and the values of some columns
differ, or the rows themselves do. Some tables are asked only about the date of a meeting (`_AT_MEETINGS`). When nothing
else changed, who had no meeting on the days concerned has the same figures under both.

Of facts, those of one type change an input, and those that join persons all of them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.facts import CITIZEN_LINK, FactType
from fokusstrom.domain.rule_set import FOREVER, TABLES
from fokusstrom.domain.rules_and_figures import FIGURES, INPUTS, OF_MEETINGS, RULES, sql_of

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


@dataclass(frozen=True)
class FactsReach:
    """What a change of facts can reach."""

    figures: tuple[str, ...]
    """The figures that can differ."""
    of_meetings: bool
    """What is said of meetings can differ."""
    needed: frozenset[str]
    """All rules and inputs that both need."""
    relations: frozenset[str]
    """The relations of facts that these inputs read."""


def reach(
    connection: duckdb.DuckDBPyConnection, before: RuleSet, after: RuleSet, wanted: Collection[str] = tuple(FIGURES)
) -> Reach:
    """Tell what can differ of figures between two rule sets; the connection parses, no relation is read or made."""
    files = _Files(connection)
    every = tuple(changes(before, after))
    rules, reached = files.reached(lambda reads: any(map(reads.is_reached, every)))
    figures = tuple(name for name in reached if name in wanted)
    needed = files.needed(files.figures[name] for name in figures)
    readers = [*(files.figures[name] for name in figures), *(files.rules[name] for name in RULES if name in needed)]
    concerning = [change for change in every if any(reads.is_reached(change) for reads in readers)]
    return Reach(figures, tuple(name for name in RULES if name in rules & needed), needed, _meetings(concerning))


def reach_of_facts(connection: duckdb.DuckDBPyConnection, fact_types: Collection[FactType]) -> FactsReach:
    """Tell what facts of these types can change; the connection parses, no relation is read or made."""
    files = _Files(connection)
    changed = {one.relation for one in fact_types}
    inputs = {name for name, read in files.inputs.items() if CITIZEN_LINK in fact_types or read & changed}
    rules, figures = files.reached(lambda reads: bool(reads.relations & inputs))
    of_meetings = not rules.isdisjoint(OF_MEETINGS)
    readers = [files.figures[name] for name in figures] + [files.rules[name] for name in OF_MEETINGS if of_meetings]
    needed = files.needed(readers)
    relations = {relation for name in needed & files.inputs.keys() for relation in files.inputs[name]}
    return FactsReach(figures, of_meetings, needed, frozenset(relations))


def needed_of_meetings(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Name all rules and inputs that enriched meetings need."""
    files = _Files(connection)
    return files.needed(files.rules[name] for name in OF_MEETINGS)


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


class _Files:
    """What all files name."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Take a connection that parses."""
        nothing = {"who": "0 AS citizen", "theirs": "", "of_persons": "WHERE true", "through": "DATE '2000-01-01'"}
        self.inputs = {name: _reads(connection, query.format(**nothing)).relations for name, query in INPUTS.items()}
        self.rules = {name: _reads(connection, sql_of("rules", name)) for name in RULES}
        self.figures = {name: _reads(connection, sql_of("figures", name)) for name in FIGURES}

    def reached(self, is_changed: Callable[[_Reads], bool]) -> tuple[set[str], tuple[str, ...]]:
        """Name the rules and the figures that read what changed, or a rule that is reached."""
        rules: set[str] = set()
        for name, reads in self.rules.items():  # each needs only earlier ones
            if is_changed(reads) or reads.relations & rules:
                rules.add(name)
        figures = (name for name, reads in self.figures.items() if is_changed(reads) or reads.relations & rules)
        return rules, tuple(figures)

    def needed(self, readers: Iterable[_Reads]) -> frozenset[str]:
        """Name the rules and inputs that these files read, and those that these need."""
        needed = {relation for reads in readers for relation in reads.relations}
        for name in reversed(self.rules):
            if name in needed:
                needed |= self.rules[name].relations
        return frozenset(needed & {*RULES, *INPUTS})


def _reads(connection: duckdb.DuckDBPyConnection, text: str) -> _Reads:
    ((parsed,),) = connection.execute("SELECT json_serialize_sql($text)", {"text": text}).fetchall()
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
