"""What leaves a worker: a slice's figures and its enriched meetings, as messages, made from the ledger.

Figures are absolute: the value of a key is all that the slice counts for an area and a period. Meetings are
said again when what is said of them has changed; what was last said is remembered as a fingerprint. A
meeting's key begins with its person's slot, so that whoever loses a meeting withdraws it under the old one.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from fokusstrom.contracts import columns, keys
from fokusstrom.contracts.records import FIGURES_CONTRACT
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES, MEETING_ENRICHED, PARTIAL_FIGURES, SCENARIO_FIGURES
from fokusstrom.domain.book import NAME_HASH
from fokusstrom.domain.cells import to_keep
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.fold import Slice
from fokusstrom.domain.inlet import Inlet
from fokusstrom.domain.parts import Part
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.rules_and_figures import FIGURES, Figure, cell_columns
from fokusstrom.runtime.ledger import InForce
from fokusstrom.runtime.publisher import Outgoing

_NOTHING_SAID = pa.schema(
    {"citizen": pa.string(), "source": pa.string(), "fact_id": pa.string(), "slot": pa.int32(), "place": pa.int64()}
).empty_table()

_NOWHERE = "SELECT NULL::VARCHAR AS municipality, NULL::VARCHAR AS period WHERE false"
"""The query for no area and period at all."""

_Place = tuple[str, str]
"""Area and period."""

SLOTS = 1024
"""Enriched meetings are keyed by person modulo this, whatever the number of slices is."""
_CHUNK = 200_000
"""Enriched meetings in one transaction."""
_MANY_PLACES = 2_000


@dataclass(frozen=True)
class Origin:
    """Who counts: deployment and slice."""

    deployment: str
    of: Slice

    @property
    def key(self) -> str:
        """The origin as one part of a key."""
        return keys.origin(self.deployment, self.of.count, self.of.number)


class Outputs:
    """Makes the messages of one worker from its ledger's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: SchemaCatalog, origin: Origin) -> None:
        """Take the ledger's connection, where the fold leaves its results."""
        self._connection = connection
        self._catalog = catalog
        self._origin = origin
        latest = catalog.latest("PartialFigures")
        self._heads, self._bodies = columns.halves(latest, len(latest.tree["fields"]) - len(FIGURES))
        self._counted: dict[_Place, bytes] | None = None
        """What is counted of every place, encoded; None while that isn't known."""
        self.forget_before()

    def move_cells(self, figures: Sequence[str]) -> None:
        """Add what was folded of some figures to the cells, and name the areas and periods concerned in `concerned`."""
        folded = [f"SELECT '{name}' AS figure, municipality, period FROM folded_{name}" for name in figures]
        nothing = f"SELECT NULL::VARCHAR AS figure, * FROM ({_NOWHERE})"
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE moved AS SELECT DISTINCT * FROM ({' UNION ALL '.join(folded) or nothing})"
        )
        place_codes = "SELECT figure, list(place_code(municipality, period)) FROM moved GROUP BY figure"
        for name, places in self._connection.execute(place_codes).fetchall():
            self._connection.execute(_merge(FIGURES[name], places))
        self._name_concerned(["moved"])

    def replace_cells(self) -> None:
        """Let what was folded be the cells."""
        for figure in FIGURES.values():
            self._connection.execute(f"DELETE FROM {figure.relation}")
            # What a batch concerns is of few places: in their order DuckDB knows where it need not look.
            kept = to_keep(figure, f"folded_{figure.name}")
            self._connection.execute(f"INSERT INTO {figure.relation} {kept} ORDER BY place_code")

    def figures_gone(self, named: Iterable[bytes], now: InForce, sequence: int) -> Outgoing:
        """Make the live figures, empty now, of areas and periods that have cells still and of which nothing was folded.

        `named`: keys of live figures, of whose areas and periods these are to be made as well where they are this
        slice's: what it said before it knew of cells.
        """
        self._name_concerned(_of_all("cells_"))
        self._concern_said(named)
        for figure in FIGURES.values():
            counted = f"SELECT (municipality, period) FROM folded_{figure.name}"
            self._connection.execute(f"DELETE FROM concerned WHERE (municipality, period) IN ({counted})")
        return self._live(self._count("folded_"), now, sequence)

    def concern_all(self, named: Iterable[bytes]) -> None:
        """Let `concerned` name every area and period that has a cell, that was moved last, or that was said.

        The latter two may have no cell any more: their figures are to be said empty. `named`: keys of live figures.
        What a worker said that was killed before its ledger knew of it is found only there.
        """
        self._name_concerned([*_of_all("cells_"), "moved"])
        self._concern_said(named)

    def _concern_said(self, named: Iterable[bytes]) -> None:
        own_origin = keys.partial_key("", "", self._origin.key).rpartition(b"/")[2]
        parts = [key.split(b"/") for key in named if key.endswith(b"/" + own_origin)]
        ours = {(area.decode(), period.decode()) for area, period, *_ in parts}
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE concerned AS FROM concerned UNION SELECT unnest(?), unnest(?)",
            [[area for area, _ in ours], [period for _, period in ours]],
        )

    def partials(self, now: InForce, sequence: int) -> Outgoing:
        """Make the live figures of `concerned`."""
        counted = self._count("cells_")
        if self._counted is not None:
            self._counted |= counted
        return self._live(counted, now, sequence)

    def figures_of_cut(self, now: InForce, sequence: int, cells: str) -> Outgoing:
        """Make the cut's figures, of everything the slice counts.

        `cells`: what relations begin with that hold all the slice counts: `cells_`, or `folded_` after a whole fold.
        """
        if self._counted is None or cells != "cells_":
            self._name_concerned(_of_all(cells))
            self._counted = self._count(cells)
        # What small batches left nothing of needs no saying.
        self._counted = {place: body for place, body in sorted(self._counted.items()) if body != self._nothing}
        named = [keys.cut_figures_key(now.cut, self._origin.key, area, period) for area, period in self._counted]
        values = self._values(self._counted, now, sequence)
        return Outgoing(CUT_FIGURES.name, "PartialFigures", named, values)

    def live_of_cut(self, now: InForce, sequence: int) -> Outgoing:
        """Make the live figures of everything that `figures_of_cut` has just counted."""
        return self._live(self._counted or {}, now, sequence)

    def figures_of_scenario(self, request: str, now: InForce, sequence: int, figures: Collection[str]) -> Outgoing:
        """Make some of a scenario's figures, of what `refold` left; the slice's cells are left as they are."""
        self._name_concerned(f"refolded_{name}" for name in figures)
        counted = self._count("refolded_", figures)
        named = [keys.scenario_figures_key(request, self._origin.key, area, period) for area, period in counted]
        values = self._values(counted, now, sequence)
        return Outgoing(SCENARIO_FIGURES.name, "PartialFigures", named, values)

    def forget(self) -> None:
        """Forget what was counted: what it was counted from may have been taken back."""
        self._counted = None

    def _live(self, counted: Mapping[_Place, bytes], now: InForce, sequence: int) -> Outgoing:
        named = [keys.partial_key(area, period, self._origin.key) for area, period in counted]
        return Outgoing(PARTIAL_FIGURES.name, "PartialFigures", named, self._values(counted, now, sequence))

    def remember_meetings(self, said: Iterable[pa.RecordBatch]) -> None:
        """Take what was said of this slice's persons in an earlier life as said, with unknown content.

        Until `forget_before` it is known beside the ledger, where names of what was erased since must not come.
        `said` is as `SaidBefore.meetings` gives it; where a key comes several times, the last one holds.
        """
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE before"
            " (source VARCHAR, fact_id VARCHAR, slot INTEGER, person UUID, place BIGINT)"
        )
        # One relation for all parts: until the transaction ends, DuckDB holds whatever was registered in it.
        part = Inlet(self._connection, "part", _NOTHING_SAID)
        place = 0
        for batch in said:
            part.table = pa.table(batch.append_column("place", pa.arange(place, place + batch.num_rows, 1)))
            self._connection.execute(f"""
                INSERT INTO before
                SELECT source, fact_id, slot, CASE WHEN {self._origin.of.condition} THEN person END, place
                FROM (SELECT *, citizen::UUID AS person FROM part)
            """)
            place += batch.num_rows
        part.table = _NOTHING_SAID
        # Once for all: rows that a transaction takes back again and again are in memory until it ends.
        self._connection.execute(_FORGET.format("before"))
        self._connection.execute("""
            CREATE OR REPLACE TEMP TABLE said_before AS
            SELECT source, fact_id, slot, 0::UBIGINT AS said, arg_max_null(person, place) AS person
            FROM before GROUP BY ALL HAVING arg_max_null(person, place) IS NOT NULL
        """)
        self._connection.execute("DROP TABLE before")

    def forget_before(self) -> None:
        """Let go of what an earlier life said: all of it was judged."""
        self._connection.execute("CREATE OR REPLACE TEMP TABLE said_before AS FROM said_of_meetings LIMIT 0")

    def recall_meetings(self, sayings: pa.Table) -> None:
        """Take what the ledger doesn't know of as said, with unknown content, and let `touched` name its persons too.

        What a killed worker said need not come again when the same facts are read in other batches: it is said
        anew, or withdrawn, with the first. `sayings`: as `SaidBefore.meetings` gives them.
        """
        self._connection.register("sayings", sayings)
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE recalled AS"
            " SELECT source, fact_id, slot, max(citizen::UUID) AS person FROM sayings GROUP BY source, fact_id, slot"
        )
        self._connection.execute("""
            INSERT INTO touched
            WITH named AS (
                SELECT citizen::UUID AS citizen FROM sayings WHERE citizen IS NOT NULL
                UNION SELECT citizen FROM meeting_held SEMI JOIN sayings USING (source, fact_id)
            ),
            persons AS (
                SELECT DISTINCT coalesce(person, citizen) AS person FROM named LEFT JOIN person_of USING (citizen)
            ),
            theirs AS (
                SELECT person AS citizen FROM persons
                UNION SELECT citizen FROM person_of SEMI JOIN persons USING (person)
                UNION SELECT citizen FROM named
            )
            FROM theirs ANTI JOIN touched USING (citizen)
        """)
        self._connection.unregister("sayings")

    def find_meetings(self, rule_set: RuleSet, now: InForce, persons: Part, *, whole: bool) -> None:
        """Find what is to be said anew of the meetings of a part of the persons, and to be withdrawn.

        `whole`: the fold was of all these persons, so what it doesn't have is withdrawn; else of those in `touched`.
        """
        theirs = persons.holds("person")
        if whole:
            said = "said_of_whole"
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {said} AS SELECT * FROM ({_SAID}) WHERE {theirs}")
        else:  # looked for once
            said = "said_of_these"
            known = f"SELECT * FROM ({_SAID_OF_TOUCHED}) WHERE {theirs}"
            self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {said} AS {known}")
        self._find(rule_set, now, said)
        self._connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE outdated AS
            SELECT place FROM unsaid WHERE place IS NOT NULL
            UNION SELECT place FROM {said} SEMI JOIN to_say USING (source, fact_id) WHERE place IS NOT NULL
        """)

    def find_changes(self, rule_set: RuleSet, now: InForce, *, recalled: bool) -> None:
        """Find what a batch changes of the meetings of whom it touches: to be said anew, or to be withdrawn.

        Of these persons was said what the fold says of them as they were, so nothing need be looked for; of what was
        `recalled` nobody knows what it said.
        """
        known = f"SELECT NULL::BIGINT AS place, source, fact_id, slot, said FROM ({_folded(rule_set, -1)}) AS was"
        if recalled:
            known = (
                f"{known} ANTI JOIN recalled USING (source, fact_id, slot)"
                " UNION ALL SELECT NULL, source, fact_id, slot, 0 FROM recalled"
            )
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE said_of_these AS {known}")
        self._find(rule_set, now, "said_of_these")

    def _find(self, rule_set: RuleSet, now: InForce, said: str) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE to_say AS {_to_say(rule_set, said)}")
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE unsaid AS {_unsaid(rule_set, now, said)}")

    def meetings(self, rule_set: RuleSet) -> Iterator[list[Outgoing]]:
        """Make what was found last, some at a time."""
        yield from self._withdrawals()
        yield from self._said(rule_set)

    def keep_said(self) -> None:
        """Remember what `find_meetings` found last as said."""
        self._connection.execute("DELETE FROM said_of_meetings WHERE rowid IN (SELECT place FROM outdated)")
        self._connection.execute("INSERT INTO said_of_meetings SELECT source, fact_id, slot, said, person FROM to_say")

    def keep_changes(self, sequence: int) -> None:
        """Remember what `find_changes` found last as said; a greater `sequence` is later."""
        self._connection.execute(
            f"INSERT INTO said_since SELECT {sequence}, source, fact_id, slot, said, person FROM to_say"
            f" UNION ALL SELECT {sequence}, source, fact_id, slot, NULL, NULL FROM unsaid"
        )

    def gather_said(self) -> None:
        """Let `said_of_meetings` be all that was said, with what batches changed since it was."""
        ((changed,),) = self._connection.execute("SELECT count(*) FROM said_since").fetchall()
        if not changed:
            return
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE last_said AS SELECT source, fact_id, slot,"
            " arg_max_null(said, sequence) AS said, arg_max_null(person, sequence) AS person"
            " FROM said_since GROUP BY source, fact_id, slot"
        )
        self._connection.execute(_FORGET.format("last_said"))
        self._connection.execute(
            "INSERT INTO said_of_meetings"
            " SELECT source, fact_id, slot, said, person FROM last_said WHERE said IS NOT NULL"
        )
        self._connection.execute("DELETE FROM said_since")

    def _name_concerned(self, relations: Iterable[str]) -> None:
        """Let `concerned` be the areas and periods of some relations of cells."""
        each = " UNION ALL ".join(f"SELECT municipality, period FROM {relation}" for relation in relations)
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE concerned AS SELECT DISTINCT * FROM ({each or _NOWHERE})"
        )

    def _count(self, prefix: str, figures: Collection[str] = tuple(FIGURES)) -> dict[_Place, bytes]:
        """Encode what relations of figures that begin so have of `concerned`, in the order of the places.

        Of other figures than these nothing is said.
        """
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE places AS SELECT municipality, period,"
            " place_code(municipality, period) AS place_code,"
            " row_number() OVER (ORDER BY municipality, period) - 1 AS place FROM concerned"
        )
        areas, periods = self._columns("SELECT municipality, period FROM places ORDER BY place")
        rows = {name: self._rows_of(FIGURES[name], prefix, len(periods)) for name in figures}
        bodies = self._encoded(len(periods), rows)
        return dict(zip(zip(areas.to_pylist(), periods.to_pylist(), strict=True), bodies, strict=True))

    def _values(self, counted: Mapping[_Place, bytes], now: InForce, sequence: int) -> list[bytes]:
        """Say what is counted of some places, as of now."""
        alike = {
            "deployment": self._origin.deployment,
            "slices": self._origin.of.count,
            "slice": self._origin.of.number,
            "cut": now.cut,
            "sequence": sequence,
            "through": now.through,
            "rule_set": now.rule_set,
            "contract": FIGURES_CONTRACT,
        }
        named = {"area": [area for area, _ in counted], "period": [period for _, period in counted]}
        heads = {name: pa.repeat(pa.scalar(value), len(counted)) for name, value in alike.items()}
        batch = pa.RecordBatch.from_pydict(
            {name: pa.array(texts, pa.string()) for name, texts in named.items()} | heads
        )
        heads_of_all = columns.framed(self._catalog.latest("PartialFigures"), columns.payloads(self._heads, batch))
        # Of a cut of the country bodies are 80 MB: copied once, where a column of them would be made and taken apart.
        return [head + body for head, body in zip(heads_of_all, counted.values(), strict=True)]

    @functools.cached_property
    def _nothing(self) -> bytes:
        """What is said of a place of which nothing is counted."""
        (body,) = self._encoded(1, {})
        return body

    def _encoded(self, places: int, rows: Mapping[str, pa.Array]) -> list[bytes]:
        """Encode the rows of figures, a list for each of so many places; of other figures there are none."""
        lists = {
            one.name: rows[one.name] if one.name in rows else pa.array([[]] * places, one.type)
            for one in columns.arrow_schema(self._bodies)
        }
        bodies: list[bytes] = columns.payloads(self._bodies, pa.RecordBatch.from_pydict(lists)).to_pylist()
        return bodies

    def _rows_of(self, figure: Figure, prefix: str, places: int) -> pa.ListArray:
        """Give a figure's rows of each of so many `places`, in order, as one list each."""
        place, *rows = self._columns(_ordered(figure, prefix))
        begins = np.searchsorted(place.to_numpy(), np.arange(places + 1))
        of_rows = pa.StructArray.from_arrays(rows, names=_row(figure))
        return pa.ListArray.from_arrays(pa.array(begins, pa.int32()), of_rows)

    def _columns(self, query: str) -> list[pa.Array]:
        table = self._connection.execute(query).to_arrow_table()
        return [pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type) for column in table]

    def _said(self, rule_set: RuleSet) -> Iterator[list[Outgoing]]:
        # As a relation, a query with parameters would be in memory as a whole before its first row comes.
        reader = self._connection.execute(
            f"""
            SELECT '{MEETING_HELD.name}' AS type, meeting.source, meeting.fact_id, slot, false AS withdrawn, version,
                pseudonym_text(person) AS citizen, municipality::VARCHAR AS municipality,
                spell_municipality::VARCHAR AS spell_municipality, benefit::VARCHAR AS benefit, target_group,
                spell_start AS spell_starts_on, local_date, held_at, jobcenter,
                interview_type::VARCHAR AS interview_type, mode::VARCHAR AS mode,
                attendance::VARCHAR AS attendance, reporter::VARCHAR AS reporter, a_kasse, counts, reason,
                duplicate_of_source, duplicate_of_fact_id, first, mode_lawful, mode_rule, mode_rule_reference,
                assessment_missing, outcome::VARCHAR AS outcome, outcome_on, outcome_days,
                ?::VARCHAR AS rule_set, ?::VARCHAR AS rule_set_name, ?::VARCHAR AS rule_set_version
            FROM to_say JOIN enriched_meetings AS meeting ON to_say.place = meeting.rowid
            """,
            [rule_set.digest, rule_set.name, rule_set.version],
        ).to_arrow_reader(_CHUNK)
        for batch in reader:
            yield self._of_meetings(batch)

    def _withdrawals(self) -> Iterator[list[Outgoing]]:
        schema = columns.arrow_schema(self._catalog.latest("EnrichedMeeting"))
        table = self._connection.sql(
            "SELECT source, fact_id, slot FROM unsaid WHERE NOT said_elsewhere"
        ).to_arrow_table()
        for part in table.to_batches(_CHUNK):
            known = {name: part.column(name) for name in part.schema.names}
            known["type"] = pa.array([MEETING_HELD.name] * part.num_rows)
            known["withdrawn"] = pa.array([True] * part.num_rows)
            arrays = [known.get(one.name, pa.nulls(part.num_rows, one.type)) for one in schema]
            yield self._of_meetings(pa.RecordBatch.from_arrays(arrays, names=schema.names))

    def _of_meetings(self, batch: pa.RecordBatch) -> list[Outgoing]:
        keyed = keys.enriched_keys(batch)
        values = columns.encode(self._catalog.latest("EnrichedMeeting"), batch)
        return [Outgoing(MEETING_ENRICHED.name, "EnrichedMeeting", keyed, values)]


