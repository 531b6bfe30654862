"""A comparison of two rule sets as a page of its own, in Danish and English, with charts and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import altair as alt
from markupsafe import Markup

from fokusstrom.commands import _pages
from fokusstrom.domain.facts import municipality_names
from fokusstrom.domain.rule_set import FOREVER
from fokusstrom.domain.rule_tables import BEGINNING
from fokusstrom.domain.scenarios import AVERAGES, COUNTS, ChangedRules, Compared, Comparison
from fokusstrom.monitor import charts
from fokusstrom.monitor.words import Language, Texts, Words

_FOLDER = "scenario_page"
_COLOURS = ("#0b4d8c", "#b8431f")
_WIDTH, _HEIGHT, _BAR, _NAMES = 1_000, 300, 52, 300
_OF_A_ROW = ("valid_from", "valid_to", "reference", "provenance")


@dataclass(frozen=True)
class Shown:
    """One value as a row of a table shows it."""

    name: str
    against: str
    under: str
    difference: str


@dataclass(frozen=True)
class Part:
    """A chart with its text and its table."""

    svg: Markup
    text: str
    rows: Sequence[Shown]
    measure: str = ""
    municipalities: int = 0


def write_pages(comparison: Comparison, out: Path) -> list[Path]:
    """Write the page in each language, and what it needs to look right; return the pages' files."""
    return _pages.write(out, lambda language: _Page(comparison, language).html())


def texts() -> Texts:
    """Return the page's own texts."""
    return _pages.texts(_FOLDER)


