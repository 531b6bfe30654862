"""The fold: facts of some persons, a rule set and an end date give enriched meetings and figures.

Theory of operation. `rules/` and `figures/` hold the law, one SELECT a file; `RULES` and `FIGURES` below name
them in the order in which they need each other, with the columns each gives. `Fold.collect` copies the facts
of some persons from the book into the input relations, with a sign; `Fold.run` makes each rule a relation.
A figure's file gives rows that belong to one citizen each; a *cell* is their sum by the figure's dimensions.
What can be said only of all cells together - averages, supervision - is `domain.tables`.

To fold what a batch changes, collect the touched persons with sign -1 before the batch is applied and with
+1 after it, and run once: `cells` are then what to add to each cell. A person collected twice counts as two
citizens, of which nothing is ever joined. Facts that are about no citizen are collected whole, in slice 0, as those
of a citizen without pseudonym: what didn't change comes to nothing.

Of many persons a part is collected and run at a time (`Fold.parts`): no row of a rule or a figure is of two persons,
so the cells of all are the sums of the parts' (`domain.cells`). What rules make of a part stays near the processor,
and of all it would be more than memory carries. A part are the persons between two pseudonyms, as facts lie in the
order of pseudonyms; what was told of a person under another one lies elsewhere, is little, and is copied out first.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from fokusstrom.domain import facts
from fokusstrom.domain.parts import Part, divided

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from fokusstrom.domain.rule_set import RuleSet

INPUTS: Mapping[str, str] = {
    "meetings": """
        SELECT {who}, municipality, jobcenter, reporter, a_kasse, interview_type, held_at, local_date, mode,
            attendance, assessment_documented, duration_minutes, source, fact_id, version
        FROM {theirs}meeting_held AS fact {of_persons} AND local_date <= {through}""",
    "spells": """
        SELECT {who}, municipality, benefit, target_group, starts_on, coalesce(ends_on, forever()) AS ends_on,
            introduction_programme, source, fact_id
        FROM {theirs}benefit_spell AS fact {of_persons} AND starts_on <= {through}""",
    "offers": """
        SELECT {who}, offer_type, starts_on, coalesce(ends_on, forever()) AS ends_on, source, fact_id
        FROM {theirs}offer_participation AS fact {of_persons} AND starts_on <= {through}""",
    "hours": """
        SELECT {who}, month, hours, source, fact_id
        FROM {theirs}ordinary_hours AS fact {of_persons} AND month <= {through}""",
    "outcomes": """
        SELECT {who}, outcome, reached_on, source, fact_id
        FROM {theirs}outcome_reached AS fact {of_persons} AND reached_on <= {through}""",
    "protections": """
        SELECT {who}, protected
        FROM {theirs}citizen_protection AS fact {of_persons}""",
    "expected_shares": """
        SELECT {who}, municipality, assessment_year::INTEGER AS year, actual_share, expected_share, registered_at,
            source, fact_id
        FROM expected_benefit_share AS fact {of_persons}""",
}
"""What the rules read of the facts; after R1 and R1b, facts whose own date lies after the end date are ignored."""

_OF_NOBODY = ("expected_shares",)
"""The inputs that are about no citizen."""

RULES: Mapping[str, str] = {
    "held_meetings_once": "fact BIGINT, duplicate_of BIGINT, lent_a_kasse VARCHAR",
    "overlapping_spells": "citizen BIGINT",
    "spell_of_meeting": (
        "fact BIGINT, spell BIGINT, spell_municipality municipality_code, benefit benefit_code,"
        " target_group BIGINT, spell_start DATE"
    ),
    "told_meetings": (
        "fact BIGINT, citizen BIGINT, municipality municipality_code, jobcenter VARCHAR, reporter reporter_code,"
        " a_kasse VARCHAR, interview_type interview_type_code, held_at TIMESTAMPTZ, local_date DATE,"
        " mode mode_code, attendance attendance_code, assessment_documented BOOLEAN, duration_minutes BIGINT,"
        " source VARCHAR, fact_id VARCHAR, version BIGINT, duplicate_of BIGINT, spell_municipality municipality_code,"
        " benefit benefit_code, target_group BIGINT, spell_start DATE, told_by municipality_code, kept BOOLEAN,"
        " contact BOOLEAN"
    ),
    "judged_meetings": (
        "fact BIGINT, citizen BIGINT, told_by municipality_code, local_date DATE, benefit benefit_code,"
        " interview_type interview_type_code, reporter reporter_code, a_kasse VARCHAR, mode mode_code,"
        " reporter_row INTEGER, mode_row INTEGER, reason VARCHAR"
    ),
    "spells_in_chains": (
        "citizen BIGINT, benefit benefit_code, fact BIGINT, source VARCHAR, fact_id VARCHAR,"
        " municipality municipality_code, target_group BIGINT, starts_on DATE, ends_on DATE, new_from DATE,"
        " new_days BIGINT, chain BIGINT, days_before BIGINT"
    ),
    "chains": "chain BIGINT, citizen BIGINT, benefit benefit_code, starts_on DATE",
    "seniority_reached": "chain BIGINT, target_row INTEGER, reached_on DATE",
    "in_scope": (
        "citizen BIGINT, month DATE, last_day DATE, municipality municipality_code, benefit benefit_code,"
        " chain_start DATE, target_row INTEGER"
    ),
    "focus_window": (
        "citizen BIGINT, month DATE, last_day DATE, municipality municipality_code, benefit benefit_code,"
        " chain_start DATE, target_row INTEGER, window_start DATE"
    ),
    "served_with_meetings": "citizen BIGINT, month DATE",
    "served_with_offers": "citizen BIGINT, month DATE",
    "early_contact_chains": (
        "chain BIGINT, citizen BIGINT, municipality municipality_code, month DATE, benefit benefit_code, served BOOLEAN"
    ),
    "previous_contact": "fact BIGINT, previous_on DATE",
    "kept_meetings": (
        "fact BIGINT, citizen BIGINT, local_date DATE, month DATE, told_by municipality_code, region VARCHAR,"
        " benefit benefit_code, interview_type interview_type_code, contact BOOLEAN, mode mode_code,"
        " assessment_documented BOOLEAN, duration_minutes BIGINT, previous_on DATE, first BOOLEAN,"
        " six_months_reached BOOLEAN"
    ),
    "mode_in_force": (
        "local_date DATE, region VARCHAR, interview_type interview_type_code, first BOOLEAN,"
        " six_months_reached BOOLEAN, mode_rule VARCHAR, allowed VARCHAR[],"
        " with_assessment VARCHAR[], assessment_expected VARCHAR[]"
    ),
    "mode_of_meeting": (
        "fact BIGINT, citizen BIGINT, local_date DATE, month DATE, told_by municipality_code, region VARCHAR,"
        " benefit benefit_code, interview_type interview_type_code, contact BOOLEAN, mode mode_code,"
        " assessment_documented BOOLEAN, first BOOLEAN, six_months_reached BOOLEAN, mode_rule VARCHAR,"
        " mode_lawful BOOLEAN, assessment_missing BOOLEAN"
    ),
    "contact_between": (
        "fact BIGINT, citizen BIGINT, month DATE, told_by municipality_code, mode mode_code,"
        " in_scope_of municipality_code, days BIGINT, minutes BIGINT"
    ),
    "what_followed": "fact BIGINT, outcome outcome_code, reached_on DATE",
    "outcome_of_meeting": "fact BIGINT, outcome outcome_code, reached_on DATE",
    "protected_citizens": "citizen BIGINT",
    "enriched_meetings": (
        "citizen BIGINT, source VARCHAR, fact_id VARCHAR, version BIGINT, municipality municipality_code,"
        " jobcenter VARCHAR, held_at TIMESTAMPTZ, local_date DATE, interview_type interview_type_code,"
        " mode mode_code, attendance attendance_code, reporter reporter_code, a_kasse VARCHAR,"
        " spell_municipality municipality_code, benefit benefit_code, target_group BIGINT, spell_start DATE,"
        " counts BOOLEAN, reason VARCHAR, duplicate_of_source VARCHAR, duplicate_of_fact_id VARCHAR,"
        " first BOOLEAN, mode_lawful BOOLEAN, mode_rule VARCHAR, mode_rule_reference VARCHAR,"
        " assessment_missing BOOLEAN, outcome outcome_code, outcome_on DATE, outcome_days BIGINT"
    ),
}
"""Every rule, in an order in which each needs only earlier ones: the columns that its file gives."""

OF_MEETINGS = ("outcome_of_meeting", "protected_citizens", "enriched_meetings")
"""The rules that no figure needs."""

EVERYTHING = frozenset((*INPUTS, *RULES))
"""All that figures can need."""

_RELATIONS = {name: text.partition("{theirs}")[2].split()[0] for name, text in INPUTS.items() if "{theirs}" in text}
"""The book's relation of each input that is about citizens."""

