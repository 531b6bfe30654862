"""A connector's page for people, on its operations port: how it is, and what was refused of its facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fokusstrom.contracts.records import Rejection
from fokusstrom.domain.errors import Unavailable
from fokusstrom_connectors.runner.running import Runner

_MOST = 500
_PAGE = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Connector {{ name }}</title>
<style>body { font: 16px/1.5 sans-serif; margin: 2rem } table { border-collapse: collapse }
th, td { border-bottom: 1px solid #bfbfbf; padding: .25rem .75rem; text-align: left; vertical-align: top }</style>
</head>
<body>
<main>
<h1>Connector {{ name }}</h1>
<p>{{ "It waits: " ~ trouble if trouble else "It reads and delivers." }}</p>
<h2>Refused and not corrected yet</h2>
{% if rejections is none %}
<p>Not known: the brokers don't answer.</p>
{% elif not rejections %}
<p>Nothing.</p>
{% else %}
<table>
<tr><th>Fact<th>Version<th>Severity<th>Reason<th>Field<th>What to change<th>Where
{% for one in rejections %}
<tr><td>{{ one.fact_type or "" }} {{ one.fact_id or "" }}<td>{{ "" if one.version is none else one.version }}
<td>{{ one.severity }}<td>{{ one.reason }}<td>{{ one.field or "" }}<td>{{ one.hint or "" }}
<td>{{ one.place or one.topic ~ "/" ~ one.partition ~ "/" ~ one.offset }}
{% endfor %}
</table>
{% if more %}<p>And {{ more }} more: <code>fokusstrom connector KIND rejections</code> lists all.</p>{% endif %}
{% endif %}
</main>
</body>
</html>
""")


class Pages:
    """The page."""

    def __init__(self, name: str, runner: Runner, rejections: Callable[[], Sequence[Rejection]]) -> None:
        """Take what to show; `rejections` is asked each time."""
        self._name = name
        self._runner = runner
        self._rejections = rejections

    def routes(self) -> list[Route]:
        """Routes for the operations port."""
        return [Route("/", self._page)]

    def _page(self, _request: Request) -> Response:
        try:
            found: Sequence[Rejection] | None = self._rejections()
        except Unavailable:
            found = None
        shown = None if found is None else found[:_MOST]
        return HTMLResponse(
            _PAGE.render(
                name=self._name,
                trouble=self._runner.trouble,
                rejections=shown,
                more=len(found or ()) - len(shown or ()),
            )
        )
