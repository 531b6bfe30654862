"""The charts of an evaluation, from values alone; what they show is in the text and the tables beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from markupsafe import Markup

from fokusstrom.monitor import charts
from fokusstrom.monitor.words import Words

Row = Mapping[str, Any]
_WIDTH, _HEIGHT, _LINE, _NAMES = 1_000, 260, 30, 130
_INK = "#1a1a1a"
_COLOURS = ("#0b4d8c", "#1b86c3", "#febb30", "#8e8e8e", "#454545")
_OF_LINES = ("#0b4d8c", "#1b86c3", "#b97700", "#767676", "#454545")
"""The same, but thin on white: each at 3 to 1 at least."""
_STRETCHES = ("#8e8e8e", "#b8431f")
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [1, 4])


def shares(rows: Sequence[Row], horizons: Sequence[str], words: Words) -> Markup:
    """Draw shares with their intervals: a line for each mode, side by side for each horizon."""
    in_order = sorted(rows, key=lambda row: int(row["order"]))
    modes = list(dict.fromkeys(row["mode"] for row in in_order))
    width = (_WIDTH - _NAMES) // len(horizons) - 30
    position = alt.Chart(alt.InlineData(list(rows)), width=width, height=_LINE * len(modes)).encode(
        y=alt.Y("mode:N", title=None, sort=modes, axis=alt.Axis(minExtent=_NAMES, labelLimit=_NAMES))
    )
    x = alt.X("share:Q", title=words("per_cent"), scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
    lines = position.mark_rule(color=_COLOURS[0], strokeWidth=3).encode(
        x=alt.X("low:Q", title=words("per_cent")), x2="high:Q"
    )
    points = position.mark_point(color=_COLOURS[0], filled=True, size=90, opacity=1).encode(x=x)
    panels = (lines + points).facet(column=alt.Column("horizon:N", title=None, sort=list(horizons)))
    return _drawn(panels, words)


def differences(rows: Sequence[Row], stretches: Sequence[str], words: Words) -> Markup:
    """Draw differences with their intervals, during and before, and where no difference would lie."""
    names = list(dict.fromkeys(row["what"] for row in rows))
    colour = alt.Color(
        "stretch:N",
        title=None,
        sort=list(stretches),
        scale=alt.Scale(domain=list(stretches), range=list(_STRETCHES)),
        legend=alt.Legend(orient="top"),
    )
    position = alt.Chart(alt.InlineData(list(rows)), width=_WIDTH - 2 * _NAMES, height=44 * len(names)).encode(
        y=alt.Y("what:N", title=None, sort=names, axis=alt.Axis(minExtent=2 * _NAMES, labelLimit=2 * _NAMES)),
        yOffset=alt.YOffset("stretch:N", sort=list(stretches)),
        color=colour,
    )
    lines = position.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=words("points_axis")), x2="high:Q")
    shape = alt.Shape("stretch:N", title=None, sort=list(stretches), legend=None)
    points = position.mark_point(filled=True, size=90, opacity=1).encode(x="difference:Q", shape=shape)
    nothing = alt.Chart(alt.InlineData([{"zero": 0}])).mark_rule(color=_INK).encode(x="zero:Q")
    return _drawn(nothing + lines + points, words)


def mixes(rows: Sequence[Row], modes: Sequence[str], words: Words) -> Markup:
    """Draw how meetings divide by mode, as stacked bars."""
    names = list(dict.fromkeys(row["what"] for row in rows))
    bars = (
        alt.Chart(alt.InlineData(list(rows)), width=_WIDTH - 2 * _NAMES, height=40 * len(names))
        .mark_bar(stroke="white", size=26)
        .encode(
            x=alt.X(
                "share:Q", title=words("modes_axis"), scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=10)
            ),
            y=alt.Y("what:N", title=None, sort=names, axis=alt.Axis(minExtent=2 * _NAMES, labelLimit=2 * _NAMES)),
            color=_of_modes(modes, words, _COLOURS, alt.Legend(orient="top")),
            order=alt.Order("order:Q"),
        )
    )
    return _drawn(bars, words)


def months(rows: Sequence[Row], modes: Sequence[str], axis: str, words: Words) -> Markup:
    """Draw a number by month as a line for each mode."""
    lines = (
        alt.Chart(alt.InlineData(list(rows)), width=_WIDTH, height=_HEIGHT)
        .mark_line(point=True, strokeWidth=2.5)
        .encode(
            x=charts.time_axis(),
            y=alt.Y("value:Q", title=axis, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5)),
            color=_of_modes(modes, words, _OF_LINES, charts.legend_of_lines()),
            strokeDash=alt.StrokeDash(
                "mode:N", title=words("mode"), scale=alt.Scale(domain=list(modes), range=list(_DASHES))
            ),
        )
    )
    return _drawn(lines, words)


def _of_modes(modes: Sequence[str], words: Words, colours: Sequence[str], legend: alt.Legend) -> alt.Color:
    scale = alt.Scale(domain=list(modes), range=list(colours))
    return alt.Color("mode:N", title=words("mode"), scale=scale, legend=legend)


def _drawn(chart: alt.Chart | alt.LayerChart | alt.FacetChart, words: Words) -> Markup:
    return Markup(charts.svg(chart, words.language))  # noqa: S704 - our own drawing, of escaped texts
