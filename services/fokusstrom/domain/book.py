"""The book of facts: which facts there are, as relations of a DuckDB connection, lives here.

Theory of operation. For each fact type there is a relation of its name (`meeting_held`, ...) with the
record that holds by R1 of each fact, deleted ones too, and `person_of` with the groups of R1b. They are a
function of the set of records taken in, never of their order. Records come in by one of two ways:

* `append` and, once, `keep_latest`: for a whole log or file, without a look at what is there;
* `stage`, `apply`: for a batch, which changes what holds by what the batch says. Between the two calls the
  book still tells what was, and `touched` names the pseudonyms of whom anything changes.

Each works inside whatever transaction the connection is in, and does no I/O of its own. What is asked of each
batch is prepared once for each type: to plan it again would cost more than to carry it out on a small batch.

What a small batch concerns is looked for by pseudonym. What came in at once lies in the order of the pseudonyms, so
that a person's facts are in one place, and where they can't be isn't looked: their places (`rowid`) are found by the
narrow column of pseudonyms, then the rows by both. Whom a fact was told of before `names_of_<relation>` knows, the hash
of each name with each pseudonym that it ever came with, in the order of the hashes. It may know more than what holds,
never less.
"""

from __future__ import annotations

from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from fokusstrom.domain import facts
from fokusstrom.domain.facts import FACT_TYPES, FactType, Field, Kind
from fokusstrom.domain.inlet import Inlet
from fokusstrom.domain.latest import canonical_json_sql, latest_of_untied_sql, latest_sql, tied_sql
from fokusstrom.domain.persons import persons_of
from fokusstrom.domain.refusals import column_sql, fault_sql, faults_sql

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    import duckdb

CODE_LISTS = {
    "interview_type": facts.INTERVIEW_TYPES,
    "mode": facts.MODES,
    "planned_mode": facts.MODES,
    "benefit": facts.BENEFITS,
    "offer_type": facts.OFFER_TYPES,
    "outcome": facts.OUTCOMES,
    "reporter": facts.REPORTERS,
    "attendance": facts.ATTENDANCES,
    "change_reason": facts.CHANGE_REASONS,
    "mode_chosen_by": facts.MODE_CHOOSERS,
}
"""The codes of each field that has them; every one also takes UNKNOWN."""

_ABOUT_CITIZENS = tuple(one for one in FACT_TYPES.values() if one.about_citizen)

_OF_PERSONS = {one.relation: one for one in _ABOUT_CITIZENS if one is not facts.CITIZEN_LINK}
"""What is folded of a person, by its relation."""

NAME_HASH = "hash(source, fact_id)"
"""SQL for what a fact is looked for by, among very many; two facts may have the same."""

_SQL = {
    Kind.TEXT: "VARCHAR",
    Kind.PSEUDONYM: "UUID",
    Kind.JOBCENTER: "VARCHAR",
    Kind.INSTANT: "TIMESTAMPTZ",
    Kind.DATE: "DATE",
    Kind.MONTH: "DATE",
    Kind.INTEGER: "BIGINT",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.HOURS: "BIGINT",
    Kind.SHARE: "BIGINT",
}

_PACKED = {"VARCHAR": "dictionary", "UUID": "rle"}
"""How columns of a type are packed; the others by their bits. Left to choose, DuckDB tries all ways on all rows."""

_PACKED_OTHERWISE = {"fact_id": "fsst"}

_FEW_PLACES = 200
"""Each place costs a comparison with each of a table's vectors, 11 ns: of so many, as much as to look by pseudonym."""

_APPENDED_AT_ONCE = 250_000
"""So many records of a type are appended together: two of DuckDB's row groups, one for each of two threads.

Of fewer than one row group DuckDB makes two copies, one after the other (docs/adr/0009).
"""


_Counted = tuple[str, str, bool, bool]
"""Type, source, whether it is deleted and whether it is in conflict."""


class Totals(NamedTuple):
    """Control totals: how many facts of a type and a source there are."""

    type: str
    source: str
    holding: int = 0
    deleted: int = 0
    in_conflict: int = 0


