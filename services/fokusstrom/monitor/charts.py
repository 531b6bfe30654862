"""The charts, as SVG to stand in a page: made by Altair and vl-convert, from values alone.

A chart says nothing that its text and the table beneath it don't say: the SVG is hidden from assistive
technology, and the page gives the text instead. Colours are those of the design system, and differ from white
and from their neighbours in lightness too.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import vl_convert

from fokusstrom.monitor.country import Month
from fokusstrom.monitor.words import Language, Words

MODES = ("PHYSICAL", "VIDEO", "PHONE", "WRITTEN", "OTHER")
"""Modes in the order in which they are stacked and listed."""

_COLOURS = ("#0b4d8c", "#1b86c3", "#febb30", "#8e8e8e", "#454545")
_LINE = "#0b4d8c"
_INK = "#1a1a1a"
_FONT = "IBM Plex Sans, system-ui, sans-serif"
_WIDTH, _HEIGHT, _BAR, _NAMES = 1_000, 300, 34, 240

Spec = Mapping[str, Any]


def shares(months: Sequence[Month], words: Words) -> str:
    """Draw the share not served as a line."""
    values = [
        {"month": month.month.isoformat(), "share": month.not_served_permille / 10}
        for month in months
        if month.not_served_permille is not None
    ]
    chart = alt.Chart(alt.InlineData(values), width=_WIDTH, height=_HEIGHT)
    line = chart.mark_line(point=True, color=_LINE, strokeWidth=2.5).encode(
        x=time_axis(),
        y=alt.Y("share:Q", title=words("share_axis"), scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)),
    )
    return svg(line, words.language)


def modes(months: Sequence[Month], words: Words) -> str:
    """Draw the mix of modes as stacked bars."""
    values = [
        {"month": month.month.isoformat(), "mode": words(mode), "order": place, "share": share / 10}
        for month in months
        for place, mode in enumerate(MODES)
        if (share := month.mode_permille(mode)) is not None
    ]
    names = [words(mode) for mode in MODES]
    chart = alt.Chart(alt.InlineData(values), width=_WIDTH, height=_HEIGHT)
    bars = chart.mark_bar(stroke="white", strokeWidth=0.5).encode(
        x=time_axis(),
        y=alt.Y("share:Q", title=words("modes_axis"), scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5)),
        color=alt.Color(
            "mode:N",
            title=words("mode"),
            scale=alt.Scale(domain=names, range=list(_COLOURS)),
            legend=alt.Legend(orient="top"),
        ),
        order=alt.Order("order:Q"),
    )
    return svg(bars, words.language)


def lags(by_group: Mapping[str, int | None], words: Words) -> str:
    """Draw unread records by group as bars; what is unknown has none and says so."""
    values = [
        {"group": group.removeprefix("fokusstrom-"), "lag": lag or 0, "text": words.number(lag)}
        for group, lag in by_group.items()
    ]
    chart = alt.Chart(alt.InlineData(values), width=_WIDTH - _NAMES, height=_BAR * max(1, len(values)))
    most = max((lag or 0 for lag in by_group.values()), default=0)
    position = chart.encode(
        x=alt.X(
            "lag:Q",
            title=words("lag_axis"),
            scale=alt.Scale(domain=[0, max(10, most * 1.15)]),
            axis=alt.Axis(tickMinStep=1, format=",d", tickCount=6),
        ),
        y=alt.Y("group:N", title=None, sort=None, axis=alt.Axis(labelLimit=_NAMES, minExtent=_NAMES)),
    )
    bars = position.mark_bar(color=_LINE, size=18)
    texts = position.mark_text(align="left", dx=6, color=_INK, fontSize=14).encode(text="text:N")
    return svg(bars + texts, words.language)


def time_axis() -> alt.X:
    """Months in UTC: the axis must not depend on where the page is made."""
    return alt.X(
        "utcyearmonth(month):T",
        title=None,
        axis=alt.Axis(
            format="%m.%Y",
            tickCount=12,
            labelAngle=0,
            labelOverlap=True,
            labelSeparation=8,
            labelFlush=False,
            grid=False,
        ),
    )


def legend_of_lines() -> alt.Legend:
    """Lines as they are drawn, dashes included: a point beside the name would show the colour alone."""
    return alt.Legend(orient="top", symbolType="stroke", symbolSize=900, symbolStrokeWidth=2.5)


def svg(chart: alt.Chart | alt.LayerChart | alt.FacetChart, language: Language) -> str:
    """Render a chart in the pages' face and colours."""
    text = {"labelFontSize": 14, "titleFontSize": 14, "titleFontWeight": 600, "labelColor": _INK, "titleColor": _INK}
    styled = (
        chart.configure(font=_FONT, aria=False, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(**text, titlePadding=8, gridColor="#dcdcdc", domainColor="#8e8e8e", tickColor="#8e8e8e")
        .configure_legend(**text, labelLimit=400)
        .configure_header(labelFontSize=14, labelFontWeight=600, labelColor=_INK)
    )
    return _rendered(styled.to_json(indent=None), language)


@functools.lru_cache(maxsize=32)
def _rendered(spec: str, language: Language) -> str:
    """The same chart is drawn once: a page is asked for more often than its figures change."""
    return vl_convert.vegalite_to_svg(spec, format_locale=Words(language).locale())


def span(months: Sequence[Month], share: Mapping[date, int]) -> tuple[date, date, date, date] | None:
    """Give the first, last, highest and lowest month of a series; None when it is empty."""
    known = [month.month for month in months if month.month in share]
    if not known:
        return None
    return known[0], known[-1], max(known, key=share.__getitem__), min(known, key=share.__getitem__)
