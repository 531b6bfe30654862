"""Inputs, rules and figures: what a fold reads, makes and sums, by name and in order, lives here.

The law is in `rules/` and `figures/`, one SELECT a file. `RULES` and `FIGURES` name them in the order in which they
need each other, with the columns each gives; `INPUTS` are what they read of facts. `domain.fold` makes them relations.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

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


@functools.cache
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