class Book:
    """The facts of a connection; see the theory of operation above."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the relations in `connection` where they are not there yet."""
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(resources.files(__package__).joinpath("words.sql").read_text("utf-8"))
        types = {f"{field}_code": (*codes, facts.UNKNOWN) for field, codes in CODE_LISTS.items()}
        types |= {"municipality_code": tuple(facts.municipalities()), "reason_code": facts.REASONS}
        for name, codes in types.items():
            # DuckDB sorts codes by their places in the list: so they are sorted as texts are.
            listed = ", ".join(f"'{code}'" for code in sorted(codes))
            connection.execute(f"CREATE TYPE IF NOT EXISTS {name} AS ENUM ({listed})")
        self._checked: dict[str, Inlet] = {}
        self._waiting: dict[FactType, list[pa.Table]] = {}
        self._staged: set[FactType] = set()
        self._singled_out: set[FactType] = set()
        self._totals: Counter[_Counted] | None = None
        self._changes: Counter[_Counted] = Counter()
        for fact_type in FACT_TYPES.values():
            name = fact_type.relation
            connection.execute(_create(fact_type, name))
            nothing = _placed(fact_type.arrow_schema.empty_table())
            self._checked[fact_type.name] = Inlet(connection, f"checked_{name}", nothing)
            self._prepare(fact_type)
        connection.execute("CREATE TABLE IF NOT EXISTS person_of (citizen UUID, person UUID)")
        for name in (one.relation for one in _ABOUT_CITIZENS):
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS names_of_{name}"
                " (name_hash UBIGINT USING COMPRESSION uncompressed, citizen UUID USING COMPRESSION uncompressed)"
            )

    def check(self, fact_type: FactType, records: pa.Table | pa.RecordBatch) -> list[tuple[int, str, str]]:
        """Take records apart: `checked` becomes the accepted ones, what is returned the refused ones.

        `records` has `fact_type.arrow_schema`; `checked` stays until the next call.
        Returns (row number from 0, reason, field) of each refused record, in order.
        """
        checked = _placed(records)
        self._checked[fact_type.name].table = checked
        faults = sorted(self._connection.execute(f"EXECUTE faults_of_{fact_type.relation}").fetchall())
        if faults:
            refused = pc.is_in(checked.column("place"), pa.array([place for place, _, _ in faults]))
            self._checked[fact_type.name].table = checked.filter(pc.invert(refused))
        return faults

    def all_faults(self, fact_type: FactType, records: pa.RecordBatch) -> list[list[tuple[str, str]]]:
        """Look closer at records that `check` refused: all (reason, field) of each, in the order of the fields."""
        with_types = self._connection.from_arrow(records).project(f"{faults_sql(fact_type)} AS faults")
        found: list[list[tuple[str, str]]] = []
        for (faults,) in with_types.fetchall():
            parts = (fault.partition(":") for fault in faults)
            found.append([(reason, field) for reason, _, field in parts])
        return found

    def accepted(self, fact_type: FactType) -> pa.RecordBatch:
        """Return what `checked` holds, as columns of `fact_type.arrow_schema`, in the order it came in."""
        checked = self._checked[fact_type.name].table
        deleted = checked.filter(checked.column("deleted"))
        # Whoever withdraws a fact mostly says nothing else of it: then there is nothing to leave out.
        if not all(deleted.column(one.name).null_count == deleted.num_rows for one in fact_type.own_fields):
            self._checked[fact_type.name].table = deleted  # nothing of the others is to be read for it
            bared = self._connection.sql(f"EXECUTE bared_{fact_type.relation}").to_arrow_table().cast(checked.schema)
            self._checked[fact_type.name].table = checked
            if bared != deleted:
                living = checked.filter(pc.invert(checked.column("deleted")))
                checked = pa.concat_tables([living, bared]).sort_by("place")
        batches = checked.select(fact_type.arrow_schema.names).combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], fact_type.arrow_schema)

    def append(self, fact_type: FactType) -> None:
        """Take in what `checked` holds, unseen; what holds is known after `keep_latest`."""
        waiting = self._waiting.setdefault(fact_type, [])
        waiting.append(self._checked[fact_type.name].table)
        if sum(records.num_rows for records in waiting) >= _APPENDED_AT_ONCE:
            self._append_waiting(fact_type)

    def remember(self, fact_type: FactType, source: str, fact_id: str) -> None:
        """Let the relation `versions` be every record of one fact that was appended; before `keep_latest`.

        Each different record once, with its canonical JSON, as `canonical`, and how often it came, as `times`.
        """
        self._append_waiting(fact_type)
        columns = ", ".join(field.name for field in fact_type.fields)
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE versions AS"
            f" SELECT {columns}, {canonical_json_sql(fact_type)} AS canonical, count(*) AS times"
            f" FROM appended_{fact_type.relation} WHERE source = $source AND fact_id = $fact_id GROUP BY ALL",
            {"source": source, "fact_id": fact_id},
        )

    def keep_latest(self) -> None:
        """Make the relations of what holds anew from all that was appended, and forget the rest."""
        for fact_type in FACT_TYPES.values():
            self._append_waiting(fact_type)
            self._connection.execute(f"DELETE FROM {fact_type.relation}")
            together = "ORDER BY citizen" if fact_type.about_citizen else ""
            self._connection.execute(
                f"INSERT INTO {fact_type.relation} BY NAME"
                f" FROM ({latest_sql(fact_type, f'appended_{fact_type.relation}')}) {together}"
            )
            self._connection.execute(f"TRUNCATE appended_{fact_type.relation}")
        self.forget()
        self._connection.execute("DELETE FROM person_of")
        self._join_persons("SELECT citizen, same_as FROM citizen_link WHERE NOT deleted")
        for name in (one.relation for one in _ABOUT_CITIZENS):
            self._connection.execute(f"DELETE FROM names_of_{name}")

    def learn_names(self) -> None:
        """Make the names of all that holds known; else the first batch does, for seconds with millions of facts."""
        for fact_type in _ABOUT_CITIZENS:
            self._learn_names(fact_type)

    def begin_stage(self) -> None:
        """Begin to stage a batch: nothing of it is staged yet."""
        for fact_type in self._staged:
            for state in ("staged", "was", "now"):
                self._connection.execute(f"DROP TABLE IF EXISTS {state}_{fact_type.relation}")
        self._staged.clear()
        self._singled_out.clear()
        self._changes.clear()

    def stage(self, fact_type: FactType) -> None:
        """Add what `checked` holds to the batch."""
        self._staged.add(fact_type)
        self._connection.execute(_create(fact_type, f"staged_{fact_type.relation}", temporary=True))
        self._connection.execute(f"INSERT INTO staged_{fact_type.relation} {_select_checked(fact_type)}")

    def touched(self, fact_types: Iterable[FactType]) -> int:
        """Compare the staged batch with what holds: the relation `touched` becomes all pseudonyms concerned.

        `touched(citizen)` has every pseudonym of every person of whom a fact changes, or who is joined or
        parted by a link. Returns how many facts the batch changes; types must be all that were staged.
        """
        self._find_concerned(fact_types)
        changed = sum(self._compare(fact_type) for fact_type in fact_types)
        named = " UNION ".join(
            f"SELECT {field.name} FROM {state}_{fact_type.relation}"
            for fact_type in fact_types
            for state in ("was", "now")
            for field in fact_type.fields
            if field.kind is Kind.PSEUDONYM
        )
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE touched AS
            WITH named(citizen) AS ({named or "SELECT NULL::UUID"}),
            persons AS (
                SELECT DISTINCT coalesce(person, citizen) AS person FROM named LEFT JOIN person_of USING (citizen)
            )
            SELECT person AS citizen FROM persons WHERE person IS NOT NULL
            UNION SELECT citizen FROM person_of SEMI JOIN persons USING (person)
            UNION SELECT citizen FROM named WHERE citizen IS NOT NULL
        """)
        return changed

    def single_out(self, relations: Container[str] = frozenset(_OF_PERSONS)) -> None:
        """Copy the facts of all in `touched` to `theirs_<relation>`, where `apply` then changes them too.

        There may be facts of others as well: of those of whom a batch tells nothing new.
        """
        self._singled_out = {one for name, one in _OF_PERSONS.items() if name in relations}
        # Whom a link joins or parts is known only when what it was has been found.
        are_there = set() if facts.CITIZEN_LINK in self._staged else self._staged
        for fact_type in self._singled_out - are_there:
            self._copy(fact_type, "touched")

    def apply(self, fact_types: Iterable[FactType]) -> None:
        """Let the staged batch hold."""
        if self._totals is not None:
            self._totals.update(self._changes)
        self._changes.clear()
        for fact_type in fact_types:
            name = fact_type.relation
            was = f"(SELECT place FROM was_{name})"
            theirs = f" AND citizen IN (SELECT citizen FROM was_{name})" if fact_type.about_citizen else ""
            self._connection.execute(f"DELETE FROM {name} WHERE rowid IN {was}{theirs}")
            self._connection.execute(f"INSERT INTO {name} BY NAME FROM now_{name}")
            if fact_type.about_citizen:
                self._connection.execute(
                    f"INSERT INTO names_of_{name} SELECT {NAME_HASH}, citizen"
                    f" FROM now_{name} ANTI JOIN was_{name} USING (source, fact_id, citizen)"
                )
            if fact_type in self._singled_out:
                self._connection.execute(f"DELETE FROM theirs_{name} WHERE place IN {was}")
                self._connection.execute(f"INSERT INTO theirs_{name} BY NAME FROM now_{name}")
            if fact_type is facts.CITIZEN_LINK:
                self._connection.execute(
                    "DELETE FROM person_of USING touched WHERE person_of.citizen = touched.citizen"
                )
                self._join_persons(
                    "SELECT citizen, same_as FROM citizen_link SEMI JOIN touched USING (citizen) WHERE NOT deleted"
                )

    def totals(self) -> list[Totals]:
        """Control totals of the set of facts, ordered: counted once, then changed by what batches change."""
        if self._totals is None:
            each = " UNION ALL ".join(
                f"SELECT '{one.name}', source, deleted, in_conflict, count(*) FROM {one.relation} GROUP BY ALL"
                for one in FACT_TYPES.values()
            )
            self._totals = Counter({tuple(counted): count for *counted, count in self._connection.sql(each).fetchall()})
        found: dict[tuple[str, str], Totals] = {}
        for (type_, source, deleted, in_conflict), count in sorted(self._totals.items()):
            if count:
                before = found.get((type_, source), Totals(type_, source))
                found[type_, source] = Totals(
                    type_,
                    source,
                    before.holding + count * (not deleted),
                    before.deleted + count * deleted,
                    before.in_conflict + count * in_conflict,
                )
        return list(found.values())

    def forget(self) -> None:
        """Forget what is in memory of the facts: what it tells of may have been taken back."""
        self._totals = None

    def conflicts(self) -> list[tuple[str, str, str]]:
        """List (type, source, fact_id) of the facts whose greatest records tie and differ (R1); ordered."""
        each = " UNION ALL ".join(
            f"SELECT '{fact_type.name}' AS type, source, fact_id FROM {fact_type.relation} WHERE in_conflict"
            for fact_type in FACT_TYPES.values()
        )
        return self._connection.execute(f"{each} ORDER BY ALL").fetchall()

    def _prepare(self, fact_type: FactType) -> None:
        """Prepare what is asked of each batch of a type; see the theory of operation above."""
        name = fact_type.relation
        self._connection.execute(_create(fact_type, f"appended_{name}", temporary=True))
        self._connection.execute(
            f"PREPARE faults_of_{name} AS SELECT place, split_part(fault, ':', 1), split_part(fault, ':', 2)"
            f" FROM (SELECT place, {fault_sql(fact_type)} AS fault FROM checked_{name}) WHERE fault IS NOT NULL"
        )
        columns = ", ".join(f"{column_sql(field)} AS {field.name}" for field in fact_type.fields)
        self._connection.execute(
            f"PREPARE bared_{name} AS SELECT {columns}, place FROM checked_{name} WHERE deleted ORDER BY place"
        )
        self._connection.execute(f"PREPARE append_{name} AS INSERT INTO appended_{name} {_select_checked(fact_type)}")

    def _append_waiting(self, fact_type: FactType) -> None:
        """Append what waits for company."""
        if waiting := self._waiting.pop(fact_type, None):
            inlet = self._checked[fact_type.name]
            checked, inlet.table = inlet.table, pa.concat_tables(waiting)
            self._connection.execute(f"EXECUTE append_{fact_type.relation}")
            inlet.table = checked

    def _learn_names(self, fact_type: FactType) -> None:
        """Make the names of a type known, unless they are."""
        name = fact_type.relation
        ((is_known,),) = self._connection.execute(f"SELECT EXISTS (FROM names_of_{name})").fetchall()
        if not is_known:
            self._connection.execute(
                f"INSERT INTO names_of_{name} SELECT {NAME_HASH} AS name_hash, citizen FROM {name} ORDER BY name_hash"
            )

    def _find_concerned(self, fact_types: Iterable[FactType]) -> None:
        """Copy the facts of all of whom a staged fact tells, or was told before, to `theirs_<relation>` of its type."""
        types = [one for one in fact_types if one.about_citizen]
        for fact_type in types:
            self._learn_names(fact_type)
        told_of = " UNION ".join(
            f"SELECT citizen FROM staged_{name} UNION SELECT citizen FROM names_of_{name}"
            f" SEMI JOIN (SELECT {NAME_HASH} AS name_hash FROM staged_{name}) USING (name_hash)"
            for name in (one.relation for one in types)
        )
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE concerned_citizens AS
            WITH told_of(citizen) AS ({told_of or "SELECT NULL::UUID"}),
            persons AS (
                SELECT DISTINCT coalesce(person, citizen) AS person FROM told_of LEFT JOIN person_of USING (citizen)
            )
            SELECT person AS citizen FROM persons
            UNION SELECT citizen FROM person_of SEMI JOIN persons USING (person)
        """)
        for fact_type in types:
            self._copy(fact_type, "concerned_citizens")

    def _copy(self, fact_type: FactType, citizens: str) -> None:
        """Copy a type's facts of these citizens to `theirs_<relation>`, each with its place."""
        name = fact_type.relation
        ((count,),) = self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE found AS"
            f" SELECT {name}.rowid AS place FROM {name} SEMI JOIN {citizens} USING (citizen)"
        ).fetchall()
        # Pseudonyms tell where not to look, places what not to read there: of few places these are enough.
        theirs = f"SEMI JOIN {citizens} USING (citizen)" if count > _FEW_PLACES else ""
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE theirs_{name} AS SELECT rowid AS place, *"
            f" FROM {name} {theirs} WHERE rowid IN (SELECT place FROM found)"
        )

    def _compare(self, fact_type: FactType) -> int:
        """Make `was_` and `now_` of the type: the rows that the batch takes away and those it gives."""
        name = fact_type.relation
        content = [field.name for field in fact_type.fields] + ["in_conflict"]
        differs = " OR ".join(f"now.{one} IS DISTINCT FROM held.{one}" for one in content)
        known = f"theirs_{name}" if fact_type.about_citizen else f"(SELECT rowid AS place, * FROM {name})"
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE held AS FROM {known} SEMI JOIN staged_{name} USING (source, fact_id)"
        )
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE records AS"
            f" FROM staged_{name} UNION ALL BY NAME SELECT * EXCLUDE (place) FROM held"
        )
        ((tied,),) = self._connection.execute(tied_sql("records")).fetchall()
        latest = latest_sql(fact_type, "records") if tied else latest_of_untied_sql("records")
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE now_{name} AS
            SELECT now.* FROM ({latest}) AS now LEFT JOIN held USING (source, fact_id)
            WHERE {differs}
        """)
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE was_{name} AS
            SELECT * FROM held SEMI JOIN now_{name} USING (source, fact_id)
        """)
        counted = self._connection.execute(f"""
            SELECT source, deleted, in_conflict, sum(now)::BIGINT, count(*) - sum(now)::BIGINT
            FROM (
                SELECT source, deleted, in_conflict, 1 AS now FROM now_{name}
                UNION ALL SELECT source, deleted, in_conflict, 0 AS now FROM was_{name}
            )
            GROUP BY ALL
        """).fetchall()
        for *one, now, was in counted:
            self._changes[fact_type.name, *one] += now - was
        return sum(now for *_, now, _ in counted)

    def _join_persons(self, links: str) -> None:
        """Add the groups that a query of links makes to `person_of`."""
        pairs = self._connection.execute(f"SELECT citizen::VARCHAR, same_as::VARCHAR FROM ({links}) AS link").fetchall()
        if not pairs:
            return
        person_of = persons_of(pairs)
        self._connection.execute(
            "INSERT INTO person_of SELECT unnest(?)::UUID, unnest(?)::UUID",
            [list(person_of.keys()), list(person_of.values())],
        )


