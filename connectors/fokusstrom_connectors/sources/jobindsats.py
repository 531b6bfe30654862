"""A table of jobindsats.dk: the expected and actual share on benefits (resultatmål, Y30R21), period by period.

    [settings]
    url = "https://api.jobindsats.dk/v3"
    auth = { kind = "api_key", header = "Authorization", prefix = "Bearer", key = "file:/run/secrets/jobindsats" }

The API has no cursor, and doesn't say when a period was published or changed. So every period is asked for at each
poll, and given when its rows are others than those given before: `first_seen` is when we saw them first, and makes
version and time of registration. A period that hasn't changed is a page without records.

Both shapes of the API's answers are read: columns and rows (v3), variables and data (v2). A record has what
`settings.columns` names, and beside it `tabel`, `periode`, `aar`, `kommune` (the municipality's code, or the area's
own name where it is none of ours), `id` and `first_seen`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from fokusstrom.domain.facts import municipality_names
from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.interface import Connector, Context, Page, SourceUnavailable, State, Step
from fokusstrom_connectors.web.client import Answer, Web, WebSettings

_ITEM = "period/"
_PERIOD = re.compile(r"([0-9]{4})([A-Z]{1,5})([0-9]{2})")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_NOTHING = frozenset({"", "-", ".", ".."})


class HierarchySettings(Strict):
    """What the table's hierarchies are called, in v3; and the benefits to ask for, in v2."""

    area: str = "_nykom"
    group: str | None = "_ygrp_y30r21"
    groups: tuple[str, ...] = ("Ydelsesgrupper i alt",)


class JobindsatsSettings(WebSettings):
    """What the connector is told."""

    api: Literal["v2", "v3"] = Field(default="v3", description="The API's version; `url` ends with it.")
    table: str = Field(default="y30r21", pattern=r"^[a-z0-9_]+$", description="The table's id.")
    period_type: str = Field(default="QMAT", pattern=r"^[A-Z]{1,5}$", description="QMAT: four quarters rolling.")
    endings: tuple[int, ...] = Field(
        default=(2,), description="Periods by their last two digits: the quarter that they end with. Empty: all."
    )
    hierarchies: HierarchySettings = HierarchySettings()
    area: str = Field(default="Area", description="The column with the area's name.")
    area_also: tuple[str, ...] = Field(default=("Område", "Kommune"), description="Other names that it may have.")
    columns: dict[str, str] = Field(
        default={
            "ydelsesgruppe": "Ydelsesgrupper",
            "faktisk_pct": "Faktisk andel (pct.)",
            "forventet_pct": "Forventet andel (pct.)",
        },
        description="Fields of a record, and the columns they come from, by label or what follows a colon in it.",
    )


class Jobindsats:
    """The source."""

    def __init__(self, settings: JobindsatsSettings, context: Context) -> None:
        """Take where and what; nothing is asked yet."""
        self._settings = settings
        self._clock = context.clock
        self._web = Web(settings, context)
        self._waiting: deque[str] | None = None
        self._known: dict[str, Any] = {}
        self._rows_met = 0
        """Rows of the periods that were looked at since the list of them was fetched."""

    async def connect(self, state: State) -> None:
        """As `Source`."""
        self._known = dict(state)
        self._waiting = None

    async def read(self) -> Page:
        """As `Source`: a page for each period."""
        if self._waiting is None:
            self._waiting, self._rows_met = deque(await self._periods()), 0
        if not self._waiting:
            self._waiting = None
            return Page([], self._settings.table, caught_up=True, holds=self._rows_met)
        period = self._waiting[0]
        rows = list(self._rows(await self._data(period), period))
        self._waiting.popleft()
        self._rows_met += len(rows)
        return self._page(period, rows)

    async def close(self) -> None:
        """As `Source`."""
        await self._web.close()

    async def _periods(self) -> list[str]:
        """Periods that the table has, of the type and the endings that are wanted; the oldest first."""
        told = self._settings
        if told.api == "v2":
            found = _periods_v2((await self._web.get(f"{self._base}/tables/{told.table}/json/")).json)
        else:
            answer = await self._web.get(f"{self._base}/table/{told.table}", {"format": "json"})
            found = _periods_v3(answer.json, told.period_type)
        parts = [(one, _PERIOD.fullmatch(one)) for one in found]
        return sorted(
            one
            for one, part in parts
            if part and part[2] == told.period_type and (not told.endings or int(part[3]) in told.endings)
        )

    async def _data(self, period: str) -> Answer:
        told, names = self._settings, self._settings.hierarchies
        if told.api == "v2":
            asked: dict[str, Any] = {"area": "*", "period": [period]}
            if names.group is not None:
                asked[names.group] = list(names.groups)
            return await self._web.post(f"{self._base}/data/{told.table}/json", asked)
        parameters = {"mgroup.*": "*", f"period.{told.period_type}": period, f"hierarchy.{names.area}": "*"}
        if names.group is not None:
            parameters[f"hierarchy.{names.group}"] = "*"
        return await self._web.get(f"{self._base}/data/{told.table}", {**parameters, "format": "json"})

    def _rows(self, answer: Answer, period: str) -> Iterator[dict[str, Any]]:
        """The period's rows by our names; raises `SourceUnavailable` where the table isn't as we were told."""
        labels, rows = _table(answer.json)
        told = self._settings
        places = {name: _place_of(labels, (label,)) for name, label in told.columns.items()}
        area = _place_of(labels, (told.area, *told.area_also))
        for row in rows:
            municipality = code_of(str(row[area]))
            yield {
                "tabel": told.table,
                "periode": period,
                "aar": int(period[:4]),
                "omraade": row[area],
                "kommune": municipality,
                "id": f"{told.table}/{municipality}/{period}",
                **{name: _value(row[place]) for name, place in places.items()},
            }

    def _page(self, period: str, rows: list[dict[str, Any]]) -> Page:
        """The rows, if they are others than those that were given before."""
        place = f"{self._settings.table} {period}"
        digest = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()
        item = _ITEM + period
        if self._known.get(item, {}).get("digest") == digest:
            return Page([], place)
        now = self._clock.now().astimezone(UTC).isoformat(timespec="milliseconds")
        self._known[item] = {"digest": digest, "first_seen": now}
        return Page([{**row, "first_seen": now} for row in rows], place, state={item: self._known[item]})

    @property
    def _base(self) -> str:
        return self._settings.url.rstrip("/")


