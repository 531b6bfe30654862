"""What a figure is made of: numerator and denominator by reason, months of an average, gates of a supervision status.

What is said is read from what the rules made (`explain`); the sentences are this module's own.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb

from fokusstrom.domain import shares
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
    protected_citizens,
    rule_rows,
)
from fokusstrom.domain.facts import SCALE, Kind, municipality_names
from fokusstrom.domain.rules_and_figures import sql_of
from fokusstrom.domain.tables import FROM_SUMS, Average, Tables

if TYPE_CHECKING:
    import pyarrow as pa

    from fokusstrom.domain.rule_set import RuleSet

OF_MONTHS = (
    "focus_meetings", "focus_offers", "early_contact", "meetings_held", "mode_use", "transitions",
)  # fmt: skip
"""The measures of a month."""
OF_YEARS = ("focus_average", "supervision")
"""The measures of a year."""
BY_BENEFIT = tuple(name for name in OF_MONTHS if name != "mode_use")
"""The measures that are of one benefit, too."""

_REASONS = {
    "focus_missing": "there is no yearly average of either target",
    "meetings_target_missed": "the average of the meetings target is not below its threshold",
    "offers_target_missed": "the average of the offers target is not below its threshold",
    "result_missing": "no source has told an expected share (resultatmål)",
    "result_worse_than_expected": "the actual share on benefits is above the expected one",
    "selection_postponed": "no municipality could be selected that early",
}
"""R12's reasons, as sentences."""
_STATUSES = {
    "REGIME_ENDED": "The regime had ended.",
    "INSUFFICIENT_DATA": "A gate is unknown.",
    "NOT_SELECTED": "A gate is closed.",
    "POSTPONED": "Both gates are open, in a year before the first that can be selected.",
    "SELECTED": "Both gates are open: the municipality is selected to tightened supervision (skærpet tilsyn).",
}


@dataclass(frozen=True)
class Asked:
    """Which figure is asked about, and what may be shown."""

    measure: str
    municipality: str
    period: str
    """`YYYY-MM`, or `YYYY` for a measure of a year."""
    benefit: str | None = None
    citizens: bool = False
    """List the citizens behind the numerator, by pseudonym."""
    with_protected: bool = False

    @property
    def month(self) -> dt.date:
        """The first day of the month."""
        return dt.date.fromisoformat(f"{self.period}-01")

    @property
    def title(self) -> str:
        """The figure, by its name."""
        name = municipality_names()[self.municipality]
        return f"{self.measure} of {self.municipality} {name}, {' '.join(filter(None, (self.period, self.benefit)))}"