def _columns(fact_type: FactType) -> Mapping[str, str]:
    columns = {field.name: _sql_type(field) for field in fact_type.fields}
    if fact_type is facts.MEETING_HELD:
        columns["local_date"] = "DATE"
    columns["in_conflict"] = "BOOLEAN"
    return columns


def _sql_type(field: Field) -> str:
    return _SQL.get(field.kind, field.code_type)


def _placed(records: pa.Table | pa.RecordBatch) -> pa.Table:
    """Number the rows of a table from 0, as `place`."""
    table = records if isinstance(records, pa.Table) else pa.Table.from_batches([records])
    return table.append_column("place", pa.arange(0, table.num_rows, 1))


def _create(fact_type: FactType, name: str, *, temporary: bool = False) -> str:
    columns = _columns(fact_type)
    packed = {column: _PACKED.get(sql, "bitpacking") for column, sql in columns.items()} | _PACKED_OTHERWISE
    declared = ", ".join(f"{column} {sql} USING COMPRESSION {packed[column]}" for column, sql in columns.items())
    return f"CREATE {'TEMP' if temporary else ''} TABLE IF NOT EXISTS {name} ({declared})"


def _select_checked(fact_type: FactType) -> str:
    """Give the query that turns `checked` into rows of the type's relation."""
    values = [_value(field) for field in fact_type.fields]
    if fact_type is facts.MEETING_HELD:
        values.append("local_date_of(held_at)")
    return f"SELECT {', '.join(values)}, false FROM checked_{fact_type.relation}"


def _value(field: Field) -> str:
    value = column_sql(field)
    if field.kind is Kind.MONTH:
        value = f"({value} || '-01')"
    return f"({value})::{_sql_type(field)}"
