"""The monitor's pages for people: Danish, English with `?lang=en`, accessible (WCAG 2.1 AA), without scripts.

    GET /              what the figures say, internal and published
    GET /operations    groups, cuts, sources, topics
    GET /static/...    the design system's style sheet and fonts (DKFDS), and ours
    GET /favicon.ico   the icon, for who asks for it unasked: browsers do where no page names one

They are made on the server from what was seen last; asking for a page asks no broker.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from fokusstrom.domain.facts import municipality_names
from fokusstrom.monitor import charts
from fokusstrom.monitor.country import Month
from fokusstrom.monitor.lag import State, by_group
from fokusstrom.monitor.snapshot import Snapshot
from fokusstrom.monitor.words import Language, Words
from fokusstrom.runtime.clock import Clock

MONTHS_SHOWN = 36
"""So many months back the country's series go."""

_BADGES = {
    State.UP_TO_DATE: "badge-success",
    State.BEHIND: "badge-info",
    State.UNKNOWN: "badge-warning",
    State.STOPPED: "badge-error",
}


class Pages:
    """Answers for the pages with what `seen` gives."""

    def __init__(self, seen: Callable[[], Snapshot], clock: Clock) -> None:
        """Take where to find what was seen last."""
        self._seen = seen
        self._clock = clock
        self._names = municipality_names()
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("fokusstrom.monitor"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[BaseRoute]:
        """Routes for an operations port."""
        static = Path(str(resources.files("fokusstrom.monitor").joinpath("static")))
        return [
            Route("/", self._overview),
            Route("/operations", self._operations),
            Route("/favicon.ico", lambda _: FileResponse(static / "icon.svg", media_type="image/svg+xml")),
            Mount("/static", StaticFiles(directory=static)),
        ]

    def _overview(self, request: Request) -> HTMLResponse:
        words, seen = _words(request), self._seen()
        months = _shown(seen.complete.months) if seen.complete else []
        return self._page(
            "overview",
            words,
            seen,
            months=months,
            modes=charts.MODES,
            share_chart=_chart(charts.shares, months, words),
            share_alt=_share_alt(months, words),
            modes_chart=_chart(charts.modes, [month for month in months if month.meetings], words),
            modes_alt=_modes_alt(months, words),
            names=self._names,
        )

    def _operations(self, request: Request) -> HTMLResponse:
        return self._page("operations", _words(request), self._seen())

    def _page(self, name: str, words: Words, seen: Snapshot, **more: Any) -> HTMLResponse:  # noqa: ANN401 - what a template shows
        groups = by_group(seen.lags)
        unread = {lag.group: lag.lag for lag in groups}
        each = "; ".join(f"{group} {words.number(lag)}" for group, lag in unread.items())
        content = self._templates.get_template(f"{name}.html").render(
            page=name,
            words=words,
            Language=Language,
            seen=seen,
            now=self._clock.now(),
            groups=groups,
            up_to_date=sum(lag.state is State.UP_TO_DATE for lag in groups),
            badges=_BADGES,
            lag_chart=_chart(charts.lags, unread, words),
            lag_alt=words("lag_alt", each=each),
            **more,
        )
        return HTMLResponse(content, headers={"cache-control": "no-store", "content-security-policy": _POLICY})


def _shown(months: Sequence[Month]) -> Sequence[Month]:
    """Leave out what lies before the first meeting: nobody can have been served there."""
    first = next((place for place, month in enumerate(months) if month.meetings), len(months))
    return months[first:][-MONTHS_SHOWN:]


_POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self'; base-uri 'none'"
"""No scripts at all; inline styles are the charts'."""


def _words(request: Request) -> Words:
    return Words(Language.ENGLISH if request.query_params.get("lang") == Language.ENGLISH else Language.DANISH)


def _chart(draw: Callable[[Any, Words], str], of: Sequence[Any] | Mapping[str, Any], words: Words) -> Markup | None:
    return Markup(draw(of, words)) if of else None  # noqa: S704 - our own drawing, of escaped texts


def _share_alt(months: Sequence[Month], words: Words) -> str:
    return _alt(
        "share_alt",
        months,
        {m.month: m.not_served_permille for m in months if m.not_served_permille is not None},
        words,
    )


def _modes_alt(months: Sequence[Month], words: Words) -> str:
    found = {month.month: month.mode_permille("PHYSICAL") for month in months}
    return _alt("modes_alt", months, {month: share for month, share in found.items() if share is not None}, words)


def _alt(key: str, months: Sequence[Month], share: Mapping[Any, int], words: Words) -> str:
    span = charts.span(months, share)
    if span is None:
        return ""
    first, last, most, least = span
    return words(
        key,
        first=words.percent(share[first]),
        last=words.percent(share[last]),
        most=words.percent(share[most]),
        least=words.percent(share[least]),
        from_month=words.month(first),
        to_month=words.month(last),
        most_month=words.month(most),
        least_month=words.month(least),
    )