def code_of(area: str) -> str:
    """A municipality's code by its name, however it is spelled; the name itself where it is none's.

    >>> code_of("Århus Kommune"), code_of("Vesthimmerland"), code_of("Hele landet")
    ('751', '820', 'Hele landet')
    """
    return _codes().get(_plain(area), area)


@functools.cache
def _codes() -> Mapping[str, str]:
    return {_plain(name): code for code, name in municipality_names().items()}


def _plain(name: str) -> str:
    """A name without what spellings differ in: capitals, å, "Kommune", the genitive."""
    plain = name.strip().casefold().replace("å", "aa").removesuffix("kommune").strip()
    return plain.removesuffix("s")


def _periods_v2(told: Any) -> list[str]:  # noqa: ANN401 - any JSON
    found = told[0].get("Period") if isinstance(told, list) and told and isinstance(told[0], Mapping) else None
    if not isinstance(found, list):
        raise SourceUnavailable(Step.PAGE, "no list of periods in the answer; check `url`, `api` and `table`")
    return [str(one) for one in found]


def _periods_v3(told: Any, period_type: str) -> list[str]:  # noqa: ANN401 - any JSON
    found = told.get("periods") if isinstance(told, Mapping) else None
    if not isinstance(found, list):
        raise SourceUnavailable(Step.PAGE, "no list of periods in the answer; check `url`, `api` and `table`")
    return [
        str(value.get("period_id"))
        for one in found
        if isinstance(one, Mapping) and one.get("periodtype_id") == period_type
        for value in one.get("values") or ()
        if isinstance(value, Mapping)
    ]


def _table(told: Any) -> tuple[list[str], list[list[Any]]]:  # noqa: ANN401 - any JSON
    """Labels and rows, of either shape."""
    one = told[0] if isinstance(told, list) and told else told
    one = one if isinstance(one, Mapping) else {}
    labels, rows = one.get("columns"), one.get("rows")
    if isinstance(one.get("Variables"), list):
        labels = [variable.get("Label") if isinstance(variable, Mapping) else None for variable in one["Variables"]]
        rows = one.get("Data")
    if isinstance(labels, list) and isinstance(rows, list) and all(_fits(row, len(labels)) for row in rows):
        return [str(label) for label in labels], rows
    raise SourceUnavailable(Step.PAGE, "no table with columns and rows in the answer; check `url` and `api`")


def _fits(row: object, columns: int) -> bool:
    return isinstance(row, list) and len(row) == columns


def _place_of(labels: Sequence[str], wanted: Sequence[str]) -> int:
    """Which column has one of these labels, whole or behind a colon."""
    for name in wanted:
        for place, label in enumerate(labels):
            if name in (label, label.rpartition(": ")[2]):
                return place
    raise SourceUnavailable(Step.PAGE, f"the table has no column {wanted[0]!r}; check `columns` and `area`")


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A cell: None for the signs that stand for nothing, a number for one with a decimal comma."""
    if isinstance(value, str):
        text = value.strip()
        if text in _NOTHING:
            return None
        return Decimal(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else text
    return value


CONNECTOR = Connector(
    "jobindsats",
    "asks jobindsats.dk for a table, period by period",
    JobindsatsSettings,
    Jobindsats,
    addresses=JobindsatsSettings.addresses,
)
"""What the registry of connectors finds."""
