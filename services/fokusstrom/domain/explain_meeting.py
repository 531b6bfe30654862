"""Why a meeting counts or doesn't: the way of one `MeetingHeld` from its records through the rules lives here.

What is said is read from what the rules made (`explain`); the sentences are this module's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.explain import (
    Explanation,
    Listing,
    Record,
    RuleRow,
    Step,
    ask,
    cell,
    listed,
    number_of,
    rule_row,
    rule_rows,
)
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.latest import canonical_json_sql

if TYPE_CHECKING:
    import duckdb

    from fokusstrom.domain.fold import Fold
    from fokusstrom.domain.rule_set import RuleSet

_WHY_NOT = {
    "duplicate": "it was set aside by R2: the record that was kept stands for it",
    "no_show": "the citizen did not come",
    "type_not_counted": "only job interviews, follow-up and joint meetings count",
    "unconfirmed_joint": "only the unemployment fund (a-kasse) reported it, and its reports don't count on that date",
    "reported_by_a_kasse": "the unemployment fund (a-kasse) reported it, and its reports don't count on that date",
    "mode_not_counted": "its mode doesn't count on that date",
    "no_spell": "no benefit spell of the citizen covers its date",
}
"""R7's reasons, as sentences."""


@dataclass(frozen=True)
class Asked:
    """Which meeting is asked about, and what may be shown."""

    source: str
    fact_id: str
    with_protected: bool = False