class FigureExplainer:
    """Explains figures of one fold, which is in the connection with the rules that figures need (`Fold.run`)."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, sums: Mapping[str, pa.Table], rules: RuleSet, through: dt.date
    ) -> None:
        """Take the fold's connection and its sums (`figures_of`)."""
        self._connection = connection
        self._sums = sums
        self._rules = rules
        self._through = through

    def explain(self, asked: Asked) -> Explanation:
        """Explain a figure; of what is not reported, it says so."""
        ways: Mapping[str, Callable[[Asked], _Found]] = {
            "focus_meetings": self._focus,
            "focus_offers": self._focus,
            "early_contact": self._early_contact,
            "meetings_held": self._meetings_held,
            "mode_use": self._mode_use,
            "transitions": self._transitions,
            "focus_average": self._averages,
            "supervision": self._supervision,
        }
        found = self._not_reported(asked) or ways[asked.measure](asked)
        return Explanation(
            asked.title, found.outcome, self._rules, self._through, found.steps, found.hidden, found.shown
        )

    def _not_reported(self, asked: Asked) -> _Found | None:
        if asked.measure in OF_YEARS or self._last_day(asked.month) <= self._through:
            return None
        finding = f"The month's last day lies after the end date {self._through}: it is not reported."
        return _Found("not reported", [Step("Section 5", finding)])

    # R6, R8, R9: a focus target's month

    def _focus(self, asked: Asked) -> _Found:
        base = self._ask("scope", asked)
        of_meetings = asked.measure == "focus_meetings"
        column = f"not_served_with_{'meetings' if of_meetings else 'offers'}"
        persons, not_served = (sum(row[name] for row in base) for name in ("persons", column))
        targets = [row for row in rule_rows(self._rules, "focus_targets") if row.holds_on(self._last_day(asked.month))]
        steps = [
            Step(
                "R6",
                f"The base: {number_of(persons, 'person')} in scope on {self._last_day(asked.month)}.",
                targets,
                listed(base, "benefit", "persons", column),
            ),
            self._out_of_scope(asked),
        ]
        short = self._ask("short_of_meetings" if of_meetings else "short_of_offers", asked)
        found = self._not_served(asked, short, "R8" if of_meetings else "R9", targets)
        return _Found(f"{not_served} of {persons}", [*steps, *found.steps], found.hidden, found.shown)

    def _out_of_scope(self, asked: Asked) -> Step:
        outside = self._ask("out_of_scope", asked)
        count = sum(row["persons"] for row in outside)
        finding = f"Not in the base: {number_of(count, 'person')} with a spell on that day."
        return Step("R6", finding, listing=listed(outside, "reason", "persons") if outside else None)

    def _not_served(self, asked: Asked, short: list[Record], rule: str, rows: Sequence[RuleRow]) -> _Found:
        """Say what those not served lacked: in numbers, and, where asked for, each by pseudonym."""
        lacking = "hours" if rule == "R9" else "meetings"
        by_lack = Counter(_band(row["short_of"]) if rule == "R9" else row["short_of"] for row in short)
        numbers = Listing((f"short of {lacking}", "not served"), [(key, by_lack[key]) for key in sorted(by_lack)])
        what = "no offer (tilbud) that counts and too few hours" if rule == "R9" else "too few counting meetings"
        steps = [Step(rule, f"The numerator: {len(short)} not served, with {what}.", rows, numbers if short else None)]
        if not asked.citizens or not short:
            return _Found("", steps)
        listing, hidden, shown = self._citizens(asked, short, rule)
        return _Found(
            "", [*steps, Step("R18", "The citizens not served, by pseudonym.", listing=listing)], hidden, shown
        )

    def _citizens(self, asked: Asked, short: list[Record], rule: str) -> tuple[Listing, int, int]:
        protected = protected_citizens(self._connection)
        named = [row for row in short if asked.with_protected or row["citizen"] not in protected]
        pseudonyms = dict(
            self._connection.execute("SELECT citizen, pseudonym_text(person) FROM persons").fetchall() if named else ()
        )
        rows = sorted(
            (
                pseudonyms[row["citizen"]],
                row["benefit"],
                cell(row["window_start"]),
                _hours(row["hours"]) if rule == "R9" else row["counting"],
                _hours(row["short_of"]) if rule == "R9" else row["short_of"],
                cell(row["not_counting"]),
            )
            for row in named
        )
        got = ("hours", "short of hours", "offers") if rule == "R9" else ("counting", "short of", "not counting")
        shown = sum(row["citizen"] in protected for row in named)
        return Listing(("citizen", "benefit", "window from", *got), rows), len(short) - len(named), shown

    # R13

    def _early_contact(self, asked: Asked) -> _Found:
        chains = self._ask("early_contact", asked)
        rows = rule_rows(self._rules, "early_contact")
        short = [row for row in chains if not row["served"]]
        by_benefit = Counter(row["benefit"] for row in chains)
        lost = Counter(row["benefit"] for row in short)
        listing = Listing(
            ("benefit", "chains", "not_served"), [(one, by_benefit[one], lost[one]) for one in sorted(by_benefit)]
        )
        finding = f"The base: {number_of(len(chains), 'chain')} completed the first months in {asked.period}."
        found = self._not_served(asked, short, "R13", rows)
        return _Found(
            f"{len(short)} of {len(chains)}",
            [Step("R13", finding, rows, listing), *found.steps],
            found.hidden,
            found.shown,
        )

    # R7, R14, R15: meetings

    def _meetings_held(self, asked: Asked) -> _Found:
        rows = self._ask("meetings_by_reason", asked)
        counting = sum(row["meetings"] for row in rows if row["reason"] is None)
        total = sum(row["meetings"] for row in rows)
        by_reason = Counter[str]()
        for row in rows:
            by_reason[row["reason"] or "counts"] += row["meetings"]
        reasons = Listing(("reason", "meetings"), sorted(by_reason.items()))
        steps = [
            Step("R7", f"{counting} of {number_of(total, 'meeting')} count.", listing=reasons),
            Step(
                "R7",
                "By reporter and mode, and the rows of the rule set by which each counts.",
                self._rows_named(rows),
                listed(rows, "reason", "reporter", "mode", "reporter_row", "mode_row", "meetings"),
            ),
        ]
        return _Found(f"{counting} of {total}", steps)

    def _rows_named(self, rows: Sequence[Record]) -> list[RuleRow]:
        """Return the rows by which they count; of a mode or reporter that decided against, all that there are."""
        against = {"mode_not_counted": "mode", "unconfirmed_joint": "reporter", "reported_by_a_kasse": "reporter"}
        found: dict[tuple[str, int], RuleRow] = {}
        for row in rows:
            for table, code in (("counting_reporters", "reporter"), ("counting_modes", "mode")):
                number, is_against = row[f"{code}_row"], against.get(row["reason"]) == code
                for one in rule_rows(self._rules, table):
                    if one.number == number or (is_against and one.says[code] == row[code]):
                        found[table, one.number] = one
        return [found[key] for key in sorted(found)]

    def _mode_use(self, asked: Asked) -> _Found:
        rows = ask(self._connection, "modes_by_rule", municipality=asked.municipality, month=asked.month)
        total, unlawful = (
            sum(row["meetings"] for row in rows),
            sum(row["meetings"] for row in rows if row["lawful"] is False),
        )
        named = {row["mode_rule"] for row in rows}
        rules = [
            row
            for row in rule_rows(self._rules, "mode_rules")
            if row.says["name"] in named
            and row.valid_from <= self._last_day(asked.month)
            and row.valid_to >= asked.month
        ]
        finding = f"{unlawful} of {number_of(total, 'meeting')} held and kept were in a mode that was not in force."
        listing = listed(rows, "mode_rule", "mode", "first", "lawful", "assessment_missing", "meetings")
        return _Found(f"{unlawful} of {total}", [Step("R15", finding, rules, listing)])

    def _transitions(self, asked: Asked) -> _Found:
        table = self._tables().table("transitions").to_pylist()
        rows = [
            row
            for row in table
            if row["municipality"] == asked.municipality
            and row["month"] == asked.period
            and asked.benefit in {None, row["benefit"]}
        ]
        columns = ("benefit", "mode", "first", "horizon", "outcome", "meetings", "reached", "complete")
        rows.sort(key=lambda row: tuple(str(row[name]).zfill(2) for name in columns))
        finding = "What followed meetings that were held and kept: an association, never an effect; mode isn't random."
        step = Step("R14", finding, rule_rows(self._rules, "evaluation"), listed(rows, *columns))
        return _Found(number_of(len(rows), "row"), [step])

    # R10-R12: a year

    def _averages(self, asked: Asked) -> _Found:
        return self._averages_of(asked, self._tables())

    def _averages_of(self, asked: Asked, tables: _YearTables) -> _Found:
        averages = {one.target: one for one in tables.averages if self._is_asked(asked, one)}
        months = ask(tables.connection, "shares_of_year", municipality=asked.municipality, year=int(asked.period))
        steps = [
            self._of_average(asked, target, averages.get(target), [row for row in months if row["target"] == target])
            for target in ("meetings", "offers")
        ]
        met = ", ".join(f"{target} {'met' if one.met else 'not met'}" for target, one in sorted(averages.items()))
        return _Found(met or "no average", steps)

    def _is_asked(self, asked: Asked, average: Average) -> bool:
        return (average.municipality, average.year) == (asked.municipality, int(asked.period))

    def _of_average(self, asked: Asked, target: str, average: Average | None, months: list[Record]) -> Step:
        """R11: one target's months, and what they come to."""
        shown: list[tuple[str, int | None, int | None, str | None, str]] = []
        rows: list[RuleRow] = []
        by_month = {row["month"]: row for row in months}
        for number in range(1, 13):
            month = dt.date(int(asked.period), number, 1)
            row = by_month.get(month)
            why, by = self._why_counted(month, row)
            rows += [one for one in by if one not in rows]
            share = shares.six_decimals(Fraction(row["not_served"], row["persons"])) if row else None
            counts = (row["not_served"], row["persons"]) if row else (None, None)
            shown.append((f"{month:%Y-%m}", *counts, share, why))
        listing = Listing(("month", "not_served", "persons", "share", "in the average"), shown)
        if average is None:
            return Step("R11", f"{target}: no month counts, so there is no average.", rows, listing)
        mean, threshold = shares.six_decimals(average.share), shares.six_decimals(average.threshold)
        how = "below" if average.met else "not below"
        finding = (
            f"{target}: the mean of {number_of(average.months_counted, 'monthly share')} is {mean}, {how} the threshold"
            f" {threshold}: the target (fokusmål) is {'met' if average.met else 'not met'}."
        )
        return Step("R11", finding, rows, listing)

    def _why_counted(self, month: dt.date, row: Record | None) -> tuple[str, list[RuleRow]]:
        """Say whether a month is in the average, and by which rows of the rule set."""
        last = self._last_day(month)
        if last > self._through:
            return "not reported", []
        if row is None:
            return "nobody in scope", []
        if row["counted"]:
            return "yes", [one for one in rule_rows(self._rules, "focus_targets") if one.holds_on(last)]
        return "excluded", [one for one in rule_rows(self._rules, "excluded_months") if one.holds_on(month)]

    def _supervision(self, asked: Asked) -> _Found:
        tables = self._tables()
        found = [
            row
            for row in tables.table("supervision").to_pylist()
            if (row["municipality"], row["year"]) == (asked.municipality, int(asked.period))
        ]
        result = self._result_gate(asked, found[0] if found else None)
        averages = self._averages_of(asked, tables)
        if not found:
            finding = "There is neither an average nor an expected share up to the end date: no row."
            return _Found("no row", [result, *averages.steps, Step("R12", finding)])
        (row,) = found
        focus = Step("R12", f"The focus gate is {_gate(row['focus_gate'])}.")
        finding = f"{row['status']}: {_STATUSES[row['status']]}"
        reasons = [(name, _REASONS[name]) for name in row["reasons"].split(";") if name]
        status = Step("R12", finding, rule_rows(self._rules, "selection"), Listing(("reason", "meaning"), reasons))
        return _Found(row["status"], [result, *averages.steps, focus, status])

    def _result_gate(self, asked: Asked, row: Record | None) -> Step:
        """R12: the shares that sources told, and the gate."""
        told = ask(self._connection, "expected_shares", municipality=asked.municipality, year=int(asked.period))
        for share in told:
            for name in ("actual_share", "expected_share"):
                share[name] = shares.six_decimals(Fraction(share[name], SCALE[Kind.SHARE]))
        finding = f"The result gate is {_gate(row['result_gate'] if row else None)}"
        finding += ", by the first of these." if told else ": no source told an expected share (resultatmål)."
        columns = ("source", "fact_id", "registered_at", "actual_share", "expected_share")
        return Step("R12", finding, listing=listed(told, *columns) if told else None)

    # what they share

    def _ask(self, name: str, asked: Asked) -> list[Record]:
        return ask(self._connection, name, municipality=asked.municipality, month=asked.month, benefit=asked.benefit)

    def _tables(self) -> _YearTables:
        return _YearTables(self._sums, self._rules, self._through)

    def _last_day(self, month: dt.date) -> dt.date:
        following = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        return following - dt.timedelta(days=1)


