"""The fold: facts of some persons, a rule set and an end date give enriched meetings and figures.

Theory of operation. `domain.rules_and_figures` names the law's files in the order in which they need each other.
`Fold.collect` copies the facts of some persons from the book into the input relations, with a sign; `Fold.run` makes
each rule a relation. A figure's file gives rows that belong to one citizen each; a *cell* is their sum by the figure's
dimensions. What can be said only of all cells together - averages, supervision - is `domain.tables`.

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
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fokusstrom.domain import facts
from fokusstrom.domain.parts import Part, divided
from fokusstrom.domain.rules_and_figures import (
    EVERYTHING,
    FIGURES,
    INPUTS,
    OF_MEETINGS,
    RULES,
    Figure,
    cell_columns,
    sql_of,
)

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.rule_set import RuleSet

_OF_NOBODY = ("expected_shares",)
"""The inputs that are about no citizen."""

_RELATIONS = {name: text.partition("{theirs}")[2].split()[0] for name, text in INPUTS.items() if "{theirs}" in text}
"""The book's relation of each input that is about citizens."""

_OF_MONTHS = ("meetings", "spells")
"""The inputs that say which months there are."""


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
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE elsewhere_{relation} AS {theirs}")

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