_SAID = "SELECT rowid AS place, * FROM said_of_meetings UNION ALL SELECT NULL, * FROM said_before"
"""What was said of all meetings, each with its place in the ledger."""

_SAID_OF_TOUCHED = """
    SELECT said_of_meetings.rowid AS place, said_of_meetings.*
    FROM said_of_meetings SEMI JOIN touched ON said_of_meetings.person = touched.citizen
"""
"""That of all who are touched; whoever it was last said of is among them."""

_FORGET = """
    DELETE FROM said_of_meetings AS said USING {0}
    WHERE said.source = {0}.source AND said.fact_id = {0}.fact_id AND said.slot = {0}.slot
"""
"""The statement that forgets what was said under the keys of a relation."""


def _folded(rule_set: RuleSet, sign: int) -> str:
    """Give the query for the folded meetings with what is said of them, of whom they are; those of one sign.

    Their places and no more: with all their columns they would be in memory twice.
    """
    return f"""
        SELECT meeting.source, meeting.fact_id, meeting.rowid AS place, persons.person,
            (person_head(persons.person) % {SLOTS})::INTEGER AS slot,
            hash(*COLUMNS(meeting.* EXCLUDE (citizen)), persons.person, '{rule_set.digest}') AS said
        FROM enriched_meetings AS meeting JOIN persons USING (citizen)
        WHERE persons.sign = {sign}
    """