_OF_MONTHS = ("meetings", "spells")
"""The inputs that say which months there are."""


class Period(enum.Enum):
    """What time a figure is of; its value is the column that the figure's file gives.

    A month and a quarter are their first day there.
    """

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def to_text(self) -> str:
        """SQL for the text that cells and keys name it by: 2020-03, 2020-Q1, 2020."""
        return {
            Period.MONTH: "month_text(month)",
            Period.QUARTER: "quarter_text(quarter)",
            Period.YEAR: "year::VARCHAR",
        }[self]

    @property
    def from_text(self) -> str:
        """SQL for the column's value, from `period`."""
        return {
            Period.MONTH: "(period || '-01')::DATE",
            Period.QUARTER: "make_date(left(period, 4)::INTEGER, 3 * right(period, 1)::INTEGER - 2, 1)",
            Period.YEAR: "period::INTEGER",
        }[self]


@dataclass(frozen=True)
class Figure:
    """A table of figures: the rows of its file, summed by area, period and dimensions."""

    name: str
    dimensions: tuple[str, ...]
    """Besides municipality and period, which every figure has first."""
    measures: tuple[str, ...]
    base: str
    """The measure that must be above 0 for a row to be there."""
    period: Period = Period.MONTH

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the specification."""
        return ("municipality", self.period.value, *self.dimensions, *self.measures)

    @property
    def relation(self) -> str:
        """Name of the relation of its cells."""
        return f"cells_{self.name}"


FIGURES: Mapping[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "meetings_held",
            ("benefit", "interview_type", "mode", "a_kasse", "counts", "reason"),
            ("meetings",),
            base="meetings",
        ),
        Figure(
            "mode_use",
            ("interview_type", "mode", "first", "lawful", "assessment_missing"),
            ("meetings",),
            base="meetings",
        ),
        Figure("focus_meetings", ("benefit",), ("persons", "not_served"), base="persons"),
        Figure("focus_offers", ("benefit",), ("persons", "not_served"), base="persons"),
        Figure("early_contact", ("benefit",), ("chains", "not_served"), base="chains"),
        Figure("meetings_followed", ("benefit", "mode", "first"), ("meetings",), base="meetings"),
        Figure("outcomes_reached", ("benefit", "mode", "first", "horizon", "outcome"), ("reached",), base="reached"),
        Figure("expected_shares", (), ("shares", "actual_share", "expected_share"), base="shares", period=Period.YEAR),
        Figure("mode_persons", ("mode",), ("meetings", "persons"), base="meetings"),
        Figure(
            "mode_parts",
            ("interview_type", "mode", "part", "code"),
            ("meetings", "persons", "persons_only"),
            base="meetings",
        ),
        Figure(
            "early_persons",
            ("benefit",),
            ("chains", "not_served", "persons", "persons_not_served", "persons_only"),
            base="chains",
        ),
        Figure(
            "followed_quarter",
            ("part", "benefit", "mode", "first", "horizon", "outcome"),
            ("meetings", "persons", "persons_only"),
            base="meetings",
            period=Period.QUARTER,
        ),
        Figure(
            "followed_year",
            ("part", "mode", "horizon", "outcome"),
            ("meetings", "persons", "persons_only"),
            base="meetings",
            period=Period.YEAR,
        ),
        Figure("contact_month", ("part", "mode"), ("counted", "amount", "persons"), base="counted"),
        Figure(
            "contact_quarter",
            ("part", "mode"),
            ("counted", "amount", "persons"),
            base="counted",
            period=Period.QUARTER,
        ),
    )
}
"""Every table of figures by its name."""

_TYPES = {
    **dict.fromkeys(("a_kasse", "counts", "first", "lawful", "assessment_missing"), "BOOLEAN"),
    "horizon": "INTEGER",
}
"""SQL types of the dimensions that are no text."""


@dataclass(frozen=True)
class Slice:
    """The persons of one worker: `number` of `count`, from 0; person's first 8 hex digits modulo `count`."""

    number: int = 0
    count: int = 1

    def __str__(self) -> str:
        """Write it as on the command line."""
        return f"{self.number}/{self.count}"

    @property
    def condition(self) -> str:
        """SQL condition on `person`."""
        return "true" if self.count == 1 else f"person_head(person) % {self.count} = {self.number}"


