"""How national records are written for people and their programs: CSV in two locales, JSON Lines, aligned tables."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fokusstrom.contracts.records import ConfidentialityStatus, NationalRecord
from fokusstrom.domain.measures import DIMENSIONS

_COVERAGE = ("coverage_sources_heard", "coverage_sources_expected", "coverage_municipalities")
_SCALED = {
    "share_permille": ("share_percent", 1),
    "mean_hundredths": ("mean", 2),
    "threshold_permille": ("threshold_percent", 1),
}
"""Fields that a CSV gives as decimals: the column's name, and how many decimals."""

FIELDS = tuple(
    name
    for field in dataclasses.fields(NationalRecord)
    for name in (_COVERAGE if field.name == "coverage" else (field.name,))
)
COLUMNS = tuple(_SCALED.get(name, (name, 0))[0] for name in FIELDS)
"""The columns of the CSV."""


@dataclasses.dataclass(frozen=True)
class Locale:
    """What stands between columns, and before decimals."""

    delimiter: str
    decimal: str


LOCALES: Mapping[str, Locale] = {"en": Locale(",", "."), "da": Locale(";", ",")}


def flat(record: NationalRecord) -> dict[str, Any]:
    """A record with its coverage's fields beside its own, dates and instants in ISO 8601."""
    values = _values_of(record)
    coverage = {f"coverage_{name}": value for name, value in _values_of(values.pop("coverage")).items()}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in (values | coverage).items()
    }


def _values_of(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """Give the fields' values: `dataclasses.asdict` copies each of them, and takes longer than reading a record."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def as_jsonl(records: Iterable[NationalRecord], *, header: bool) -> str:
    """One JSON object a line, the fields as the contract has them."""
    del header
    return "".join(json.dumps(flat(record), ensure_ascii=False) + "\n" for record in records)


def as_csv(locale: Locale) -> Callable[..., str]:
    """Give what writes CSV in a locale: shares in percent, means and thresholds as decimals."""

    def write(records: Iterable[NationalRecord], *, header: bool) -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=locale.delimiter, lineterminator="\n")
        if header:
            writer.writerow(COLUMNS)
        for record in records:
            values = flat(record)
            writer.writerow([_cell(name, values[name], locale) for name in FIELDS])
        return text.getvalue()

    return write


def as_tables(records: Iterable[NationalRecord], *, header: bool) -> str:
    """An aligned table for each measure and its dimensions."""
    del header
    tables: dict[tuple[str, ...], list[NationalRecord]] = {}
    for record in records:
        names = tuple(name for name in DIMENSIONS if getattr(record, name) is not None)
        tables.setdefault((record.measure, *names), []).append(record)
    return "\n".join(_table(measure, names, rows) for (measure, *names), rows in tables.items())


def _table(measure: str, names: Sequence[str], records: Sequence[NationalRecord]) -> str:
    quotients = [name for name in _SCALED if any(getattr(record, name) is not None for record in records)]
    titles = [
        "area",
        "period",
        *names,
        "figure",
        "base",
        *(_SCALED[name][0] for name in quotients),
        "status",
        "revision",
    ]
    rows = [
        [
            record.area,
            record.period,
            *(_text(getattr(record, name)) for name in names),
            _figure(record),
            _text(record.base),
            *(_cell(name, getattr(record, name), LOCALES["en"]) for name in quotients),
            record.status.value,
            str(record.revision),
        ]
        for record in records
    ]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in (titles, *rows)]
    return "".join(f"{line.rstrip()}\n" for line in (measure, *lines))


def _figure(record: NationalRecord) -> str:
    if record.conf_status is not ConfidentialityStatus.FREE:
        return "hidden"
    if record.withdrawn:
        return "withdrawn"
    if record.code is not None:
        return " ".join((record.code, *record.reasons))
    return "missing" if record.value is None else str(record.value)


def _cell(name: str, value: Any, locale: Locale) -> str:  # noqa: ANN401 - a field of a record
    if value is None:
        return ""
    if name in _SCALED:
        decimals = _SCALED[name][1]
        whole, rest = divmod(value, 10**decimals)
        return f"{whole}{locale.decimal}{rest:0{decimals}d}"
    return _text(value)


def _text(value: Any) -> str:  # noqa: ANN401 - a field of a record
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, tuple) else str(value)
