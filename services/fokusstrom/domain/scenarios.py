"""What changes under another rule set: the same facts' tables under two, side by side.

What is compared is what `comparison/measured.sql` says of the tables of the specification. Nothing is judged
here: whether a target is met or a municipality selected is what the tables say.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fokusstrom.domain.rules_and_figures import sql_of

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from fokusstrom.domain.rule_set import RuleSet

COUNTRY = "DK"
COUNTS = (
    "persons_in_scope",
    "not_served_with_meetings",
    "not_served_with_offers",
    "early_contact_chains",
    "early_contact_not_served",
    "meetings_counting",
    "meetings_unlawful",
    "assessments_missing",
)
"""Measures by month; those of the country are the sums of the municipalities'."""
MUNICIPALITIES = (
    "municipalities_missing_meetings",
    "municipalities_missing_offers",
    "municipalities_selected",
    "municipalities_postponed",
)
"""Measures of the country by year: how many municipalities."""
AVERAGES = ("meetings_average", "offers_average")
STATES = ("meetings_target_met", "offers_target_met", "supervision_status", "supervision_reasons")
"""Measures of a municipality's year that are no number."""
MEASURES = (*MUNICIPALITIES, *STATES, *AVERAGES, *COUNTS)
"""All of them, in the order in which they are shown."""
SHARES: Mapping[str, str] = {
    "not_served_with_meetings": "persons_in_scope",
    "not_served_with_offers": "persons_in_scope",
    "early_contact_not_served": "early_contact_chains",
}
"""Counts that are parts of another: their base."""

_HALF_A_YEAR = 6
_READ = (
    "focus_meetings",
    "focus_offers",
    "focus_average",
    "supervision",
    "early_contact",
    "meetings_held",
    "mode_use",
)


@dataclass(frozen=True)
class Compared:
    """One value under both rule sets, as text; empty where a rule set says nothing."""

    measure: str
    area: str
    period: str
    against: str
    under: str

    @property
    def year(self) -> str:
        """The year of its period."""
        return self.period[:4]

    @property
    def is_changed(self) -> bool:
        """The two rule sets say different things."""
        return self.against != self.under


@dataclass(frozen=True)
class ChangedRules:
    """A table of rules that differs: the rows that only one of the two has."""

    table: str
    against: Sequence[Mapping[str, Any]]
    under: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """What two rule sets say of the same facts, up to the same day."""

    against: RuleSet
    under: RuleSet
    through: dt.date
    values: Sequence[Compared]
    """Ordered by measure as in `MEASURES`, then area and period."""

    @functools.cached_property
    def changed(self) -> list[Compared]:
        """All values that differ."""
        return [value for value in self.values if value.is_changed]

    def switches(self) -> list[Compared]:
        """Targets that municipalities meet, and states that they have, under one rule set and not the other."""
        asked = [measure for measure in STATES if measure != "supervision_reasons"]
        return [value for value in self.changed if value.measure in asked]

    def of_country(self, measures: Iterable[str]) -> list[Compared]:
        """Return the country's values of some measures."""
        wanted = set(measures)
        return [value for value in self.values if value.area == COUNTRY and value.measure in wanted]

    def around_changes(self, measure: str) -> list[Compared]:
        """Return the country's months of a measure from half a year before it first differs to as long after."""
        changed = {value.period for value in self.changed if value.measure == measure}
        values = self.of_country([measure])
        places = [place for place, value in enumerate(values) if value.period in changed]
        return values[max(0, places[0] - _HALF_A_YEAR) : places[-1] + _HALF_A_YEAR + 1] if places else []

    def municipalities(self) -> list[Compared]:
        """How many municipalities miss a target or are selected, in the years in which anything differs."""
        years = {value.year for value in self.changed}
        values = [value for value in self.of_country(MUNICIPALITIES) if value.year in years]
        return sorted(
            (value for value in values if {value.against, value.under} != {"0"}),
            key=lambda value: (value.period, MUNICIPALITIES.index(value.measure)),
        )

    def changed_measures(self) -> list[str]:
        """The measures of which some value differs, in their order."""
        changed = {value.measure for value in self.changed}
        return [measure for measure in MEASURES if measure in changed]

    def changed_municipalities(self, measure: str) -> int:
        """In how many municipalities a measure differs."""
        return len({value.area for value in self.changed if value.measure == measure and value.area != COUNTRY})

    def changed_rules(self) -> list[ChangedRules]:
        """The tables of rules that differ."""
        found = []
        for table, rows in self.against.rows.items():
            others = self.under.rows[table]
            gone, new = [row for row in rows if row not in others], [row for row in others if row not in rows]
            if gone or new:
                found.append(ChangedRules(table, gone, new))
        return found


def compare(
    connection: duckdb.DuckDBPyConnection,
    against: tuple[RuleSet, Mapping[str, pa.Table]],
    under: tuple[RuleSet, Mapping[str, pa.Table]],
    through: dt.date,
) -> Comparison:
    """Compare the tables of two rule sets (`domain.tables`), in a connection that is used for nothing else."""
    for name, tables in (("against", against[1]), ("under", under[1])):
        for table in _READ:
            connection.register(table, tables[table])
        connection.execute(f"CREATE OR REPLACE TEMP TABLE measured_{name} AS {sql_of('comparison', 'measured')}")
    rows = connection.execute(
        """
        SELECT
            measure, area, period,
            coalesce(theirs.value, CASE WHEN list_contains($counts, measure) THEN '0' ELSE '' END),
            coalesce(ours.value, CASE WHEN list_contains($counts, measure) THEN '0' ELSE '' END)
        FROM measured_against AS theirs
        FULL JOIN measured_under AS ours USING (measure, area, period)
        ORDER BY list_position($measures, measure), area, period
        """,
        {"counts": [*COUNTS, *MUNICIPALITIES], "measures": list(MEASURES)},
    ).fetchall()
    return Comparison(against[0], under[0], through, [Compared(*row) for row in rows])