class Fold:
    """One fold in a connection that has a `Book`; see the theory of operation above."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rule_set: RuleSet, through: dt.date, of: Slice) -> None:
        """Take the rule set, the end date and the slice of persons; both are in force for all that follows."""
        self.connection = connection
        self._through = f"DATE '{through.isoformat()}'"
        self._of = of
        self._takes_away = False
        self._collected: set[str] = set()
        self._has_views_of: set[str] = set()
        self._parts = [Part()]
        rule_set.install(connection)
        self._make_regions()

    def begin(self) -> None:
        """Forget what was collected."""
        self._takes_away = False
        self._collected.clear()
        self.connection.execute("CREATE OR REPLACE TEMP TABLE persons (citizen BIGINT, person UUID, sign TINYINT)")

    def collect(
        self,
        touched: str | None = None,
        *,
        sign: int = 1,
        singled_out: bool = False,
        inputs: Container[str] = INPUTS,
    ) -> None:
        """Collect the facts of the slice's persons: of all, or of the pseudonyms in the relation `touched`.

        `singled_out`: these facts are in relations of their own, as by `Book.single_out`. `inputs`: those that are
        needed; of the others there is nothing.
        """
        self._takes_away = self._takes_away or sign < 0
        self._number_persons(self._persons_of(touched), sign)
        self._collect_all(inputs, {"theirs_" if singled_out else "": "true"})
        self._collect_of_nobody(inputs, sign)

    def parts(
        self, touched: str | None = None, *, inputs: Container[str] = INPUTS, at_once: bool = False
    ) -> Iterator[Part]:
        """Begin, and collect as `collect` does, a part of the persons at a time; each is to be run before the next.

        At least one part is given, also of nobody. `at_once`: all persons are one part.
        """
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE everyone AS {self._persons_of(touched)}")
        self._parts = [Part()] if at_once else divided(self.connection, "everyone")
        if len(self._parts) > 1:
            self._copy_out(inputs)
        for part in self._parts:
            self._begin_part(part, inputs)
            yield part

    def enriched_parts(self, needed: Container[str]) -> Iterator[Part]:
        """Give the parts that were run last once more, each with the rules that only enriched meetings need.

        `needed`: the rules and inputs that these need. Of one part alone they are still there; of several they are
        made anew, as together they would be more than all else that is in memory.
        """
        for part in self._parts:
            if len(self._parts) > 1:
                self._begin_part(part, needed)
                self.run((), needed)
            self.enrich()
            yield part

    def run(self, figures: Iterable[str] = tuple(FIGURES), needed: Container[str] = EVERYTHING) -> None:
        """Make the rules that figures need relations, and the cells of these figures: `folded_<figure>`.

        `needed`: the rules and inputs that they need.
        """
        for name in INPUTS:
            if name in needed or name in _OF_MONTHS:
                self._show(name)
        self._make_months()
        self.again(figures, needed)

    def again(self, figures: Iterable[str], rules: Container[str]) -> None:
        """Make some rules relations, and the cells of figures, of what a fold collected and made in the connection."""
        self._make(name for name in RULES if name in rules and name not in OF_MEETINGS)
        for name in figures:
            cells = _cells(FIGURES[name], takes_away=self._takes_away)
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE folded_{name} AS {cells}")

    def enrich(self) -> None:
        """Make the rules that only enriched meetings need relations; after `run`."""
        self._make(OF_MEETINGS)

    def _begin_part(self, part: Part, inputs: Container[str]) -> None:
        """Begin, and collect the facts of a part of `everyone`."""
        self.begin()
        self._number_persons(f"FROM everyone WHERE {part.holds('person')}", 1)
        lies_at = {"": "true"}
        if len(self._parts) > 1:
            lies_at = {"": f"{part.holds('fact.citizen')} AND fact.citizen = who.person", "elsewhere_": "true"}
        self._collect_all(inputs, lies_at)
        if part == self._parts[0]:
            self._collect_of_nobody(inputs, 1)

    def _persons_of(self, touched: str | None) -> str:
        """Give the query for the slice's pseudonyms and whose each is: all, or those of the relation `touched`."""
        # Of who has neither meeting nor spell, under no pseudonym, there is nothing to say.
        named = touched or (
            "(SELECT citizen FROM meeting_held UNION SELECT citizen FROM benefit_spell"
            " UNION SELECT citizen FROM person_of)"
        )
        return (
            f"SELECT * FROM (SELECT citizen, coalesce(person, citizen) AS person FROM {named} AS named"
            f" LEFT JOIN person_of USING (citizen)) WHERE {self._of.condition}"
        )

    def _number_persons(self, theirs: str, sign: int) -> None:
        """Let `who` be pseudonyms with the numbers of their persons, who are added to `persons`."""
        self.connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE who AS
            WITH theirs AS ({theirs}),
            numbered AS (
                SELECT person, row_number() OVER () + (SELECT count(*) FROM persons) AS number
                FROM (SELECT DISTINCT person FROM theirs)
            )
            SELECT theirs.citizen, numbered.number, person FROM theirs JOIN numbered USING (person)
        """)
        self.connection.execute(f"INSERT INTO persons SELECT DISTINCT number, person, {sign} FROM who")

    def _copy_out(self, inputs: Container[str]) -> None:
        """Let `elsewhere_<relation>` be what was told of `everyone` under another pseudonym than their person's."""
        others = "(SELECT citizen FROM everyone WHERE citizen <> person)"
        for relation in (relation for name, relation in _RELATIONS.items() if name in inputs):
            theirs = f"FROM {relation} SEMI JOIN {others} USING (citizen)"
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE found AS SELECT {relation}.rowid AS place {theirs}")
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE elsewhere_{relation} AS"
                f" {theirs} WHERE rowid IN (SELECT place FROM found)"
            )

    def _collect_all(self, inputs: Container[str], lies_at: Mapping[str, str]) -> None:
        """Collect the facts of `who`: of the relations whose names begin so, those of which a condition holds."""
        for name in (name for name in INPUTS if name in inputs and name not in _OF_NOBODY):
            for theirs, condition in lies_at.items():
                of_persons = f"JOIN who ON fact.citizen = who.citizen WHERE NOT deleted AND {condition}"
                self._collect(name, "who.number", of_persons, theirs)

    def _collect_of_nobody(self, inputs: Container[str], sign: int) -> None:
        """Collect the facts that are about no citizen, which are the first slice's."""
        of_nobody = [name for name in _OF_NOBODY if name in inputs]
        if of_nobody and self._of.number == 0:
            self.connection.execute(f"INSERT INTO persons SELECT count(*) + 1, NULL, {sign} FROM persons")
            for name in of_nobody:
                self._collect(name, "(SELECT count(*) FROM persons)", "WHERE NOT deleted")

    def _collect(self, name: str, number: str, of_persons: str, theirs: str = "") -> None:
        facts_of = INPUTS[name].format(
            who=f"{number} AS citizen", theirs=theirs, of_persons=of_persons, through=self._through
        )
        into = "INSERT INTO" if name in self._collected else "CREATE OR REPLACE TEMP TABLE"
        self.connection.execute(f"{into} collected_{name} {'' if name in self._collected else 'AS'} {facts_of}")
        self._collected.add(name)

    def _show(self, name: str) -> None:
        """Let an input be what was collected of it, each row a fact."""
        if name not in self._collected:
            self._collect(name, "0::BIGINT", "WHERE false")
        if name not in self._has_views_of:
            self.connection.execute(
                f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT rowid AS fact, * FROM collected_{name}"
            )
            self._has_views_of.add(name)

    def _make(self, rules: Iterable[str]) -> None:
        for name in rules:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql_of('rules', name)}")

    def _make_months(self) -> None:
        """Make the months that can have a figure: reported, and none before the first meeting or spell."""
        self.connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE months AS
            WITH earliest AS (
                SELECT min(local_date) AS day FROM meetings UNION ALL SELECT min(starts_on) AS day FROM spells
            ),
            every AS (
                SELECT unnest(range(month_of(min(day)), {self._through} + 1, INTERVAL 1 MONTH))::DATE AS month
                FROM earliest
            )
            SELECT month, last_day(month) AS last_day FROM every WHERE last_day(month) <= {self._through}
        """)

    def _make_regions(self) -> None:
        regions = ", ".join(f"('{code}', '{region}')" for code, region in facts.municipalities().items())
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE regions AS FROM (VALUES {regions}) AS regions(municipality, region)"
        )


def sql_of(folder: str, name: str) -> str:
    """Return the text of a file of `rules`, `figures` or `from_sums`."""
    return resources.files(__package__).joinpath(folder, f"{name}.sql").read_text("utf-8")


def cell_columns(figure: Figure) -> Mapping[str, str]:
    """Map the columns of a figure's cells to their SQL types: municipality, period as text, dimensions, measures."""
    return {
        "municipality": "VARCHAR",
        "period": "VARCHAR",
        **{name: _TYPES.get(name, "VARCHAR") for name in figure.dimensions},
        **dict.fromkeys(figure.measures, "BIGINT"),
    }


