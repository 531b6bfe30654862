"""What leaves a worker: a slice's figures and its enriched meetings, as messages, made from the ledger.

Figures are absolute: the value of a key is all that the slice counts for an area and a period. Meetings are
said again when what is said of them has changed; what was last said is remembered as a fingerprint. A
meeting's key begins with its person's slot, so that whoever loses a meeting withdraws it under the old one.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from fokusstrom.contracts import columns, keys
from fokusstrom.contracts.records import FIGURES_CONTRACT
from fokusstrom.contracts.schemas import SchemaCatalog
from fokusstrom.contracts.topics import CUT_FIGURES, MEETING_ENRICHED, PARTIAL_FIGURES, SCENARIO_FIGURES
from fokusstrom.domain.book import NAME_HASH
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.fold import Slice
from fokusstrom.domain.inlet import Inlet
from fokusstrom.domain.parts import Part
from fokusstrom.domain.rule_set import RuleSet
from fokusstrom.domain.rules_and_figures import FIGURES
from fokusstrom.enrichment.counted import Counted, Place
from fokusstrom.runtime.ledger import InForce
from fokusstrom.runtime.publisher import Outgoing

_NOTHING_SAID = pa.schema(
    {"citizen": pa.string(), "source": pa.string(), "fact_id": pa.string(), "slot": pa.int32(), "place": pa.int64()}
).empty_table()

SLOTS = 1024
"""Enriched meetings are keyed by person modulo this, whatever the number of slices is."""
_CHUNK = 200_000
"""Enriched meetings in one transaction."""


@dataclass(frozen=True)
class Origin:
    """Who counts: deployment and slice."""

    deployment: str
    of: Slice

    @functools.cached_property
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
        self._heads, figures = columns.halves(latest, len(latest.tree["fields"]) - len(FIGURES))
        self.counted = Counted(connection, figures)
        """What the slice counts."""
        self.forget_before()

    def figures_gone(self, named: Iterable[bytes], now: InForce, sequence: int) -> Outgoing:
        """Make the live figures, empty now, of places that the ledger knows still and of which nothing is counted.

        `named`: keys of live figures, of whose places these are to be made as well where they are this slice's: what
        it said before it knew of cells.
        """
        gone = (self.counted.kept_places() | self._ours(named)) - self.counted.all().keys()
        return self._live(dict.fromkeys(sorted(gone), self.counted.nothing), now, sequence)

    def partials(self, figures: Iterable[str], now: InForce, sequence: int) -> Outgoing:
        """Count what was folded of some figures; make the live figures of the places concerned."""
        return self._live(self.counted.add(figures), now, sequence)

    def all_partials(self, figures: Iterable[str], named: Iterable[bytes], now: InForce, sequence: int) -> Outgoing:
        """Count what was folded of some figures; make the live figures of every place that is counted, or was said.

        Of the latter there may be no cell any more: their figures are to be said empty. `named`: keys of live figures.
        What a worker said that was killed before its ledger knew of it is found only there.
        """
        changed = self.counted.add(figures)
        gone = dict.fromkeys(self._ours(named), self.counted.nothing)
        return self._live({**gone, **changed, **self.counted.all()}, now, sequence)

    def figures_of_cut(self, now: InForce, sequence: int) -> Outgoing:
        """Make the cut's figures, of everything that the slice counts."""
        counted = dict(sorted(self.counted.all().items()))
        named = [keys.cut_figures_key(now.cut, self._origin.key, area, period) for area, period in counted]
        return Outgoing(CUT_FIGURES.name, "PartialFigures", named, self._values(counted, now, sequence))

    def live_of_cut(self, now: InForce, sequence: int) -> Outgoing:
        """Make the live figures of the same."""
        return self._live(self.counted.all(), now, sequence)

    def figures_of_scenario(self, request: str, now: InForce, sequence: int, figures: Collection[str]) -> Outgoing:
        """Make some of a scenario's figures, of what `refold` left; what the slice counts is left as it is."""
        counted = self.counted.of_cells("refolded_", figures)
        named = [keys.scenario_figures_key(request, self._origin.key, area, period) for area, period in counted]
        values = self._values(counted, now, sequence)
        return Outgoing(SCENARIO_FIGURES.name, "PartialFigures", named, values)

    def _ours(self, named: Iterable[bytes]) -> set[Place]:
        """Give the places of those keys of live figures that are this slice's."""
        own_origin = keys.partial_key("", "", self._origin.key).rpartition(b"/")[2]
        parts = [key.split(b"/") for key in named if key.endswith(b"/" + own_origin)]
        return {(area.decode(), period.decode()) for area, period, *_ in parts}

    def _live(self, counted: Mapping[Place, bytes], now: InForce, sequence: int) -> Outgoing:
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

    def _values(self, counted: Mapping[Place, bytes], now: InForce, sequence: int) -> list[bytes]:
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