class MeetingExplainer:
    """Explains one meeting in a connection whose book has its `versions` (`Book.remember`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: RuleSet, through: dt.date, asked: Asked) -> None:
        """Take what is asked."""
        self._connection = connection
        self._rules = rules
        self._through = through
        self._asked = asked
        self._is_protected = False

    def explain(self, fold: Fold) -> Explanation | None:
        """Fold the meeting's person alone, and explain it; None when no record of it was taken in.

        The connection's fold is that person's afterwards.
        """
        self._name_held()
        held = self._rows("SELECT * FROM meeting_held WHERE source = $source AND fact_id = $fact_id")
        if not held:
            return None
        self._name_person()
        fold.begin()
        fold.collect("asked_person")
        fold.run(figures=())
        fold.enrich()
        self._is_protected = self._one("SELECT count(*) FROM protected_citizens") > 0
        outcome, steps = self._way(held[0])
        protected = int(self._is_protected)
        return Explanation(
            f"meeting {self._asked.fact_id} of {self._asked.source}",
            outcome,
            self._rules,
            self._through,
            steps,
            hidden=0 if self._asked.with_protected else protected,
            shown=protected if self._asked.with_protected else 0,
        )

    @property
    def _is_cut(self) -> bool:
        return self._is_protected and not self._asked.with_protected

    def _way(self, held: Record) -> tuple[str, list[Step]]:
        steps = [self._of_versions(), self._of_person()]
        if held["deleted"]:
            steps.append(
                Step("R1", "The record that holds withdraws the meeting: there is no fact, and nothing counts.")
            )
            return "withdrawn", steps
        if held["local_date"] > self._through:
            finding = f"It was held on {held['local_date']}, after the end date {self._through}: it is ignored."
            return "after the end date", [*steps, Step("Section 5", finding)]
        (meeting,) = ask(self._connection, "meeting", source=self._asked.source, fact_id=self._asked.fact_id)
        steps += [
            self._of_time(meeting),
            self._of_duplicates(meeting),
            self._of_spell(meeting),
            self._of_counting(meeting),
            *self._of_months(meeting),
            *self._of_mode(meeting),
            self._of_outcome(meeting),
        ]
        if self._is_protected:
            steps.append(self._of_protection())
        return meeting["reason"] or "counts", steps

    def _of_versions(self) -> Step:
        """R1: every record that was taken in, and why the others don't hold."""
        records = ask(self._connection, "versions_of_meeting")
        (held,) = (record for record in records if record["holds"])
        for record in records:
            record["why"] = _why_not_held(record, held)
            record["registered_at"] = self._instant(record["registered_at"])
        columns = ("version", "registered_at", "change_reason", "deleted", "citizen", "times", "why")
        finding = number_of(len(records), "record was taken in", "different records were taken in")
        finding += f"; version {held['version']} holds."
        if len({record["citizen"] for record in records}) > 1:
            finding += " They name different citizens: the meeting is only the one's that holds."
        return Step("R1", finding, listing=listed(records, *columns))

    def _of_person(self) -> Step:
        """R1b: whose meeting it is."""
        ((named, person, others),) = self._connection.execute("""
            SELECT pseudonym_text(any_value(named)), pseudonym_text(any_value(whole)), count(*) - 1 FROM asked_person
        """).fetchall()
        if not others:
            return Step("R1b", f"It is of the citizen {named}, whom no link joins with another pseudonym.")
        finding = f"It names {named}; links join {number_of(others + 1, 'pseudonym')} to one person, {person}."
        links = ask(self._connection, "links_of_person")
        return Step("R1b", finding, listing=listed(links, "source", "fact_id", "citizen", "same_as"))

    def _of_time(self, meeting: Record) -> Step:
        """R3: the local date, by which all else goes."""
        if self._is_cut:
            return Step("R3", f"It was held on {meeting['local_date']}, local date of Copenhagen.")
        finding = f"It was held at {cell(meeting['held_at'])}: {meeting['local_date']}, local date of Copenhagen."
        return Step("R3", finding)

    def _of_duplicates(self, meeting: Record) -> Step:
        """R2: reported once or twice."""
        if meeting["kept_source"] is not None:
            way = (
                "(a) same citizen, interview type and minute"
                if meeting["same_minute_as_kept"]
                else "(b) joint meetings of one day, by jobcentre and a-kasse"
            )
            kept = Listing(("source", "fact_id"), [(meeting["kept_source"], meeting["kept_fact_id"])])
            return Step(
                "R2", f"Another record of the same meeting is kept: {way}. This one is a duplicate.", listing=kept
            )
        others = ask(self._connection, "set_aside_for", fact=meeting["fact"])
        if not others:
            return Step("R2", "It was reported once.")
        duplicates = number_of(len(others), "other record is its duplicate", "other records are its duplicates")
        finding = f"It is kept; {duplicates}."
        if meeting["told_a_kasse"] is None and meeting["a_kasse"] is not None:
            finding += f" It takes the a-kasse {meeting['a_kasse']} of one of them."
        return Step("R2", finding, listing=listed(others, "source", "fact_id", "reporter", "a_kasse"))

    def _of_spell(self, meeting: Record) -> Step:
        """R4: the spell, or the spells that there are instead."""
        spells = ask(self._connection, "spells_of_citizen", citizen=meeting["citizen"], day=meeting["local_date"])
        listing = listed(spells, "source", "fact_id", "municipality", "benefit", "starts_on", "ends_on", "covers")
        if meeting["spell_start"] is None:
            had = number_of(len(spells), "benefit spell (ydelsesforløb)", "benefit spells (ydelsesforløb)")
            return Step("R4", f"The citizen has {had}, and none covers {meeting['local_date']}.", listing=listing)
        covering = sum(spell["covers"] for spell in spells)
        finding = (
            f"Its spell is {meeting['benefit']} in municipality {meeting['spell_municipality']} from"
            f" {meeting['spell_start']} ({meeting['spell_source']}, {meeting['spell_fact_id']})"
        )
        finding += f", chosen of {covering} that cover the day." if covering > 1 else "."
        return Step("R4", finding, listing=listing if covering > 1 else None)

    def _of_counting(self, meeting: Record) -> Step:
        """R7: each condition as the rules found it, and the rows of the rule set behind them."""
        reporters = self._in_force("counting_reporters", meeting["reporter_row"], reporter=meeting["reporter"])
        modes = self._in_force("counting_modes", meeting["mode_row"], mode=meeting["mode"])
        conditions = Listing(
            ("condition", "is", "holds"),
            [
                ("kept by R2", "a record of its own", meeting["kept_source"] is None),
                ("attendance", meeting["attendance"], meeting["attendance"] == "HELD"),
                ("interview type", meeting["interview_type"], meeting["contact"]),
                ("reporter that counts on the date", meeting["reporter"], meeting["reporter_row"] is not None),
                ("mode that counts on the date", meeting["mode"], meeting["mode_row"] is not None),
                ("spell by R4", cell(meeting["spell_start"]), meeting["spell_start"] is not None),
            ],
        )
        reason = meeting["reason"]
        if reason is None:
            return Step("R7", "It counts (tæller): every condition holds.", [*reporters, *modes], conditions)
        rows: Sequence[RuleRow] = ()
        if reason in {"unconfirmed_joint", "reported_by_a_kasse"}:
            rows = reporters
        elif reason == "mode_not_counted":
            rows = modes
        return Step("R7", f"It does not count: {reason}, as {_WHY_NOT[reason]}.", rows, conditions)

    def _of_months(self, meeting: Record) -> Iterator[Step]:
        """R8: for which months it was asked."""
        if meeting["reason"] is not None:
            return
        months = ask(self._connection, "months_of_meeting", citizen=meeting["citizen"], day=meeting["local_date"])
        if not months:
            yield Step(
                "R8", "The citizen is in scope in no reported month whose window has its date: it serves in none."
            )
            return
        finding = f"It serves in {number_of(len(months), 'month')} in which the citizen is in scope."
        yield Step("R8", finding, listing=listed(months, "month", "municipality", "benefit", "window_start", "served"))

    def _of_mode(self, meeting: Record) -> Iterator[Step]:
        """R14, R15: first or later, and whether the mode was in force."""
        if not meeting["has_mode"]:
            yield Step("R15", "Its mode is not judged: only meetings that are held and kept are.")
            return
        first = "the first" if meeting["first"] else "not the first"
        yield Step("R14", f"It is {first} contact meeting of its spell.")
        six = "six months reached" if meeting["six_months_reached"] else "six months not reached"
        case = f"{meeting['local_date']}, {meeting['region']}, {meeting['interview_type']}, {first}, {six}"
        if meeting["mode_rule"] is None:
            yield Step("R15", f"No row of mode_rules is for {case}: the mode is not judged.")
            return
        lawful = "lawful" if meeting["mode_lawful"] else "unlawful"
        finding = f"{meeting['mode']} was {lawful} by '{meeting['mode_rule']}' ({case})"
        missing = "; the individual assessment (konkret vurdering) is missing" if meeting["assessment_missing"] else ""
        rows = self._rows_of("mode_rules", meeting["local_date"], name=meeting["mode_rule"])
        yield Step("R15", f"{finding}{missing}.", rows)

    def _of_outcome(self, meeting: Record) -> Step:
        """Section 4: what followed; no effect is claimed."""
        (row,) = rule_rows(self._rules, "evaluation")
        if meeting["outcome"] is None:
            return Step("Section 4", "No outcome (afgang) followed within the time that is looked at.", [row])
        days = (meeting["outcome_on"] - meeting["local_date"]).days
        finding = f"{meeting['outcome']} followed on {meeting['outcome_on']}, {number_of(days, 'day')} later."
        return Step("Section 4", f"{finding} This is an association, never an effect.", [row])

    def _of_protection(self) -> Step:
        if self._is_cut:
            return Step(
                "R18", "The citizen's address is protected: instants are cut to the date, no jobcenter is shown."
            )
        return Step("R18", "The citizen's address is protected; what is shown was logged.")

    def _in_force(self, table: str, number: int | None, **of: str) -> list[RuleRow]:
        """Return the row that decided; all of the same code where none did."""
        if number is not None:
            return [rule_row(self._rules, table, number)]
        return [row for row in rule_rows(self._rules, table) if of.items() <= row.says.items()]

    def _rows_of(self, table: str, day: dt.date, **of: str) -> list[RuleRow]:
        rows = rule_rows(self._rules, table)
        return [row for row in rows if row.holds_on(day) and of.items() <= row.says.items()]

    def _instant(self, instant: dt.datetime) -> Any:  # noqa: ANN401 - a cell's value
        return instant.date() if self._is_cut else instant

    def _name_held(self) -> None:
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE held_record AS SELECT {canonical_json_sql(MEETING_HELD)} AS canonical"
            " FROM meeting_held WHERE source = $source AND fact_id = $fact_id",
            self._identity,
        )

    def _name_person(self) -> None:
        """Let `asked_person` be every pseudonym of the meeting's person."""
        self._connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE asked_person AS
            WITH record AS (
                SELECT meeting.citizen AS named, coalesce(person, meeting.citizen) AS person
                FROM meeting_held AS meeting LEFT JOIN person_of USING (citizen)
                WHERE source = $source AND fact_id = $fact_id
            )
            SELECT named AS citizen, named, person AS whole FROM record
            UNION SELECT person_of.citizen, named, person AS whole FROM record JOIN person_of USING (person)
            """,
            self._identity,
        )

    @property
    def _identity(self) -> dict[str, str]:
        return {"source": self._asked.source, "fact_id": self._asked.fact_id}

    def _rows(self, query: str) -> list[Record]:
        asked = self._connection.execute(query, self._identity)
        columns = [column for column, *_ in asked.description]
        return [dict(zip(columns, row, strict=True)) for row in asked.fetchall()]

    def _one(self, query: str) -> int:
        ((value,),) = self._connection.execute(query).fetchall()
        return int(value)


def _why_not_held(record: Record, held: Record) -> str:
    if record["holds"]:
        return "holds"
    if record["version"] < held["version"]:
        return f"version {held['version']} is greater"
    if record["registered_at"] < held["registered_at"]:
        return "the other of this version was registered later"
    return "a tie with other content: the other's canonical JSON is greater (conflict)"