def figures_of(connection: duckdb.DuckDBPyConnection, figure: Figure, cells: str) -> pa.Table:
    """Return a figure's rows, where its base is above 0, from a relation of its cells."""
    others = ", ".join((*figure.dimensions, *figure.measures))
    return connection.sql(
        f"SELECT municipality, {figure.period.from_text} AS {figure.period.value}, {others}"
        f" FROM {cells} WHERE {figure.base} > 0"
    ).to_arrow_table()


def _cells(figure: Figure, *, takes_away: bool) -> str:
    """Give the query for what to add to each cell of a figure; who is collected to be added only needs no sign."""
    keys = ", ".join(("municipality", figure.period.value, *figure.dimensions))
    signed = "sign * " if takes_away else ""
    sums = ", ".join(f"sum({signed}{measure})::BIGINT AS {measure}" for measure in figure.measures)
    nothing = " AND ".join(f"{measure} = 0" for measure in figure.measures)
    read = {"period": figure.period.to_text}
    columns = ", ".join(f"{read.get(name, name)}::{sql} AS {name}" for name, sql in cell_columns(figure).items())
    # Texts are made of the sums, not of each citizen's rows.
    return (
        f"SELECT {columns} FROM (SELECT {keys}, {sums} FROM ({sql_of('figures', figure.name)}) AS of_citizen"
        f"{' JOIN persons ON of_citizen.citizen = persons.citizen' if takes_away else ''}"
        f" GROUP BY ALL HAVING NOT ({nothing})) AS of_all"
    )