def _to_say(rule_set: RuleSet, said: str) -> str:
    """Give the query for the folded meetings that are to be said, as what was last said is another.

    `said`: the relation of what was last said of them.
    """
    return f"FROM ({_folded(rule_set, 1)}) AS now ANTI JOIN {said} USING (source, fact_id, slot, said)"


def _unsaid(rule_set: RuleSet, now: InForce, said: str) -> str:
    """Give the query for what was said and is no longer ours to say, by source, fact_id and slot.

    Where another slice says it under the very same key, as persons of two slices can share a slot, there is
    nothing to withdraw.
    """
    return f"""
        WITH lost AS (
            SELECT said.place, said.source, said.fact_id, said.slot FROM {said} AS said
            ANTI JOIN ({_folded(rule_set, 1)}) AS now USING (source, fact_id, slot)
        ),
        told_of AS (
            SELECT citizen
            FROM names_of_meeting_held SEMI JOIN (SELECT {NAME_HASH} AS name_hash FROM lost) USING (name_hash)
        ),
        elsewhere AS (
            SELECT source, fact_id, (person_head(coalesce(person, citizen)) % {SLOTS})::INTEGER AS slot,
                true AS is_there
            FROM (FROM meeting_held SEMI JOIN told_of USING (citizen)) SEMI JOIN lost USING (source, fact_id)
            LEFT JOIN person_of USING (citizen)
            WHERE NOT deleted AND local_date <= DATE '{now.through}'
        )
        SELECT lost.*, coalesce(is_there, false) AS said_elsewhere
        FROM lost LEFT JOIN elsewhere USING (source, fact_id, slot)
    """