class _Page:
    def __init__(self, comparison: Comparison, language: Language) -> None:
        self._comparison = comparison
        self._words = Words(language, texts())
        self._titles = (comparison.against.title(language), comparison.under.title(language))
        self._names = municipality_names()

    def html(self) -> str:
        against, under = self._titles
        return _pages.template(_FOLDER, "comparison.html").render(
            words=self._words,
            comparison=self._comparison,
            against=against,
            under=under,
            names=self._names,
            country=self._country(),
            switches=self._comparison.switches(),
            months=[self._months(measure) for measure in self._comparison.changed_measures() if measure in COUNTS],
            averages=self._averages(),
            rules=[self._rules(changed) for changed in self._comparison.changed_rules()],
        )

    def _country(self) -> Part | None:
        """Show how many municipalities miss a target or are selected; None where there are none."""
        values = self._comparison.municipalities()
        if not values:
            return None
        rows = [self._shown(f"{value.period}: {self._words(value.measure)}", value) for value in values]
        each = "; ".join(f"{row.name}: {row.against} / {row.under}" for row in rows)
        return Part(self._bars(values, rows), self._words("country_alt", each=each), rows)

    def _months(self, measure: str) -> Part:
        values = self._comparison.around_changes(measure)
        numbers = [(date.fromisoformat(f"{value.period}-01"), int(value.against), int(value.under)) for value in values]
        against, under = [number for _, number, _ in numbers], [number for _, _, number in numbers]
        write = self._words.number
        text = self._words(
            "months_alt",
            first=self._words.month(numbers[0][0]),
            last=self._words.month(numbers[-1][0]),
            against=self._titles[0],
            under=self._titles[1],
            against_least=write(min(against)),
            against_most=write(max(against)),
            under_least=write(min(under)),
            under_most=write(max(under)),
        )
        rows = [
            self._shown(self._words.month(month), value) for value, (month, *_) in zip(values, numbers, strict=True)
        ]
        return Part(self._lines(numbers), text, rows, measure, self._comparison.changed_municipalities(measure))

    def _averages(self) -> list[Shown]:
        changed = [value for value in self._comparison.changed if value.measure in AVERAGES]
        return [
            Shown(
                f"{self._names[value.area]}, {self._words(value.measure)}, {value.period}",
                *map(self._percent, (value.against, value.under, _less(value.under, value.against))),
            )
            for value in changed
        ]

    def _shown(self, name: str, value: Compared) -> Shown:
        against, under = int(value.against), int(value.under)
        return Shown(name, *(self._words.number(number) for number in (against, under, under - against)))

    def _percent(self, share: str) -> str:
        if not share:
            return "-"
        text = f"{Decimal(share) * 100:.2f}"
        return text.replace(".", ",") if self._words.language is Language.DANISH else text

    def _rules(self, changed: ChangedRules) -> Mapping[str, Any]:
        sides = zip(self._titles, (changed.against, changed.under), strict=True)
        return {"table": changed.table, "rows": [self._rule(title, row) for title, rows in sides for row in rows]}

    def _rule(self, title: str, row: Mapping[str, Any]) -> Mapping[str, str]:
        first, last = row["valid_from"], row["valid_to"]
        return {
            "rule_set": title,
            "first": self._words("always") if first == BEGINNING else self._words.day(first),
            "last": "" if last == FOREVER else self._words.day(last),
            "says": _says(row),
            "reference": row["reference"],
            "provenance": self._words(row["provenance"]),
        }

    def _colour(self, legend: alt.Legend) -> alt.Color:
        scale = alt.Scale(domain=list(self._titles), range=list(_COLOURS))
        return alt.Color("side:N", title=None, sort=None, scale=scale, legend=legend)

    def _lines(self, numbers: Sequence[tuple[date, int, int]]) -> Markup:
        values = [
            {"month": month.isoformat(), "side": side, "value": value}
            for month, *pair in numbers
            for side, value in zip(self._titles, pair, strict=True)
        ]
        chart = alt.Chart(alt.InlineData(values), width=_WIDTH, height=_HEIGHT)
        dashes = alt.Scale(domain=list(self._titles), range=[[1, 0], [6, 4]])
        line = chart.mark_line(point=True, strokeWidth=2.5).encode(
            x=charts.time_axis(),
            y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=5, tickMinStep=1, format=",d")),
            color=self._colour(charts.legend_of_lines()),
            strokeDash=alt.StrokeDash("side:N", title=None, sort=None, scale=dashes),
        )
        return _drawn(line, self._words)

    def _bars(self, values: Sequence[Compared], rows: Sequence[Shown]) -> Markup:
        drawn = [
            {"what": row.name, "side": side, "value": int(number), "text": text}
            for value, row in zip(values, rows, strict=True)
            for side, number, text in zip(
                self._titles, (value.against, value.under), (row.against, row.under), strict=True
            )
        ]
        chart = alt.Chart(alt.InlineData(drawn), width=_WIDTH - _NAMES, height=_BAR * len(values))
        position = chart.encode(
            x=alt.X(
                "value:Q",
                title=self._words("municipalities_axis"),
                axis=alt.Axis(tickMinStep=1, tickCount=10, format=",d"),
            ),
            y=alt.Y("what:N", title=None, sort=None, axis=alt.Axis(labelLimit=_NAMES, minExtent=_NAMES)),
            yOffset=alt.YOffset("side:N", sort=list(self._titles)),
        )
        texts = position.mark_text(align="left", dx=6, color="#1a1a1a", fontSize=14).encode(text="text:N")
        bars = position.mark_bar().encode(color=self._colour(alt.Legend(orient="top")))
        return _drawn(bars + texts, self._words)


def _drawn(chart: alt.Chart | alt.LayerChart, words: Words) -> Markup:
    return Markup(charts.svg(chart, words.language))  # noqa: S704 - our own drawing, of escaped texts


def _less(share: str, other: str) -> str:
    return str(Decimal(share) - Decimal(other)) if share and other else ""


def _says(row: Mapping[str, Any]) -> str:
    """Write what a row of rules says, besides its dates and where it is from."""
    said = {name: value for name, value in row.items() if name not in _OF_A_ROW and value is not None}
    return "; ".join(
        f"{name} {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in said.items()
    )
