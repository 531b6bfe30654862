"""jobindsats.dk's API with one table, as the connector `jobindsats` meets it, in both of its versions.

    GET  /v3/table/y30r21?format=json                    {"periods": [{"periodtype_id": "QMAT", "values": [...]}]}
    GET  /v3/data/y30r21?period.QMAT=2021QMAT02&...      {"columns": [...], "rows": [[...]]}
    GET  /v2/tables/y30r21/json/                         [{"Period": ["2021QMAT02"]}]
    POST /v2/data/y30r21/json  {"period": [...], ...}    [{"Variables": [{"Label": ...}], "Data": [[...]]}]
    POST /token                                          for tests: the API itself has tokens that are given once

`put` says what a period's rows are; `trouble` makes the next requests for rows fail.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fokusstrom_connectors.simulators.rest import Trouble, troubled
from fokusstrom_connectors.simulators.tokens import Tokens

TABLE, PERIOD_TYPE = "y30r21", "QMAT"
_SHARES = "Forventet og faktisk andel fuldtidspersoner på offentlig forsørgelse"
GROUP, ACTUAL, EXPECTED = "Ydelsesgrupper", f"{_SHARES}: Faktisk andel (pct.)", f"{_SHARES}: Forventet andel (pct.)"
COLUMNS = ("Area", "Periode", GROUP, EXPECTED, ACTUAL, "Placering på benchmarkranglisten")
"""Labels as the second version has them."""

Row = Sequence[Any]


class JobindsatsSimulator:
    """The API. Everything may be called from any thread."""

    def __init__(self, columns: Sequence[str] = COLUMNS, *, token_seconds: int | None = None) -> None:
        """Hold no period yet; with `token_seconds` only who has a token of that age is let in."""
        self._columns = list(columns)
        self._lock = threading.Lock()
        self._periods: dict[str, list[Row]] = {}
        self._troubles: deque[Trouble] = deque()
        self.tokens = Tokens(token_seconds)
        self.asked: list[Mapping[str, Any]] = []
        """What was asked for rows, each time."""
        self.wait_seconds = 3.0
        self.application = Starlette(
            routes=[
                Route(f"/v3/table/{TABLE}", self._specified),
                Route(f"/v3/data/{TABLE}", self._rows_v3),
                Route(f"/v2/tables/{TABLE}/json/", self._listed),
                Route(f"/v2/data/{TABLE}/json", self._rows_v2, methods=["POST"]),
                self.tokens.route,
            ]
        )

    def put(self, period: str, rows: Sequence[Row]) -> None:
        """Publish a period, or correct it."""
        with self._lock:
            self._periods[period] = list(rows)

    def published(self, period: str) -> list[Row]:
        """Give a period's rows, as they are now."""
        with self._lock:
            return list(self._periods[period])

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests for rows go wrong, one after the other."""
        with self._lock:
            self._troubles.extend(troubles)

    async def _specified(self, request: Request) -> Response:
        values = [{"period_id": period} for period in self._periods]
        months = {"periodtype_id": "M", "values": [{"period_id": "2021M06"}]}
        told = {"periods": [months, {"periodtype_id": PERIOD_TYPE, "values": values}]}
        return JSONResponse(told) if self.tokens.let_in(request) else _NOT_LET_IN

    async def _listed(self, request: Request) -> Response:
        return JSONResponse([{"Period": list(self._periods)}]) if self.tokens.let_in(request) else _NOT_LET_IN

    async def _rows_v3(self, request: Request) -> Response:
        asked = dict(request.query_params)
        rows = self._rows(asked[f"period.{PERIOD_TYPE}"].split(","), asked)
        return await self._answered(request, {"columns": self._columns, "rows": rows})

    async def _rows_v2(self, request: Request) -> Response:
        asked = await request.json()
        rows = self._rows(asked["period"], asked)
        variables = [{"Label": label} for label in self._columns]
        return await self._answered(request, [{"Variables": variables, "Data": rows}])

    def _rows(self, periods: Sequence[str], asked: Mapping[str, Any]) -> list[Row]:
        with self._lock:
            self.asked.append(asked)
            return [row for period in periods for row in self._periods[period]]

    async def _answered(self, request: Request, told: Any) -> Response:  # noqa: ANN401 - any JSON
        with self._lock:
            trouble = self._troubles.popleft() if self._troubles else None
        if trouble is Trouble.EXPIRED:
            self.tokens.forget()
        if not self.tokens.let_in(request):
            return _NOT_LET_IN
        return JSONResponse(told) if trouble is None else await troubled(trouble, JSONResponse(told), self.wait_seconds)


_NOT_LET_IN = JSONResponse({"error": "invalid_token"}, 401)