def _of_all(prefix: str) -> list[str]:
    """Name the relations of all figures that begin so."""
    return [f"{prefix}{name}" for name in FIGURES]


def _merge(figure: Figure, place_codes: Sequence[int]) -> str:
    """Give the statement that adds what was folded of a figure, in these places."""
    names = ("place_code", *figure.dimensions)
    same = " AND ".join(f"cell.{name} IS NOT DISTINCT FROM more.{name}" for name in names)
    gone = " AND ".join(f"cell.{name} + more.{name} = 0" for name in figure.measures)
    sums = ", ".join(f"{name} = cell.{name} + more.{name}" for name in figure.measures)
    # Of more places it is as well to look at all cells.
    there = f" AND cell.place_code IN ({', '.join(map(str, place_codes))})" if len(place_codes) < _MANY_PLACES else ""
    return (
        f"MERGE INTO {figure.relation} AS cell USING ({to_keep(figure, f'folded_{figure.name}')}) AS more"
        f" ON {same}{there}"
        f" WHEN MATCHED AND {gone} THEN DELETE WHEN MATCHED THEN UPDATE SET {sums} WHEN NOT MATCHED THEN INSERT"
    )


def _ordered(figure: Figure, prefix: str) -> str:
    """Give the query for a figure's rows of `places`, each with its place, in the order of both."""
    texts = {name for name, sql in cell_columns(figure).items() if sql == "VARCHAR"}
    row = ", ".join(f"cell.{name}::VARCHAR AS {name}" if name in texts else f"cell.{name}" for name in _row(figure))
    order = ", ".join(f"cell.{name} NULLS FIRST" for name in figure.dimensions or figure.measures)
    where = "(place_code)" if prefix == "cells_" else "(municipality, period)"
    return (
        f"SELECT place, {row} FROM {prefix}{figure.name} AS cell JOIN places USING {where}"
        f" WHERE {figure.base} > 0 ORDER BY place, {order}"
    )


def _row(figure: Figure) -> tuple[str, ...]:
    return (*figure.dimensions, *figure.measures)
