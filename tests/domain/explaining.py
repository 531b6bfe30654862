"""Facts in the exchange format, explained: through the shared book and fold of `folding`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fokusstrom.domain import explain_figure, explain_meeting, rule_set
from fokusstrom.domain.explain import Explanation, Step
from fokusstrom.domain.explain_figure import FigureExplainer
from fokusstrom.domain.explain_meeting import MeetingExplainer
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.fold import Fold, Slice
from fokusstrom.domain.rules_and_figures import FIGURES, figures_of
from tests.builders import FactLine
from tests.domain import folding


def meeting(
    facts: Iterable[FactLine], of: FactLine, through: str = "2021-12-31", *, with_protected: bool = False
) -> Explanation | None:
    """Explain one meeting of these facts."""
    connection, book = folding.open_book()
    for fact_type in folding.checked_parts(book, facts):
        book.append(fact_type)
    book.remember(MEETING_HELD, of["source"], of["fact_id"])
    book.keep_latest()
    end = date.fromisoformat(through)
    asked = explain_meeting.Asked(of["source"], of["fact_id"], with_protected)
    explainer = MeetingExplainer(connection, rule_set.in_force(), end, asked)
    return explainer.explain(Fold(connection, rule_set.in_force(), end, Slice()))


def way(facts: Iterable[FactLine], of: FactLine, through: str = "2021-12-31") -> Explanation:
    """Explain a meeting that there is."""
    explanation = meeting(facts, of, through)
    assert explanation is not None
    return explanation


def figures(facts: Iterable[FactLine], through: str) -> FigureExplainer:
    """Fold these facts, to explain figures of them."""
    connection, book = folding.open_book()
    folding.take_in(book, facts)
    end = date.fromisoformat(through)
    folding.fold(end)
    sums = {name: figures_of(connection, figure, f"folded_{name}") for name, figure in FIGURES.items()}
    return FigureExplainer(connection, sums, rule_set.in_force(), end)


def figure(
    facts: Iterable[FactLine],
    measure: str,
    period: str,
    through: str = "2021-12-31",
    *,
    citizens: bool = False,
    with_protected: bool = False,
) -> Explanation:
    """Explain one figure of Aarhus."""
    asked = explain_figure.Asked(measure, "751", period, None, citizens, with_protected)
    return figures(facts, through).explain(asked)


def steps(explanation: Explanation, rule: str) -> list[Step]:
    """Give the steps of a rule."""
    return [step for step in explanation.steps if step.rule == rule]


def step(explanation: Explanation, rule: str) -> Step:
    """Give the one step of a rule."""
    (only,) = steps(explanation, rule)
    return only


def rows(explanation: Explanation, rule: str, place: int = 0) -> list[tuple[object, ...]]:
    """Give the rows that a step of a rule lists."""
    listing = steps(explanation, rule)[place].listing
    assert listing is not None
    return list(listing.rows)


def decided(explanation: Explanation, rule: str, place: int = 0) -> list[tuple[str, int]]:
    """Give the rows of the rule set that decided a step, by table and number."""
    return [(row.table, row.number) for row in steps(explanation, rule)[place].rows]