@dataclass(frozen=True)
class _Found:
    outcome: str
    steps: Sequence[Step]
    hidden: int = 0
    shown: int = 0


class _YearTables(Tables):
    """The tables of the sums, with the months of each average to be asked for."""

    def __init__(self, sums: Mapping[str, pa.Table], rules: RuleSet, through: dt.date) -> None:
        self.connection = duckdb.connect()
        super().__init__(self.connection, sums, rules, through)
        self.connection.execute(f"CREATE TEMP TABLE monthly_shares ({FROM_SUMS['monthly_shares']})")
        self.connection.execute(f"INSERT INTO monthly_shares {sql_of('from_sums', 'monthly_shares')}")


def _band(hundredths: int) -> str:
    """Say how many hours short, in steps that can be compared."""
    step = 75 * SCALE[Kind.HOURS]
    low = (hundredths - 1) // step * step // SCALE[Kind.HOURS]
    return f"more than {low:>3}, at most {low + 75:>3}"


def _hours(hundredths: int) -> str:
    return f"{hundredths // SCALE[Kind.HOURS]}.{hundredths % SCALE[Kind.HOURS]:02}"


def _gate(is_open: bool | None) -> str:  # noqa: FBT001 - a gate's state
    return "unknown" if is_open is None else "open" if is_open else "closed"
